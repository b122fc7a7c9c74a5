//! Owns the watch for packets that the kernel frees unsent and undelivered: the tracepoint `skb:kfree_skb`, read by a
//! probe that fetches the packet's namespace and first bytes (`Documentation/trace/fprobetrace.rst`).
//!
//! One probe for all labs of a guest, made before the first of them and never taken off: to switch a tracepoint on or
//! off is to rewrite code, see [`held`](super::held). Its events carry the namespace of the packet's device, or of its
//! socket where it has no device yet, and so belong to a lab.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use nix::{
    mount::{MsFlags, mount},
    sys::stat::fstat,
    time::{ClockId, clock_gettime},
};

use super::{
    kernel_log::in_guest,
    node::Nodes,
    waiting::{Owner, Waiting},
};
use crate::agent::initial_user_namespace;
use crate::observe::{FreedPacket, Loss, NotWatched};

/// Where tracefs is mounted in the guest.
const TRACEFS: &str = "/sys/kernel/tracing";
/// Group of the probe, and name of the instance that it is read in.
const OURS: &str = "xfrmlab";
/// Bytes of a packet that are fetched.
const FETCHED: usize = 40;
/// `ETH_P_IP` and `ETH_P_IPV6`, as `skb->protocol` has them: in network byte order.
const PROTOCOLS: [u16; 2] = [0x0800_u16.to_be(), 0x86dd_u16.to_be()];

/// The probe of this process, or why there is none.
static PROBE: Mutex<Option<Result<Probe, String>>> = Mutex::new(None);

/// An open probe.
struct Probe {
    pipe: File,
    /// What was read of a line that is not whole yet.
    rest: Vec<u8>,
    /// Names of reasons by their number.
    reasons: HashMap<u32, String>,
    /// Events of namespaces that a lab watches.
    waiting: Waiting<FreedPacket>,
    /// Events that the kernel had no room for.
    lost: u64,
}

/// Makes the probe, once. What fails is kept and told by every lab.
pub(super) fn hold() {
    drop(made());
}

/// The probe, made by whoever comes first: what a guest holds is taken while it serves already, and a lab that
/// has begun to watch has traffic.
fn made() -> MutexGuard<'static, Option<Result<Probe, String>>> {
    let mut probe = lock();
    if probe.is_none() {
        *probe = Some(if in_guest() && root() {
            Probe::open().map_err(|e| format!("{TRACEFS}: {e}"))
        } else {
            Err("tracefs is read in a guest as root only".to_owned())
        });
    }
    probe
}

/// Whether this process is root of its kernel.
fn root() -> bool {
    nix::unistd::geteuid().is_root() && initial_user_namespace()
}

/// Whether freed packets can be watched here.
///
/// # Errors
/// Why not.
pub(crate) fn probe() -> Result<(), String> {
    match &*made() {
        Some(Err(why)) => Err(why.clone()),
        _ => Ok(()),
    }
}

fn lock() -> MutexGuard<'static, Option<Result<Probe, String>>> {
    PROBE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The watch of one lab.
pub(super) struct Freed {
    /// Nodes by the inode of their namespace.
    nodes: HashMap<u64, String>,
    owner: Owner,
    /// Events that were lost before.
    lost: u64,
}

impl Freed {
    /// Begins to watch, or says why it cannot.
    pub(super) fn start(nodes: &Nodes) -> Result<Self, NotWatched> {
        let unseen = |why: String| NotWatched {
            what: "where kernels freed packets".into(),
            why,
        };
        probe().map_err(unseen)?;
        let mut guard = lock();
        let Some(Ok(probe)) = guard.as_mut() else {
            return Err(unseen("the probe is gone".into()));
        };
        let id = |node: &super::node::Node| fstat(node.namespace.fd()).map(|s| s.st_ino);
        let nodes: Result<HashMap<u64, String>, nix::errno::Errno> = nodes
            .0
            .iter()
            .map(|n| Ok((id(n)?, n.name.clone())))
            .collect();
        let nodes = nodes.map_err(|e| unseen(e.to_string()))?;
        // What is still unread is of namespaces that had these inodes before.
        probe.read().map_err(|e| unseen(e.to_string()))?;
        let owner = probe.waiting.claim(nodes.keys().copied());
        Ok(Self {
            nodes,
            owner,
            lost: probe.lost,
        })
    }

