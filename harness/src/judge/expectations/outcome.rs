//! Owns what must become of flows: answers, deliveries, and what the sender was told. A flow
//! that says nothing itself is held against what its step says of all flows.

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{FlowRecord, Observations, PacketOutcome};
use crate::plan::{Delivered, Flow, Step, Traffic};

/// Holds every flow of a step against what the file says.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let Some(record) = obs.steps.get(index as usize) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (flow, seen) in step.flows.iter().zip(&record.flows) {
        let all = &step.expect.outcome;
        let mut found = Vec::new();
        let wanted = flow.outcome.reply.or(all.reply);
        if let (Some(wanted), Traffic::Ping(_)) = (wanted, &flow.traffic) {
            found.extend(reply(wanted, flow, seen).map(|what| (FindingKind::Reply, what, vec![])));
        }
        let wanted = flow.outcome.delivered.or(all.delivered);
        if let (Some(wanted), true) = (wanted, flow.traffic.is_received()) {
            let what = delivered(wanted, flow, seen);
            found.extend(what.map(|what| (FindingKind::Delivered, what, vec![])));
        }
        let wanted = flow.outcome.error.as_deref().or(all.error.as_deref());
        if let Some(wanted) = wanted {
            found.extend(error(wanted, seen).map(|(what, diff)| (FindingKind::Told, what, diff)));
        }
        for (kind, what, diff) in found {
            let what = if step.flows.len() > 1 {
                format!("{}: {what}", flow.name)
            } else {
                what
            };
            let at = (index, step.name.as_str());
            let first = first_lost(flow, seen).filter(|_| step.each);
            let what = match first {
                Some(number) => format!("{what}; packet {number} of {} was not", flow.name),
                None => what,
            };
            let mut finding = Finding::new(kind, at, flow.traffic.from(), what);
            finding.packet = first;
            finding.first = diff.first().map(|d: &DiffLine| d.text.clone());
            finding.diff = diff;
            out.push(finding);
        }
    }
    out
}

/// The number of the first packet that did not come to whoever waited for it.
fn first_lost(flow: &Flow, seen: &FlowRecord) -> Option<u32> {
    let waited = flow.traffic.is_received() || matches!(flow.traffic, Traffic::Ping(_));
    let mut lost = seen
        .packets
        .iter()
        .filter(|p| waited && p.took_ns.is_none());
    lost.next().map(|p| p.seq)
}

/// How the answers are not as wanted.
fn reply(wanted: bool, flow: &Flow, seen: &FlowRecord) -> Option<String> {
    let count = flow.traffic.count();
    let answered = arrived(seen);
    if wanted && answered < count {
        let why = refused(seen);
        Some(format!("{answered} of {count} echo requests answered{why}"))
    } else if !wanted && answered > 0 {
        let what = format!("{answered} of {count} echo requests answered, none should be");
        Some(what)
    } else {
        None
    }
}

/// How the deliveries are not as wanted.
fn delivered(wanted: Delivered, flow: &Flow, seen: &FlowRecord) -> Option<String> {
    let count = flow.traffic.count();
    let whole = seen.packets.iter().filter(|p| p.copies > 0).count();
    let again: usize = seen
        .packets
        .iter()
        .map(|p| usize::from(p.copies).saturating_sub(1))
        .sum();
    let what = if let Traffic::Tcp(tcp) = &flow.traffic {
        format!("{} of {} bytes delivered", seen.bytes, tcp.bytes)
    } else {
        format!("{whole} of {count} packets delivered")
    };
    let right = match wanted {
        Delivered::All => whole == count,
        Delivered::Nothing => whole == 0 && seen.bytes == 0,
        Delivered::Packets(wanted) => whole == usize::from(wanted),
    };
    if seen.strays > 0 {
        return Some(format!(
            "{what}, and {} with bytes that nobody sent so",
            seen.strays
        ));
    }
    if again > 0 && wanted != Delivered::Nothing {
        return Some(format!("{what}, and {again} of them once more"));
    }
    if right {
        return None;
    }
    Some(match wanted {
        Delivered::All => format!("{what}{}", refused(seen)),
        Delivered::Nothing => format!("{what}, nothing should be"),
        Delivered::Packets(wanted) => format!("{what}, {wanted} should be{}", refused(seen)),
    })
}

/// What was delivered of a flow, where `delivered` can say it.
pub(crate) fn delivery(flow: &Flow, seen: &FlowRecord) -> Option<Delivered> {
    let whole = seen.packets.iter().filter(|p| p.copies > 0).count();
    let choices = [
        Delivered::All,
        Delivered::Nothing,
        Delivered::Packets(u16::try_from(whole).ok()?),
    ];
    choices
        .into_iter()
        .find(|wanted| delivered(*wanted, flow, seen).is_none())
}

