//! Owns `LabError`: what the kernel refused, in which node, of which object, and why.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

/// The lab broke: an operation that a run needs was refused or failed.
///
/// It crosses from the guest to the host, so it is plain data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabError {
    /// What was being done, in the words of `ip`: `add route`, `add state`.
    pub operation: String,
    /// Node in which it was done.
    pub node: String,
    /// The object, in the words of `ip`, `nft` or `sysctl`.
    pub object: String,
    /// Name of the errno, where there is one: `EEXIST`.
    pub errno: Option<String>,
    /// What the kernel (extended ack) or the tool (standard error) said.
    pub said: Option<String>,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// Whether the topology file is what is wrong, and no lab could do it: rules that their own program cannot read.
    pub of_the_file: bool,
}

impl LabError {
    /// A failure without anything from the kernel yet.
    pub fn new(operation: &str, node: &str, object: impl Into<String>) -> Self {
        Self {
            operation: operation.to_owned(),
            node: node.to_owned(),
            object: object.into(),
            errno: None,
            said: None,
            hint: None,
            of_the_file: false,
        }
    }

    /// Adds the errno of an I/O error, or its text where it has none.
    #[must_use]
    pub fn io(mut self, error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(errno) => self.errno = Some(errno_name(errno)),
            None => self.said = Some(error.to_string()),
        }
        self
    }

    /// Adds what the kernel or a tool said.
    #[must_use]
    pub fn said(mut self, text: impl Into<String>) -> Self {
        self.said = Some(text.into());
        self
    }

    /// The same failure as that of something larger that it was a part of.
    #[must_use]
    pub fn during(mut self, operation: &str, node: &str, object: impl Into<String>) -> Self {
        let (hint, of_the_file) = (self.hint.take(), self.of_the_file);
        Self {
            hint,
            of_the_file,
            ..Self::new(operation, node, object).said(self.to_string())
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }
}

/// `EEXIST` for 17.
pub(crate) fn errno_name(errno: i32) -> String {
    format!("{:?}", nix::errno::Errno::from_raw(errno))
}

/// `EEXIST` for `File exists`, as tools say it.
pub(crate) fn errno_described(reason: &str) -> Option<String> {
    let described = |n: &i32| {
        io::Error::from_raw_os_error(*n).to_string() == format!("{reason} (os error {n})")
    };
    (1..134).find(described).map(errno_name)
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.operation)?;
        if !self.object.is_empty() {
            write!(f, " `{}`", self.object)?;
        }
        if !self.node.is_empty() {
            write!(f, " on node `{}`", self.node)?;
        }
        if let Some(errno) = &self.errno {
            write!(f, ": {errno}")?;
        }
        if let Some(said) = &self.said {
            write!(f, ": {}", said.trim_end())?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n(hint: {hint})")?;
        }
        Ok(())
    }
}

impl std::error::Error for LabError {}

#[cfg(test)]
mod tests {
    use super::LabError;

    #[test]
    fn what_failed_within_something_larger_is_still_told_and_what_to_do_comes_last() {
        let within = LabError::new("enter the namespace", "r1", "/run/ns/r1").hint("run it again");
        assert_eq!(
            within
                .during("change", "r1", "ip link set eth0 up")
                .to_string(),
            "failed to change `ip link set eth0 up` on node `r1`: \
             failed to enter the namespace `/run/ns/r1` on node `r1`\n(hint: run it again)"
        );
    }
}
