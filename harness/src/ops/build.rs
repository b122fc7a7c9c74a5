//! Owns the order in which a plan is built. It never touches the kernel.
//!
//! The order is by kind, over all nodes: what a later kind needs from any node is then
//! there (a route over a link needs the other end up only for carrier, but a veth end has no
//! carrier until its peer is up, and IPv6 keeps addresses tentative until then).

use super::Op;
use crate::plan::{
    Device, IfAddress, Node, Offloads, Plan, RefusedRules, SpiRequest, State, Sysctl,
};

/// The operations that build `plan`, in order.
pub fn script(plan: &Plan) -> Vec<Op> {
    let mut ops = Vec::new();
    for node in &plan.nodes {
        ops.push(Op::AddNode {
            node: node.name.clone(),
        });
    }
    for node in &plan.nodes {
        sysctls(&mut ops, node, |sysctl| sysctl.device().is_none());
    }
    links(plan, &mut ops);
    for node in &plan.nodes {
        let name = || node.name.clone();
        for neighbour in &node.neighbours {
            let op = Op::AddNeighbour {
                node: name(),
                neighbour: neighbour.clone(),
            };
            ops.push(expected(neighbour.refused.as_deref(), op));
        }
        for route in &node.routes {
            let op = Op::AddRoute {
                node: name(),
                route: route.clone(),
            };
            ops.push(expected(route.refused.as_deref(), op));
        }
        for rule in &node.rules {
            let op = Op::AddRule {
                node: name(),
                rule: rule.clone(),
            };
            ops.push(expected(rule.refused.as_deref(), op));
        }
        if !node.nft.trim().is_empty() {
            ops.push(Op::Nft {
                node: name(),
                text: node.nft.clone(),
                places: node.nft_places.clone(),
            });
        }
        for rules in &node.iptables {
            ops.push(Op::Iptables {
                node: name(),
                rules: rules.clone(),
            });
        }
        for RefusedRules { rules, refused } in &node.refused_rules {
            let op = Op::load(name(), rules.clone());
            ops.push(expected(Some(refused), op));
        }
        for socket in &node.encap_sockets {
            let op = Op::OpenEncapSocket {
                node: name(),
                socket: socket.clone(),
            };
            ops.push(expected(socket.refused.as_deref(), op));
        }
        xfrm(&mut ops, node);
    }
    // Last: address resolution and everything before a step then meets no delay and no loss.
    for end in plan.links.iter().flat_map(|l| &l.ends) {
        if let Some(netem) = &end.netem {
            let op = Op::AddNetem {
                node: end.node.clone(),
                device: end.device.clone(),
                netem: netem.clone(),
            };
            ops.push(expected(netem.refused.as_deref(), op));
        }
    }
    ops
}

/// Settings of the policy database, states and policies of a node.
fn xfrm(ops: &mut Vec<Op>, node: &Node) {
    let name = || node.name.clone();
    let spd = &node.spd;
    for (v6, thresholds) in [(false, &spd.hthresh4), (true, &spd.hthresh6)] {
        if let Some(thresholds) = thresholds {
            let op = Op::SetHashThresholds {
                node: name(),
                v6,
                thresholds: thresholds.clone(),
            };
            ops.push(expected(thresholds.refused.as_deref(), op));
        }
    }
    for state in &node.states {
        let op = if state.more.allocspi {
            ops.push(Op::AllocateSpi {
                node: name(),
                request: Box::new(allocation(state)),
            });
            Op::UpdateState {
                node: name(),
                state: Box::new(state.clone()),
            }
        } else {
            Op::AddState {
                node: name(),
                state: Box::new(state.clone()),
            }
        };
        ops.push(expected(state.more.refused.as_deref(), op));
    }
    for policy in &node.policies {
        let op = Op::AddPolicy {
            node: name(),
            policy: Box::new(policy.clone()),
        };
        ops.push(expected(policy.refused.as_deref(), op));
    }
    if let Some(default) = &spd.default {
        let op = Op::SetDefaultPolicy {
            node: name(),
            default: default.clone(),
        };
        ops.push(expected(default.refused.as_deref(), op));
    }
}

/// The request for just the SPI that the state has.
fn allocation(state: &State) -> SpiRequest {
    SpiRequest {
        src: state.src,
        dst: state.dst,
        proto: state.proto,
        mode: state.mode,
        reqid: state.reqid,
        mark: state.mark,
        seq: state.more.seq,
        dir: state.more.dir,
        pcpu: state.more.pcpu,
        min: state.spi,
        max: state.spi,
    }
}

