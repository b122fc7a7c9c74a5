//! Owns the resolving of sending sockets: where they send from, their options and policies.

use std::net::IpAddr;

use super::{
    super::{
        names::{addresses, bind_node, family, owns},
        policies,
    },
    Binding,
};
use crate::{
    plan::{Dir, Policy, SocketOptions},
    spec::{
        schema::{traffic::SocketSpec, transform::PolicySpec},
        source::Spanned,
    },
};

impl Binding<'_> {
    /// The policies of a socket.
    fn policies(
        &mut self,
        spec: Option<&Spanned<Vec<Spanned<PolicySpec>>>>,
        v6: bool,
    ) -> Vec<Policy> {
        let mut list = Vec::new();
        for spec in spec.into_iter().flat_map(|p| p.value.iter()) {
            let Some(policy) = policies::policy(spec, self.findings) else {
                continue;
            };
            // setsockopt() takes a policy and its templates; there is no place for attributes.
            let beyond = [
                (policy.mark.is_some(), "mark"),
                (policy.if_id.is_some(), "if_id"),
                (policy.sub, "ptype"),
                (policy.selector.dev.is_some(), "dev"),
                (policy.ctx.is_some(), "ctx"),
                (policy.offload.is_some(), "offload"),
                (policy.update, "update"),
                (policy.dir == Dir::Fwd, "dir = \"fwd\""),
            ];
            for (_, key) in beyond.into_iter().filter(|(is, _)| *is) {
                let message = format!("a socket's policy has no `{key}`");
                self.findings.error(spec.span, message);
            }
            list.push(policies::of_family(policy, v6));
        }
        list
    }

    /// Checks where a flow comes from and goes to; `None` where the sender is no node.
    pub(super) fn socket(
        &mut self,
        spec: &SocketSpec,
        from: Option<&Spanned<String>>,
        to: Option<&Spanned<IpAddr>>,
    ) -> Option<SocketOptions> {
        let from = from?;
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let to = to?;
        if let Some(src) = &spec.src {
            if src.is_ipv4() != to.is_ipv4() {
                let message = format!(
                    "`src` is {}, `to` is {}",
                    family(src.value),
                    family(to.value)
                );
                self.findings.error(src.span, message);
            } else if !owns(self.draft, from, src.value) {
                let message = format!("`{}` is not an address of node `{}`", src.value, from.value);
                self.findings.error(src.span, message);
            }
        } else if !addresses(self.draft, from).any(|(_, a)| a.address.is_ipv4() == to.is_ipv4()) {
            let message = format!(
                "`to` is {}, but node `{}` has no such address",
                family(to.value),
                from.value
            );
            self.findings.error(to.span, message);
        }
        let device = match &spec.device {
            Some(device) => Some(self.device(from, device)?),
            None => None,
        };
        Some(SocketOptions {
            src: spec.src.as_ref().map(|s| s.value),
            mark: spec.mark.as_ref().map_or(0, |m| m.0),
            ttl: spec.ttl.as_ref().map(|t| t.0),
            tos: spec.tos.as_ref().map(|t| t.0),
            df: spec.df.as_ref().map(|d| d.value),
            device,
            policies: self.policies(spec.policies.as_ref(), to.is_ipv6()),
        })
    }
}
