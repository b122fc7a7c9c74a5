//! Owns the asking: one netlink request in the namespace of the probe, and the kernel's words where it refuses.

use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};

/// What the kernel answers to a request that it refuses.
pub(super) type Refusal = String;

/// A socket for requests.
pub(super) fn open(protocol: isize) -> Result<Socket, Refusal> {
    let open = || {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        Ok(socket)
    };
    open().map_err(|e: io::Error| format!("netlink socket: {e}"))
}

/// Sends a request and waits for its ack.
pub(super) fn ask<M: NetlinkSerializable>(socket: &Socket, message: M) -> Result<(), Refusal> {
    let mut message = NetlinkMessage::new(
        NetlinkHeader::default(),
        NetlinkPayload::InnerMessage(message),
    );
    message.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    message.header.sequence_number = 1;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0).map_err(|e| e.to_string())?;
    let (answer, _) = socket.recv_from_full().map_err(|e| e.to_string())?;
    refusal(&answer).map_or(Ok(()), Err)
}

/// The refusal in an `NLMSG_ERROR` whose request is capped; `None` for an ack.
fn refusal(answer: &[u8]) -> Option<Refusal> {
    let code = answer
        .get(16..20)
        .and_then(|b| b.try_into().ok())
        .map(i32::from_ne_bytes)?;
    if code == 0 {
        return None;
    }
    let errno = format!("{:?}", nix::errno::Errno::from_raw(-code));
    // Behind the error and the capped request come attributes; type 1 is the message.
    let said = answer.get(36..).and_then(|attributes| {
        let length = usize::from(u16::from_ne_bytes([
            *attributes.first()?,
            *attributes.get(1)?,
        ]));
        let kind = u16::from_ne_bytes([*attributes.get(2)?, *attributes.get(3)?]);
        let text = attributes.get(4..length).filter(|_| kind == 1)?;
        Some(
            String::from_utf8_lossy(text)
                .trim_end_matches('\0')
                .to_owned(),
        )
    });
    Some(said.map_or(errno.clone(), |said| format!("{errno}: {said}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &[u8], expected: Option<&str>) {
        assert_eq!(refusal(answer).as_deref(), expected);
    }

    #[test]
    fn an_ack_is_no_refusal_and_a_refusal_keeps_the_kernels_words() {
        let mut answer = vec![0; 36];
        check(&answer, None);
        answer[16..20].copy_from_slice(&(-libc::ENOSYS).to_ne_bytes());
        check(&answer, Some("ENOSYS"));
        answer.extend([9, 0, 1, 0]);
        answer.extend(b"nope\0");
        check(&answer, Some("ENOSYS: nope"));
        answer.truncate(41);
        check(&answer, Some("ENOSYS"));
    }
}
