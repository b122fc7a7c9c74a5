//! Owns the reading of `/proc/net/xfrm_stat` inside a node.

use super::{error::LabError, node::Node};
use crate::observe::CounterSample;

/// `thread-self`: plain `/proc/net` shows the namespace of the process's first thread.
const XFRM_STAT: &str = "/proc/thread-self/net/xfrm_stat";

/// The node's xfrm counters; empty where the kernel keeps none (`CONFIG_XFRM_STATISTICS`).
pub(super) fn sample(node: &Node, after_steps: u32) -> Result<CounterSample, LabError> {
    let text = match node
        .namespace
        .enter(|| std::fs::read_to_string(XFRM_STAT))?
    {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(LabError::new("read", &node.name, XFRM_STAT).io(&error)),
    };
    Ok(CounterSample {
        after_steps,
        node: node.name.clone(),
        values: parse(&text),
    })
}

fn parse(text: &str) -> Vec<(String, u64)> {
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(char::is_whitespace)?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        })
        .collect()
}
