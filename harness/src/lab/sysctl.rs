//! Owns the writing of sysctls inside a node.

use std::path::PathBuf;

use super::{error::LabError, node::Node};
use crate::plan::Sysctl;

/// Writes one sysctl. `/proc/sys/net` shows the namespace of the thread that looks.
pub(super) fn write(node: &Node, sysctl: &Sysctl) -> Result<(), LabError> {
    let path = path(&sysctl.key);
    node.namespace
        .enter(|| std::fs::write(&path, &sysctl.value))?
        .map_err(|e| {
            LabError::new(
                "write the sysctl",
                &node.name,
                format!("{}={}", sysctl.key, sysctl.value),
            )
            .io(&e)
        })
}

/// `net.ipv4.ip_forward` is `/proc/sys/net/ipv4/ip_forward`. As with sysctl(8), a key
/// that has slashes is taken as it is, for device names with a dot.
fn path(key: &str) -> PathBuf {
    let relative = if key.contains('/') {
        key.to_owned()
    } else {
        key.replace('.', "/")
    };
    PathBuf::from("/proc/sys").join(relative)
}