    /// Takes what was freed since the last call.
    pub(super) fn drain(
        &mut self,
        step: u32,
        freed: &mut Vec<FreedPacket>,
    ) -> io::Result<Option<Loss>> {
        let mut guard = lock();
        let Some(Ok(probe)) = guard.as_mut() else {
            return Ok(None);
        };
        probe.read()?;
        let first = freed.len();
        for (id, node) in &self.nodes {
            let events = probe.waiting.take(self.owner, *id);
            freed.extend(events.into_iter().map(|event| FreedPacket {
                step,
                node: node.clone(),
                ..event
            }));
        }
        freed[first..].sort_by_key(|event| event.ts_ns);
        let lost = probe.lost - self.lost;
        self.lost = probe.lost;
        Ok((lost > 0).then(|| Loss {
            place: "where kernels freed packets".into(),
            what: format!("{lost} events did not fit into the trace buffer"),
        }))
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        if let Some(Ok(probe)) = lock().as_mut() {
            probe.waiting.release(self.owner);
        }
    }
}

impl Probe {
    fn open() -> io::Result<Self> {
        let root = Path::new(TRACEFS);
        if !root.join("dynamic_events").exists() {
            let none = None::<&str>;
            mount(
                Some("tracefs"),
                root,
                Some("tracefs"),
                MsFlags::empty(),
                none,
            )?;
        }
        let format = fs::read_to_string(root.join("events/skb/kfree_skb/format"))?;
        let fetch = format!(
            "t:{OURS}/freed kfree_skb net=skb->dev->nd_net.net->ns.inum \
             socket=skb->sk->__sk_common.skc_net.net->ns.inum protocol=skb->protocol:u16 reason=reason \
             at=location:symbol data=+0(skb->data):x8[{FETCHED}]\n"
        );
        fs::write(root.join("dynamic_events"), fetch)?;
        let instance = root.join("instances").join(OURS);
        fs::create_dir(&instance)?;
        fs::write(instance.join("trace_clock"), "mono")?;
        fs::write(instance.join(format!("events/{OURS}/freed/enable")), "1")?;
        let mut options = File::options();
        let options = options.read(true).custom_flags(libc::O_NONBLOCK);
        Ok(Self {
            pipe: options.open(instance.join("trace_pipe"))?,
            rest: Vec::new(),
            reasons: reasons(&format),
            waiting: Waiting::new(),
            lost: 0,
        })
    }

    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => self.rest.extend(&buffer[..length]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        let Some(end) = self.rest.iter().rposition(|b| *b == b'\n') else {
            return Ok(());
        };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        let ahead = ahead_ns()?;
        for line in String::from_utf8_lossy(&whole).lines() {
            self.lost += lost(line);
            let Some(event) = parse(line) else { continue };
            let named = self.reasons.get(&event.reason).cloned();
            self.waiting.put(event.namespace, || FreedPacket {
                step: 0,
                node: String::new(),
                ts_ns: event.mono_ns + ahead,
                reason: named.unwrap_or_else(|| format!("0x{:x}", event.reason)),
                at: event.at,
                bytes: event.bytes,
            });
        }
        Ok(())
    }
}

/// By how much the clock of frames is ahead of that of the trace.
fn ahead_ns() -> io::Result<u64> {
    let read = |clock| -> io::Result<u64> {
        let now = clock_gettime(clock)?;
        let (seconds, rest) = (now.tv_sec().unsigned_abs(), now.tv_nsec().unsigned_abs());
        Ok(seconds * 1_000_000_000 + rest)
    };
    let mono = read(ClockId::CLOCK_MONOTONIC)?;
    Ok(read(ClockId::CLOCK_REALTIME)?.saturating_sub(mono))
}

