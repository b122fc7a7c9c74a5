//! Owns what a kernel says it has: SAs and policies as its dumps tell them, held against those that were asked for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{Iptfs, Policy, State};

/// The SAs and policies of one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Installed {
    pub node: String,
    pub states: Vec<State>,
    pub policies: Vec<Policy>,
}

impl Installed {
    /// What of `asked` the node does not have: `more.pcpu: asked 1, there null`.
    pub fn lacks_of_state(&self, asked: &State) -> Vec<String> {
        let same = |s: &&State| {
            (s.dst, s.proto, s.spi) == (asked.dst, asked.proto, asked.spi)
                && s.mark == asked.mark.filter(|m| (m.value, m.mask) != (0, 0))
        };
        match self.states.iter().find(same) {
            Some(there) => differences(&told(asked, asked), &told(there, asked)),
            None => vec![format!("no state {} {}", asked.dst, asked.spi)],
        }
    }

    /// Likewise of a policy.
    pub fn lacks_of_policy(&self, asked: &Policy) -> Vec<String> {
        let same = |p: &&Policy| {
            (p.dir, &p.selector, p.sub) == (asked.dir, &asked.selector, asked.sub)
                && p.mark == asked.mark
                && p.if_id == asked.if_id
        };
        let Some(there) = self.policies.iter().find(same) else {
            return vec![format!("no policy {:?} {:?}", asked.dir, asked.selector)];
        };
        let mut there = there.clone();
        // What a file says of it and no kernel knows.
        there.name.clone_from(&asked.name);
        there.refused.clone_from(&asked.refused);
        there.update = asked.update;
        if asked.index == 0 {
            there.index = 0;
        }
        differences(&value(asked), &value(&there))
    }
}

/// A state without what no kernel knows, and without what it fills in where `asked` says nothing.
fn told(state: &State, asked: &State) -> Value {
    let mut state = state.clone();
    state.name.clear();
    state.flags.sort();
    state.mark = state.mark.filter(|m| (m.value, m.mask) != (0, 0));
    state.if_id = state.if_id.filter(|id| id.0 != 0);
    let all = |s: &crate::plan::Selector| {
        s.src.prefix_len() == 0
            && s.dst.prefix_len() == 0
            && s.proto.is_none()
            && s.dev.is_none()
            && s.uid == 0
    };
    state.selector = state.selector.filter(|s| !all(s));
    if let (Some(auth), Some(asked)) = (&mut state.algorithms.auth, &asked.algorithms.auth)
        && asked.trunc_bits == 0
    {
        auth.trunc_bits = 0;
    }
    let more = &mut state.more;
    more.refused = None;
    more.allocspi = false;
    more.extra_flags.sort();
    let (iptfs, only) = (&mut more.iptfs, &asked.more.iptfs);
    *iptfs = Iptfs {
        drop_time: iptfs.drop_time.filter(|_| only.drop_time.is_some()),
        reorder_window: iptfs
            .reorder_window
            .filter(|_| only.reorder_window.is_some()),
        dont_frag: iptfs.dont_frag,
        init_delay: iptfs.init_delay.filter(|_| only.init_delay.is_some()),
        max_queue_size: iptfs
            .max_queue_size
            .filter(|_| only.max_queue_size.is_some()),
        pkt_size: iptfs.pkt_size.filter(|_| only.pkt_size.is_some()),
    };
    value(&state)
}

fn value(object: &impl Serialize) -> Value {
    // Plain data without maps of other keys than strings cannot fail.
    serde_json::to_value(object).unwrap_or_default()
}

/// Where two values differ, by path.
fn differences(asked: &Value, there: &Value) -> Vec<String> {
    match (asked, there) {
        (Value::Object(asked), Value::Object(there)) => asked
            .iter()
            .flat_map(|(key, asked)| {
                let there = there.get(key).unwrap_or(&Value::Null);
                let inner = differences(asked, there).into_iter();
                inner.map(move |path| match path.strip_prefix(": ") {
                    Some(rest) => format!("{key}: {rest}"),
                    None => format!("{key}.{path}"),
                })
            })
            .collect(),
        (asked, there) if asked == there => Vec::new(),
        (asked, there) => vec![format!(": asked {asked}, there {there}")],
    }
}
