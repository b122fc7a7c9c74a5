//! Owns the binding of ports. A forked child holds a copy of every socket of this process until its program has been
//! executed: a port that one lab has closed is still taken while another starts `nft`.

use std::{
    io, thread,
    time::{Duration, Instant},
};

/// A child that is still there after this is none of ours: the port is really taken.
const LIMIT: Duration = Duration::from_secs(2);
/// Its column in `/proc/net/udp` (`udp4_format_sock`, net/ipv4/udp.c).
const INODE: usize = 9;
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

/// Waits until a UDP socket that was closed is gone from the calling thread's namespace: while a child holds its copy,
/// the kernel delivers to it. Seen on 6.12.117 with both CPUs busy (`events/objects`).
///
/// # Errors
/// `TimedOut` if it is still there after two seconds.
pub(crate) fn released(inode: u64) -> io::Result<()> {
    let deadline = Instant::now() + LIMIT;
    while is_open(inode)? {
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn is_open(inode: u64) -> io::Result<bool> {
    let mut tables = String::new();
    for name in ["udp", "udp6"] {
        match std::fs::read_to_string(format!("/proc/thread-self/net/{name}")) {
            Ok(table) => tables += &table,
            // A kernel without IPv6.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    let inode = inode.to_string();
    let mut lines = tables.lines();
    Ok(lines.any(|line| line.split_whitespace().nth(INODE) == Some(&inode)))
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_socket_is_released_once_its_last_copy_is_closed() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let inode = nix::sys::stat::fstat(&socket).unwrap().st_ino;
        let copy = socket.try_clone().unwrap();
        drop(socket);
        assert!(is_open(inode).unwrap());
        assert_eq!(released(inode).unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(copy);
        released(inode).unwrap();
    }

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
