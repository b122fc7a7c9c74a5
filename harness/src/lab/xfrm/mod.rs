//! Owns the xfrm half of building: states and policies as `NETLINK_XFRM` messages, and what their dumps say.

mod policy;
mod sample;
mod state;
mod value;

pub(super) use policy::{add_policy, delete_policy, flush_policies};
pub(super) use sample::sample;
pub(super) use state::{add_state, delete_state, flush_states, update_state};
