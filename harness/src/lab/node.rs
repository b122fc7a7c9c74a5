//! Owns the live node: its namespace and the sockets that are open inside it.

use std::{collections::HashMap, net::UdpSocket, path::Path};

use super::{
    error::LabError,
    netlink::{Netlink, Refusal},
    netns::Namespace,
    traffic::Running,
};
use crate::{
    observe::RefusalRecord,
    ops::{self, Op},
};

/// A built (or half-built) node.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) namespace: Namespace,
    /// `NETLINK_ROUTE` inside the namespace.
    pub(crate) route: Netlink,
    /// `NETLINK_XFRM` inside the namespace.
    pub(crate) xfrm: Netlink,
    /// `NETLINK_NETFILTER` inside the namespace.
    pub(crate) netfilter: Netlink,
    /// Encapsulation sockets, open as long as the node lives.
    pub(crate) encap: Vec<UdpSocket>,
    /// Commands of the file that go on running.
    pub(crate) running: Vec<Running>,
    /// Whether the file gave it nftables rules.
    pub(crate) ruled: bool,
    /// Whether a device delays packets.
    pub(crate) delays: bool,
    indexes: HashMap<String, u32>,
}

impl Node {
    /// Makes the namespace and opens its sockets.
    pub(crate) fn make(name: &str, names: &Path) -> Result<Self, LabError> {
        let namespace = Namespace::make(name, names.to_path_buf())?;
        let open = |protocol, what: &str| {
            namespace
                .enter(|| Netlink::open(protocol))?
                .map_err(|e| LabError::new("open a netlink socket", name, what).io(&e))
        };
        Ok(Self {
            route: open(libc::NETLINK_ROUTE, "NETLINK_ROUTE")?,
            xfrm: open(libc::NETLINK_XFRM, "NETLINK_XFRM")?,
            netfilter: open(libc::NETLINK_NETFILTER, "NETLINK_NETFILTER")?,
            encap: Vec::new(),
            running: Vec::new(),
            ruled: false,
            delays: false,
            indexes: HashMap::new(),
            name: name.to_owned(),
            namespace,
        })
    }

    /// Interface index of a device of this node.
    pub(crate) fn index(&mut self, device: &str) -> Result<u32, Refusal> {
        if let Some(index) = self.indexes.get(device) {
            return Ok(*index);
        }
        let found = self
            .namespace
            .enter(|| nix::net::if_::if_nametoindex(device))
            .map_err(|e| Refusal {
                errno: libc::EIO,
                message: Some(e.to_string()),
            })?;
        let index = found.map_err(|errno| Refusal {
            errno: errno as i32,
            message: Some("no such device".into()),
        })?;
        self.indexes.insert(device.to_owned(), index);
        Ok(index)
    }

    /// Forgets the index of a device that is gone.
    pub(crate) fn forget(&mut self, device: &str) {
        self.indexes.remove(device);
    }

    /// Learns the names of all devices that are there.
    pub(crate) fn learn_devices(&mut self) {
        let found = self.namespace.enter(nix::net::if_::if_nameindex);
        if let Ok(Ok(list)) = found {
            for device in &list {
                let name = device.name().to_string_lossy().into_owned();
                self.indexes.insert(name, device.index());
            }
        }
    }

    /// Name of the device with that index.
    pub(crate) fn device_name(&self, index: u32) -> String {
        self.indexes
            .iter()
            .find(|(_, i)| **i == index)
            .map_or_else(|| format!("if{index}"), |(name, _)| name.clone())
    }
}

/// Both ends of a link, as node and device.
pub(crate) type LinkEnds = [(String, String); 2];

/// The nodes of one lab by name, dropped all at once, what the kernel refused while they were built, and their links.
#[derive(Default)]
pub(crate) struct Nodes(
    pub(crate) Vec<Node>,
    pub(crate) Vec<RefusalRecord>,
    pub(crate) Vec<LinkEnds>,
);

impl Nodes {
    /// The node of that name. Plans name only nodes that they have.
    pub(crate) fn get(&self, name: &str) -> &Node {
        self.0
            .iter()
            .find(|n| n.name == name)
            .expect("a plan names only nodes that it has")
    }

    /// Notes how an operation went that the kernel must refuse.
    pub(crate) fn note_refusal(&mut self, op: &Op, expected: &str, seen: Option<LabError>) {
        let (errno, said) = seen.map_or((None, None), |e| {
            (Some(e.errno.unwrap_or_else(|| e.operation.clone())), e.said)
        });
        self.1.push(RefusalRecord {
            step: 0,
            node: op.node().to_owned(),
            object: ops::line(op),
            expected: expected.to_owned(),
            errno,
            said,
        });
    }

    /// Likewise, to change it.
    pub(crate) fn get_mut(&mut self, name: &str) -> &mut Node {
        self.0
            .iter_mut()
            .find(|n| n.name == name)
            .expect("a plan names only nodes that it has")
    }
}