/// The pairs `{ 17, "XFRM_POLICY" }` of an event's format.
fn reasons(format: &str) -> HashMap<u32, String> {
    let pairs = format.split("{ ").filter_map(|part| {
        let (number, rest) = part.split_once(", \"")?;
        let (name, _) = rest.split_once('"')?;
        Some((number.parse().ok()?, name.to_owned()))
    });
    pairs.collect()
}

/// One event as the pipe tells it.
#[derive(Debug, PartialEq, Eq)]
struct Event {
    mono_ns: u64,
    namespace: u64,
    reason: u32,
    at: String,
    bytes: Vec<u8>,
}

/// `TASK [CPU] FLAGS SECONDS: freed: (PROBE) KEY=VALUE...`; none for what is no IP packet.
fn parse(line: &str) -> Option<Event> {
    let (head, tail) = line.split_once(": freed: (")?;
    let (seconds, micros) = head.split_whitespace().last()?.split_once('.')?;
    let mono_ns = seconds.parse::<u64>().ok()? * 1_000_000_000 + micros.parse::<u64>().ok()? * 1000;
    let word = |key: &str| {
        let mut words = tail.split_whitespace();
        words.find_map(|w| w.strip_prefix(key)?.strip_prefix('='))
    };
    let number = |key: &str| word(key)?.parse::<u64>().ok();
    let protocol = u16::try_from(number("protocol")?).ok()?;
    if !PROTOCOLS.contains(&protocol) {
        return None;
    }
    // What has no device was sent here and is not routed yet.
    let namespace = number("net").filter(|n| *n != 0).or(number("socket"))?;
    let at = word("at")?;
    let bytes = word("data")?.strip_prefix('{')?.strip_suffix('}')?;
    let byte = |text: &str| u8::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    Some(Event {
        mono_ns,
        namespace,
        reason: word("reason")?.parse().ok()?,
        at: at.split_once('+').map_or(at, |(name, _)| name).to_owned(),
        bytes: bytes.split(',').map_while(byte).collect(),
    })
}

/// `CPU:1 [LOST 3 EVENTS]`.
fn lost(line: &str) -> u64 {
    let count = line.strip_prefix("CPU:").and_then(|rest| {
        let (_, rest) = rest.split_once("[LOST ")?;
        rest.split_once(' ')?.0.parse().ok()
    });
    count.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read() {
        let line = "            ping: x-163     [000] .Ns2.    17.749468: freed: (__probestub_kfree_skb+0x4/0x10) \
            net=0 socket=4026532181 protocol=8 reason=17 at=nft_do_chain+0x40e/0x630 [nf_tables] data={0x45,0x0,0xff}";
        let event = Event {
            mono_ns: 17_749_468_000,
            namespace: 4_026_532_181,
            reason: 17,
            at: "nft_do_chain".into(),
            bytes: vec![0x45, 0, 0xff],
        };
        assert_eq!(parse(line), Some(event));
        assert_eq!(parse(&line.replace("protocol=8", "protocol=0")), None);
        for other in [
            "",
            "CPU:1 [LOST 3 EVENTS]",
            ": freed: (",
            "x 1.2: freed: (y)",
        ] {
            assert_eq!(parse(other), None);
        }
    }

    #[test]
    fn losses_and_reasons_are_read() {
        assert_eq!(lost("CPU:1 [LOST 3 EVENTS]"), 3);
        assert_eq!(lost("ping-163 [000] .Ns2. 17.7: freed: ("), 0);
        let names = reasons(
            "__print_symbolic(REC->reason, { 2, \"NOT_SPECIFIED\" }, { 17, \"XFRM_POLICY\" })",
        );
        assert_eq!(names.get(&17).map(String::as_str), Some("XFRM_POLICY"));
        assert_eq!(names.len(), 2);
    }
}
