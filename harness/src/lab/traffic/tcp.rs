//! Owns a TCP connection: connect, transfer, close, both ends driven by one loop.
//!
//! The loop ends when TCP itself says so: the transfer is over, or an end has an error. A peer
//! that does not answer is an error too, after one retransmission of the first segment
//! (`TCP_SYNCNT`) or [`SILENCE`] without an acknowledgement (`TCP_USER_TIMEOUT`).

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
    time::Instant,
};

use nix::{
    errno::Errno,
    poll::PollFlags,
    sys::socket::{
        Backlog, SockProtocol, SockType, SockaddrStorage, connect, setsockopt, sockopt as options,
    },
};
use sha2::{Digest as _, Sha256};

use super::{payload::payload, socket, wait};
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        port, sockopt,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::{Tcp, TcpPeer},
};

/// Milliseconds after which unacknowledged data ends a connection.
const SILENCE: u32 = 3000;
/// Bytes that may be under way at once. Everything is watched, and a whole window in one burst is more
/// than the trace sockets of a rootless lab hold.
const UNDER_WAY: u64 = 4096;

/// Runs one connection from its first segment to its last.
pub(super) fn run(tcp: &Tcp, nodes: &mut Nodes, watch: &mut Watch) -> Result<FlowRecord, LabError> {
    let target = SocketAddr::new(tcp.to, tcp.dport);
    let wrong = |node: &str, e: &io::Error| {
        LabError::new("open the TCP socket", node, target.to_string()).io(e)
    };
    let listener = match tcp.peer {
        TcpPeer::Closed => None,
        TcpPeer::Receive | TcpPeer::Reset => {
            let made = nodes.get(&tcp.at).namespace.enter(|| listen(tcp))?;
            Some(made.map_err(|e| wrong(&tcp.at, &e))?)
        }
    };
    let client = nodes.get(&tcp.from).namespace.enter(|| open(tcp))?;
    let client = client.map_err(|e| wrong(&tcp.from, &e))?;
    let started = Instant::now();
    let mut packet = PacketOutcome {
        seq: 1,
        sent_ns: wait::now(),
        ..PacketOutcome::default()
    };
    let begun = connect(client.as_raw_fd(), &SockaddrStorage::from(target));
    if let Err(errno) = begun
        && errno != Errno::EINPROGRESS
    {
        packet.send_error = Some(errno_name(errno as i32));
        wait::quiet(nodes, watch)?;
        return Ok(record(packet, 0, 0));
    }
    let mut transfer = Transfer::new(tcp, client.into(), listener);
    loop {
        let progress = transfer.advance();
        watch.drain(nodes)?;
        watch.heed(nodes)?;
        if transfer.over() {
            break;
        }
        if started.elapsed() > wait::LIMIT {
            transfer.error.get_or_insert_with(|| "ETIMEDOUT".into());
            break;
        }
        if !progress {
            let fds = transfer.awaited();
            watch.wait(&fds, wait::LIMIT)?;
        }
    }
    let took = started.elapsed().as_nanos() as u64;
    let (got, expected) = (transfer.taken, u64::from(tcp.bytes));
    let intact = transfer.intact();
    packet.send_error = transfer.error.take();
    drop(transfer);
    wait::quiet(nodes, watch)?;
    let whole = got == expected && intact;
    packet.took_ns = whole.then_some(took);
    packet.copies = u16::from(whole);
    Ok(record(packet, u32::from(!intact), got))
}

fn record(packet: PacketOutcome, strays: u32, bytes: u64) -> FlowRecord {
    FlowRecord {
        packets: vec![packet],
        strays,
        bytes,
        command: None,
    }
}

fn listen(tcp: &Tcp) -> io::Result<TcpListener> {
    let v4 = tcp.to.is_ipv4();
    let fd = socket::open(v4, SockType::Stream, SockProtocol::Tcp)?;
    setsockopt(&fd, options::ReuseAddr, &true)?;
    let address = SockaddrStorage::from(SocketAddr::new(socket::any(v4), tcp.dport));
    port::bound(|| Ok(nix::sys::socket::bind(fd.as_raw_fd(), &address)?))?;
    nix::sys::socket::listen(&fd, Backlog::new(1)?)?;
    Ok(fd.into())
}

fn open(tcp: &Tcp) -> io::Result<OwnedFd> {
    let v4 = tcp.to.is_ipv4();
    let fd = socket::open(v4, SockType::Stream, SockProtocol::Tcp)?;
    sockopt::set(&fd, libc::IPPROTO_TCP, libc::TCP_SYNCNT, 1)?;
    setsockopt(&fd, options::TcpUserTimeout, &SILENCE)?;
    setsockopt(&fd, options::TcpNoDelay, &true)?;
    setsockopt(&fd, options::ReuseAddr, &true)?;
    socket::prepare(&fd, v4, &tcp.socket, tcp.sport)?;
    Ok(fd)
}

