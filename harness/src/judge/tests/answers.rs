//! What a node tells a sender: when that is a cause, and what explains it.

use super::fixture::{self, Recorder, plan, reply, request};
use super::packets::{echo, unreachable_for};
use crate::judge::judge;

/// The request is expected where it never is.
const ELSEWHERE: &str = "forward in eth0 icmp echo-request";
/// The answer is expected at another hook.
const OTHERWISE: &str = "
prerouting   in eth0            icmp echo-request
input        in eth0            icmp echo-request
output                out eth0  icmp echo-reply
postrouting           out eth0  icmp echo-reply
postrouting           out eth0  icmp unreachable port
";

/// An answer that nobody minds is no cause: the packet came, and what differs is something else.
#[test]
fn an_answer_is_a_cause_only_where_something_was_lost_or_it_was_not_to_come() {
    let told = |at: &str, expect_echo: bool| {
        let mut r = Recorder::new();
        r.tunnelled(&request(), 1);
        r.tunnelled(&reply(), 1);
        let about = echo(fixture::H1, fixture::H2, true, 1, 62);
        let answer = unreachable_for(3, "10.0.2.100", fixture::H1, &about);
        r.hook("h2", "output", ("", "eth0"), &answer);
        r.link(("h2", "eth0"), ("r2", "eth0"), &answer);
        let mut plan = plan();
        plan.steps[0].expect.nodes.retain(|(node, _)| node == at);
        plan.steps[0].expect.wires.clear();
        let block = if expect_echo { ELSEWHERE } else { OTHERWISE };
        let block = ("h2".to_owned(), fixture::block(block));
        plan.steps[0].expect.nodes.push(block);
        let causes = judge(&plan, &r.finish(&[], true)).causes;
        causes.into_iter().map(|c| c.name).collect::<Vec<_>>()
    };
    assert_eq!(told("none", true), [""; 0]);
    assert_eq!(told("none", false), ["no-listener"]);
}

/// What the file says must be counted is no cause of its own, and still says why the kernel refused to send.
#[test]
fn a_refused_send_is_explained_by_what_was_counted() {
    let named = |moved: &[(&str, &str, u64)]| {
        let mut r = Recorder::new();
        r.hook(
            "h1",
            "output",
            ("", "eth0"),
            &echo(fixture::H1, fixture::H2, true, 1, 64),
        );
        let mut obs = r.finish(moved, false);
        obs.steps[0].flows[0].packets[0].send_error = Some("EINVAL".to_owned());
        let mut plan = plan();
        plan.steps[0].expect.counters = vec![crate::plan::CounterExpect {
            node: "h1".to_owned(),
            rule: crate::plan::CounterRule::Deltas(vec![("XfrmOutStateExpired".to_owned(), 1)]),
            line: 1,
        }];
        let causes = judge(&plan, &obs).causes;
        let first = causes.into_iter().next().unwrap();
        (first.name, first.why)
    };
    let (name, why) = named(&[("h1", "XfrmOutStateExpired", 1)]);
    assert_eq!(name, "expired");
    assert!(why.ends_with("the sender was told EINVAL"), "{why}");
    assert_eq!(named(&[]).0, "send-refused");
}
