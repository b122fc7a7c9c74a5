//! Owns the binding of ports. A forked child holds a copy of every socket of this process until its program has been
//! executed: a port that one lab has closed is still taken while another starts `nft`.

use std::{
    io, thread,
    time::{Duration, Instant},
};

/// A child that is still there after this is none of ours: the port is really taken.
const LIMIT: Duration = Duration::from_secs(2);
/// How often is looked.
const PAUSE: Duration = Duration::from_millis(1);

/// Binds a port that this process may have closed just now. Nothing tells when a child has closed its copy: the parent
/// goes on once the child's memory is exchanged, before its files are closed (`begin_new_exec`, fs/exec.c, v6.12).
pub(crate) fn bound<T>(mut bind: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let deadline = Instant::now() + LIMIT;
    loop {
        match bind() {
            Err(e) if e.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {
                thread::sleep(PAUSE);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_port_that_is_really_taken_is_refused_and_one_that_is_freed_is_had() {
        let first = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = first.local_addr().unwrap();
        let refused = bound(|| UdpSocket::bind(address)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        let mut first = Some(first);
        let had = bound(|| {
            let outcome = UdpSocket::bind(address);
            first = None;
            outcome
        });
        assert_eq!(had.unwrap().local_addr().unwrap(), address);
    }
}
