//! Owns the table of the test: each option of `ip xfrm state`, `ip xfrm policy` and the tunnel devices, as a file says
//! it and as `ip` shows it.

/// What a row is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    /// Keys of a state; what they leave open is an ESP tunnel from 10.0.0.1 to 10.0.0.9.
    State,
    /// Keys of a policy; what they leave open is an outbound one.
    Policy,
    /// Keys of a device `dev0`.
    Device,
    /// Keys of the node.
    Node,
    /// Keys of a state in the node, and a step behind a `|`.
    Step,
}

/// An option.
pub(crate) struct Row {
    pub(crate) of: Of,
    /// Name of the test.
    pub(crate) name: &'static str,
    /// The keys, as in a file.
    pub(crate) keys: &'static str,
    /// Words that must stand one after the other in what `ip` prints.
    pub(crate) shows: &'static str,
    /// Words that must not.
    pub(crate) hides: &'static str,
}

pub(crate) const fn row(
    of: Of,
    name: &'static str,
    keys: &'static str,
    shows: &'static str,
) -> Row {
    Row {
        of,
        name,
        keys,
        shows,
        hides: "",
    }
}
