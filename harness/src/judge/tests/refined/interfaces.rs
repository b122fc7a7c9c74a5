//! Causes about the devices that look packets up by themselves: VTIs and XFRM interfaces.

use super::super::fixture::{self, H1, H2, Recorder, block, plan};
use super::super::packets::{echo, unreachable_for};
use super::{LEFT, RIGHT, at, check, device, leaves_h1, opened, policy, reaches_r2, sent};
use crate::judge::judge;
use crate::names::IfId;
use crate::observe::Observations;
use crate::plan::{Device, DeviceKind, Dir, Policy, Tunnel, TunnelKind};

fn vti(local: &str, remote: &str, key: u32) -> Device {
    let tunnel = Tunnel {
        kind: TunnelKind::Vti,
        local: local.parse().ok(),
        remote: remote.parse().ok(),
        dev: None,
        ikey: Some(key),
        okey: Some(key),
        fwmark: None,
        ttl: None,
        tos: None,
        pmtudisc: None,
    };
    device("vti0", DeviceKind::Tunnel(tunnel))
}

fn xfrm(name: &str, id: u32) -> Device {
    let kind = DeviceKind::Xfrm {
        if_id: Some(IfId(id)),
        dev: None,
        external: false,
    };
    device(name, kind)
}

/// The request goes into r1's VTI, which says that the host is unreachable.
fn into_vti() -> Observations {
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    let forwarded = echo(H1, H2, true, 1, 63);
    r.hook("r1", "forward", ("eth0", "vti0"), &forwarded);
    r.hook("r1", "postrouting", ("", "vti0"), &forwarded);
    let told = unreachable_for(1, "10.0.1.1", H1, &sent());
    r.hook("r1", "output", ("", "eth0"), &told);
    r.hook("r1", "postrouting", ("", "eth0"), &told);
    r.link(("r1", "eth0"), ("h1", "eth0"), &told);
    r.finish(&[], false)
}

#[test]
fn a_vti_that_no_policy_lets_out() {
    let obs = into_vti();
    let with = |policies: Vec<Policy>| {
        let mut plan = plan();
        at(&mut plan, "r1").devices.push(vti(LEFT, RIGHT, 7));
        at(&mut plan, "r1").policies = policies;
        plan
    };
    let none = with(Vec::new());
    check(
        &none,
        &obs,
        ("r1", "vti-no-match", "no `dir out` policy of the node fits"),
    );
    let other = with(vec![policy(Dir::Out, Some(9))]);
    let why = "its output key 7, the policy for 10.0.1.100 > 10.0.2.100 has mark";
    check(&other, &obs, ("r1", "vti-no-match", why));
    let right = with(vec![policy(Dir::Out, Some(9)), policy(Dir::Out, Some(7))]);
    check(&right, &obs, ("r1", "host-unreachable", ""));
}

#[test]
fn a_vti_that_lets_in_with_another_mark_than_the_policy() {
    let obs = reaches_r2("XfrmInNoPols", |_| {});
    let with = |mark: u32| {
        let mut plan = plan();
        at(&mut plan, "r2").devices.push(vti(RIGHT, LEFT, 7));
        at(&mut plan, "r2").policies = vec![policy(Dir::Fwd, Some(mark))];
        plan
    };
    let why = "lets packets in with its input key 7, their policy has mark";
    check(&with(9), &obs, ("r2", "vti-no-match", why));
    check(&with(7), &obs, ("r2", "no-policy", ""));
}

#[test]
fn an_sa_of_one_interface_and_a_policy_of_another() {
    let obs = reaches_r2("XfrmInNoPols", opened);
    let with = |asked: u32| {
        let mut plan = plan();
        let node = at(&mut plan, "r2");
        node.devices = vec![xfrm("xfrm3", 3), xfrm("xfrm4", 4)];
        node.states[0].if_id = Some(IfId(3));
        let mut of = policy(Dir::Fwd, None);
        of.if_id = Some(IfId(asked));
        node.policies = vec![of];
        plan
    };
    check(
        &with(4),
        &obs,
        (
            "r2",
            "if-id-mismatch",
            "site:left>right opened it for the interface with if_id",
        ),
    );
    check(&with(3), &obs, ("r2", "no-policy", ""));
}

