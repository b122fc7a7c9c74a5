//! Owns the switching-off of offloads (`ethtool -K`), so that a capture shows what a wire would carry.

use std::{io, os::fd::AsRawFd as _};

use super::{error::LabError, node::Node};

// `include/uapi/linux/ethtool.h`: the old per-feature commands still work on every kernel and
// need no feature-name table.
const ETHTOOL_SRXCSUM: u32 = 0x15;
const ETHTOOL_STXCSUM: u32 = 0x17;
const ETHTOOL_SSG: u32 = 0x19;
const ETHTOOL_STSO: u32 = 0x1f;
const ETHTOOL_SGSO: u32 = 0x24;
const ETHTOOL_SGRO: u32 = 0x2c;

/// The commands, with the words of `ethtool -K`. Checksums go last: the kernel switches dependent
/// features off with them.
const COMMANDS: [(u32, &str); 6] = [
    (ETHTOOL_STSO, "tso"),
    (ETHTOOL_SGSO, "gso"),
    (ETHTOOL_SGRO, "gro"),
    (ETHTOOL_SSG, "sg"),
    (ETHTOOL_STXCSUM, "tx"),
    (ETHTOOL_SRXCSUM, "rx"),
];

/// `struct ethtool_value`.
#[repr(C)]
struct Value {
    command: u32,
    data: u32,
}

/// Switches all offloads of `device` off. A feature that the device does not have is off already.
pub(super) fn off(node: &Node, device: &str) -> Result<(), LabError> {
    node.namespace
        .enter(|| set_all(device))?
        .map_err(|(feature, error)| {
            LabError::new(
                "switch an offload off",
                &node.name,
                format!("ethtool -K {device} {feature} off"),
            )
            .io(&error)
        })
}

fn set_all(device: &str) -> Result<(), (&'static str, io::Error)> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").map_err(|e| ("socket", e))?;
    for (command, word) in COMMANDS {
        match set(&socket, device, command) {
            Err(error) if error.raw_os_error() != Some(libc::EOPNOTSUPP) => {
                return Err((word, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn set(socket: &std::net::UdpSocket, device: &str, command: u32) -> io::Result<()> {
    let mut value = Value { command, data: 0 };
    // SAFETY: all-zero bytes are a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (slot, byte) in request
        .ifr_name
        .iter_mut()
        .take(libc::IFNAMSIZ - 1)
        .zip(device.bytes())
    {
        *slot = byte.cast_signed();
    }
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: the request names a buffer that is alive and of the type that these commands take.
    let outcome =
        unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request) };
    if outcome < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
