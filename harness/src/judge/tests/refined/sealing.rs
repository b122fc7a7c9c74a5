//! Causes about what should have been sealed: an SA of another family, and a sender whose packet went on in an envelope
//! of its own.

use super::super::fixture::{H1, H2, Recorder, plan};
use super::super::packets::{esp, sa};
use super::{LEFT, RIGHT, at, check, leaves_h1, opened, policy, reaches_r2, sent, template};
use crate::judge::judge;
use crate::observe::Observations;
use crate::plan::{Dir, IfAddress, Level, Plan, Policy, Selector, State, Template};

const LEFT6: &str = "fd00::1";
const RIGHT6: &str = "fd00::2";

#[test]
fn an_sa_of_another_family_than_what_it_is_to_carry() {
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    let obs = r.finish(&[("r1", "XfrmOutNoStates", 1)], false);
    let with = |(src, dst): (&str, &str), change: &dyn Fn(&mut State)| {
        let mut plan = plan();
        let mut out = policy(Dir::Out, None);
        out.templates = vec![Template {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            ..template(0)
        }];
        let mut state = sa("six", src, dst, 0x6006);
        change(&mut state);
        let node = at(&mut plan, "r1");
        (node.policies, node.states) = (vec![out], vec![state]);
        plan
    };
    let six = (LEFT6, RIGHT6);
    let why = "without `flag af-unspec` it takes IPv6 alone, and not 10.0.1.100 > 10.0.2.100";
    check(&with(six, &|_| {}), &obs, ("r1", "family-mismatch", why));
    let general = ("r1", "no-out-state", "");
    let flagged = |s: &mut State| s.flags = vec!["af-unspec".to_owned()];
    check(&with(six, &flagged), &obs, general);
    let selector = |s: &mut State| s.selector = Some(policy(Dir::Out, None).selector);
    check(&with(six, &selector), &obs, general);
    check(&with((LEFT, RIGHT), &|_| {}), &obs, general);
    // That one is not asked for at all.
    let other = |s: &mut State| s.mode = crate::plan::Mode::Transport;
    check(
        &with(six, &other),
        &obs,
        ("r1", "template-mismatch", "mode"),
    );
}

/// h1 seals its request by itself, r1 passes that on as it is, and r2 does not take it.
fn enveloped(moved: &[(&str, &str, u64)]) -> Observations {
    let packet = |ttl| esp(&of_h1(), 1, &sent(), ttl);
    let mut r = Recorder::new();
    leaves_h1(&mut r, &packet(64));
    r.hook("r1", "prerouting", ("eth0", ""), &packet(64));
    r.hook("r1", "forward", ("eth0", "eth1"), &packet(63));
    r.hook("r1", "postrouting", ("", "eth1"), &packet(63));
    r.link(("r1", "eth1"), ("r2", "eth1"), &packet(63));
    r.hook("r2", "prerouting", ("eth1", ""), &packet(63));
    r.finish(moved, false)
}

fn of_h1() -> State {
    sa("own", H1, H2, 0x5005)
}

/// r2 asks for IPsec of r1 around what comes from h1; r1 has these policies.
fn asking(own: Vec<Policy>) -> Plan {
    let mut plan = plan();
    plan.links[1].ends[0].addresses = vec![IfAddress {
        address: LEFT.parse().unwrap(),
        prefix: 24,
        peer: None,
        scope: None,
        refused: None,
    }];
    for name in ["h1", "h2"] {
        at(&mut plan, name).states = vec![of_h1()];
    }
    at(&mut plan, "r1").policies = own;
    at(&mut plan, "r2").policies = vec![policy(Dir::Fwd, None)];
    plan
}

fn at_r1(plan: &Plan, obs: &Observations) -> Vec<(String, String)> {
    let causes = judge(plan, obs).causes.into_iter();
    let here = causes.filter(|c| c.node == "r1");
    here.map(|c| (c.name, c.why)).collect()
}

#[test]
fn a_sender_without_a_policy_for_what_has_an_envelope_of_its_own() {
    let obs = enveloped(&[("r2", "XfrmInTmplMismatch", 1)]);
    let told = at_r1(&asking(Vec::new()), &obs);
    let why = "no `dir out` policy of the sender fits 10.0.1.100 > 10.0.2.100, so it went on as it was, and r2 asks for IPsec of this node around it";
    assert_eq!(told, [("sender-has-no-policy".to_owned(), why.to_owned())]);
    let not_told = |plan: &Plan, obs: &Observations| {
        assert_eq!(at_r1(plan, obs), []);
    };
    not_told(&asking(Vec::new()), &enveloped(&[]));
    not_told(&asking(vec![policy(Dir::Out, None)]), &obs);
    // It is another node that IPsec is asked of, or nobody must use it, or not for these packets.
    let changed = |change: &dyn Fn(&mut Policy)| {
        let mut plan = asking(Vec::new());
        change(&mut at(&mut plan, "r2").policies[0]);
        plan
    };
    not_told(
        &changed(&|p| p.templates[0].src = "3.0.0.9".parse().unwrap()),
        &obs,
    );
    not_told(&changed(&|p| p.templates[0].level = Level::Use), &obs);
    let elsewhere = |p: &mut Policy| {
        p.selector = Selector {
            dst: "10.0.3.0/24".parse().unwrap(),
            ..p.selector.clone()
        };
    };
    not_told(&changed(&elsewhere), &obs);
    // Its own policies of other directions let nothing out.
    let told = at_r1(&asking(vec![policy(Dir::Fwd, None)]), &obs);
    assert_eq!(told.len(), 1, "{told:?}");
}

/// What r1 sealed is what another of its policies asked for: around that it has to put nothing more.
#[test]
fn what_the_sender_sealed_itself_is_not_looked_for_again() {
    let obs = reaches_r2("XfrmInTmplMismatch", opened);
    let mut plan = asking(vec![policy(Dir::Out, None)]);
    let host = |address: &str| format!("{address}/32").parse().unwrap();
    let selector = &mut at(&mut plan, "r2").policies[0].selector;
    (selector.src, selector.dst) = (host(LEFT), host(RIGHT));
    assert_eq!(at_r1(&plan, &obs), []);
}
