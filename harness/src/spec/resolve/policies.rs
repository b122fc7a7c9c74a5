//! Owns the resolving of policies that nodes list themselves, and the check that some
//! SA can satisfy a template.

use super::{
    draft::{Draft, Findings},
    names::{devices, family},
    rare,
    selector::selector,
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
    let v6 = selector.src.addr().is_ipv6();
    let dir = spec.dir.as_ref()?.value;
    if let Some(name) = &spec.name {
        check_word(name, "name of a policy", name.span, findings);
    }
    let index = spec.index.as_ref().map_or(0, |i| i.0);
    if let Some(span) = spec.index.as_ref().map(|i| i.span)
        && index != 0
        && index & 7 != u32::from(dir.number())
    {
        // verify_policy_dir() and xfrm_gen_index() in net/xfrm.
        let message = format!("index {index} is not one of direction `{}`", dir.word());
        findings
            .error(span, message)
            .hint(format!("its low three bits are {}", dir.number()));
    }
    Some(Policy {
        name: spec
            .name
            .as_ref()
            .map_or_else(|| "policy".to_owned(), |n| n.value.clone()),
        dir,
        selector,
        action: spec
            .action
            .as_ref()
            .map_or(PolicyAction::Allow, |a| a.value),
        priority: spec.priority.as_ref().map_or(0, |p| p.0),
        mark: spec.mark.as_ref().map(|m| m.value),
        if_id: spec.if_id.as_ref().map(|i| i.value),
        index,
        templates: templates().map(|t| template(t, v6, findings)).collect(),
        flags: spec.flag.as_ref().map_or_else(Vec::new, |f| f.0.clone()),
        sub: spec
            .ptype
            .as_ref()
            .is_some_and(|p| p.value == PolicyType::Sub),
        lifetime: spec
            .limit
            .as_ref()
            .map_or_else(Lifetime::default, |l| lifetime(l)),
        ctx: rare::context(spec.ctx.as_ref(), findings),
        offload: spec.offload.as_ref().map(|o| o.value.clone()),
        update: spec.update.as_ref().is_some_and(|u| u.value),
        refused: spec.refused.as_ref().map(|r| r.value.0.clone()),
    })
}

fn template(spec: &TemplateSpec, v6: bool, findings: &mut Findings) -> Template {
    let (src, dst) = (
        spec.src.as_ref().map(|s| s.value),
        spec.dst.as_ref().map(|s| s.value),
    );
    if let (Some(src), Some(dst), Some(place)) = (src, dst, &spec.dst)
        && src.is_ipv4() != dst.is_ipv4()
    {
        let message = format!(
            "`src` {src} is {}, `dst` {dst} is {}",
            family(src),
            family(dst)
        );
        findings.error(place.span, message);
    }
    let fallback: std::net::IpAddr = if v6 {
        std::net::Ipv6Addr::UNSPECIFIED.into()
    } else {
        std::net::Ipv4Addr::UNSPECIFIED.into()
    };
    let unspecified = any(src.or(dst).unwrap_or(fallback));
    Template {
        src: src.unwrap_or(unspecified),
        dst: dst.unwrap_or(unspecified),
        proto: spec.proto.as_ref().map_or(Proto::Esp, |p| p.value),
        spi: spec.spi.as_ref().map_or(Spi(0), |s| s.value),
        reqid: spec.reqid.as_ref().map_or(Reqid(0), |r| r.value),
        mode: spec.mode.as_ref().map_or(Mode::Transport, |m| m.value),
        level: spec.level.as_ref().map_or(Level::Required, |l| l.value),
    }
}
