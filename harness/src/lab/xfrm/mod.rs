//! Owns the xfrm half of building: states and policies as `NETLINK_XFRM` messages, and what their dumps say.

mod expire;
mod migrate;
mod policy;
mod read_policy;
mod read_state;
mod sample;
mod state;
mod value;

pub(super) use expire::{expire_policy, expire_state};
pub(super) use migrate::migrate;
pub(super) use policy::{add_policy, delete_policy, flush_policies, socket_policy};
pub(super) use read_policy::policies;
pub(super) use read_state::states;
pub(super) use sample::sample;
pub(super) use state::{add_state, allocate_spi, delete_state, flush_states, update_state};
