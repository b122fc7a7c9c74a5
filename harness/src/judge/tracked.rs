//! Owns what conntrack holds of a packet in a hook, as the lab's rules tell it: by the chain to which they lead.
//! It never knows of the hook.

use crate::observe::Verdict;

/// What conntrack holds of a packet in a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tracked {
    /// `None` where the packet did not come as far as conntrack.
    pub(crate) state: Option<String>,
    /// Mark of the connection when conntrack was first asked.
    entry: u32,
    /// Mark at the end of the hook.
    exit: u32,
}

impl Tracked {
    /// Takes what was told at the beginning of the hook: `goto STATE`, or `jump markBIT`.
    pub(crate) fn enter(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Goto(state) => self.state = Some(state.clone()),
            other => self.entry |= mark_bit(other),
        }
    }

    /// Takes what was told at its end.
    pub(crate) fn end(&mut self, verdict: &Verdict) {
        self.exit |= mark_bit(verdict);
    }

    /// The connection's mark as a line says it, with what it became in the hook if the packet left it; `None` where
    /// the packet belongs to no connection.
    pub(crate) fn mark(&self, left: bool) -> Option<String> {
        let state = self.state.as_deref()?;
        if matches!(state, "untracked" | "invalid") {
            return None;
        }
        Some(if left && self.entry != self.exit {
            format!("0x{:x}=>0x{:x}", self.entry, self.exit)
        } else {
            format!("0x{:x}", self.entry)
        })
    }
}

/// The bit of the chain that a rule jumps to.
fn mark_bit(verdict: &Verdict) -> u32 {
    let Verdict::Jump(chain) = verdict else {
        return 0;
    };
    let bit = chain.strip_prefix("mark").and_then(|b| b.parse().ok());
    bit.and_then(|bit| 1_u32.checked_shl(bit)).unwrap_or(0)
}
