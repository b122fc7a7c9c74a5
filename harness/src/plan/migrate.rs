//! Owns the moving of a policy and its SAs to other addresses. It never touches the kernel.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Mode, Policy, State, Template};

/// What `XFRM_MSG_MIGRATE` asks for (RFC 4555, `xfrm_migrate()` in `net/xfrm/xfrm_policy.c`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// The policy as it was before.
    pub policy: Policy,
    /// Source and destination of each of its [`templates`](Self::templates) from now on.
    pub ends: Vec<(IpAddr, IpAddr)>,
    /// The SAs that go with it, as they are then.
    #[serde(default)]
    pub states: Vec<State>,
}

impl Migration {
    /// Whether a template has addresses, and so can move.
    pub fn moves(template: &Template) -> bool {
        matches!(template.mode, Mode::Tunnel | Mode::Beet | Mode::Iptfs)
    }

    /// The templates that can move.
    pub fn templates(policy: &Policy) -> impl Iterator<Item = &Template> {
        policy.templates.iter().filter(|t| Self::moves(t))
    }
}
