//! Owns the proof that the comparison can fail: one word of a script changed is found, and named.

use libtest_mimic::{Completion, Failed};
use xfrmlab::{ops, session::Session};

/// Name, file, what of its script is replaced, and by what: one for each thing that is asked.
pub(crate) const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    ("policy", "policy/everything", "priority 7", "priority 8"),
    ("state", "policy/everything", "tfcpad 200", "tfcpad 201"),
    (
        "threshold",
        "policy/everything",
        "hthresh4 24 32",
        "hthresh4 25 32",
    ),
    ("default", "policy/everything", "fwd block", "fwd accept"),
    ("address", "link/routes", "10.0.0.1/24", "10.0.0.1/25"),
    (
        "sysctl",
        "link/routes",
        "icmp_ratelimit=0",
        "icmp_ratelimit=1",
    ),
    (
        "impairment",
        "link/impaired",
        "rate 125000bps",
        "rate 250000bps",
    ),
    (
        "encapsulation",
        "xfrmi/external",
        "if_id 8 link_dev",
        "if_id 9 link_dev",
    ),
    ("rules", "gateway/masquerade", "masquerade", "accept"),
];

/// Compares a world with the altered script of it.
pub(crate) fn is_found(
    session: &Session,
    (_, file, from, to): (&str, &str, &str, &str),
) -> Result<Completion, Failed> {
    let path = cases::topologies().join(file).with_extension("toml");
    let plan = crate::world(&path)?;
    let script = ops::export(&plan);
    let altered = script.replacen(from, to, 1);
    if altered == script {
        return Err(format!("the script of {file} has no `{from}`").into());
    }
    match crate::compare(session, &plan, &altered) {
        Err(failed) if failed.message().is_some_and(|m| m.contains("netlink ")) => {
            Ok(Completion::Completed)
        }
        Err(failed) => Err(failed),
        Ok(_) => Err(format!("`{to}` instead of `{from}` in {file} went unseen").into()),
    }
}
