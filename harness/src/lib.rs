//! xfrmlab: integration tests for Linux IPsec on network namespaces.
//!
//! Data flows one way, and only the middle touches the kernel:
//!
//! ```text
//! TOML text -> Spec -> Plan -> Script(Vec<Op>) -> Lab -> Observations -> Findings -> Verdict -> Report
//!              pure    pure    pure               KERNEL                 pure from here on
//! ```

pub mod agent;
pub mod bless;
pub mod guest;
pub mod judge;
pub mod lab;
pub mod names;
pub mod observe;
pub mod ops;
pub mod plan;
pub mod report;
pub mod session;
pub mod spec;
pub mod wire;
