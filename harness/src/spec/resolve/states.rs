//! Owns the resolving of states: raw ones, those described once in `sas`, and what a
//! variant changes in any of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    algorithms::{Chosen, Kind, choose},
    draft::{Draft, Findings},
    names::{bind_node, family, owner},
    rare,
    selector::selector,
};
use crate::{
    names::{Reqid, Spi},
    plan::{Aead, Algorithms, AuthTrunc, Crypt, Encap, Lifetime, Mode, Proto, State, StateExtras},
    spec::{
        decode::FromTable as _,
        diagnostic::list_words,
        lint::Lint,
        schema::{file::FileSpec, number::Limit, spd::LimitSpec, transform::StateSpec},
        source::{Span, Spanned},
    },
};

/// States that nodes list themselves.
pub(crate) fn raw(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) {
    for (node, body) in spec.nodes.iter().flat_map(|n| n.value.0.iter()) {
        for state in body.states.iter().flat_map(|s| s.value.iter()) {
            install(draft, node, state, None, findings);
        }
    }
}

/// SAs that are described once.
pub(crate) fn sas(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) {
    for (name, sa) in spec.sas.iter().flat_map(|s| s.value.0.iter()) {
        let at: Vec<&Spanned<String>> = sa.at.iter().flat_map(|a| a.value.iter()).collect();
        for (index, node) in at.iter().enumerate() {
            if at[..index].iter().any(|n| n.value == node.value) {
                findings.error(node.span, format!("node `{}` is there twice", node.value));
            } else if bind_node(draft, node, node.span, findings) {
                let differs = sa.differs.iter().flat_map(|d| d.value.0.iter());
                let mut state = sa.state.clone();
                for (_, patch) in differs.filter(|(n, _)| n.value == node.value) {
                    state.overlay(patch.0.clone());
                }
                install(draft, node, &state, Some(name), findings);
            }
        }
        for (node, _) in sa.differs.iter().flat_map(|d| d.value.0.iter()) {
            if !at.iter().any(|n| n.value == node.value) {
                let mut known: Vec<&str> = at.iter().map(|n| n.value.as_str()).collect();
                known.dedup();
                findings
                    .error(
                        node.span,
                        format!("`at_{}` names no node of `at`", node.value),
                    )
                    .hint(list_words(&known));
            }
        }
    }
}

/// Adds a state to a node, and its ends to the pairs that are guarded.
fn install(
    draft: &mut Draft,
    node: &str,
    spec: &StateSpec,
    name: Option<&Spanned<String>>,
    findings: &mut Findings,
) {
    let span = name.map_or(spec.span, |n| n.span);
    let (Some(src), Some(dst), Some(spi)) = (&spec.src, &spec.dst, &spec.spi) else {
        return;
    };
    let name = match name {
        Some(name) => name.value.clone(),
        None => spi.to_string(),
    };
    let mut state = blank(name, src.value, dst.value, spi.value);
    apply(&mut state, spec, findings);
    if let Some(dev) = spec.offload.as_ref().and_then(|o| o.dev.as_ref()) {
        rare::device(draft, node, dev, findings);
    }
    if let Some(dev) = spec.sel.as_ref().and_then(|s| s.dev.as_ref()) {
        rare::device(draft, node, dev, findings);
    }
    if let (Some(a), Some(b)) = (owner(draft, state.src), owner(draft, state.dst)) {
        draft.pairs.push((a.to_owned(), b.to_owned()));
    }
    if let Some(node) = draft.node_mut(node) {
        node.states.push(Spanned::new(state, span));
    }
}

/// A state with the defaults of `ip xfrm state`.
pub(crate) fn blank(name: String, src: IpAddr, dst: IpAddr, spi: Spi) -> State {
    State {
        name,
        src,
        dst,
        proto: Proto::Esp,
        spi,
        reqid: Reqid(0),
        mode: Mode::Transport,
        algorithms: Algorithms::default(),
        encap: None,
        mark: None,
        output_mark: None,
        if_id: None,
        replay_window: 0,
        esn: false,
        flags: Vec::new(),
        selector: None,
        more: StateExtras::default(),
    }
}

