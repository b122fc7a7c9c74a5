//! Owns probing: which of a plan's needs the kernel lacks, found out by asking it for the
//! thing in a fresh network namespace. It never makes the kernel load a module that leaves a
//! device in the host's initial namespace.

use std::{collections::BTreeSet, io, thread};

use netlink_packet_core::DefaultNla;
use netlink_packet_route::{
    RouteNetlinkMessage,
    link::{InfoData, InfoKind, InfoXfrm, LinkAttribute, LinkInfo, LinkMessage},
    tc::{TcAttribute, TcHandle, TcMessage},
};
use netlink_sys::protocols::NETLINK_ROUTE;

use super::{
    LabFailure, Missing, Modules, SELF_ENV,
    probe_ask::{Refusal, ask, open},
    probe_option, probe_state,
};
use crate::{lab::call_tool, plan::Need};

/// Says which of `needs` the kernel lacks, and in which words it said so.
pub fn probe(needs: &[Need]) -> Result<Vec<Missing>, LabFailure> {
    let failed = |operation: &str, error: &dyn ToString| LabFailure {
        operation: operation.to_owned(),
        said: Some(error.to_string()),
        ..LabFailure::default()
    };
    // A thread of its own: it never comes back from the namespace that it enters.
    thread::scope(|scope| {
        let asked = scope.spawn(|| -> io::Result<Vec<Missing>> {
            nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET)?;
            let modules = Modules::read();
            let wanted: BTreeSet<&Need> = needs.iter().collect();
            let lacks = |need: &Need| {
                Some(Missing {
                    why: lack(need, needs, &modules)?,
                    need: need.clone(),
                })
            };
            Ok(wanted.into_iter().filter_map(lacks).collect())
        });
        match asked.join() {
            Ok(answer) => answer.map_err(|e| failed("enter a network namespace", &e)),
            Err(_) => Err(failed("probe", &"the probe panicked")),
        }
    })
}

/// Why `need`, one of `needs`, cannot be met; `None` if it can.
fn lack(need: &Need, needs: &[Need], modules: &Modules) -> Option<Refusal> {
    match need {
        Need::XfrmType(name) => probe_state::xfrm_type(name, needs).err(),
        Need::Algorithm(kind, name) => probe_state::with(kind, name).err(),
        Need::Device(kind) => device(kind, modules).err(),
        Need::Qdisc(kind) => qdisc(kind).err(),
        Need::StateOption(word) => probe_option::option(word).err(),
        Need::Nft => nft().err(),
        Need::Iptables => iptables().err(),
        Need::FreedPackets => crate::lab::freed_packets().err(),
        Need::KernelLog => crate::lab::kernel_log().err(),
        Need::Kernel(major, minor) => release().filter(|r| *r < (*major, *minor)).map(is_release),
        Need::KernelBefore(major, minor) => {
            release().filter(|r| *r >= (*major, *minor)).map(is_release)
        }
    }
}

/// The first two numbers of `uname -r`; a release that has none fails no condition.
fn release() -> Option<(u32, u32)> {
    let name = nix::sys::utsname::uname().ok()?;
    numbers(&name.release().to_string_lossy())
}

fn numbers(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn is_release((major, minor): (u32, u32)) -> Refusal {
    format!("it is Linux {major}.{minor}")
}

/// Modules whose loading puts a fallback device into the initial namespace, by link type.
const LEAVES_A_DEVICE: &[(&str, &str)] = &[
    ("vti", "ip_vti"),
    ("vti6", "ip6_vti"),
    ("gre", "ip_gre"),
    ("gretap", "ip_gre"),
    ("erspan", "ip_gre"),
    ("ip6gre", "ip6_gre"),
    ("ip6gretap", "ip6_gre"),
    ("ipip", "ipip"),
    ("sit", "sit"),
    ("ip6tnl", "ip6_tunnel"),
    ("dummy", "dummy"),
    ("ifb", "ifb"),
    ("bond", "bonding"),
];

fn device(kind: &str, modules: &Modules) -> Result<(), Refusal> {
    let module = LEAVES_A_DEVICE
        .iter()
        .find(|(name, _)| *name == kind)
        .map(|(_, module)| *module);
    let in_guest = std::env::var_os(SELF_ENV).is_some();
    if let Some(module) = module.filter(|m| !in_guest && !modules.at_hand(m)) {
        return Err(format!(
            "module `{module}` is not loaded, and loading it would leave a device on this machine"
        ));
    }
    let mut link = LinkMessage::default();
    let data = match kind {
        "vrf" => Some(InfoData::Vrf(vec![
            netlink_packet_route::link::InfoVrf::TableId(100),
        ])),
        "xfrm" => Some(InfoData::Xfrm(vec![InfoXfrm::IfId(1)])),
        _ => None,
    };
    let info = std::iter::once(LinkInfo::Kind(InfoKind::from(kind)))
        .chain(data.map(LinkInfo::Data))
        .collect();
    // The namespace ends with its thread, and so does the device.
    let name: String = format!("p{kind}").chars().take(15).collect();
    link.attributes.push(LinkAttribute::IfName(name));
    link.attributes.push(LinkAttribute::LinkInfo(info));
    match ask(&open(NETLINK_ROUTE)?, RouteNetlinkMessage::NewLink(link)) {
        // Only a kernel that has the type can miss something (a VLAN its device), or have one already (a VTI
        // without addresses beside the fallback device).
        Err(why)
            if ["EINVAL", "EEXIST"]
                .iter()
                .any(|errno| why.starts_with(errno)) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// Makes the discipline the root of loopback. Its module leaves nothing behind.
fn qdisc(kind: &str) -> Result<(), Refusal> {
    const TCA_OPTIONS: u16 = 2;
    const LOOPBACK: i32 = 1;
    let mut message = TcMessage::default();
    message.header.index = LOOPBACK;
    message.header.parent = TcHandle::ROOT;
    // `struct tc_netem_qopt` of zeros.
    message.attributes = vec![
        TcAttribute::Kind(kind.to_owned()),
        TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, vec![0; 24])),
    ];
    ask(
        &open(NETLINK_ROUTE)?,
        RouteNetlinkMessage::NewQueueDiscipline(message),
    )
}

fn nft() -> Result<(), Refusal> {
    succeeds("nft", &["add", "table", "inet", "probe"])
}

fn iptables() -> Result<(), Refusal> {
    succeeds("iptables-nft-restore", &["--version"])
}

/// Whether a command is there and succeeds, or what it said.
fn succeeds(program: &str, arguments: &[&str]) -> Result<(), Refusal> {
    let output = call_tool(program, arguments, "").map_err(|e| format!("`{program}`: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
