//! Owns the words behind `ip xfrm state add` and `ip xfrm policy add`. It never runs them.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;

use crate::plan::{
    Aead, DefaultPolicy, Level, Lifetime, Policy, PolicyAction, Proto, Selector, SpiRequest, State,
    Template,
};

/// The words behind `ip xfrm state add`.
pub(super) fn state_words(state: &State) -> String {
    let mut out = format!(
        "src {} dst {} proto {}",
        state.src,
        state.dst,
        state.proto.word()
    );
    // SAs of Mobile IPv6 have none, and `ip` refuses the word.
    if state.spi.0 != 0 || !matches!(state.proto, Proto::Route2 | Proto::Hao) {
        let _ = write!(out, " spi {}", state.spi);
    }
    if state.reqid.0 != 0 {
        let _ = write!(out, " reqid {}", state.reqid);
    }
    let _ = write!(out, " mode {}", state.mode.word());
    if let Some(mark) = state.mark {
        let _ = write!(out, " mark 0x{:x} mask 0x{:x}", mark.value, mark.mask);
    }
    if state.replay_window != 0 {
        let _ = write!(out, " replay-window {}", state.replay_window);
    }
    extras(&mut out, state);
    let flags: Vec<&str> = state
        .esn
        .then_some("esn")
        .into_iter()
        .chain(state.flags.iter().map(String::as_str))
        .collect();
    if !flags.is_empty() {
        let _ = write!(out, " flag {}", flags.join(" "));
    }
    let algorithms = &state.algorithms;
    if let Some(Aead {
        name,
        key,
        icv_bits,
    }) = &algorithms.aead
    {
        let _ = write!(out, " aead '{name}' {} {icv_bits}", hex(key));
    }
    if let Some(auth) = &algorithms.auth {
        if auth.trunc_bits == 0 {
            let _ = write!(out, " auth '{}' {}", auth.name, hex(&auth.key));
        } else {
            let _ = write!(
                out,
                " auth-trunc '{}' {} {}",
                auth.name,
                hex(&auth.key),
                auth.trunc_bits
            );
        }
    }
    if let Some(crypt) = &algorithms.crypt {
        let _ = write!(out, " enc '{}' {}", crypt.name, hex(&crypt.key));
    }
    if let Some(comp) = &algorithms.comp {
        let _ = write!(out, " comp '{comp}'");
    }
    if let Some(encap) = state.encap {
        let _ = write!(
            out,
            " encap {} {} {} {}",
            encap.kind.word(),
            encap.sport,
            encap.dport,
            encap.oaddr
        );
    }
    if let Some(selector) = &state.selector {
        let _ = write!(out, " sel {}", selector_words(selector));
    }
    if let Some(mark) = state.output_mark {
        let _ = write!(
            out,
            " output-mark 0x{:x} mask 0x{:x}",
            mark.value, mark.mask
        );
    }
    if let Some(if_id) = state.if_id {
        let _ = write!(out, " if_id {if_id}");
    }
    out
}

/// Words that few SAs have. `ip` takes them in any order.
fn extras(out: &mut String, state: &State) {
    let more = &state.more;
    let mut word = |key: &str, value: u32| {
        if value != 0 {
            let _ = write!(out, " {key} {value}");
        }
    };
    word("seq", more.seq);
    word("replay-seq", more.replay_seq);
    word("replay-oseq", more.replay_oseq);
    word("replay-seq-hi", more.replay_seq_hi);
    word("replay-oseq-hi", more.replay_oseq_hi);
    if !more.extra_flags.is_empty() {
        let _ = write!(out, " extra-flag {}", more.extra_flags.join(" "));
    }
    if let Some(bytes) = more.tfcpad {
        let _ = write!(out, " tfcpad {bytes}");
    }
    if let Some(coa) = more.coa {
        let _ = write!(out, " coa {coa}");
    }
    if let Some(ctx) = &more.ctx {
        let _ = write!(out, " ctx {ctx}");
    }
    // `offload` brings the direction with it.
    if let Some(offload) = &more.offload {
        let (mode, dev, dir) = (offload.mode.word(), &offload.dev, offload.dir.word());
        let _ = write!(out, " offload {mode} dev {dev} dir {dir}");
    } else if let Some(dir) = more.dir {
        let _ = write!(out, " dir {}", dir.word());
    }
    if let Some(cpu) = more.pcpu {
        let _ = write!(out, " pcpu-num {cpu}");
    }
    limits(out, &more.lifetime);
}

fn limits(out: &mut String, lifetime: &Lifetime) {
    for (word, limit) in lifetime.limits() {
        if let Some(limit) = limit {
            let _ = write!(out, " limit {word} {limit}");
        }
    }
}