/// Sets what `spec` has, and checks the result.
pub(crate) fn apply(state: &mut State, spec: &StateSpec, findings: &mut Findings) {
    /// Copies a value that is given.
    fn set<S, T>(to: &mut T, from: Option<&Spanned<S>>, value: impl FnOnce(&S) -> T) {
        if let Some(from) = from {
            *to = value(&from.value);
        }
    }
    set(&mut state.name, spec.name.as_ref(), String::clone);
    set(&mut state.src, spec.src.as_ref(), |v| *v);
    set(&mut state.dst, spec.dst.as_ref(), |v| *v);
    set(&mut state.proto, spec.proto.as_ref(), |v| *v);
    set(&mut state.spi, spec.spi.as_ref(), |v| *v);
    set(&mut state.reqid, spec.reqid.as_ref(), |v| *v);
    set(&mut state.mode, spec.mode.as_ref(), |v| *v);
    set(&mut state.mark, spec.mark.as_ref(), |v| Some(*v));
    set(&mut state.output_mark, spec.output_mark.as_ref(), |v| {
        Some(*v)
    });
    set(&mut state.if_id, spec.if_id.as_ref(), |v| Some(*v));
    set(&mut state.replay_window, spec.replay_window.as_ref(), |v| {
        v.0
    });
    set(&mut state.esn, spec.flag.as_ref(), |v| {
        v.0.iter().any(|f| f == "esn")
    });
    set(&mut state.flags, spec.flag.as_ref(), |v| {
        v.0.iter().filter(|f| *f != "esn").cloned().collect()
    });
    set(&mut state.encap, spec.encap.as_ref(), |v| {
        let oaddr = v.oaddr.unwrap_or_else(|| any(state.dst));
        Some(Encap {
            kind: v.kind,
            sport: v.sport,
            dport: v.dport,
            oaddr,
        })
    });
    if let Some(sel) = &spec.sel {
        state.selector = selector(&sel.value, state.src.is_ipv6(), findings);
    }
    extras(state, spec);
    rare::apply(state, spec, findings);
    algorithms(state, spec, findings);
    check(state, spec, findings);
}

/// Sets what few states have.
fn extras(state: &mut State, spec: &StateSpec) {
    let more = &mut state.more;
    if let Some(flags) = &spec.extra_flag {
        more.extra_flags.clone_from(&flags.value.0);
    }
    if let Some(limit) = &spec.limit {
        more.lifetime = lifetime(limit);
    }
    for (to, from) in [
        (&mut more.replay_seq, &spec.replay_seq),
        (&mut more.replay_oseq, &spec.replay_oseq),
        (&mut more.replay_seq_hi, &spec.replay_seq_hi),
        (&mut more.replay_oseq_hi, &spec.replay_oseq_hi),
    ] {
        if let Some(from) = from {
            *to = from.0;
        }
    }
    more.tfcpad = spec.tfcpad.as_ref().map(|t| t.0).or(more.tfcpad);
    more.coa = spec.coa.as_ref().map(|c| c.value).or(more.coa);
    more.dir = spec.dir.as_ref().map(|d| d.value).or(more.dir);
    if let Some(refused) = &spec.refused {
        more.refused = Some(refused.value.0.clone());
    }
    if let Some(comp) = &spec.comp {
        state.algorithms.comp = Some(comp.value.clone());
    } else if state.proto == Proto::Comp && state.algorithms.comp.is_none() {
        state.algorithms.comp = Some("deflate".to_owned());
    }
}

/// Limits of an SA or policy.
pub(crate) fn lifetime(spec: &LimitSpec) -> Lifetime {
    let limit = |limit: &Option<Spanned<Limit>>| limit.as_ref().map(|l| l.0);
    Lifetime {
        soft_bytes: limit(&spec.byte_soft),
        hard_bytes: limit(&spec.byte_hard),
        soft_packets: limit(&spec.packet_soft),
        hard_packets: limit(&spec.packet_hard),
        soft_seconds: limit(&spec.time_soft),
        hard_seconds: limit(&spec.time_hard),
        soft_use_seconds: limit(&spec.time_use_soft),
        hard_use_seconds: limit(&spec.time_use_hard),
    }
}

