//! A person's shell in a built world, natively and in a guest.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

mod turn;

/// Types `lines` into a shell in `node` of a topology; gives the exit code and what was shown.
fn shell(topology: &str, node: &str, kernel: &str, lines: &str) -> (Option<i32>, String) {
    let _turn = turn::alone();
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../topologies")
        .join(topology);
    let mut child = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
        .args(["shell", "--kernel", kernel])
        .arg(file)
        .arg(node)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command is built");
    let mut stdin = child.stdin.take().expect("it is piped");
    // A shell that never begins does not read; what it says then is in the output.
    drop(stdin.write_all(lines.as_bytes()));
    drop(stdin);
    let output = child.wait_with_output().expect("it can be waited for");
    let shown = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&shown).into_owned(),
    )
}

#[test]
fn a_native_world_can_be_entered() {
    let (code, shown) = shell(
        "seeds/plain-router.toml",
        "r",
        "host",
        "cat /proc/sys/net/ipv4/ip_forward\n",
    );
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.lines().any(|l| l.trim() == "1"),
        "the router forwards:\n{shown}"
    );
}

#[test]
fn a_world_in_a_guest_has_ip_and_its_nodes_by_name() {
    let lines =
        "ip xfrm state count\nip netns exec r2 ip -br address show eth1\nip ntable show dev eth1\n";
    let (code, shown) = shell("seeds/gateway-pair.toml", "r1", "debian:6.12", lines);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("SAD count 2"), "{shown}");
    assert!(shown.contains("5.0.0.1"), "{shown}");
    // Known neighbours are not probed in the middle of a run, by ARP or by ND.
    assert_eq!(shown.matches("delay_probe 3600000").count(), 2, "{shown}");
}

/// The last hook of a kernel that goes makes it patch its code, which QEMU 7.2 does not survive under traffic: without
/// the hooks that a guest holds, this ends within 50 rounds in `Oops: int3`.
#[test]
fn hooks_come_and_go_under_traffic() {
    let lines = r#"
ip -n h1 link set lo up
echo 'table inet t {' > /tmp/on
for hook in prerouting input forward output postrouting; do
    echo "chain $hook { type filter hook $hook priority 0; }" >> /tmp/on
done
echo '}' >> /tmp/on
(while [ ! -e /tmp/stop ]; do ip netns exec h1 ping -q -A -w 2 127.0.0.1 > /dev/null; done) &
rounds=0
while [ $rounds -lt 60 ]; do
    ip netns exec r nft -f /tmp/on
    ip netns exec r nft delete table inet t
    rounds=$((rounds + 1))
done
echo rounds $rounds
touch /tmp/stop
wait
"#;
    let (code, shown) = shell("seeds/plain-router.toml", "h2", "debian:6.12", lines);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("rounds 60"), "{shown}");
}

#[test]
fn a_node_that_is_not_there_is_said_with_those_that_are() {
    let (code, shown) = shell("seeds/plain-router.toml", "r9", "host", "");
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("no node `r9`") && shown.contains("h1, r, h2"),
        "{shown}"
    );
}
