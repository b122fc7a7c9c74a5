//! Owns events that wait for the lab whose namespace they are of.
//!
//! A namespace is known by its inode, and the kernel gives the inode of one that has ended to the next: a lab that ends
//! late must neither take away what a later one waits for nor leave it what was its own.

use std::collections::HashMap;

/// One lab, for as long as it watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// Events by the inode of their namespace.
pub(super) struct Waiting<E> {
    by_inode: HashMap<u64, (Owner, Vec<E>)>,
    owners: u64,
}

impl<E> Waiting<E> {
    pub(super) fn new() -> Self {
        Self {
            by_inode: HashMap::new(),
            owners: 0,
        }
    }

    /// Gives namespaces to a new owner, whoever had them before.
    pub(super) fn claim(&mut self, inodes: impl Iterator<Item = u64>) -> Owner {
        self.owners += 1;
        let owner = Owner(self.owners);
        for inode in inodes {
            self.by_inode.insert(inode, (owner, Vec::new()));
        }
        owner
    }

    /// Keeps an event of a namespace; one that nobody watches is lost.
    pub(super) fn put(&mut self, inode: u64, event: impl FnOnce() -> E) {
        if let Some((_, events)) = self.by_inode.get_mut(&inode) {
            events.push(event());
        }
    }

    /// What has come since the last call.
    pub(super) fn take(&mut self, owner: Owner, inode: u64) -> Vec<E> {
        match self.by_inode.get_mut(&inode) {
            Some((by, events)) if *by == owner => std::mem::take(events),
            _ => Vec::new(),
        }
    }

    /// Forgets all namespaces that are still the owner's.
    pub(super) fn release(&mut self, owner: Owner) {
        self.by_inode.retain(|_, (by, _)| *by != owner);
    }
}

#[cfg(test)]
mod tests {
    use super::Waiting;

    #[test]
    fn an_inode_that_comes_again_is_the_later_labs() {
        let mut waiting = Waiting::new();
        let first = waiting.claim([7, 8].into_iter());
        waiting.put(7, || "of the first");
        let second = waiting.claim([7].into_iter());
        assert_eq!(waiting.take(second, 7), [""; 0]);
        waiting.release(first);
        waiting.put(7, || "of the second");
        waiting.put(8, || "of nobody");
        assert_eq!(waiting.take(first, 7), [""; 0]);
        assert_eq!(waiting.take(second, 7), ["of the second"]);
        assert_eq!(waiting.take(second, 7), [""; 0]);
        assert_eq!(waiting.take(first, 8), [""; 0]);
    }
}