fn algorithms(state: &mut State, spec: &StateSpec, findings: &mut Findings) {
    let sa = state.name.clone();
    let now = &mut state.algorithms;
    if let Some(aead) = &spec.aead {
        let before = now.aead.take();
        let before = before.map(|a| Chosen {
            name: a.name,
            key: a.key,
            icv_bits: a.icv_bits,
        });
        now.aead = choose(Kind::Aead, &aead.0, before, &sa, findings).map(|c| Aead {
            name: c.name,
            key: c.key,
            icv_bits: c.icv_bits,
        });
    }
    if let Some(enc) = &spec.enc {
        let before = now.crypt.take();
        let before = before.map(|c| Chosen {
            name: c.name,
            key: c.key,
            icv_bits: 0,
        });
        now.crypt = choose(Kind::Enc, &enc.0, before, &sa, findings).map(|c| Crypt {
            name: c.name,
            key: c.key,
        });
    }
    if let (Some(auth), Some(_)) = (&spec.auth, &spec.auth_trunc) {
        findings.error(auth.span, "both `auth` and `auth-trunc`");
    }
    let auth = spec.auth.as_ref().map(|a| (Kind::Auth, a));
    if let Some((kind, auth)) = auth.or(spec.auth_trunc.as_ref().map(|a| (Kind::AuthTrunc, a))) {
        let before = now.auth.take().map(|a| Chosen {
            name: a.name,
            key: a.key,
            icv_bits: if kind == Kind::AuthTrunc {
                a.trunc_bits
            } else {
                0
            },
        });
        now.auth = choose(kind, &auth.0, before, &sa, findings).map(|c| AuthTrunc {
            name: c.name,
            key: c.key,
            trunc_bits: c.icv_bits,
        });
    }
}

/// What must hold between the values of a state.
fn check(state: &State, spec: &StateSpec, findings: &mut Findings) {
    let at = |span: Option<Span>| span.unwrap_or(spec.span);
    if state.src.is_ipv4() != state.dst.is_ipv4() {
        let (src, dst) = (state.src, state.dst);
        let message = format!(
            "`src` {src} is {}, `dst` {dst} is {}",
            family(src),
            family(dst)
        );
        findings.error(
            at(spec.dst.as_ref().or(spec.src.as_ref()).map(|s| s.span)),
            message,
        );
    }
    let mobile = matches!(state.proto, Proto::Route2 | Proto::Hao);
    if state.spi.0 < 0x100 && !mobile {
        let span = at(spec.spi.as_ref().map(|s| s.span));
        findings.lint(
            Lint::ReservedSpi,
            span,
            format!("SPI {} is reserved", state.spi),
        );
    }
    let name_span = at(spec.name.as_ref().map(|n| n.span));
    check_word(&state.name, "name of an SA", name_span, findings);
    let algorithms = &state.algorithms;
    let crypt_span = at(spec.enc.as_ref().map(|e| e.span));
    match state.proto {
        Proto::Esp
            if algorithms.aead.is_some()
                && (algorithms.crypt.is_some() || algorithms.auth.is_some()) =>
        {
            findings.error(
                crypt_span,
                "`aead` stands for encryption and authentication: no `enc` or `auth` beside it",
            );
        }
        Proto::Esp if findings.whole && algorithms.aead.is_none() && algorithms.crypt.is_none() => {
            findings
                .error(spec.span, format!("ESP state `{}` has no algorithm", state.name))
                .hint("`aead = \"rfc4106(gcm(aes))\"`, or `enc` (`ecb(cipher_null)` for none) and `auth`");
        }
        Proto::Ah if findings.whole && algorithms.auth.is_none() => {
            findings.error(
                spec.span,
                format!("AH state `{}` has no `auth`", state.name),
            );
        }
        Proto::Ah if algorithms.aead.is_some() || algorithms.crypt.is_some() => {
            findings.error(crypt_span, "AH does not encrypt: no `aead` or `enc`");
        }
        _ => {}
    }
    if state.encap.is_some() && state.proto != Proto::Esp {
        let span = at(spec.encap.as_ref().map(|e| e.span));
        findings.error(
            span,
            format!("`encap` is for ESP, not {}", state.proto.word()),
        );
    }
}

/// A name that stands as one word in expectation lines and selectors.
pub(crate) fn check_word(name: &str, what: &str, span: Span, findings: &mut Findings) -> bool {
    let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic()) && name.len() <= 64;
    if !fits {
        findings.error(
            span,
            format!("{what} must be one word of at most 64 characters"),
        );
    }
    fits
}

/// The unspecified address of the family of `like`.
pub(crate) fn any(like: IpAddr) -> IpAddr {
    if like.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    }
}
