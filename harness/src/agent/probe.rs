//! Owns probing: which of a plan's needs the kernel lacks, found out by asking it for the
//! thing in a fresh network namespace. It never makes the kernel load a module that leaves a
//! device in the host's initial namespace.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::atomic::{AtomicU16, Ordering},
    thread,
};

use netlink_packet_core::{
    DefaultNla, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_route::{
    RouteNetlinkMessage,
    link::{InfoData, InfoKind, InfoXfrm, LinkAttribute, LinkInfo, LinkMessage},
    tc::{TcAttribute, TcHandle, TcMessage},
};
use netlink_packet_xfrm::{
    Address, Alg, AlgAead, AlgAuth, Id, LifetimeConfig, UserSaInfo, XfrmAttrs, XfrmMessage,
    state::ModifyMessage,
};
use netlink_sys::{
    Socket, SocketAddr,
    protocols::{NETLINK_ROUTE, NETLINK_XFRM},
};

use super::{LabFailure, Missing, Modules, SELF_ENV};
use crate::{lab::call_tool, plan::Need};

/// `AF_INET` and `AF_INET6` in the width of `xfrm_usersa_info`.
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// What the kernel answers to a request that it refuses.
type Refusal = String;

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
        Need::XfrmType(name) => xfrm_type(name, needs).err(),
        Need::Algorithm(kind, name) => {
            let (proto, attributes) = with_algorithm(kind, name);
            // A type that is missing is no fault of the algorithm.
            add_state(proto, false, attributes)
                .err()
                .filter(|why| !is_about_the_type(why))
        }
        Need::Device(kind) => device(kind, modules).err(),
        Need::Qdisc(kind) => qdisc(kind).err(),
        Need::StateOption(word) => super::probe_option::option(word).err(),
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

/// `xfrm_init_state` says so when no module registers the type (`net/xfrm/xfrm_state.c`).
fn is_about_the_type(why: &str) -> bool {
    why.starts_with("EPROTONOSUPPORT")
}

/// Tries an SA of type `esp4`, `ah6` and so on.
fn xfrm_type(name: &str, needs: &[Need]) -> Result<(), Refusal> {
    let (proto, six) = match name {
        "esp4" => (50, false),
        "esp6" => (50, true),
        "ah4" => (51, false),
        "ah6" => (51, true),
        "ipcomp4" => (108, false),
        "ipcomp6" => (108, true),
        _ => return Err("no such xfrm type".to_owned()),
    };
    // The plan's own algorithms first: the lab needs them anyway, others have to be loaded.
    let asked = needs.iter().filter_map(|need| match need {
        Need::Algorithm(kind, name) => Some(with_algorithm(kind, name)),
        _ => None,
    });
    for (_, attributes) in asked.filter(|(of, _)| *of == proto) {
        match add_state(proto, six, attributes) {
            Err(why) if !is_about_the_type(&why) => {}
            answer => return answer,
        }
    }
    let attributes = match proto {
        50 => vec![
            XfrmAttrs::EncryptionAlg(algorithm("ecb(cipher_null)", &[])),
            XfrmAttrs::AuthenticationAlg(algorithm("digest_null", &[])),
        ],
        51 => vec![XfrmAttrs::AuthenticationAlg(algorithm(
            "hmac(sha256)",
            &[1; 32],
        ))],
        _ => vec![XfrmAttrs::CompressionAlg(algorithm("deflate", &[]))],
    };
    add_state(proto, six, attributes)
}

/// Protocol and attributes of an SA with this algorithm and a key of a length that it takes.
fn with_algorithm(kind: &str, name: &str) -> (u8, Vec<XfrmAttrs>) {
    let key = vec![1; key_bytes(name)];
    let null_auth = XfrmAttrs::AuthenticationAlg(algorithm("digest_null", &[]));
    let null_crypt = XfrmAttrs::EncryptionAlg(algorithm("ecb(cipher_null)", &[]));
    match kind {
        "aead" => {
            let aead = AlgAead {
                alg_name: padded(name),
                alg_key_len: bits(&key),
                alg_icv_len: 128,
                alg_key: key,
            };
            (50, vec![XfrmAttrs::EncryptionAlgAead(aead)])
        }
        "comp" => (108, vec![XfrmAttrs::CompressionAlg(algorithm(name, &[]))]),
        "auth" | "auth-trunc" => {
            let auth = AlgAuth {
                alg_name: padded(name),
                alg_key_len: bits(&key),
                alg_trunc_len: 96,
                alg_key: key,
            };
            (
                50,
                vec![null_crypt, XfrmAttrs::AuthenticationAlgTrunc(auth)],
            )
        }
        _ => (
            50,
            vec![XfrmAttrs::EncryptionAlg(algorithm(name, &key)), null_auth],
        ),
    }
}

/// A key length in bytes that the algorithm accepts, its salt included (RFC 4106 section 8.1,
/// RFC 4309 section 7.1, RFC 7634 section 2, RFC 3686 section 5.1).
fn key_bytes(name: &str) -> usize {
    match name {
        "rfc4309(ccm(aes))" => 19,
        "rfc7539esp(chacha20,poly1305)" => 36,
        "ecb(cipher_null)" | "digest_null" => 0,
        "cbc(des)" => 8,
        "cbc(des3_ede)" => 24,
        "hmac(sha1)" => 20,
        "hmac(sha256)" => 32,
        "hmac(sha384)" => 48,
        "hmac(sha512)" => 64,
        // `rfc4106(...)`, `rfc4543(...)` and `rfc3686(...)`: 16 bytes and a salt of 4.
        salted if salted.starts_with("rfc") => 20,
        _ => 16,
    }
}

/// Adds an SA between two loopback addresses, which is never used.
fn add_state(proto: u8, six: bool, nlas: Vec<XfrmAttrs>) -> Result<(), Refusal> {
    // Each SA of this process gets an SPI of its own; IPComp has 16 bits for its CPI.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let spi = 0x100 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed) % 0xf000);
    let (src, dst): (IpAddr, IpAddr) = if six {
        (
            Ipv6Addr::LOCALHOST.into(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 2).into(),
        )
    } else {
        (
            Ipv4Addr::LOCALHOST.into(),
            Ipv4Addr::new(127, 0, 0, 2).into(),
        )
    };
    let user_sa_info = UserSaInfo {
        id: Id {
            daddr: Address::from_ip(&dst),
            spi,
            proto,
        },
        saddr: Address::from_ip(&src),
        lifetime_cfg: LifetimeConfig::default(),
        family: if six { AF_INET6 } else { AF_INET },
        ..UserSaInfo::default()
    };
    ask(
        &open(NETLINK_XFRM)?,
        XfrmMessage::AddSa(ModifyMessage { user_sa_info, nlas }),
    )
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

fn open(protocol: isize) -> Result<Socket, Refusal> {
    let open = || {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        Ok(socket)
    };
    open().map_err(|e: io::Error| format!("netlink socket: {e}"))
}

/// Sends a request and waits for its ack.
fn ask<M: NetlinkSerializable>(socket: &Socket, message: M) -> Result<(), Refusal> {
    let mut message = NetlinkMessage::new(
        NetlinkHeader::default(),
        NetlinkPayload::InnerMessage(message),
    );
    message.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    message.header.sequence_number = 1;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0).map_err(|e| e.to_string())?;
    let (answer, _) = socket.recv_from_full().map_err(|e| e.to_string())?;
    refusal(&answer).map_or(Ok(()), Err)
}

/// The refusal in an `NLMSG_ERROR` whose request is capped; `None` for an ack.
fn refusal(answer: &[u8]) -> Option<Refusal> {
    let code = answer
        .get(16..20)
        .and_then(|b| b.try_into().ok())
        .map(i32::from_ne_bytes)?;
    if code == 0 {
        return None;
    }
    let errno = format!("{:?}", nix::errno::Errno::from_raw(-code));
    // Behind the error and the capped request come attributes; type 1 is the message.
    let said = answer.get(36..).and_then(|attributes| {
        let length = usize::from(u16::from_ne_bytes([
            *attributes.first()?,
            *attributes.get(1)?,
        ]));
        let kind = u16::from_ne_bytes([*attributes.get(2)?, *attributes.get(3)?]);
        let text = attributes.get(4..length).filter(|_| kind == 1)?;
        Some(
            String::from_utf8_lossy(text)
                .trim_end_matches('\0')
                .to_owned(),
        )
    });
    Some(said.map_or(errno.clone(), |said| format!("{errno}: {said}")))
}

fn algorithm(name: &str, key: &[u8]) -> Alg {
    Alg {
        alg_name: padded(name),
        alg_key_len: bits(key),
        alg_key: key.to_vec(),
    }
}

fn bits(key: &[u8]) -> u32 {
    key.len() as u32 * 8
}

/// A name in the kernel's field of 64 bytes; a longer one is cut and will be refused.
fn padded(name: &str) -> [u8; 64] {
    let mut field = [0; 64];
    for (to, from) in field[..63].iter_mut().zip(name.bytes()) {
        *to = from;
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &[u8], expected: Option<&str>) {
        assert_eq!(refusal(answer).as_deref(), expected);
    }

    #[test]
    fn an_ack_is_no_refusal_and_a_refusal_keeps_the_kernels_words() {
        let mut answer = vec![0; 36];
        check(&answer, None);
        answer[16..20].copy_from_slice(&(-libc::ENOSYS).to_ne_bytes());
        check(&answer, Some("ENOSYS"));
        answer.extend([9, 0, 1, 0]);
        answer.extend(b"nope\0");
        check(&answer, Some("ENOSYS: nope"));
        answer.truncate(41);
        check(&answer, Some("ENOSYS"));
    }
}
