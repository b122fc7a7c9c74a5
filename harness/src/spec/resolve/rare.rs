//! Owns the resolving of what few states have: security contexts, offload, IP-TFS, allocated SPIs.

use super::{
    draft::{Draft, Findings},
    names::{devices, family},
};
use crate::{
    names::{Reqid, Spi},
    plan::{EncapType, Iptfs, Mode, Offload, OffloadMode, Proto, SpiRequest, State},
    spec::{
        schema::{
            rare::{AllocateSpec, IptfsSpec},
            transform::StateSpec,
        },
        source::Spanned,
    },
};

/// The longest security context that `ip` takes (`CTX_BUF_SIZE` in its `xfrm_state.c`).
const CONTEXT: usize = 255;

/// Sets what `spec` has, and checks it.
pub(crate) fn apply(state: &mut State, spec: &StateSpec, findings: &mut Findings) {
    let more = &mut state.more;
    more.seq = spec.seq.as_ref().map_or(more.seq, |s| s.0);
    more.pcpu = spec.pcpu_num.as_ref().map(|p| p.0).or(more.pcpu);
    let keepalive = spec.nat_keepalive.as_ref().map(|n| n.0);
    more.nat_keepalive = keepalive.or(more.nat_keepalive);
    more.allocspi = spec.allocspi.as_ref().map_or(more.allocspi, |a| a.value);
    more.ctx = context(spec.ctx.as_ref(), findings).or(more.ctx.take());
    if let Some(offload) = &spec.offload
        && let (Some(dev), Some(dir)) = (&offload.dev, &offload.dir)
    {
        more.offload = Some(Offload {
            mode: offload
                .mode
                .as_ref()
                .map_or(OffloadMode::Crypto, |m| m.value),
            dev: dev.value.clone(),
            dir: dir.value,
        });
        // `ip` keeps both in one variable.
        if more.dir.is_some_and(|other| other != dir.value) {
            findings.error(dir.span, "`dir` of the offload is not that of the state");
        }
        more.dir = Some(dir.value);
    }
    if let Some(iptfs) = &spec.iptfs {
        overlay(&mut more.iptfs, iptfs);
        if state.mode != Mode::Iptfs {
            findings.error(iptfs.span, "`iptfs` is for `mode = \"iptfs\"`");
        }
    }
}

fn overlay(to: &mut Iptfs, from: &IptfsSpec) {
    to.drop_time = from.drop_time.as_ref().map(|n| n.0).or(to.drop_time);
    let window = from.reorder_window.as_ref().map(|n| n.0);
    to.reorder_window = window.or(to.reorder_window);
    to.dont_frag = from.dont_frag.as_ref().map_or(to.dont_frag, |d| d.value);
    to.init_delay = from.init_delay.as_ref().map(|n| n.0).or(to.init_delay);
    let size = from.max_queue_size.as_ref().map(|n| n.0);
    to.max_queue_size = size.or(to.max_queue_size);
    to.pkt_size = from.pkt_size.as_ref().map(|n| n.0).or(to.pkt_size);
}

/// A security context of one word.
pub(crate) fn context(spec: Option<&Spanned<String>>, findings: &mut Findings) -> Option<String> {
    let spec = spec?;
    let fits = !spec.is_empty()
        && spec.len() < CONTEXT
        && spec
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_:.,-".contains(c));
    if !fits {
        findings
            .error(
                spec.span,
                "a security context is one word of letters, digits and `_:.,-`",
            )
            .hint("`\"system_u:object_r:ipsec_spd_t:s0\"`");
    }
    fits.then(|| spec.value.clone())
}

/// Finds devices that a node lacks.
pub(crate) fn device(draft: &Draft, node: &str, dev: &Spanned<String>, findings: &mut Findings) {
    let known = devices(draft, node);
    if dev.value != "lo" && !known.contains(&dev.as_str()) {
        let message = format!("node `{node}` has no device `{}`", dev.value);
        findings.error(dev.span, message).suggest(dev, &known);
    }
}

/// What of a state a kernel may lack, in the words of [`crate::plan::Need::StateOption`].
pub(crate) fn needs(state: &State) -> Vec<String> {
    let more = &state.more;
    let encap = state.encap.map(|e| e.kind);
    let rare_encap = encap.filter(|kind| *kind != EncapType::EspInUdp);
    let mobile = matches!(state.proto, Proto::Route2 | Proto::Hao);
    [
        matches!(state.mode, Mode::Iptfs | Mode::InTrigger)
            .then(|| format!("mode {}", state.mode.word())),
        mobile.then(|| format!("proto {}", state.proto.word())),
        rare_encap.map(|kind| format!("encap {}", kind.word())),
        more.dir.map(|_| "dir".to_owned()),
        more.pcpu.map(|_| "pcpu-num".to_owned()),
        more.nat_keepalive
            .map(|_| "nat-keepalive-interval".to_owned()),
        more.ctx.as_ref().map(|_| "ctx".to_owned()),
        more.offload
            .as_ref()
            .map(|o| format!("offload {}", o.mode.word())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A request for an SPI.
pub(crate) fn request(spec: &AllocateSpec, findings: &mut Findings) -> Option<SpiRequest> {
    let (src, dst) = (spec.src.as_ref()?, spec.dst.as_ref()?);
    if src.is_ipv4() != dst.is_ipv4() {
        let (one, other) = (family(src.value), family(dst.value));
        findings.error(dst.span, format!("`src` is {one}, `dst` is {other}"));
    }
    let proto = spec.proto.as_ref().map_or(Proto::Esp, |p| p.value);
    let largest = if proto == Proto::Comp {
        0xffff
    } else {
        0x0fff_ffff
    };
    let min = spec.min.as_ref().map_or(Spi(0x100), |s| s.value);
    let max = spec.max.as_ref().map_or(Spi(largest), |s| s.value);
    if min.0 > max.0 {
        findings.error(spec.span, format!("`min` {min} is above `max` {max}"));
    }
    Some(SpiRequest {
        src: src.value,
        dst: dst.value,
        proto,
        mode: spec.mode.as_ref().map_or(Mode::Transport, |m| m.value),
        reqid: spec.reqid.as_ref().map_or(Reqid(0), |r| r.value),
        mark: spec.mark.as_ref().map(|m| m.value),
        seq: spec.seq.as_ref().map_or(0, |s| s.0),
        dir: spec.dir.as_ref().map(|d| d.value),
        pcpu: spec.pcpu_num.as_ref().map(|p| p.0),
        min,
        max,
    })
}
