//! Owns what an SA or policy has and `ip` has no words for: it stands behind the line as a comment, so that a
//! script still runs, or makes a comment of the whole line. It never runs one.
//!
//! As of iproute2 7.1 (`ip/xfrm_state.c`, `ip/ipxfrm.c`): IP-TFS, the interval of NAT keepalives, and user ids.

use crate::plan::{Mode, Policy, State};

/// The line that installs an SA.
pub(super) fn of_state(state: &State, line: String) -> String {
    let more = &state.more;
    if state.mode == Mode::Iptfs {
        let words: Vec<String> = more.iptfs.words();
        let with = if words.is_empty() {
            String::new()
        } else {
            format!(" ({})", words.join(" "))
        };
        return format!("# `ip` has no word for it{with}: {line}");
    }
    let uid = state.selector.as_ref().map_or(0, |s| s.uid);
    let words = [
        more.nat_keepalive
            .map(|seconds| format!("nat-keepalive-interval {seconds}")),
        (uid != 0).then(|| format!("uid {uid}")),
    ];
    noted(line, words.into_iter().flatten())
}

/// The line that installs a policy.
pub(super) fn of_policy(policy: &Policy, line: String) -> String {
    if policy.templates.iter().any(|t| t.mode == Mode::Iptfs) {
        return format!("# `ip` has no word for it: {line}");
    }
    let uid = policy.selector.uid;
    noted(line, (uid != 0).then(|| format!("uid {uid}")).into_iter())
}

fn noted(line: String, words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        return line;
    }
    format!("{line} # `ip` has no word for {}", words.join(", "))
}
