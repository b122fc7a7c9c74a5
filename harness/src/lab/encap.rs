//! Owns the UDP sockets that hand ESP in UDP to the kernel's ESP input (`UDP_ENCAP`, RFC 3948).

use std::{
    io,
    net::{SocketAddr, UdpSocket},
};

use nix::sys::stat::fstat;

use super::{error::LabError, netlink::Refusal, node::Node, port, sockopt};
use crate::plan::EncapSocket;

/// `include/uapi/linux/udp.h`.
const UDP_ENCAP: i32 = 100;
const UDP_ENCAP_ESPINUDP: i32 = 2;

/// Opens the socket; it stays open as long as the node.
pub(super) fn open(node: &mut Node, socket: &EncapSocket) -> Result<(), LabError> {
    let address = SocketAddr::new(socket.address, socket.port);
    let opened = node.namespace.enter(|| -> io::Result<UdpSocket> {
        let udp = port::bound(|| UdpSocket::bind(address))?;
        sockopt::set(&udp, libc::IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)?;
        Ok(udp)
    })?;
    let udp = opened.map_err(|e| {
        LabError::new(
            "open the encapsulation socket",
            &node.name,
            format!("UDP {address}"),
        )
        .io(&e)
    })?;
    node.encap.push(udp);
    Ok(())
}

/// Closes the socket again. The kernel has let go of it when this returns.
pub(super) fn close(node: &mut Node, socket: &EncapSocket) -> Result<(), Refusal> {
    let address = SocketAddr::new(socket.address, socket.port);
    let open = node.encap.iter().position(|udp| {
        let at = udp.local_addr();
        at.is_ok_and(|at| at == address)
    });
    let Some(index) = open else {
        return Err(Refusal {
            errno: libc::ENOENT,
            message: Some("no such socket is open".into()),
        });
    };
    let udp = node.encap.remove(index);
    let gone = fstat(&udp).map(|stat| stat.st_ino).map_err(io::Error::from);
    drop(udp);
    let released = |inode| node.namespace.enter(|| port::released(inode));
    match gone.map(released) {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) | Err(error) => Err(error.into()),
        Ok(Err(error)) => Err(Refusal {
            errno: libc::EIO,
            message: Some(error.to_string()),
        }),
    }
}