/// The words behind `ip xfrm policy setdefault`.
pub(super) fn default_words(default: &DefaultPolicy) -> String {
    let word = |action| match action {
        PolicyAction::Allow => "accept",
        PolicyAction::Block => "block",
    };
    let DefaultPolicy { r#in, fwd, out, .. } = default;
    format!("in {} fwd {} out {}", word(*r#in), word(*fwd), word(*out))
}

/// A policy of a socket, for which `ip` has no command.
pub(crate) fn socket_policy(policy: &Policy) -> String {
    format!("setsockopt IP_XFRM_POLICY {}", policy_words(policy))
}

/// The words behind `ip xfrm policy add`.
pub(super) fn policy_words(policy: &Policy) -> String {
    let mut out = format!(
        "{} dir {}",
        selector_words(&policy.selector),
        policy.dir.word()
    );
    if policy.index != 0 {
        let _ = write!(out, " index {}", policy.index);
    }
    if let Some(ctx) = &policy.ctx {
        let _ = write!(out, " ctx {ctx}");
    }
    if let Some(mark) = policy.mark {
        let _ = write!(out, " mark 0x{:x} mask 0x{:x}", mark.value, mark.mask);
    }
    if policy.sub {
        out.push_str(" ptype sub");
    }
    if policy.action == PolicyAction::Block {
        out.push_str(" action block");
    }
    if policy.priority != 0 {
        let _ = write!(out, " priority {}", policy.priority);
    }
    if let Some(if_id) = policy.if_id {
        let _ = write!(out, " if_id {if_id}");
    }
    if !policy.flags.is_empty() {
        let _ = write!(out, " flag {}", policy.flags.join(" "));
    }
    limits(&mut out, &policy.lifetime);
    if let Some(dev) = &policy.offload {
        let _ = write!(out, " offload packet dev {dev}");
    }
    for template in &policy.templates {
        let _ = write!(out, " {}", template_words(template));
    }
    out
}

/// The words behind `ip xfrm state allocspi`.
pub(super) fn allocation_words(request: &SpiRequest) -> String {
    let mut out = format!(
        "src {} dst {} proto {} mode {}",
        request.src,
        request.dst,
        request.proto.word(),
        request.mode.word()
    );
    if let Some(mark) = request.mark {
        let _ = write!(out, " mark 0x{:x} mask 0x{:x}", mark.value, mark.mask);
    }
    if request.reqid.0 != 0 {
        let _ = write!(out, " reqid {}", request.reqid);
    }
    if let Some(dir) = request.dir {
        let _ = write!(out, " dir {}", dir.word());
    }
    if request.seq != 0 {
        let _ = write!(out, " seq {}", request.seq);
    }
    if let Some(cpu) = request.pcpu {
        let _ = write!(out, " pcpu-num {cpu}");
    }
    let _ = write!(out, " min {} max {}", request.min, request.max);
    out
}

/// The words behind `ip xfrm state delete`.
pub(super) fn state_id_words(state: &State) -> String {
    let mut out = format!(
        "src {} dst {} proto {} spi {}",
        state.src,
        state.dst,
        state.proto.word(),
        state.spi
    );
    if let Some(mark) = state.mark {
        let _ = write!(out, " mark 0x{:x} mask 0x{:x}", mark.value, mark.mask);
    }
    out
}

/// The words behind `ip xfrm policy delete`.
pub(super) fn policy_id_words(policy: &Policy) -> String {
    let mut out = format!(
        "{} dir {}",
        selector_words(&policy.selector),
        policy.dir.word()
    );
    if let Some(mark) = policy.mark {
        let _ = write!(out, " mark 0x{:x} mask 0x{:x}", mark.value, mark.mask);
    }
    if let Some(if_id) = policy.if_id {
        let _ = write!(out, " if_id {if_id}");
    }
    if policy.sub {
        out.push_str(" ptype sub");
    }
    out
}

fn template_words(template: &Template) -> String {
    let mut out = format!(
        "tmpl src {} dst {} proto {}",
        template.src,
        template.dst,
        template.proto.word()
    );
    if template.spi.0 != 0 {
        let _ = write!(out, " spi {}", template.spi);
    }
    if template.reqid.0 != 0 {
        let _ = write!(out, " reqid {}", template.reqid);
    }
    let _ = write!(out, " mode {}", template.mode.word());
    if template.level == Level::Use {
        out.push_str(" level use");
    }
    out
}

fn selector_words(selector: &Selector) -> String {
    let mut out = format!("src {} dst {}", selector.src, selector.dst);
    if let Some(dev) = &selector.dev {
        let _ = write!(out, " dev {dev}");
    }
    if let Some(proto) = selector.proto {
        let _ = write!(out, " proto {proto}");
        if let (47, Some(high), Some(low)) = (proto, selector.sport, selector.dport) {
            let _ = write!(out, " key {}", u32::from(high) << 16 | u32::from(low));
            return out;
        }
        let (first, second) = if matches!(proto, 1 | 58 | 135) {
            ("type", "code")
        } else {
            ("sport", "dport")
        };
        if let Some(sport) = selector.sport {
            let _ = write!(out, " {first} {sport}");
        }
        if let Some(dport) = selector.dport {
            let _ = write!(out, " {second} {dport}");
        }
    }
    out
}

/// `0x` and two digits a byte; `ip` takes the empty key as an empty word.
fn hex(key: &[u8]) -> String {
    if key.is_empty() {
        return "''".to_owned();
    }
    format!("0x{}", HEXLOWER.encode(key))
}
