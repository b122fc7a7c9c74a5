//! Owns the switching of offloads (`ethtool -K`): off, so that a capture shows what a wire would carry, but for those that
//! a file asks for.

use std::{io, os::fd::AsRawFd as _};

use super::{error::LabError, node::Node};
use crate::plan::OffloadFeature;

// `include/uapi/linux/ethtool.h`: the old per-feature commands still work on every kernel and
// need no feature-name table.
const ETHTOOL_SRXCSUM: u32 = 0x15;
const ETHTOOL_STXCSUM: u32 = 0x17;
const ETHTOOL_SSG: u32 = 0x19;
const ETHTOOL_STSO: u32 = 0x1f;
const ETHTOOL_SGSO: u32 = 0x24;
const ETHTOOL_SGRO: u32 = 0x2c;

/// The command that sets a feature. The one that asks for it has the number before.
fn command(feature: OffloadFeature) -> u32 {
    match feature {
        OffloadFeature::Rx => ETHTOOL_SRXCSUM,
        OffloadFeature::Tx => ETHTOOL_STXCSUM,
        OffloadFeature::Sg => ETHTOOL_SSG,
        OffloadFeature::Tso => ETHTOOL_STSO,
        OffloadFeature::Gso => ETHTOOL_SGSO,
        OffloadFeature::Gro => ETHTOOL_SGRO,
    }
}

/// `struct ethtool_value`.
#[repr(C)]
struct Value {
    command: u32,
    data: u32,
}

/// Switches the offloads `on` of `device` on and the others off, and reads back what became of them. A feature that the
/// device does not have is off already.
pub(super) fn set(node: &Node, device: &str, on: &[OffloadFeature]) -> Result<(), LabError> {
    node.namespace
        .enter(|| set_all(device, on))?
        .map_err(|(feature, error)| {
            let state = if on.contains(&feature) { "on" } else { "off" };
            LabError::new(
                "switch an offload",
                &node.name,
                format!("ethtool -K {device} {} {state}", feature.word()),
            )
            .io(&error)
        })
}

fn set_all(device: &str, on: &[OffloadFeature]) -> Result<(), (OffloadFeature, io::Error)> {
    let all = OffloadFeature::ALL;
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").map_err(|e| (all[0], e))?;
    // Those that need others first: the kernel switches dependent features off with the others.
    let off = all.into_iter().rev().filter(|f| !on.contains(f));
    for (feature, data) in off.map(|f| (f, 0)).chain(on.iter().map(|f| (*f, 1))) {
        match call(&socket, device, command(feature), data) {
            Err(error) if data != 0 || error.raw_os_error() != Some(libc::EOPNOTSUPP) => {
                return Err((feature, error));
            }
            _ => {}
        }
    }
    for feature in all {
        let wanted = u32::from(on.contains(&feature));
        match call(&socket, device, command(feature) - 1, 0) {
            Ok(seen) if seen != wanted => {
                let message = "the kernel took it and did not do it";
                return Err((feature, io::Error::other(message)));
            }
            Err(error) if wanted != 0 => return Err((feature, error)),
            _ => {}
        }
    }
    Ok(())
}

/// One command, with what the kernel leaves in its data.
fn call(socket: &std::net::UdpSocket, device: &str, command: u32, data: u32) -> io::Result<u32> {
    let mut value = Value { command, data };
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
        Ok(value.data)
    }
}
