//! Owns the reading of counters beside those of xfrm: SNMP, devices, named counters of nft. What is kept of a
//! step is by how much they moved.

use std::{collections::BTreeMap, io, iter::repeat};

use super::{error::LabError, nft, node::Node, node::Nodes};
use crate::{
    observe::{LINK_COUNTERS, Moved},
    plan::{Plan, Step},
};

/// `thread-self`: plain `/proc/net` shows the namespace of the process's first thread.
const FOLDER: &str = "/proc/thread-self/net";

/// (group, counter) to value.
type Values = BTreeMap<(String, String), u64>;

/// What the kernel printed of one node's counters.
#[derive(Default)]
struct Printed {
    /// Text of each of [`FILES`].
    files: [String; FILES.len()],
    /// `FAMILY TABLE NAME`, packets, bytes.
    nft: Vec<(String, u64, u64)>,
}

/// Files of the node's `/proc/net` that hold counters.
const FILES: [&str; 4] = ["snmp", "netstat", "snmp6", "dev"];

/// What the counters were when they were last read.
#[derive(Default)]
pub(super) struct Meters {
    /// Node by node.
    last: Vec<Printed>,
    pub(super) moved: Vec<Moved>,
}

impl Meters {
    /// Reads for the first time.
    pub(super) fn begin(nodes: &Nodes, plan: &Plan) -> Result<Self, LabError> {
        Ok(Self {
            last: read(nodes, plan)?,
            moved: Vec::new(),
        })
    }

    /// Reads again, and keeps what has moved, and what the step speaks of.
    pub(super) fn end_step(
        &mut self,
        nodes: &Nodes,
        plan: &Plan,
        index: u32,
        step: &Step,
    ) -> Result<(), LabError> {
        let printed = read(nodes, plan)?;
        for ((node, before), after) in nodes.0.iter().zip(&self.last).zip(&printed) {
            let mut meters = step.expect.meters.iter().filter(|m| m.node == node.name);
            let whole = meters.next().is_some();
            let (before, now) = (values(before, after, whole), values(after, before, whole));
            for ((group, counter), value) in &now {
                let before = before.get(&(group.clone(), counter.clone())).copied();
                let delta = value.wrapping_sub(before.unwrap_or(0)).cast_signed();
                let named = || {
                    step.expect
                        .meters
                        .iter()
                        .any(|m| m.node == node.name && m.group == *group && m.rule.names(counter))
                };
                if delta != 0 || named() {
                    self.moved.push(Moved {
                        step: index,
                        node: node.name.clone(),
                        group: group.clone(),
                        counter: counter.clone(),
                        delta,
                    });
                }
            }
        }
        self.last = printed;
        Ok(())
    }
}

fn read(nodes: &Nodes, plan: &Plan) -> Result<Vec<Printed>, LabError> {
    let read = |node: &Node| {
        let mut printed = Printed::default();
        let texts = node.namespace.enter(|| FILES.map(file_text))?;
        for ((slot, text), file) in printed.files.iter_mut().zip(texts).zip(FILES) {
            *slot = text.map_err(|e| LabError::new("read", &node.name, file).io(&e))?;
        }
        if node.ruled && plan.counts_in_nft(&node.name) {
            printed.nft = nft::counters(node)?;
        }
        Ok(printed)
    };
    nodes.0.iter().map(read).collect()
}

