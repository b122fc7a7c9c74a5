//! Owns the `Script`: a plan as the ordered list of single operations that build it.
//! It never touches the kernel.
//!
//! An [`Op`] is data with two faces: the netlink message that `crate::lab` sends, and
//! the `ip`, `nft` or `sysctl` line that [`render`] prints. `xfrmlab export` is that text as a script.

mod build;
mod change;
mod export;
mod op;
mod text;
mod text_device;
mod text_rule;
mod text_socket;
mod text_xfrm;
mod unsaid;

pub use build::script;
pub use change::change;
pub use export::export;
pub use op::Op;
pub use text::{line, quoted, render};
pub(crate) use text_rule::rule_words;
pub(crate) use text_xfrm::socket_policy;
