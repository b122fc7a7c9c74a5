//! Owns the resolving of packets that no socket of the harness sends by itself: raw ones, keepalives, and those that are
//! sent again.

use super::{
    super::{
        names::{bind_node, family},
        packet,
    },
    Binding, NAT_PORT,
};
use crate::{
    plan::{Again, Keepalive, Raw, RawHow, Traffic},
    spec::{
        schema::traffic::{AgainSpec, KeepaliveSpec, RawSpec, numbers},
        source::Spanned,
    },
};

impl Binding<'_> {
    pub(super) fn raw(&mut self, spec: &RawSpec) -> Option<Traffic> {
        self.count();
        let from = spec.from.as_ref()?;
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let (how, bytes) = if let Some(device) = &spec.device {
            self.device(from, device)?;
            let Some(hex) = &spec.hex else {
                let message = "a frame at a device needs `hex`";
                self.findings.error(device.span, message);
                return None;
            };
            (RawHow::Device(device.value.clone()), hex.0.clone())
        } else {
            let bytes = packet::of_fields(spec, from.span, self.findings)?;
            let Some(to) = packet::destination(&bytes) else {
                let span = spec.hex.as_ref().map_or(from.span, |h| h.span);
                let message = "the bytes are no IP packet";
                self.findings
                    .error(span, message)
                    .hint("`device` sends them as a frame");
                return None;
            };
            let mark = spec.mark.as_ref().map_or(0, |m| m.0);
            (RawHow::Routed { to, mark }, bytes)
        };
        Some(Traffic::Raw(Raw {
            from: from.value.clone(),
            count: spec.count.as_ref().map_or(1, |c| c.0),
            how,
            bytes,
        }))
    }

    pub(super) fn keepalive(&mut self, spec: &KeepaliveSpec) -> Option<Traffic> {
        self.count();
        let (from, to) = (spec.from.as_ref()?, spec.to.as_ref()?);
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let sport = spec.sport.as_ref().map_or(NAT_PORT, |p| p.0);
        let sockets = self.draft.nodes.iter().filter(|n| n.name == from.value);
        let mut sockets = sockets.flat_map(|n| &n.encap_sockets);
        if !sockets.any(|s| s.port == sport && (s.address.is_ipv6() || to.is_ipv4())) {
            let message = format!(
                "node `{}` has no encapsulation socket on port {sport} for {}",
                from.value,
                family(to.value)
            );
            self.findings.error(from.span, message);
        }
        Some(Traffic::Keepalive(Keepalive {
            from: from.value.clone(),
            to: to.value,
            sport,
            dport: spec.dport.as_ref().map_or(NAT_PORT, |p| p.0),
            count: spec.count.as_ref().map_or(1, |c| c.0),
        }))
    }

    pub(super) fn again(&mut self, spec: &AgainSpec) -> Option<Traffic> {
        self.count();
        let place = spec.from.as_ref()?;
        let (node, device) = place.split_once(':').unwrap_or((place, ""));
        if !bind_node(self.draft, node, place.span, self.findings) {
            return None;
        }
        let device = Spanned::new(device.to_owned(), place.span);
        Some(Traffic::Again(Again {
            from: node.to_owned(),
            device: self.device(node, &device)?,
            packets: numbers(spec.packet.as_ref()),
        }))
    }
}
