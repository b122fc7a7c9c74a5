//! Causes about what comes for a GRE or IP in IP device, and about nothing that belongs to ESP.

use super::super::fixture::{H1, H2, Recorder, plan, request};
use super::super::packets::{echo, ipv4, unreachable_for};
use super::{LEFT, RIGHT, at, check, device, leaves_h1, sent};
use crate::observe::Observations;
use crate::plan::{Device, DeviceKind, Plan, Proto, Tunnel, TunnelKind};

pub(super) fn tunnel(kind: TunnelKind, local: &str, remote: &str, key: Option<u32>) -> Device {
    let tunnel = Tunnel {
        kind,
        local: local.parse().ok(),
        remote: remote.parse().ok(),
        dev: None,
        ikey: key,
        okey: key,
        fwmark: None,
        ttl: None,
        tos: None,
        pmtudisc: None,
    };
    device("blue", DeviceKind::Tunnel(tunnel))
}

/// The echo inside of this protocol, as r2 has it when ESP is opened and as it answers it.
pub(super) fn comes_to_r2(
    protocol: u8,
    header: &[u8],
    moved: &[(&str, &str, u64)],
) -> Observations {
    let inner = echo(H1, H2, true, 1, 63);
    let packet = ipv4(LEFT, RIGHT, protocol, 63, &[header, &inner].concat());
    let told = unreachable_for(3, RIGHT, LEFT, &packet);
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.encode(&request(), 1);
    r.transit(&request(), 1);
    r.arrive(&request(), 1);
    r.hook("r2", "prerouting", ("eth1", ""), &packet);
    r.hook("r2", "input", ("eth1", ""), &packet);
    r.hook("r2", "output", ("", "eth1"), &told);
    r.hook("r2", "postrouting", ("", "eth1"), &told);
    r.link(("r2", "eth1"), ("rt", "eth1"), &told);
    // What a kernel makes itself has a trace id of its own.
    for trace in r.obs.traces.iter_mut().rev().take(4) {
        trace.id = 8;
    }
    r.finish(moved, false)
}

fn with(device: Device) -> Plan {
    let mut plan = plan();
    at(&mut plan, "r2").devices = vec![device];
    plan
}

#[test]
fn gre_with_a_key_that_no_device_has() {
    let obs = comes_to_r2(47, &[0x20, 0, 8, 0, 0, 0, 0, 2], &[]);
    let gre = |key| with(tunnel(TunnelKind::Gre, RIGHT, LEFT, key));
    let why = "came with key 2; of the devices with these addresses blue takes key 3";
    check(&gre(Some(3)), &obs, ("r2", "tunnel-no-match", why));
    let why = "blue takes no key";
    check(&gre(None), &obs, ("r2", "tunnel-no-match", why));
    let elsewhere = with(tunnel(TunnelKind::Gre, RIGHT, "9.9.9.9", Some(2)));
    let why = "gre 3.0.0.1 > 5.0.0.1 came, and no gre device of the node is for these addresses";
    check(&elsewhere, &obs, ("r2", "tunnel-no-match", why));
    check(&gre(Some(2)), &obs, ("r2", "no-listener", ""));
}

/// Where `xfrm4_tunnel` is loaded it looks what no device takes up as if it were IPsec, and counts that.
#[test]
fn ipip_that_no_device_takes_is_not_blamed_on_an_sa() {
    let obs = comes_to_r2(4, &[], &[("r2", "XfrmInNoStates", 1)]);
    let of = |kind| with(tunnel(kind, RIGHT, LEFT, None));
    let why = "no ipip device of the node";
    check(&plan(), &obs, ("r2", "tunnel-no-match", why));
    check(&of(TunnelKind::Gre), &obs, ("r2", "tunnel-no-match", why));
    check(&of(TunnelKind::Ipip), &obs, ("r2", "no-state", ""));
    // A small packet of an IPComp tunnel looks the same.
    let mut compressed = plan();
    let mut comp = super::there();
    comp.proto = Proto::Comp;
    at(&mut compressed, "r1").states.push(comp);
    check(&compressed, &obs, ("r2", "no-state", ""));
    let mut down = of(TunnelKind::Ipip);
    at(&mut down, "r2").devices[0].up = false;
    check(&down, &obs, ("r2", "device-down", "blue is down"));
}
