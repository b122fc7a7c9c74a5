//! Owns the resolving of ESP and AH packets that the harness makes with the keys of an SA.

use super::{super::names::bind_node, Binding, FIRST_PORT};
use crate::{
    plan::{Datagram, EspFlow, Proto, State, Traffic, Wrong},
    spec::{
        schema::traffic::{AhSpec, EspSpec, numbers},
        source::Spanned,
    },
};

impl Binding<'_> {
    /// Packets of an SA, made by the harness.
    pub(super) fn sealed(&mut self, spec: &EspSpec, proto: Proto) -> Option<Traffic> {
        let number = self.count();
        let (from, sa) = (spec.from.as_ref()?, spec.sa.as_ref()?);
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let state = self.sa(from, sa)?;
        if state.proto != proto {
            let (is, other) = (state.proto.word(), proto.word());
            let message = format!("SA `{}` is of {is}, not of {other}", sa.value);
            self.findings.error(sa.span, message);
            return None;
        }
        if let (Proto::Ah, Some(wrong)) = (proto, &spec.wrong)
            && matches!(wrong.value, Wrong::Padding | Wrong::PadLength)
        {
            self.findings
                .error(wrong.span, "AH has no padding that could be wrong")
                .hint("`icv`, `next-header`, `spi` or `truncated`");
        }
        let inner = spec.inner.as_ref().map(|i| i.value.clone());
        let inner = inner.unwrap_or_default();
        let inner = Datagram {
            src: inner.src.map_or(state.src, |a| a.value),
            dst: inner.dst.as_ref().map_or(state.dst, |a| a.value),
            sport: inner.sport.map_or(FIRST_PORT + number, |p| p.0),
            dport: inner.dport.map_or(9, |p| p.0),
            size: inner.size.map_or(56, |s| s.0),
        };
        if inner.src.is_ipv4() != inner.dst.is_ipv4() {
            let message = "`inner` has addresses of two families";
            self.findings.error(sa.span, message);
            return None;
        }
        let at = self.receiver(spec.at.as_ref(), inner.dst, sa.span, true, from)?;
        Some(Traffic::Esp(Box::new(EspFlow {
            from: from.value.clone(),
            seqs: numbers(spec.seq.as_ref()),
            wrong: spec.wrong.as_ref().map(|w| w.value),
            state,
            inner,
            at,
        })))
    }

    /// The SA of that name as the sender has it, or else as any node has it.
    fn sa(&mut self, from: &str, name: &Spanned<String>) -> Option<State> {
        let all = || {
            self.draft
                .nodes
                .iter()
                .flat_map(|n| n.states.iter().map(move |s| (n.name.as_str(), &s.value)))
        };
        let called = || all().filter(|(_, s)| s.name == name.value);
        let found = called()
            .find(|(node, _)| *node == from)
            .or_else(|| called().next());
        if let Some((_, state)) = found {
            return Some(state.clone());
        }
        let mut known: Vec<&str> = all().map(|(_, s)| s.name.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        self.findings
            .error(name.span, format!("no SA `{}`", name.value))
            .suggest(name, &known);
        None
    }
}

/// The keys of AH are those of ESP.
pub(super) fn as_esp(spec: &AhSpec) -> EspSpec {
    EspSpec {
        from: spec.from.clone(),
        sa: spec.sa.clone(),
        seq: spec.seq.clone(),
        inner: spec.inner.clone(),
        at: spec.at.clone(),
        wrong: spec.wrong.clone(),
        ..EspSpec::default()
    }
}