/// The operation, or the attempt at it where the kernel must refuse it.
fn expected(refused: Option<&str>, op: Op) -> Op {
    match refused {
        Some(errno) => Op::Refused {
            errno: errno.to_owned(),
            op: Box::new(op),
        },
        None => op,
    }
}

/// The sysctls of a node that `which` names, in their order.
fn sysctls(ops: &mut Vec<Op>, node: &Node, which: impl Fn(&Sysctl) -> bool) {
    for sysctl in node.sysctls.iter().filter(|s| which(s)) {
        let op = Op::Sysctl {
            node: node.name.clone(),
            sysctl: sysctl.clone(),
        };
        ops.push(expected(sysctl.refused.as_deref(), op));
    }
}

/// Beyond what the kernel gives to devices that it makes by itself in a new namespace.
const FIRST_INDEX: u32 = 100;

/// Devices of links and nodes, with addresses, up.
fn links(plan: &Plan, ops: &mut Vec<Op>) {
    for (number, link) in (0_u32..).zip(plan.links.iter().chain(&plan.refused_links)) {
        let first = FIRST_INDEX + 2 * number;
        let op = Op::AddVeth {
            ends: link.ends.clone(),
            indexes: [first, first + 1],
            mtu: link.mtu,
        };
        ops.push(expected(link.refused.as_deref(), op));
    }
    for node in &plan.nodes {
        for device in &node.devices {
            make(ops, node, device);
        }
    }
    for node in &plan.nodes {
        // What rules one device alone exists only now, and must rule it before it comes up.
        sysctls(ops, node, |sysctl| sysctl.device().is_some());
        for device in node.devices.iter().filter(|d| d.refused.is_none()) {
            if let Some(master) = &device.master {
                master_of(ops, &node.name, &device.name, master);
            }
        }
    }
    for link in &plan.links {
        for end in &link.ends {
            if let Offloads::Only(on) = &end.offloads {
                ops.push(Op::Offloads {
                    node: end.node.clone(),
                    device: end.device.clone(),
                    on: on.clone(),
                });
            }
            if let Some(master) = &end.master {
                master_of(ops, &end.node, &end.device, master);
            }
            let nodad = nodad(plan, &end.node);
            address_and_up(ops, &end.node, &end.device, &end.addresses, nodad, true);
        }
    }
    for node in &plan.nodes {
        for device in node.devices.iter().filter(|d| d.refused.is_none()) {
            let (addresses, nodad) = (&device.addresses, nodad(plan, &node.name));
            address_and_up(ops, &node.name, &device.name, addresses, nodad, device.up);
        }
    }
}

/// Makes a device, and moves it where it is born elsewhere.
fn make(ops: &mut Vec<Op>, node: &Node, device: &Device) {
    let op = Op::AddDevice {
        node: device.born.as_ref().unwrap_or(&node.name).clone(),
        device: device.clone(),
    };
    ops.push(expected(device.refused.as_deref(), op));
    if let Some(born) = &device.born
        && device.refused.is_none()
    {
        ops.push(Op::MoveDevice {
            node: born.clone(),
            to: node.name.clone(),
            device: device.name.clone(),
        });
    }
}

fn master_of(ops: &mut Vec<Op>, node: &str, device: &str, master: &str) {
    ops.push(Op::SetMaster {
        node: node.to_owned(),
        device: device.to_owned(),
        master: master.to_owned(),
    });
}

/// Whether addresses of the node are used unseen. A file that asks for the detection of duplicates gets it.
fn nodad(plan: &Plan, node: &str) -> bool {
    let sysctls = plan
        .nodes
        .iter()
        .filter(|n| n.name == node)
        .flat_map(|n| &n.sysctls);
    let mut detects = sysctls.filter(|s| s.key.ends_with("accept_dad"));
    !detects.any(|s| s.value != "0")
}

fn address_and_up(
    ops: &mut Vec<Op>,
    node: &str,
    device: &str,
    addresses: &[IfAddress],
    nodad: bool,
    up: bool,
) {
    for address in addresses {
        let op = Op::AddAddress {
            node: node.to_owned(),
            device: device.to_owned(),
            address: address.clone(),
            nodad: nodad && address.address.is_ipv6(),
        };
        ops.push(expected(address.refused.as_deref(), op));
    }
    if up {
        ops.push(Op::Up {
            node: node.to_owned(),
            device: device.to_owned(),
        });
    }
}
