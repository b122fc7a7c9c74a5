//! Owns the listening to netlink groups inside a node: nothing is decoded here, and a full buffer is a loss.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
};

use netlink_sys::Socket;

use super::{
    buffer,
    error::LabError,
    netlink::{Message, Messages},
    node::Node,
};
use crate::observe::Loss;

/// A socket that hears what one node's kernel tells.
pub(crate) struct Listener {
    pub(crate) node: String,
    /// What is heard, in messages: `trace events`.
    what: &'static str,
    socket: Socket,
    buffer: Vec<u8>,
}

impl Listener {
    /// Joins the groups of `protocol` inside the node's namespace.
    pub(crate) fn open(
        node: &Node,
        what: &'static str,
        protocol: i32,
        groups: &[u32],
    ) -> Result<Self, LabError> {
        let open = || -> io::Result<Socket> {
            let mut socket = Socket::new(protocol as isize)?;
            socket.bind_auto()?;
            for group in groups {
                socket.add_membership(*group)?;
            }
            socket.set_non_blocking(true)?;
            buffer::enlarge(&socket)?;
            Ok(socket)
        };
        let socket = node
            .namespace
            .enter(open)?
            .map_err(|e| LabError::new("listen to", &node.name, what).io(&e))?;
        Ok(Self {
            node: node.name.clone(),
            what,
            socket,
            buffer: vec![0; 64 * 1024],
        })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        buffer::borrow(&self.socket)
    }

    /// Takes everything that has arrived, giving each message to `take`.
    pub(crate) fn drain(&mut self, mut take: impl FnMut(&Message<'_>)) -> io::Result<Option<Loss>> {
        let mut loss = None;
        loop {
            // SAFETY: the buffer is alive and as long as told.
            let got = unsafe {
                libc::recv(
                    self.socket.as_raw_fd(),
                    self.buffer.as_mut_ptr().cast(),
                    self.buffer.len(),
                    0,
                )
            };
            if got < 0 {
                let error = io::Error::last_os_error();
                match error.raw_os_error() {
                    Some(libc::EAGAIN) => return Ok(loss),
                    Some(libc::EINTR) => {}
                    // The kernel says once that it threw messages away.
                    Some(libc::ENOBUFS) => {
                        loss = Some(Loss {
                            place: format!("{} of {}", self.what, self.node),
                            what: "the kernel dropped some (ENOBUFS)".into(),
                        });
                    }
                    _ => return Err(error),
                }
                continue;
            }
            for message in Messages(&self.buffer[..got.unsigned_abs()]) {
                take(&message);
            }
        }
    }
}