/// Both ends of a connection under way.
struct Transfer {
    peer: TcpPeer,
    client: TcpStream,
    listener: Option<TcpListener>,
    server: Option<TcpStream>,
    /// What is still to be written.
    left: Vec<u8>,
    connected: bool,
    /// The client has sent its last byte.
    shut: bool,
    /// The client has seen the other end close.
    closed: bool,
    /// Bytes that the sender has handed over, and that the receiver has.
    given: u64,
    taken: u64,
    sent: Sha256,
    got: Sha256,
    /// Errno name of what ended the connection early, as the client was told.
    error: Option<String>,
}

impl Transfer {
    fn new(tcp: &Tcp, client: TcpStream, listener: Option<TcpListener>) -> Self {
        let mut left = Vec::with_capacity(tcp.bytes as usize);
        for block in 0_u32.. {
            let rest = tcp.bytes as usize - left.len();
            if rest == 0 {
                break;
            }
            left.extend(payload(tcp.sport, block, rest.min(1024) as u16));
        }
        Self {
            peer: tcp.peer,
            client,
            listener,
            server: None,
            left,
            connected: false,
            shut: false,
            closed: false,
            given: 0,
            taken: 0,
            sent: Sha256::new(),
            got: Sha256::new(),
            error: None,
        }
    }

    fn over(&self) -> bool {
        self.error.is_some() || (self.closed && self.shut)
    }

    fn intact(&self) -> bool {
        self.taken == 0 || self.sent.clone().finalize() == self.got.clone().finalize()
    }

    /// Whether nothing more may be handed over until the receiver has taken something.
    fn is_full(&self) -> bool {
        self.given - self.taken >= UNDER_WAY
    }

    /// Does what can be done without waiting; tells whether that was anything.
    fn advance(&mut self) -> bool {
        let outcome = self.accept().and_then(|accepted| {
            let received = self.receive()?;
            let sent = self.send()?;
            Ok(accepted || received || sent)
        });
        match outcome {
            Ok(progress) => progress,
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EIO);
                self.error.get_or_insert_with(|| errno_name(errno));
                true
            }
        }
    }

    fn accept(&mut self) -> io::Result<bool> {
        let Some(listener) = &self.listener else {
            return Ok(false);
        };
        let Some((server, _)) = ready(listener.accept())? else {
            return Ok(false);
        };
        server.set_nonblocking(true)?;
        self.server = Some(server);
        self.listener = None;
        Ok(true)
    }

    fn receive(&mut self) -> io::Result<bool> {
        let Some(server) = &mut self.server else {
            return Ok(false);
        };
        let mut buffer = vec![0; 64 * 1024];
        match ready(server.read(&mut buffer))? {
            None => Ok(false),
            Some(0) => {
                // The kernel owes the FIN an acknowledgement and holds it back for 40 ms, in the hope of data that
                // it can go with (`tcp_fin`, net/ipv4/tcp_input.c, v6.12). Whether the closing here is quicker
                // depends on the machine's load; asked for, it is always sent, and by itself.
                sockopt::set(&*server, libc::IPPROTO_TCP, libc::TCP_QUICKACK, 1)?;
                self.server = None;
                Ok(true)
            }
            Some(length) => {
                self.got.update(&buffer[..length]);
                self.taken += length as u64;
                if self.peer == TcpPeer::Reset {
                    // Closing with nothing to linger for sends a reset.
                    setsockopt(
                        &*server,
                        options::Linger,
                        &libc::linger {
                            l_onoff: 1,
                            l_linger: 0,
                        },
                    )?;
                    self.server = None;
                }
                Ok(true)
            }
        }
    }

    fn send(&mut self) -> io::Result<bool> {
        if let Some(error) = self.client.take_error()? {
            return Err(error);
        }
        if !self.connected {
            match self.client.peer_addr() {
                Ok(_) => self.connected = true,
                Err(e) if e.kind() == io::ErrorKind::NotConnected => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        if !self.left.is_empty() {
            if self.is_full() {
                return Ok(false);
            }
            let chunk = self.left.len().min(UNDER_WAY as usize);
            let Some(length) = ready(self.client.write(&self.left[..chunk]))? else {
                return Ok(false);
            };
            self.given += length as u64;
            self.sent.update(&self.left[..length]);
            self.left.drain(..length);
            return Ok(true);
        }
        if !self.shut {
            // A peer that resets may be faster than this, and then the reading tells.
            if let Err(e) = self.client.shutdown(std::net::Shutdown::Write)
                && e.kind() != io::ErrorKind::NotConnected
            {
                return Err(e);
            }
            self.shut = true;
            return Ok(true);
        }
        let Some(length) = ready(self.client.read(&mut [0; 1]))? else {
            return Ok(false);
        };
        self.closed = length == 0;
        Ok(true)
    }

    /// What would let `advance` go on.
    fn awaited(&self) -> Vec<(std::os::fd::BorrowedFd<'_>, PollFlags)> {
        let mut fds = Vec::new();
        fds.extend(self.listener.iter().map(|l| (l.as_fd(), PollFlags::POLLIN)));
        fds.extend(self.server.iter().map(|s| (s.as_fd(), PollFlags::POLLIN)));
        let writing = !self.connected || !(self.left.is_empty() || self.is_full());
        let client = if writing {
            PollFlags::POLLOUT
        } else {
            PollFlags::POLLIN
        };
        fds.push((self.client.as_fd(), client));
        fds
    }
}

/// `None` for what would block.
fn ready<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}