/// How what the sender was told is not as wanted: a fragment, and the lines of a diff.
fn error(wanted: &str, seen: &FlowRecord) -> Option<(String, Vec<DiffLine>)> {
    let mut told: Vec<String> = Vec::new();
    for line in seen.packets.iter().flat_map(PacketOutcome::errors) {
        if !told.contains(&line) {
            told.push(line);
        }
    }
    let none = wanted == "none";
    let fits = |line: &String| {
        let words: Vec<&str> = line.split_whitespace().collect();
        wanted.split_whitespace().all(|w| words.contains(&w))
    };
    if (none && told.is_empty()) || (!none && told.iter().any(fits)) {
        return None;
    }
    let mut diff = Vec::new();
    if !none {
        diff.push(DiffLine {
            sign: Sign::Missing,
            text: wanted.to_owned(),
        });
    }
    diff.extend(told.into_iter().map(|text| DiffLine {
        sign: Sign::Unexpected,
        text,
    }));
    let what = "the sender was not told what the file says".to_owned();
    Some((what, diff))
}

/// Packets of a flow that came, or were answered.
fn arrived(seen: &FlowRecord) -> usize {
    seen.packets.iter().filter(|p| p.took_ns.is_some()).count()
}

fn refused(seen: &FlowRecord) -> String {
    let refused = seen.packets.iter().find_map(|p| p.send_error.as_deref());
    refused
        .map(|e| format!(", the kernel refused to send: {e}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{ErrorOrigin, SocketError};
    use crate::plan::{Outcome, SocketOptions, Udp};

    fn flow(count: u16) -> Flow {
        Flow {
            name: "udp".into(),
            traffic: Traffic::Udp(Udp {
                from: "h1".into(),
                to: "10.0.2.100".parse().unwrap(),
                at: "h2".into(),
                connected: false,
                join: Vec::new(),
                listen: true,
                sport: 1,
                dport: 2,
                count,
                size: 8,
                socket: SocketOptions::default(),
            }),
            outcome: Outcome::default(),
        }
    }

    fn seen(copies: &[u16], strays: u32) -> FlowRecord {
        let packet = |&copies: &u16| PacketOutcome {
            copies,
            ..PacketOutcome::default()
        };
        FlowRecord {
            packets: copies.iter().map(packet).collect(),
            strays,
            bytes: 0,
            command: None,
        }
    }

    #[track_caller]
    fn check(wanted: Delivered, record: &FlowRecord, expected: Option<&str>) {
        let flow = flow(record.packets.len() as u16);
        let found = delivered(wanted, &flow, record);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn deliveries_are_exact() {
        check(Delivered::All, &seen(&[1, 1], 0), None);
        check(
            Delivered::All,
            &seen(&[1, 0], 0),
            Some("1 of 2 packets delivered"),
        );
        check(
            Delivered::All,
            &seen(&[1, 2], 0),
            Some("2 of 2 packets delivered, and 1 of them once more"),
        );
        check(
            Delivered::All,
            &seen(&[1, 1], 1),
            Some("2 of 2 packets delivered, and 1 with bytes that nobody sent so"),
        );
        check(Delivered::Packets(1), &seen(&[1, 0], 0), None);
        check(
            Delivered::Packets(2),
            &seen(&[1, 0], 0),
            Some("1 of 2 packets delivered, 2 should be"),
        );
        check(Delivered::Nothing, &seen(&[0], 0), None);
        check(
            Delivered::Nothing,
            &seen(&[1], 0),
            Some("1 of 1 packets delivered, nothing should be"),
        );
    }

    #[test]
    fn what_the_sender_was_told_is_compared_by_words() {
        let mut record = seen(&[0], 0);
        assert!(error("none", &record).is_none());
        assert!(error("ECONNREFUSED", &record).is_some());
        record.packets[0].told.push(SocketError {
            errno: "ECONNREFUSED".into(),
            origin: ErrorOrigin::Icmp,
            kind: 3,
            code: 3,
            mtu: None,
            from: "10.0.2.100".parse().ok(),
        });
        assert!(error("ECONNREFUSED icmp 3/3", &record).is_none());
        assert!(error("ECONNREFUSED from 10.0.2.100", &record).is_none());
        assert!(error("ECONNREFUSED icmp 3/1", &record).is_some());
        let (_, diff) = error("none", &record).unwrap();
        assert_eq!(diff[0].text, "ECONNREFUSED icmp 3/3 from 10.0.2.100");
    }
}
