//! Owns the capture of one node: an `AF_PACKET` socket with device, direction, mark and time of each frame.
//!
//! One socket for all devices of a node: its queue keeps the order in which the node handled them, and closing
//! a packet socket waits for an RCU grace period (16 ms each, seen on 6.18).
//!
//! Not libpcap: that gives neither direction nor `skb->mark`, and its memory-mapped ring has no room for
//! the mark (`SO_RCVMARK`, Linux 5.19, works by control message only).

use std::{
    io::{self, IoSliceMut},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockType, recvmsg,
    setsockopt, socket, sockopt as options,
};

use super::{buffer, error::LabError, node::Node, sockopt};
use crate::observe::{Direction, Frame, LinkType, Loss};

const SO_RCVMARK: libc::c_int = 75;
const PACKET_STATISTICS: libc::c_int = 6;
const PACKET_AUXDATA: libc::c_int = 8;
/// `TP_STATUS_VLAN_VALID` (`include/uapi/linux/if_packet.h`).
const VLAN_VALID: u32 = 0x10;
/// Longest frame that is taken: a GSO packet of 64 KiB with its headers.
const SNAP: usize = 66 * 1024;
/// The interface index that stands for every device of the namespace.
const ALL_DEVICES: u32 = 0;
/// `ETH_P_ALL` in network byte order.
const ALL: u16 = (libc::ETH_P_ALL as u16).to_be();

/// The capture of one node.
pub(crate) struct CaptureSocket {
    pub(crate) node: String,
    fd: OwnedFd,
    /// Whether the kernel tells the mark.
    pub(crate) marks: bool,
    frame: Vec<u8>,
    control: Vec<u8>,
}

impl CaptureSocket {
    /// Opens the capture inside the node's namespace.
    pub(crate) fn open(node: &Node) -> Result<Self, LabError> {
        let opened = node.namespace.enter(open)?;
        let (fd, marks) =
            opened.map_err(|e| LabError::new("capture the frames", &node.name, "").io(&e))?;
        Ok(Self {
            node: node.name.clone(),
            fd,
            marks,
            frame: vec![0; SNAP],
            control: nix::cmsg_space!([u8; 256]),
        })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Takes every frame that has arrived; `device` turns an interface index into a name.
    pub(crate) fn drain(
        &mut self,
        step: u32,
        device: impl Fn(u32) -> String,
        frames: &mut Vec<Frame>,
    ) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            let mut iov = [IoSliceMut::new(&mut self.frame)];
            let message = match recvmsg::<LinkAddr>(
                self.fd.as_raw_fd(),
                &mut iov,
                Some(&mut self.control),
                MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC,
            ) {
                Ok(message) => message,
                Err(nix::errno::Errno::EAGAIN) => return Ok(taken),
                Err(nix::errno::Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            taken += 1;
            let address = message.address;
            let direction = match address.map(|a| a.pkttype()) {
                Some(libc::PACKET_OUTGOING) => Direction::Out,
                _ => Direction::In,
            };
            let index = address.map_or(0, |a| a.ifindex() as u32);
            let link = address.map_or(LinkType::Ethernet, |a| link_type(a.hatype()));
            let (mut ts_ns, mut mark, mut tag) = (0, None, None);
            for control in message.cmsgs()? {
                match control {
                    ControlMessageOwned::ScmTimestampns(ts) => {
                        ts_ns = ts.tv_sec().unsigned_abs() * 1_000_000_000
                            + ts.tv_nsec().unsigned_abs();
                    }
                    ControlMessageOwned::Unknown(raw)
                        if (raw.cmsg_header.cmsg_level, raw.cmsg_header.cmsg_type)
                            == (libc::SOL_SOCKET, libc::SO_MARK) =>
                    {
                        mark = raw
                            .data_bytes
                            .get(0..4)
                            .and_then(|b| b.try_into().ok())
                            .map(u32::from_ne_bytes);
                    }
                    ControlMessageOwned::Unknown(raw)
                        if (raw.cmsg_header.cmsg_level, raw.cmsg_header.cmsg_type)
                            == (libc::SOL_PACKET, PACKET_AUXDATA) =>
                    {
                        tag = vlan_tag(&raw.data_bytes);
                    }
                    _ => {}
                }
            }
            let length = message.bytes.min(SNAP);
            let mut bytes = self.frame[..length].to_vec();
            if let Some(tag) = tag
                && link == LinkType::Ethernet
                && length >= 12
            {
                bytes.splice(12..12, tag);
            }
            frames.push(Frame {
                step,
                node: self.node.clone(),
                device: device(index),
                direction,
                ts_ns,
                mark,
                link,
                bytes,
            });
        }
    }

    /// What the kernel could not queue since the last call.
    pub(crate) fn lost(&self) -> io::Result<Option<Loss>> {
        // `struct tpacket_stats`: packets, drops.
        let mut stats = [0_u32; 2];
        let mut length = size_of_val(&stats) as libc::socklen_t;
        // SAFETY: the buffer is alive and as long as told.
        let outcome = unsafe {
            libc::getsockopt(
                self.fd.as_raw_fd(),
                libc::SOL_PACKET,
                PACKET_STATISTICS,
                stats.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        if outcome < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((stats[1] > 0).then(|| Loss {
            place: format!("capture {}", self.node),
            what: format!("{} frames did not fit into the receive buffer", stats[1]),
        }))
    }
}

/// The VLAN tag that a device driver would write into the frame: until then the kernel keeps it beside the
/// packet, in `struct tpacket_auxdata` (status, two lengths, two offsets, TCI, TPID).
fn vlan_tag(auxdata: &[u8]) -> Option<[u8; 4]> {
    let status = u32::from_ne_bytes(auxdata.get(0..4)?.try_into().ok()?);
    let half = |at: usize| {
        Some(u16::from_ne_bytes(
            auxdata.get(at..at + 2)?.try_into().ok()?,
        ))
    };
    let (tci, tpid) = (half(16)?.to_be_bytes(), half(18)?.to_be_bytes());
    (status & VLAN_VALID != 0).then_some([tpid[0], tpid[1], tci[0], tci[1]])
}

/// What the frames of a device begin with, by its `ARPHRD_*` (`include/uapi/linux/if_arp.h`).
fn link_type(hardware: u16) -> LinkType {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => LinkType::Ethernet,
        _ => LinkType::Ip,
    }
}

fn open() -> io::Result<(OwnedFd, bool)> {
    // Protocol 0 until bound: otherwise frames would arrive before the options are set.
    let fd = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        None,
    )?;
    setsockopt(&fd, options::ReceiveTimestampns, &true)?;
    let marks = sockopt::set(&fd, libc::SOL_SOCKET, SO_RCVMARK, 1).is_ok();
    sockopt::set(&fd, libc::SOL_PACKET, PACKET_AUXDATA, 1)?;
    buffer::enlarge(&fd)?;
    bind(&fd, ALL_DEVICES)?;
    Ok((fd, marks))
}

/// `nix` can read a link-layer address but not make one.
pub(super) fn bind(fd: &OwnedFd, index: u32) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid `sockaddr_ll`.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = ALL;
    address.sll_ifindex = index.cast_signed();
    // SAFETY: the address is alive and as long as told.
    let outcome = unsafe {
        libc::bind(
            fd.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_ll>() as libc::socklen_t,
        )
    };
    if outcome < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
