//! Owns the reading of counters beside those of xfrm: SNMP, devices, named counters of nft. What is kept of a
//! step is by how much they moved.

use std::collections::BTreeMap;

use super::{error::LabError, nft, node::Node, node::Nodes};
use crate::{
    observe::Moved,
    plan::{Plan, Step},
};

/// `thread-self`: plain `/proc/net` shows the namespace of the process's first thread.
const FOLDER: &str = "/proc/thread-self/net";

/// Columns of `/proc/net/dev` (`dev_seq_printf_stats`, net/core/net-procfs.c).
const DEVICE: [&str; 16] = [
    "rx_bytes",
    "rx_packets",
    "rx_errors",
    "rx_dropped",
    "rx_fifo",
    "rx_frame",
    "rx_compressed",
    "multicast",
    "tx_bytes",
    "tx_packets",
    "tx_errors",
    "tx_dropped",
    "tx_fifo",
    "collisions",
    "tx_carrier",
    "tx_compressed",
];

/// (node, group, counter) to value.
type Values = BTreeMap<(String, String, String), u64>;

/// What the counters were when they were last read.
#[derive(Default)]
pub(super) struct Meters {
    last: Values,
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
        let now = read(nodes, plan)?;
        for (key, value) in &now {
            let before = self.last.get(key).copied().unwrap_or(0);
            let delta = value.wrapping_sub(before).cast_signed();
            let (node, group, counter) = key;
            let named = || {
                step.expect
                    .meters
                    .iter()
                    .any(|m| m.node == *node && m.group == *group && m.rule.names(counter))
            };
            if delta != 0 || named() {
                self.moved.push(Moved {
                    step: index,
                    node: node.clone(),
                    group: group.clone(),
                    counter: counter.clone(),
                    delta,
                });
            }
        }
        self.last = now;
        Ok(())
    }
}

fn read(nodes: &Nodes, plan: &Plan) -> Result<Values, LabError> {
    let mut values = Values::new();
    for node in &nodes.0 {
        let mut put = |group: &str, counter: &str, value: u64| {
            let key = (node.name.clone(), group.to_owned(), counter.to_owned());
            values.insert(key, value);
        };
        for file in ["snmp", "netstat"] {
            pairs(&file_text(node, file)?, |name, value| {
                put("snmp", name, value);
            });
        }
        for line in file_text(node, "snmp6")?.lines() {
            if let Some((name, value)) = line.split_once(char::is_whitespace)
                && let Ok(value) = value.trim().parse()
            {
                put("snmp", name, value);
            }
        }
        for line in file_text(node, "dev")?.lines() {
            if let Some((name, numbers)) = line.split_once(':') {
                let group = format!("link {}", name.trim());
                let numbers = numbers.split_whitespace().map(str::parse);
                for (counter, value) in DEVICE.iter().zip(numbers) {
                    put(&group, counter, value.unwrap_or(0));
                }
            }
        }
        if node.ruled && plan.counts_in_nft(&node.name) {
            for (name, packets, bytes) in nft::counters(node)? {
                let group = format!("nft {name}");
                put(&group, "packets", packets);
                put(&group, "bytes", bytes);
            }
        }
    }
    Ok(values)
}

/// A file of the node's `/proc/net`; empty where the kernel has none (IPv6 switched off).
fn file_text(node: &Node, name: &str) -> Result<String, LabError> {
    let path = format!("{FOLDER}/{name}");
    match node.namespace.enter(|| std::fs::read_to_string(&path))? {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(LabError::new("read", &node.name, path).io(&e)),
    }
}

/// Lines in pairs, `Ip: Name ...` and `Ip: value ...`; names as `nstat` has them: `IpName`.
fn pairs(text: &str, mut put: impl FnMut(&str, u64)) {
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
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
    use super::pairs;

    #[test]
    fn names_are_those_of_nstat() {
        let mut seen = Vec::new();
        let text = "Ip: Forwarding InReceives\nIp: 1 7\nTcp: MaxConn\nTcp: -1\n";
        pairs(text, |name, value| seen.push((name.to_owned(), value)));
        let expected = [
            ("IpForwarding".to_owned(), 1),
            ("IpInReceives".to_owned(), 7),
        ];
        assert_eq!(seen, expected);
    }
}