#[test]
fn what_came_by_the_envelope_because_its_interface_is_down() {
    let mut plan = plan();
    let node = at(&mut plan, "r2");
    let mut interface = xfrm("xfrm3", 3);
    interface.up = false;
    node.devices = vec![interface];
    node.states[0].if_id = Some(IfId(3));
    let through = |text: &str| {
        text.replace(
            "prerouting   in eth1            icmp",
            "prerouting   in xfrm3           icmp",
        )
    };
    plan.steps[0].expect.nodes[1].1 = block(&through(fixture::AT_R2));
    let why = "xfrm3 is down, so what its SA opened came in through the device of the envelope";
    check(&plan, &fixture::good(), ("r2", "device-down", why));
    at(&mut plan, "r2").devices[0].up = true;
    assert_eq!(judge(&plan, &fixture::good()).causes, []);
}

/// The request goes into `device` of r1, which says that the host is unreachable.
fn into_device(device: &str) -> Observations {
    let mut obs = into_vti();
    for trace in &mut obs.traces {
        if trace.oif.as_deref() == Some("vti0") {
            trace.oif = Some(device.to_owned());
        }
    }
    obs
}

fn policy_with(id: Option<u32>) -> Policy {
    Policy {
        if_id: id.map(IfId),
        ..policy(Dir::Out, None)
    }
}

#[test]
fn an_interface_that_no_policy_lets_out() {
    let obs = into_device("xfrm3");
    let with = |policies: Vec<Policy>| {
        let mut plan = plan();
        at(&mut plan, "r1").devices.push(xfrm("xfrm3", 3));
        at(&mut plan, "r1").policies = policies;
        plan
    };
    let why =
        "its if_id 0x3 fits, and no `dir out` policy of the node fits 10.0.1.100 > 10.0.2.100";
    check(&with(Vec::new()), &obs, ("r1", "xfrmi-no-match", why));
    let why = "the policy for 10.0.1.100 > 10.0.2.100 has if_id 0x4";
    let other = with(vec![policy_with(Some(4))]);
    check(&other, &obs, ("r1", "xfrmi-no-match", why));
    let why = "the policy for 10.0.1.100 > 10.0.2.100 has none";
    let none = with(vec![policy_with(None)]);
    check(&none, &obs, ("r1", "xfrmi-no-match", why));
    let right = with(vec![policy_with(Some(4)), policy_with(Some(3))]);
    check(&right, &obs, ("r1", "host-unreachable", ""));
}

/// The request leaves r1 by its link, in clear.
fn past() -> Observations {
    let mut r = Recorder::new();
    let forwarded = echo(H1, H2, true, 1, 63);
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    r.hook("r1", "forward", ("eth0", "eth1"), &forwarded);
    r.hook("r1", "postrouting", ("", "eth1"), &forwarded);
    r.link(("r1", "eth1"), ("rt", "eth0"), &forwarded);
    let mut obs = r.finish(&[], false);
    for frame in &mut obs.frames {
        frame.mark = Some(5);
    }
    obs
}

#[test]
fn a_packet_that_routing_sent_past_its_device() {
    let with = |device: Device, of: Policy, ruled: bool| {
        let mut plan = plan();
        let node = at(&mut plan, "r1");
        node.devices.push(device);
        node.policies = vec![of];
        node.rules = vec![crate::plan::Rule {
            v6: false,
            from: None,
            to: None,
            iif: None,
            oif: None,
            fwmark: Some(crate::names::Mark {
                value: if ruled { 5 } else { 6 },
                mask: u32::MAX,
            }),
            ipproto: None,
            sport: None,
            dport: None,
            priority: None,
            action: crate::plan::RuleAction::Lookup(7),
            refused: None,
        }];
        plan
    };
    let by_id = || with(xfrm("xfrm3", 3), policy_with(Some(3)), false);
    let why = "belongs to xfrm3, and routing sent it out through eth1";
    check(&by_id(), &past(), ("r1", "past-the-device", why));
    let vti = vti(LEFT, RIGHT, 7);
    let by_mark = with(vti.clone(), policy(Dir::Out, Some(7)), true);
    let why = "belongs to vti0, and routing sent it out through eth1 by the rule for mark 0x5/0xffffffff, which looks into table 7";
    check(&by_mark, &past(), ("r1", "past-the-device", why));
    let other = with(vti, policy(Dir::Out, Some(9)), true);
    check(&other, &past(), ("r1", "mark-mismatch", ""));
    let gone = with(xfrm("xfrm4", 4), policy_with(Some(3)), false);
    check(&gone, &past(), ("r1", "if-id-without-device", ""));
}