/// The counters of `printed`: all of them, or those in lines that `other` does not have alike. A node has hundreds,
/// of which a step moves a few.
fn values(printed: &Printed, other: &Printed, whole: bool) -> Values {
    let mut values = Values::new();
    let mut put = |group: &str, counter: &str, value: u64| {
        values.insert((group.to_owned(), counter.to_owned()), value);
    };
    for ((text, other), file) in printed.files.iter().zip(&other.files).zip(FILES) {
        // Lines keep their places, but for those of devices that came or went.
        let others = other.lines().map(Some).chain(repeat(None));
        let lines = text.lines().zip(others);
        let lines: Vec<(&str, bool)> = lines
            .map(|(line, other)| (line, whole || other != Some(line)))
            .collect();
        let news = lines.iter().filter(|(_, new)| *new).map(|(line, _)| line);
        match file {
            "dev" => news.for_each(|line| device(line, &mut put)),
            "snmp6" => {
                for line in news {
                    if let Some((name, value)) = line.split_once(char::is_whitespace)
                        && let Ok(value) = value.trim().parse()
                    {
                        put("snmp", name, value);
                    }
                }
            }
            _ => pairs(&lines, |name, value| put("snmp", name, value)),
        }
    }
    for (name, packets, bytes) in &printed.nft {
        let group = format!("nft {name}");
        put(&group, "packets", *packets);
        put(&group, "bytes", *bytes);
    }
    values
}

/// One line of `/proc/net/dev`.
fn device(line: &str, put: &mut impl FnMut(&str, &str, u64)) {
    if let Some((name, numbers)) = line.split_once(':') {
        let group = format!("link {}", name.trim());
        let numbers = numbers.split_whitespace().map(str::parse);
        for (counter, value) in LINK_COUNTERS.iter().zip(numbers) {
            put(&group, counter, value.unwrap_or(0));
        }
    }
}

/// A file of `/proc/net`; empty where the kernel has none (IPv6 switched off).
fn file_text(name: &str) -> io::Result<String> {
    match std::fs::read_to_string(format!("{FOLDER}/{name}")) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

/// Lines in pairs, `Ip: Name ...` and `Ip: value ...`; names as `nstat` has them: `IpName`. Only those whose values
/// are new.
fn pairs(lines: &[(&str, bool)], mut put: impl FnMut(&str, u64)) {
    for pair in lines.chunks_exact(2) {
        let [(names, _), (values, true)] = pair else {
            continue;
        };
        let Some((prefix, names)) = names.split_once(':') else {
            continue;
        };
        let values = values.split_once(':').map_or("", |(_, v)| v);
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            // Some are settings, and `-1` stands for none.
            if let Ok(value) = value.parse() {
                put(&format!("{prefix}{name}"), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Printed, Values, pairs, values};

    #[test]
    fn names_are_those_of_nstat() {
        let mut seen = Vec::new();
        let text = "Ip: Forwarding InReceives\nIp: 1 7\nTcp: MaxConn\nTcp: -1\n";
        let lines: Vec<(&str, bool)> = text.lines().map(|line| (line, true)).collect();
        pairs(&lines, |name, value| seen.push((name.to_owned(), value)));
        let expected = [
            ("IpForwarding".to_owned(), 1),
            ("IpInReceives".to_owned(), 7),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn lines_that_stayed_are_not_read() {
        let printed = |out: &str| Printed {
            files: [
                format!("Ip: InReceives OutRequests\nIp: 7 {out}\nUdp: InDatagrams\nUdp: 3\n"),
                String::new(),
                "Ip6InReceives 4\n".to_owned(),
                format!("  eth0: 100 1 0 0 0 0 0 0 {out} 1 0 0 0 0 0 0\n    lo: 0 0\n"),
            ],
            nft: Vec::new(),
        };
        let (before, after) = (printed("5"), printed("6"));
        let names = |values: &Values| -> Vec<String> {
            let moved = values.keys().filter(|(_, c)| !c.starts_with("rx"));
            moved.map(|(group, c)| format!("{group} {c}")).collect()
        };
        let moved = names(&values(&after, &before, false));
        assert!(
            moved.contains(&"link eth0 tx_bytes".to_owned()),
            "{moved:?}"
        );
        assert!(
            moved.contains(&"snmp IpOutRequests".to_owned()),
            "{moved:?}"
        );
        assert!(!moved.iter().any(|name| name.contains("Udp")), "{moved:?}");
        let all = names(&values(&after, &before, true));
        assert!(all.contains(&"snmp UdpInDatagrams".to_owned()), "{all:?}");
    }
}
