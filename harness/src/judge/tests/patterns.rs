//! Lines of blocks: what is read, what is refused.

use crate::judge::{BlockKind, Pattern, check_block};

#[track_caller]
fn refused(kind: BlockKind, text: &str, words: &str) {
    let (_, problems) = check_block(kind, text.lines());
    let text: Vec<_> = problems
        .iter()
        .map(|(line, p)| format!("{line}: {p}"))
        .collect();
    assert!(text.iter().any(|t| t.contains(words)), "{text:#?}");
}

#[track_caller]
fn accepted(kind: BlockKind, text: &str) {
    assert_eq!(check_block(kind, text.lines()).1, []);
}

#[test]
fn every_form_of_line_is_read() {
    accepted(
        BlockKind::Node,
        "prerouting in eth0 icmp echo-request 10.0.0.1 > 10.0.0.2
        forward in eth0 out eth1
        ...
        encode site:a>b
        decode *
        postrouting out eth1 udp 1.1.1.1.4500 > 2.2.2.2.4500 esp site:a>b => 3.3.3.3.1 > 2.2.2.2.4500
        forward in eth0 out eth1 -> drop inet filter c_fwd \"iifname \"eth0\" drop\"
        input in eth0 -> drop inet filter c_in policy
        input in eth0 -> drop
        input in eth0 -> vanished",
    );
    accepted(
        BlockKind::Node,
        "prerouting in eth0 mark 0x1\nencode *\noutput mark 0x0=>0x2",
    );
    accepted(
        BlockKind::Wire,
        "esp 1.1.1.1 > 2.2.2.2 a>b seq=1 { icmp * > * mark=1 } mark 0x1",
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line() {
    refused(
        BlockKind::Node,
        "icmp echo-request 1.1.1.1 > 2.2.2.2",
        "`icmp` is no hook",
    );
    refused(BlockKind::Wire, "forward in eth0", "not of a wire");
    refused(BlockKind::Node, "forward in", "`in` without a value");
    refused(BlockKind::Node, "encode", "names no SA");
    refused(BlockKind::Node, "forward -> reject", "no verdict");
    refused(
        BlockKind::Node,
        "forward => 1.1.1.1",
        "does not name two addresses",
    );
    refused(BlockKind::Node, "forward mark blue", "is not a mark");
    refused(BlockKind::Wire, "esp 1.1.1.1 >", "`>` without");
    refused(BlockKind::Node, "encode a>b c", "`c` stands behind");
    refused(
        BlockKind::Node,
        "forward mark 0x1 blue",
        "`blue` stands behind",
    );
}

#[test]
fn a_mark_on_one_line_asks_for_marks_on_all() {
    refused(
        BlockKind::Node,
        "prerouting mark 0x1\nforward in eth0",
        "1: another line",
    );
    refused(
        BlockKind::Wire,
        "icmp 1.1.1.1 > 2.2.2.2 mark 0x1\nicmp 1.1.1.1 > 2.2.2.2",
        "mark",
    );
}

#[test]
fn any_text_is_read_or_refused_without_a_panic() {
    let words = [
        "forward", "in", "=>", "->", "mark", "{", "}", "\"", ">", "ct", "drop", "*", "é",
    ];
    for a in words {
        for b in words {
            for c in words {
                let _ = Pattern::parse(&format!("{a} {b} {c}"));
            }
        }
    }
}
