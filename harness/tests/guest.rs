//! One guest serves every test of a `cargo test`, and the kernel inside does `IPsec`.
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel is named by the environment"
)]

use std::{env, fs, thread};

use xfrmlab::{
    agent::{Agent, RunOptions},
    guest::{Broker, KernelChoice},
    plan::Need,
};

/// The kernel that the suite is asked to run on: `cargo xtask test --kernel K`.
fn kernel() -> KernelChoice {
    match env::var("XFRMLAB_KERNEL") {
        Ok(text) => text.parse().unwrap_or_else(|e| panic!("{e}")),
        Err(_) => KernelChoice::default(),
    }
}

fn guest() -> Agent {
    Broker::connect(&kernel()).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn check(options: &RunOptions, needs: &[Need], expected: &[&str]) {
    let missing = guest()
        .probe(needs, options)
        .unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<String> = missing.iter().map(|m| m.need.name()).collect();
    assert_eq!(names, expected, "{missing:?}");
}

fn algorithm(kind: &str, name: &str) -> Need {
    Need::Algorithm(kind.to_owned(), name.to_owned())
}

fn esp() -> Vec<Need> {
    vec![
        Need::XfrmType("esp4".to_owned()),
        algorithm("aead", "rfc4106(gcm(aes))"),
    ]
}

#[test]
fn the_guest_has_what_esp_needs() {
    check(&RunOptions::default(), &esp(), &[]);
}

#[test]
fn an_ordinary_user_of_the_guest_has_it_too() {
    check(&RunOptions { rootless: true }, &esp(), &[]);
}

#[test]
fn every_kind_of_need_is_met() {
    let types = ["esp6", "ah4", "ah6", "ipcomp4", "ipcomp6"];
    let devices = [
        "vti", "vti6", "xfrm", "gre", "vrf", "dummy", "veth", "bridge", "ifb",
    ];
    let mut needs = vec![
        algorithm("aead", "rfc7539esp(chacha20,poly1305)"),
        algorithm("enc", "cbc(aes)"),
        algorithm("auth-trunc", "hmac(sha256)"),
        Need::Nft,
    ];
    needs.extend(types.map(|name| Need::XfrmType(name.to_owned())));
    needs.extend(devices.map(|name| Need::Device(name.to_owned())));
    check(&RunOptions::default(), &needs, &[]);
}

/// A clock that moves with the timer tick gives all hops of a journey one time stamp.
#[test]
fn the_guest_has_a_fine_clock_and_its_processors() {
    let hello = guest().hello().clone();
    assert!(
        ["tsc", "tsc-early", "hpet", "kvm-clock"].contains(&hello.clock.as_str()),
        "{}",
        hello.clock
    );
    let emulated = hello.place.contains("emulated");
    assert_eq!(hello.cpus, if emulated { 1 } else { 2 }, "{}", hello.place);
}

#[test]
fn what_no_kernel_has_is_named() {
    let needs = [
        algorithm("aead", "rfc9999(none)"),
        Need::Device("nosuch".to_owned()),
    ];
    check(
        &RunOptions::default(),
        &needs,
        &["aead rfc9999(none)", "device nosuch"],
    );
}

#[test]
fn all_who_ask_get_the_same_guest() {
    let boots = thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| guest().hello().clone()))
            .collect();
        asked
            .into_iter()
            .map(|a| a.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(boots.windows(2).all(|pair| pair[0] == pair[1]));
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_ne!(boots[0].release, release.trim());
    assert!(
        boots[0].place.starts_with(&format!("guest {}", kernel())),
        "{}",
        boots[0].place
    );
}
