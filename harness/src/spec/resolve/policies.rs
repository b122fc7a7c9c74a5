//! Owns the resolving of policies that nodes list themselves, and the check that some
//! SA can satisfy a template.

use super::{
    draft::{Draft, Findings},
    names::{devices, family},
    rare,
    selector::{ports, selector},
    states::{any, check_word, lifetime},
};
use crate::{
    names::{Reqid, Spi},
    plan::{Level, Lifetime, Mode, Policy, PolicyAction, Proto, Template},
    spec::{
        schema::{
            file::FileSpec,
            transform::{PolicySpec, PolicyType, TemplateSpec},
        },
        source::Spanned,
    },
};

/// Policies of all nodes; gives how many there are.
pub(crate) fn raw(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) -> usize {
    let mut count = 0;
    for (node, body) in spec.nodes.iter().flat_map(|n| n.value.0.iter()) {
        for spec in body.policies.iter().flat_map(|p| p.value.iter()) {
            let Some(policy) = policy(spec, findings) else {
                continue;
            };
            if let Some(dev) = &spec.selector.dev
                && !devices(draft, node).contains(&dev.as_str())
            {
                let message = format!("node `{}` has no device `{}`", node.value, dev.value);
                findings.error(dev.span, message);
            }
            if let Some(dev) = &spec.offload {
                rare::device(draft, node, dev, findings);
            }
            if let Some(node) = draft.node_mut(node) {
                if policy.update {
                    node.policies.retain(|old| !replaces(&policy, old));
                }
                node.policies.push(Spanned::new(policy, spec.span));
                count += 1;
            }
        }
    }
    count
}

/// A policy that names no family, for a socket of that family.
pub(crate) fn of_family(mut policy: Policy, v6: bool) -> Policy {
    let any = |net: ipnet::IpNet| net.prefix_len() == 0 && net.addr().is_unspecified();
    if v6 && any(policy.selector.src) && any(policy.selector.dst) {
        let all = ipnet::IpNet::from(ipnet::Ipv6Net::default());
        (policy.selector.src, policy.selector.dst) = (all, all);
    }
    policy
}

/// Whether `new` takes the place of `old`, as `xfrm_policy_insert_list()` in `net/xfrm/xfrm_policy.c` compares.
fn replaces(new: &Policy, old: &Policy) -> bool {
    let key = |p: &Policy| (p.dir, p.selector.clone(), p.mark, p.if_id, p.sub);
    key(new) == key(old)
}

pub(crate) fn policy(spec: &PolicySpec, findings: &mut Findings) -> Option<Policy> {
    let templates = || spec.tmpl.iter().flat_map(|t| t.value.0.iter());
    let v6 = templates()
        .find_map(|t| t.src.as_ref().or(t.dst.as_ref()))
        .is_some_and(|address| address.is_ipv6());
    let selector = selector(&spec.selector, v6, findings)?;
    let mut policy = Policy {
        name: "policy".to_owned(),
        dir: spec.dir.as_ref()?.value,
        selector,
        action: PolicyAction::Allow,
        priority: 0,
        mark: None,
        if_id: None,
        index: 0,
        templates: Vec::new(),
        flags: Vec::new(),
        sub: false,
        lifetime: Lifetime::default(),
        ctx: None,
        offload: None,
        update: false,
        refused: None,
    };
    apply(&mut policy, spec, findings);
    Some(policy)
}

