//! Every frame that the kernel seals, against a formula: its length, padding, IV, ICV, next header.
//!
//! Each case is one world on a kernel. What its gateways put on the wire is opened by the codec of
//! `xfrmlab::wire`, held against `formula`, and what was inside against what was sent. A case never
//! skips: a kernel without the algorithm fails it.

mod ah;
mod algorithm;
mod count;
mod differences;
mod echo;
mod encapsulated;
mod expect;
mod formula;
mod lab;
mod mtu;
mod options;
mod ours;
mod seen;
mod sizes;
mod transport;
mod tunnel;
mod world;
mod wrong;
