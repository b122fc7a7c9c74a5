//! Owns the order of captured frames over all nodes: the order of cause. It never looks at a clock of its own.
//!
//! Each node's capture is in order. Between nodes a frame is sent before it is received. The kernel's time stamps
//! agree with that only as far as its clock goes: under emulation a guest may run on the timer tick, and every
//! frame of a journey then has the same time (seen on 6.12 without a usable TSC).

use std::{
    collections::{HashMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use super::{Direction, Frame};

/// The two ends of a link, each as node and device.
pub(crate) type LinkEnds = [(String, String); 2];

/// How far frames are apart at least: what a node does to a packet between two of them finds its place
/// there, a nanosecond each.
const STEP_NS: u64 = 100;

/// A place where frames are captured, or a node, by a number of its own.
type Number = usize;

/// What arrives somewhere: the capture point and a digest of the bytes.
type Flight = (Number, u64);

/// A frame that waits for its place.
struct Waiting {
    frame: Frame,
    /// Where and as what it will arrive, for one that was sent on a link.
    sent: Option<Flight>,
    /// Where and as what it was received.
    received: Option<Flight>,
    rank: u8,
}

/// Puts frames, given node by node in the order of each node's capture, into the order of cause; time stamps that
/// contradict it or tie are moved on by nanoseconds.
pub(crate) fn by_cause(frames: Vec<Frame>, links: &[LinkEnds]) -> Vec<Frame> {
    let peers = peers(links);
    let mut points: HashMap<(String, String), Number> = HashMap::new();
    let mut nodes: Vec<(String, VecDeque<Waiting>)> = Vec::new();
    let mut unsent: HashMap<Flight, usize> = HashMap::new();
    let count = frames.len();
    for frame in frames {
        let waiting = Waiting::of(frame, &peers, &mut points);
        if let Some(flight) = waiting.sent {
            *unsent.entry(flight).or_default() += 1;
        }
        let node = &waiting.frame.node;
        match nodes.iter_mut().find(|(name, _)| name == node) {
            Some((_, queue)) => queue.push_back(waiting),
            None => nodes.push((node.clone(), VecDeque::from([waiting]))),
        }
    }
    let mut ordered: Vec<Frame> = Vec::with_capacity(count);
    // Where every head waits for another, a frame was lost or doubled: the clock then decides.
    while let Some(index) =
        earliest(&nodes, |w| !waits(w, &unsent)).or_else(|| earliest(&nodes, |_| true))
    {
        let Some(Waiting {
            mut frame, sent, ..
        }) = nodes[index].1.pop_front()
        else {
            break;
        };
        if let Some(count) = sent.and_then(|flight| unsent.get_mut(&flight)) {
            *count -= 1;
        }
        let after = ordered.last().map_or(0, |f| f.ts_ns + STEP_NS);
        frame.ts_ns = frame.ts_ns.max(after);
        ordered.push(frame);
    }
    ordered
}

/// The node whose next frame `may` go and has the earliest time.
fn earliest(
    nodes: &[(String, VecDeque<Waiting>)],
    may: impl Fn(&Waiting) -> bool,
) -> Option<usize> {
    nodes
        .iter()
        .enumerate()
        .filter_map(|(index, (_, queue))| {
            let front = queue.front().filter(|w| may(w))?;
            Some((front.frame.ts_ns, front.rank, index))
        })
        .min()
        .map(|(.., index)| index)
}

/// Whether a received frame is still to be sent by the other end. One that nobody sends was made here:
/// a decapsulated packet shows as received too.
fn waits(waiting: &Waiting, unsent: &HashMap<Flight, usize>) -> bool {
    let flight = waiting.received;
    flight.is_some_and(|flight| unsent.get(&flight).is_some_and(|count| *count > 0))
}

impl Waiting {
    fn of(
        frame: Frame,
        peers: &HashMap<(String, String), (String, String)>,
        points: &mut HashMap<(String, String), Number>,
    ) -> Self {
        let digest = digest(&frame.bytes);
        let here = (frame.node.clone(), frame.device.clone());
        let peer = peers.get(&here);
        let mut number = |point: (String, String)| {
            let next = points.len();
            (*points.entry(point).or_insert(next), digest)
        };
        let rank = rank(&frame, peer.is_some());
        let (sent, received) = match frame.direction {
            Direction::Out => (peer.cloned().map(number), None),
            Direction::In => (None, Some(number(here))),
        };
        Self {
            frame,
            sent,
            received,
            rank,
        }
    }
}

/// Which of two frames of one instant comes first. A device may be in another node than its SAs: what goes
/// into it comes before what then leaves on a link, what comes out of it after what arrived on one.
fn rank(frame: &Frame, on_link: bool) -> u8 {
    match frame.direction {
        Direction::Out if !on_link => 0,
        Direction::In if !on_link => 2,
        _ => 1,
    }
}

fn peers(links: &[LinkEnds]) -> HashMap<(String, String), (String, String)> {
    links
        .iter()
        .flat_map(|[a, b]| [(a.clone(), b.clone()), (b.clone(), a.clone())])
        .collect()
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(at: &str, direction: Direction, byte: u8, ts_ns: u64) -> Frame {
        let (node, device) = at.split_once(':').unwrap();
        Frame {
            step: 0,
            node: node.into(),
            device: device.into(),
            direction,
            ts_ns,
            mark: None,
            link: super::super::LinkType::Ethernet,
            bytes: vec![byte],
        }
    }

    fn links() -> Vec<LinkEnds> {
        let end = |text: &str| {
            text.split_once(':')
                .map(|(n, d)| (n.to_owned(), d.to_owned()))
                .unwrap()
        };
        vec![[end("a:0"), end("b:0")], [end("b:1"), end("c:0")]]
    }

    #[track_caller]
    fn check(frames: Vec<Frame>, expected: &[&str]) {
        let ordered = by_cause(frames, &links());
        let seen: Vec<String> = ordered
            .iter()
            .map(|f| format!("{}:{} {}", f.node, f.device, f.bytes[0]))
            .collect();
        assert_eq!(seen, expected);
        assert!(
            ordered.is_sorted_by(|x, y| x.ts_ns < y.ts_ns),
            "time stamps follow the order"
        );
    }

    use Direction::{In, Out};

    #[test]
    fn equal_times_are_ordered_by_cause() {
        check(
            vec![
                frame("c:0", In, 1, 7),
                frame("c:0", Out, 2, 7),
                frame("a:0", Out, 1, 7),
                frame("a:0", In, 2, 7),
                frame("b:0", In, 1, 7),
                frame("b:1", Out, 1, 7),
                frame("b:1", In, 2, 7),
                frame("b:0", Out, 2, 7),
            ],
            &[
                "a:0 1", "b:0 1", "b:1 1", "c:0 1", "c:0 2", "b:1 2", "b:0 2", "a:0 2",
            ],
        );
    }

    #[test]
    fn what_was_made_at_the_receiver_waits_for_nobody() {
        check(
            vec![frame("b:0", In, 9, 3), frame("a:0", Out, 1, 4)],
            &["b:0 9", "a:0 1"],
        );
    }

    #[test]
    fn a_contradiction_ends_with_the_clock() {
        // Each receives first what the other sends only afterwards: no order of cause exists.
        check(
            vec![
                frame("a:0", In, 1, 5),
                frame("a:0", Out, 2, 5),
                frame("b:0", In, 2, 6),
                frame("b:0", Out, 1, 6),
            ],
            &["a:0 1", "a:0 2", "b:0 2", "b:0 1"],
        );
    }
}
