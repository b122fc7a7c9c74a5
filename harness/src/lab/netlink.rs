//! Owns the blocking netlink client: one request at a time, with the kernel's extended ack.
//!
//! `rtnetlink` and `netlink-packet-xfrm` make the messages. Their connections are not used:
//! `netlink-proto` drops messages that it cannot decode, does not parse the extended ack, and needs a
//! task per socket; a lab has two sockets per node and wants an answer before its next step.

use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};

use super::error::{LabError, errno_name};

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;
const NLMSGERR_ATTR_MSG: u16 = 1;

/// A netlink socket that stays in the namespace in which it was opened.
pub(crate) struct Netlink {
    socket: Socket,
    sequence: u32,
}

/// A request that the kernel refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) errno: i32,
    /// The extended ack's message (`NLMSGERR_ATTR_MSG`).
    pub(crate) message: Option<String>,
}

impl Refusal {
    /// The refusal as a lab error.
    pub(crate) fn of(self, operation: &str, node: &str, object: impl Into<String>) -> LabError {
        let mut error = LabError::new(operation, node, object);
        error.errno = Some(errno_name(self.errno));
        error.said = self.message;
        error
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self {
            errno: error.raw_os_error().unwrap_or(libc::EIO),
            message: Some(error.to_string()),
        }
    }
}

impl Netlink {
    /// Opens a socket of `protocol` (`NETLINK_ROUTE`, `NETLINK_XFRM`, ...) in the calling thread's namespace.
    pub(crate) fn open(protocol: i32) -> io::Result<Self> {
        let mut socket = Socket::new(protocol as isize)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sends one request with `flags` beside `NLM_F_REQUEST | NLM_F_ACK`, and waits for its ack.
    pub(crate) fn request<M: NetlinkSerializable>(
        &mut self,
        message: M,
        flags: u16,
    ) -> Result<(), Refusal> {
        let bytes = self.encode(message, NLM_F_REQUEST | NLM_F_ACK | flags);
        self.transact(&bytes)
    }

    /// Sends a dump request and gives the payload (behind the netlink header) of each answer.
    pub(crate) fn dump<M: NetlinkSerializable>(
        &mut self,
        message: M,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let bytes = self.encode(message, NLM_F_REQUEST | NLM_F_DUMP);
        self.dump_bytes(&bytes)
    }

    /// Likewise with a request that already is a netlink message.
    pub(crate) fn dump_bytes(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        self.socket.send(bytes, 0)?;
        let mut entries = Vec::new();
        loop {
            let (buffer, _) = self.socket.recv_from_full()?;
            for message in Messages(&buffer) {
                match message.kind {
                    NLMSG_DONE => return Ok(entries),
                    NLMSG_ERROR => {
                        if let Some(refusal) = refusal(&message) {
                            return Err(refusal);
                        }
                    }
                    _ => entries.push(message.payload.to_vec()),
                }
            }
        }
    }

    /// Sends bytes that already are netlink messages, the last with `NLM_F_ACK` and the number
    /// that [`Self::next_sequence`] gave, and waits for that ack or the first refusal.
    pub(crate) fn transact(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.socket.send(bytes, 0)?;
        loop {
            let (buffer, _) = self.socket.recv_from_full()?;
            for message in Messages(&buffer) {
                if message.kind != NLMSG_ERROR {
                    continue;
                }
                if let Some(refusal) = refusal(&message) {
                    return Err(refusal);
                }
                if message.sequence == self.sequence {
                    return Ok(());
                }
            }
        }
    }

    /// The number for the next message.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    fn encode<M: NetlinkSerializable>(&mut self, message: M, flags: u16) -> Vec<u8> {
        let mut message = NetlinkMessage::new(
            NetlinkHeader::default(),
            NetlinkPayload::InnerMessage(message),
        );
        message.header.flags = flags;
        message.header.sequence_number = self.next_sequence();
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }
}

/// One message of a datagram.
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
}

/// The messages of a datagram; ends at the first header that does not fit.
pub(crate) struct Messages<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let word = |at: usize| Some(u32::from_ne_bytes(self.0.get(at..at + 4)?.try_into().ok()?));
        let length = word(0)? as usize;
        let kind_and_flags = self.0.get(4..8)?;
        let message = Message {
            kind: u16::from_ne_bytes([kind_and_flags[0], kind_and_flags[1]]),
            flags: u16::from_ne_bytes([kind_and_flags[2], kind_and_flags[3]]),
            sequence: word(8)?,
            payload: self.0.get(16..length)?,
        };
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    }
}

/// The attributes of a message; ends at the first that does not fit.
pub(crate) struct Attributes<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    /// Type without its flag bits, and value.
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let head = self.0.get(0..4)?;
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        let kind = u16::from_ne_bytes([head[2], head[3]]) & 0x3fff;
        let value = self.0.get(4..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    }
}

/// The value of an attribute of a message, whose attributes stand behind `header` bytes.
pub(crate) fn attribute(message: &[u8], header: usize, wanted: u16) -> Option<&[u8]> {
    let mut attributes = Attributes(message.get(header..)?);
    attributes.find(|(kind, _)| *kind == wanted).map(|(_, v)| v)
}

/// The refusal in an `NLMSG_ERROR`, `None` when it is an ack.
fn refusal(message: &Message<'_>) -> Option<Refusal> {
    let code = i32::from_ne_bytes(message.payload.get(0..4)?.try_into().ok()?);
    if code == 0 {
        return None;
    }
    // The request follows: only its header when the socket caps acks, whole otherwise.
    let request = u32::from_ne_bytes(message.payload.get(4..8)?.try_into().ok()?) as usize;
    let skip = if message.flags & NLM_F_CAPPED == 0 {
        request.next_multiple_of(4)
    } else {
        16
    };
    let text = (message.flags & NLM_F_ACK_TLVS != 0)
        .then(|| Attributes(message.payload.get(4 + skip..).unwrap_or_default()))
        .and_then(|mut attributes| attributes.find(|(kind, _)| *kind == NLMSGERR_ATTR_MSG))
        .map(|(_, value)| {
            String::from_utf8_lossy(value)
                .trim_end_matches('\0')
                .to_owned()
        });
    Some(Refusal {
        errno: -code,
        message: text,
    })
}
