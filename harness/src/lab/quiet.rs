//! Owns the answer to "is anything still under way?", by cause and not by clock.
//!
//! A veth hands a packet to its peer through the receive backlog of the sending CPU, which is a queue. A
//! canary frame sent from that CPU over a private veth pair comes out behind everything that was queued
//! there before. A round sends one canary from each CPU; when two rounds in a row bring nothing
//! new in any capture or trace, no packet is left in any backlog. Two, because a packet may sit in the
//! queue of a tunnel device (`gro_cells`, polled in the same softirq run) while the first canary passes.
//!
//! A packet that was opened in transport mode waits in another queue: a work item of its CPU hands it on. So before the
//! second round every CPU works its items off ([`super::work_items`]).

use std::{
    io::{self, IoSliceMut},
    os::fd::{AsFd, AsRawFd as _, OwnedFd},
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage as Request;
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        socket::{
            AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, setsockopt,
            socket, sockopt,
        },
        time::TimeSpec,
    },
    unistd::Pid,
};
use rtnetlink::{LinkUnspec, LinkVeth};

use super::{capture, carrier, error::LabError, node::Node};

/// IEEE Std 802 local experimental Ethernet type.
const ETHERTYPE: [u8; 2] = [0x88, 0xb5];
/// A canary that takes longer than this means that a CPU is stuck.
const LIMIT: Duration = Duration::from_secs(20);

/// The pair, made on first use and kept: backlogs belong to CPUs, so one pair serves every lab of the process.
static CANARY: Mutex<Option<Canary>> = Mutex::new(None);

/// Sends one canary from each CPU and waits until all have come out.
pub(crate) fn round() -> Result<(), LabError> {
    let mut canary = CANARY.lock().unwrap_or_else(PoisonError::into_inner);
    if canary.is_none() {
        *canary = Some(Canary::make(Path::new("/run/xfrmlab/canary"))?);
    }
    let canary = canary.as_mut().expect("it was made just now");
    canary
        .round()
        .map_err(|e| LabError::new("pass a canary", "", "").io(&e))
}

/// The private veth pair and its sockets.
struct Canary {
    // Dropped last to first: the namespace goes when the sockets are closed.
    send: OwnedFd,
    receive: OwnedFd,
    cpus: Vec<usize>,
    all: CpuSet,
    sent: u64,
    _node: Node,
}

impl Canary {
    /// Builds the pair in a namespace of its own.
    fn make(names: &Path) -> Result<Self, LabError> {
        const NAME: &str = "canary";
        let mut node = Node::make(NAME, names)?;
        let refused = |r: super::netlink::Refusal| r.of("make the canary pair", NAME, "");
        let broken = |e: io::Error| LabError::new("open the canary sockets", NAME, "").io(&e);
        node.route
            .request(
                Request::NewLink(LinkVeth::new("c0", "c1").build()),
                NLM_F_CREATE | NLM_F_EXCL,
            )
            .map_err(refused)?;
        for device in ["c0", "c1"] {
            let index = node.index(device).map_err(refused)?;
            node.route
                .request(
                    Request::SetLink(LinkUnspec::new_with_index(index).up().build()),
                    0,
                )
                .map_err(refused)?;
        }
        carrier::wait(&mut node, &["c0", "c1"])?;
        let indexes = [
            node.index("c0").map_err(refused)?,
            node.index("c1").map_err(refused)?,
        ];
        let open = || -> io::Result<[OwnedFd; 2]> {
            Ok([packet_socket(indexes[0])?, packet_socket(indexes[1])?])
        };
        let [send, receive] = node.namespace.enter(open)?.map_err(broken)?;
        let all = sched_getaffinity(Pid::from_raw(0)).map_err(|e| broken(e.into()))?;
        let cpus = (0..CpuSet::count())
            .filter(|cpu| all.is_set(*cpu).unwrap_or(false))
            .collect();
        let mut canary = Self {
            send,
            receive,
            cpus,
            all,
            sent: 0,
            _node: node,
        };
        canary.await_stamps().map_err(broken)?;
        Ok(canary)
    }

    fn round(&mut self) -> io::Result<()> {
        let outcome = self
            .cpus
            .clone()
            .into_iter()
            .try_for_each(|cpu| self.pass(cpu));
        sched_setaffinity(Pid::from_raw(0), &self.all)?;
        outcome
    }

    /// Waits until the kernel stamps packets on arrival. The first socket that asks for it switches that on, but
    /// only in a work item (`net_enable_timestamp`, net/core/dev.c); these sockets stay open and keep it on.
    /// Before, every capture would give the time of its reading, and the order of hops would be that of our reads.
    fn await_stamps(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + LIMIT;
        while !self.fly()? {
            if Instant::now() > deadline {
                return Err(io::Error::other(
                    "the kernel does not stamp packets on arrival",
                ));
            }
        }
        Ok(())
    }

    fn pass(&mut self, cpu: usize) -> io::Result<()> {
        let mut one = CpuSet::new();
        one.set(cpu)?;
        sched_setaffinity(Pid::from_raw(0), &one)?;
        self.fly().map(drop).map_err(|error| {
            let text = format!("no packet came through the backlog of CPU {cpu}: {error}");
            io::Error::other(text)
        })
    }

    /// Sends a canary and waits for it; tells whether the kernel stamped its time on arrival. Without that, the
    /// stamp is made when the frame is read, so it is later than the moment in which the frame was there.
    fn fly(&mut self) -> io::Result<bool> {
        self.sent += 1;
        let mut frame = vec![0xff; 12];
        frame.extend(ETHERTYPE);
        frame.extend(self.sent.to_be_bytes());
        frame.resize(60, 0);
        nix::unistd::write(&self.send, &frame)?;
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::other(format!("nothing within {LIMIT:?}")));
            }
            let mut fds = [PollFd::new(self.receive.as_fd(), PollFlags::POLLIN)];
            poll(
                &mut fds,
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX),
            )?;
            let there = SystemTime::now();
            // IPv6 speaks on these devices too.
            if let Some((bytes, stamp)) = receive(&self.receive)?
                && bytes.get(12..22) == frame.get(12..22)
            {
                return Ok(stamp <= there);
            }
        }
    }
}

/// One frame with its time stamp.
fn receive(fd: &OwnedFd) -> io::Result<Option<(Vec<u8>, SystemTime)>> {
    let mut buffer = [0; 128];
    let mut iov = [IoSliceMut::new(&mut buffer)];
    let mut control = nix::cmsg_space!(TimeSpec);
    let message = match recvmsg::<()>(
        fd.as_raw_fd(),
        &mut iov,
        Some(&mut control),
        MsgFlags::MSG_DONTWAIT,
    ) {
        Ok(message) => message,
        Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    let mut stamp = UNIX_EPOCH;
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmTimestampns(ts) = control {
            stamp += Duration::from(ts);
        }
    }
    let length = message.bytes;
    Ok(Some((buffer[..length].to_vec(), stamp)))
}

fn packet_socket(index: u32) -> io::Result<OwnedFd> {
    let fd = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        None,
    )?;
    setsockopt(&fd, sockopt::ReceiveTimestampns, &true)?;
    capture::bind(&fd, index)?;
    Ok(fd)
}
