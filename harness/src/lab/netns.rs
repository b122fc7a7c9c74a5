//! Owns the network namespace of a node: making it, running code inside it, removing it.
//!
//! It stands on `netns-rs`, which is good at the making (a fresh thread unshares and binds the
//! namespace to a name, so that `ip netns exec` works in a lab that a person enters). Its `run`
//! leaves the thread in the wrong namespace when the closure panics, and a `NetNs` that is
//! dropped stays mounted; both are mended here.

use std::{
    fs::File,
    os::fd::{AsFd, BorrowedFd},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
};

use netns_rs::{Env, NetNs};

use super::error::LabError;

/// Where the names of a lab's namespaces stand. Always below the agent's own `/run`, which is a
/// file system that nobody else sees and that ends with the agent.
#[derive(Clone, Debug)]
struct Names(PathBuf);

impl Env for Names {
    fn persist_dir(&self) -> PathBuf {
        self.0.clone()
    }

    // The default makes the folder a shared mount, so that other mount namespaces see the names. Nobody
    // else may see ours, and the default races when two labs start at once.
    fn init(&self) -> netns_rs::Result<()> {
        std::fs::create_dir_all(&self.0).map_err(netns_rs::Error::CreateNsDirError)
    }
}

/// A node's network namespace; it ends when this is dropped.
pub(crate) struct Namespace {
    /// `None` only while dropping.
    inner: Option<NetNs<Names>>,
    node: String,
}

impl Namespace {
    /// Makes a namespace named after `node` in the folder `names`.
    pub(crate) fn make(node: &str, names: PathBuf) -> Result<Self, LabError> {
        let inner = NetNs::new_with_env(node, Names(names)).map_err(|error| {
            LabError::new("make the namespace", node, "")
                .said(error.to_string())
                .hint("the agent needs CAP_SYS_ADMIN in its user namespace and a /run of its own")
        })?;
        Ok(Self {
            inner: Some(inner),
            node: node.to_owned(),
        })
    }

    /// Runs `work` with the calling thread inside the namespace, and brings the thread back also
    /// when `work` panics. A thread that cannot come back would go on in the wrong network, so that ends the
    /// process.
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> Result<T, LabError> {
        let inner = self
            .inner
            .as_ref()
            .expect("only `drop` takes the namespace");
        let home = current()
            .map_err(|e| LabError::new("open the own namespace", &self.node, "").io(&e))?;
        inner.enter().map_err(|e| {
            LabError::new("enter the namespace", &self.node, "").said(e.to_string())
        })?;
        let outcome = catch_unwind(AssertUnwindSafe(work));
        if let Err(errno) = nix::sched::setns(&home, nix::sched::CloneFlags::CLONE_NEWNET) {
            eprintln!(
                "cannot leave the namespace of node `{}`: {errno}; giving up",
                self.node
            );
            std::process::abort();
        }
        Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// The namespace as a file descriptor, for messages that name a namespace.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.inner
            .as_ref()
            .expect("only `drop` takes the namespace")
            .file()
            .as_fd()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and nothing is left either: the mount is in the
        // agent's own mount namespace.
        if let Some(inner) = self.inner.take() {
            drop(inner.remove());
        }
    }
}

/// The calling thread's network namespace.
fn current() -> std::io::Result<File> {
    File::open("/proc/thread-self/ns/net")
}
