//! An exported script goes on when the socket of its background program is there, and not before; where it never comes
//! the script fails and names it. The programs are stand-ins: what is asked here is the shell's part alone.
#![expect(clippy::disallowed_methods, reason = "it runs a script")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use xfrmlab::{ops, spec};

const TOPOLOGY: &str = r#"
title = "a socket"
[nodes.a]
encap = ["4500"]
[nodes.b]
[[links]]
ends = ["a:eth0 192.0.2.1/24", "b:eth0 192.0.2.2/24"]
[[steps]]
name = "s"
ping = { from = "a", to = "192.0.2.2" }
"#;

/// `ip netns exec NODE` becomes the program, as the real one does; everything else is written down.
const IP: &str = r#"case "$1 $2" in
"netns exec") shift 3; exec "$@" ;;
esac
echo "ip $*" >>"$LOG"
"#;

/// A program that holds a socket until the script is over.
const SOCAT: &str = r#"echo "socat $*" >>"$LOG"
exec tail -f /dev/null
"#;

/// Runs the script with stand-ins, of which `ss` and `socat` are given; tells what it wrote down.
fn run(socat: &str, ss: &str) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let source = spec::Source::new("x.toml", TOPOLOGY);
    let document = spec::parse(&source).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let plan =
        spec::resolve(&document, None, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let programs = [
        ("ip", IP),
        ("socat", socat),
        ("ss", ss),
        ("sysctl", ""),
        ("ethtool", ""),
        // Nobody wants to wait here for as long as the script would.
        ("sleep", ""),
    ];
    for (name, text) in programs {
        write(&folder.path().join(name), &format!("#!/bin/sh\n{text}"));
    }
    let script = folder.path().join("world.sh");
    // The program in the background ends with the script here.
    let text = ops::export(&plan).replacen("set -eu\n", "set -eu\ntrap 'kill $!' EXIT\n", 1);
    write(&script, &text);
    let log = folder.path().join("log");
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", folder.path().display());
    let output = Command::new("sh")
        .arg(&script)
        .env("PATH", path)
        .env("LOG", &log)
        .output()
        .expect("sh runs");
    (output, fs::read_to_string(log).unwrap_or_default())
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it may run");
}

#[test]
fn the_script_goes_on_when_the_socket_is_there() {
    // Until the third question there is none.
    let ss = r#"echo asked >>"$LOG"
[ "$(grep -c asked "$LOG")" -ge 3 ] && [ -s "$LOG.pid" ] || exit 0
echo "UNCONN 0 0 0.0.0.0:4500 0.0.0.0:* users:((\"socat\",pid=$(cat "$LOG.pid"),fd=5))"
"#;
    let socat = r#"echo $$ >"$LOG.pid"
exec tail -f /dev/null
"#;
    let (output, log) = run(socat, ss);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(log.matches("asked").count() >= 3, "{log}");
}

#[test]
fn the_socket_of_another_program_is_not_waited_for() {
    let ss = r#"echo asked >>"$LOG"
echo 'UNCONN 0 0 0.0.0.0:4500 0.0.0.0:* users:(("other",pid=1,fd=5))'
"#;
    let (output, log) = run(SOCAT, ss);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("UDP port 4500 of a was not opened"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(log.matches("asked").count(), 100);
}

#[test]
fn a_program_that_has_ended_is_not_waited_for() {
    let (output, log) = run("exit 1\n", "echo asked >>\"$LOG\"\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("UDP port 4500 of a was not opened"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    assert!(log.matches("asked").count() < 100, "{log}");
}
