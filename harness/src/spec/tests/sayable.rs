//! What expectations may name: whatever is there at some time of a file.

use super::{parse, source};
use crate::spec::resolve;

/// A step that adds an SA and deletes it again.
const COME_AND_GONE: &str = r#"
title = "x"
allow = ["unused-template", "no-expectation"]
[nodes.a]
[nodes.b]
[[links]]
ends = ["a:eth0 192.0.2.1/24", "b:eth0 192.0.2.2/24"]
[[steps]]
name = "s"
[[steps.do]]
add.a.states = [{ name = "temp", src = "192.0.2.1", dst = "192.0.2.2", spi = 0x1000, aead = "rfc4106(gcm(aes))" }]
[[steps.do]]
delete = "a state temp"
[steps.expect.events]
"#;

#[track_caller]
fn problems(events: &str) -> String {
    let text = format!("{COME_AND_GONE}a = {events:?}\n");
    parse(&source(&text))
        .and_then(|document| resolve(&document, None, &[]))
        .err()
        .map(|problems| problems.render(false))
        .unwrap_or_default()
}

#[test]
fn what_one_change_adds_and_the_next_takes_away_has_a_name() {
    assert_eq!(problems("new temp\ndelete temp"), "");
    let wrong = problems("new tmep");
    assert!(wrong.contains("no node has an SA `tmep`"), "{wrong}");
}
