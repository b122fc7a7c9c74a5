//! Owns the names that expectations of a file may say: of SAs and devices, whenever in the file they are there. It
//! never judges a line.

use std::collections::{BTreeMap, BTreeSet};

use super::{draft::Draft, names::devices};
use crate::wire::line::glob;

/// Devices that a kernel makes by itself in every namespace once a type is loaded (`net.core.fb_tunnels_only_for_init_net`).
const BY_ITSELF: [&str; 11] = [
    "ip_vti0", "ip6_vti0", "tunl0", "ip6tnl0", "sit0", "gre0", "gretap0", "erspan0", "ip6gre0",
    "dummy0", "bond0",
];

/// Every name that there is at some time.
#[derive(Debug, Default)]
pub(crate) struct Sayable {
    sas: BTreeSet<String>,
    /// By node.
    devices: BTreeMap<String, BTreeSet<String>>,
    /// Whether commands run, which may make any device.
    pub(crate) commands: bool,
}

impl Sayable {
    /// Takes in what there is in a world.
    pub(crate) fn note(&mut self, draft: &Draft) {
        for node in &draft.nodes {
            for state in &node.states {
                if !self.sas.contains(&state.name) {
                    self.sas.insert(state.name.clone());
                }
            }
            let known = self.devices.entry(node.name.clone()).or_default();
            for device in devices(draft, &node.name) {
                if !known.contains(device) {
                    known.insert(device.to_owned());
                }
            }
        }
    }

    /// What an SA may be called where it is not `name`; `None` where it may be. One that no file made is called by
    /// its SPI, and `?` is one that is not known.
    pub(crate) fn sas_instead_of(&self, name: &str) -> Option<Vec<&str>> {
        let by_number = name
            .strip_prefix("0x")
            .is_some_and(|digits| u32::from_str_radix(digits, 16).is_ok());
        let fits = |sa: &String| glob(name, sa);
        if by_number || ["*", "?"].contains(&name) || self.sas.iter().any(fits) {
            return None;
        }
        Some(self.sas.iter().map(String::as_str).collect())
    }

    /// What devices a node has where it has none called `name`; `None` where it has one.
    pub(crate) fn devices_instead_of(&self, node: &str, name: &str) -> Option<Vec<&str>> {
        let own = self.devices.get(node)?;
        let mut all = own.iter().map(String::as_str).chain(BY_ITSELF);
        if self.commands || all.any(|device| glob(name, device)) {
            return None;
        }
        Some(own.iter().map(String::as_str).collect())
    }
}