/// Sets what `spec` has but for the selector.
fn apply(policy: &mut Policy, spec: &PolicySpec, findings: &mut Findings) {
    if let Some(name) = &spec.name {
        check_word(name, "name of a policy", name.span, findings);
        policy.name.clone_from(&name.value);
    }
    if let Some(dir) = &spec.dir {
        policy.dir = dir.value;
    }
    if let Some(index) = &spec.index {
        policy.index = index.0;
        let dir = policy.dir;
        if policy.index != 0 && policy.index & 7 != u32::from(dir.number()) {
            // verify_policy_dir() and xfrm_gen_index() in net/xfrm.
            let message = format!(
                "index {} is not one of direction `{}`",
                policy.index,
                dir.word()
            );
            findings
                .error(index.span, message)
                .hint(format!("its low three bits are {}", dir.number()));
        }
    }
    policy.action = spec.action.as_ref().map_or(policy.action, |a| a.value);
    policy.priority = spec.priority.as_ref().map_or(policy.priority, |p| p.0);
    policy.mark = spec.mark.as_ref().map(|m| m.value).or(policy.mark);
    policy.if_id = spec.if_id.as_ref().map(|i| i.value).or(policy.if_id);
    if let Some(flags) = &spec.flag {
        policy.flags.clone_from(&flags.0);
    }
    if let Some(ptype) = &spec.ptype {
        policy.sub = ptype.value == PolicyType::Sub;
    }
    if let Some(limit) = &spec.limit {
        policy.lifetime = lifetime(limit);
    }
    policy.ctx = rare::context(spec.ctx.as_ref(), findings).or(policy.ctx.take());
    if let Some(dev) = &spec.offload {
        policy.offload = Some(dev.value.clone());
    }
    policy.update = spec.update.as_ref().map_or(policy.update, |u| u.value);
    if let Some(refused) = &spec.refused {
        policy.refused = Some(refused.value.0.clone());
    }
    let v6 = policy.selector.src.addr().is_ipv6();
    for (index, spec) in spec.tmpl.iter().flat_map(|t| t.value.0.iter()).enumerate() {
        match policy.templates.get_mut(index) {
            Some(template) => self::template(template, spec, findings),
            None => {
                let mut new = blank(spec, v6);
                template(&mut new, spec, findings);
                policy.templates.push(new);
            }
        }
    }
}

/// Changes a policy that is there: what `spec` has, in its selector and its templates, too.
pub(crate) fn change(policy: &mut Policy, spec: &PolicySpec, findings: &mut Findings) {
    let (new, old) = (&spec.selector, &mut policy.selector);
    if let Some(src) = &new.src {
        old.src = src.value;
    }
    if let Some(dst) = &new.dst {
        old.dst = dst.value;
    }
    if old.src.addr().is_ipv4() != old.dst.addr().is_ipv4() {
        let message = "`src` and `dst` of the policy are of two families";
        findings.error(spec.span, message);
    }
    old.proto = new.proto.as_ref().map(|p| p.0).or(old.proto);
    let (sport, dport) = ports(new, old.proto, findings);
    old.sport = sport.or(old.sport);
    old.dport = dport.or(old.dport);
    old.uid = new.uid.as_ref().map_or(old.uid, |u| u.0);
    old.dev = new.dev.as_ref().map(|d| d.value.clone()).or(old.dev.take());
    apply(policy, spec, findings);
}

/// A template with the defaults of `ip xfrm policy`.
fn blank(spec: &TemplateSpec, v6: bool) -> Template {
    let fallback: std::net::IpAddr = if v6 {
        std::net::Ipv6Addr::UNSPECIFIED.into()
    } else {
        std::net::Ipv4Addr::UNSPECIFIED.into()
    };
    let given = spec.src.as_ref().or(spec.dst.as_ref()).map(|a| a.value);
    let unspecified = any(given.unwrap_or(fallback));
    Template {
        src: unspecified,
        dst: unspecified,
        proto: Proto::Esp,
        spi: Spi(0),
        reqid: Reqid(0),
        mode: Mode::Transport,
        level: Level::Required,
    }
}

/// Sets what `spec` has.
fn template(template: &mut Template, spec: &TemplateSpec, findings: &mut Findings) {
    template.src = spec.src.as_ref().map_or(template.src, |s| s.value);
    template.dst = spec.dst.as_ref().map_or(template.dst, |d| d.value);
    let (src, dst) = (template.src, template.dst);
    if src.is_ipv4() != dst.is_ipv4() {
        let place = spec.dst.as_ref().or(spec.src.as_ref());
        let message = format!(
            "`src` {src} is {}, `dst` {dst} is {}",
            family(src),
            family(dst)
        );
        findings.error(place.map_or(spec.span, |p| p.span), message);
    }
    template.proto = spec.proto.as_ref().map_or(template.proto, |p| p.value);
    template.spi = spec.spi.as_ref().map_or(template.spi, |s| s.value);
    template.reqid = spec.reqid.as_ref().map_or(template.reqid, |r| r.value);
    template.mode = spec.mode.as_ref().map_or(template.mode, |m| m.value);
    template.level = spec.level.as_ref().map_or(template.level, |l| l.value);
}
