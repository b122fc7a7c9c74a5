//! Owns the moving of a policy and its SAs to other addresses. It never touches the kernel.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Policy;

/// What `XFRM_MSG_MIGRATE` asks for (RFC 4555, `xfrm_migrate()` in `net/xfrm/xfrm_policy.c`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// The policy as it was before.
    pub policy: Policy,
    /// Its templates' addresses from now on.
    pub src: IpAddr,
    pub dst: IpAddr,
}
