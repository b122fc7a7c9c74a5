//! Owns what changes of addresses, routes, rules and devices leave of a world. Which of them the kernel takes is not
//! asked here.

use crate::plan::{Device, IfAddress, Object, Plan, Route, What};

/// Makes a change, if it is one of these.
pub(super) fn apply(world: &mut Plan, name: &str, what: &What) {
    match what {
        What::Add(object) if object.refused().is_none() => add(world, name, object),
        What::Delete(object) if object.refused().is_none() => delete(world, name, object),
        What::Move { device, to } => moved(world, name, device, to),
        What::SetMaster { device, master } => {
            if let Some(of) = masters(world, name, device) {
                *of = Some(master.clone());
            }
        }
        _ => {}
    }
}

/// Addresses of a device of a node, be it the end of a link or not.
fn addresses<'a>(world: &'a mut Plan, node: &str, device: &str) -> Option<&'a mut Vec<IfAddress>> {
    let mut ends = world.links.iter_mut().flat_map(|l| &mut l.ends);
    let end = ends.find(|e| e.node == node && e.device == device);
    if let Some(end) = end {
        return Some(&mut end.addresses);
    }
    let node = world.nodes.iter_mut().find(|n| n.name == node)?;
    let device = node.devices.iter_mut().find(|d| d.name == device)?;
    Some(&mut device.addresses)
}

/// The VRF or bridge that a device belongs to.
fn masters<'a>(world: &'a mut Plan, node: &str, device: &str) -> Option<&'a mut Option<String>> {
    let mut ends = world.links.iter_mut().flat_map(|l| &mut l.ends);
    let end = ends.find(|e| e.node == node && e.device == device);
    if let Some(end) = end {
        return Some(&mut end.master);
    }
    let node = world.nodes.iter_mut().find(|n| n.name == node)?;
    let device = node.devices.iter_mut().find(|d| d.name == device)?;
    Some(&mut device.master)
}

fn add(world: &mut Plan, name: &str, object: &Object) {
    if let Object::Address { device, address } = object {
        if let Some(list) = addresses(world, name, device) {
            list.push(address.clone());
        }
        return;
    }
    let Some(node) = world.nodes.iter_mut().find(|n| n.name == name) else {
        return;
    };
    match object {
        Object::Route(route) => node.routes.push(route.clone()),
        Object::Rule(rule) => node.rules.push(rule.clone()),
        Object::Device(device) => node.devices.push((**device).clone()),
        Object::Address { .. } | Object::Neighbour(_) | Object::Encap(_) => {}
    }
}

fn delete(world: &mut Plan, name: &str, object: &Object) {
    match object {
        Object::Address { device, address } => {
            if let Some(list) = addresses(world, name, device) {
                list.retain(|a| a.address != address.address);
            }
        }
        Object::Device(device) => {
            without(world, name, &device.name);
        }
        _ => {}
    }
    let Some(node) = world.nodes.iter_mut().find(|n| n.name == name) else {
        return;
    };
    match object {
        Object::Route(gone) => {
            if let Some(at) = node.routes.iter().position(|r| names(gone, r)) {
                node.routes.remove(at);
            }
        }
        Object::Rule(gone) => node.rules.retain(|r| r != gone),
        _ => {}
    }
}

/// Whether a deletion that mentions this means that route.
fn names(gone: &Route, route: &Route) -> bool {
    (gone.dst, gone.table) == (route.dst, route.table)
        && (gone.via.is_none() || gone.via == route.via)
        && (gone.dev.is_none() || route.dev.is_none() || gone.dev == route.dev)
        && (gone.metric.is_none() || gone.metric == route.metric)
}

/// A device leaves a node, and its addresses and routes with it.
fn without(world: &mut Plan, name: &str, device: &str) -> Option<Device> {
    let ends = world.links.iter_mut().flat_map(|l| &mut l.ends);
    for end in ends.filter(|e| e.node == name && e.device == device) {
        end.addresses.clear();
        end.master = None;
    }
    let node = world.nodes.iter_mut().find(|n| n.name == name)?;
    node.routes.retain(|r| r.dev.as_deref() != Some(device));
    let at = node.devices.iter().position(|d| d.name == device)?;
    Some(node.devices.remove(at))
}

fn moved(world: &mut Plan, name: &str, device: &str, to: &str) {
    let own = without(world, name, device);
    let ends = world.links.iter_mut().flat_map(|l| &mut l.ends);
    for end in ends.filter(|e| e.node == name && e.device == device) {
        to.clone_into(&mut end.node);
    }
    let node = world.nodes.iter_mut().find(|n| n.name == to);
    if let (Some(mut own), Some(node)) = (own, node) {
        (own.addresses, own.master, own.up) = (Vec::new(), None, false);
        node.devices.push(own);
    }
}
