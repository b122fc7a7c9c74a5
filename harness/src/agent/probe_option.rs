//! Owns the probing of the options of states that kernels may lack. A kernel passes over attributes that it does not
//! know, so each is set and read back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{
    lab::World,
    names::{Reqid, Spi},
    plan::{
        Aead, Algorithms, Encap, EncapType, Mode, Node, Offload, OffloadMode, Plan, Proto, SaDir,
        State, StateExtras,
    },
};

/// Why the kernel does not have it.
pub(super) fn option(word: &str) -> Result<(), String> {
    let state = example(word).ok_or_else(|| "no such option".to_owned())?;
    let plan = Plan {
        nodes: vec![Node {
            name: "probe".to_owned(),
            states: vec![state.clone()],
            ..Node::default()
        }],
        ..Plan::default()
    };
    let mut world = World::build(&plan).map_err(|e| {
        let errno = e.errno.unwrap_or_default();
        e.said
            .map_or(errno.clone(), |said| format!("{errno}: {said}"))
    })?;
    let installed = world.installed().map_err(|e| e.to_string())?;
    let lacks: Vec<String> = installed
        .iter()
        .flat_map(|node| node.lacks_of_state(&state))
        .collect();
    if lacks.is_empty() {
        Ok(())
    } else {
        Err(format!("it takes it and drops it ({})", lacks.join(", ")))
    }
}

/// A state with the option.
fn example(word: &str) -> Option<State> {
    let mut state = State {
        name: "probe".to_owned(),
        src: Ipv4Addr::LOCALHOST.into(),
        dst: Ipv4Addr::new(127, 0, 0, 2).into(),
        proto: Proto::Esp,
        spi: Spi(0x1000),
        reqid: Reqid(0),
        mode: Mode::Tunnel,
        algorithms: Algorithms {
            aead: Some(Aead {
                name: "rfc4106(gcm(aes))".to_owned(),
                key: vec![1; 20],
                icv_bits: 128,
            }),
            ..Algorithms::default()
        },
        encap: None,
        mark: None,
        output_mark: None,
        if_id: None,
        replay_window: 0,
        esn: false,
        flags: Vec::new(),
        selector: None,
        more: StateExtras::default(),
    };
    let encap = |kind| {
        Some(Encap {
            kind,
            sport: 4500,
            dport: 4500,
            oaddr: Ipv4Addr::UNSPECIFIED.into(),
        })
    };
    let offload = |mode| {
        Some(Offload {
            mode,
            dev: "lo".to_owned(),
            dir: SaDir::Out,
        })
    };
    let more = &mut state.more;
    match word {
        "dir" => more.dir = Some(SaDir::In),
        "pcpu-num" => {
            more.pcpu = Some(0);
            more.dir = Some(SaDir::Out);
        }
        "ctx" => more.ctx = Some("system_u:object_r:ipsec_spd_t:s0".to_owned()),
        "nat-keepalive-interval" => {
            more.nat_keepalive = Some(20);
            more.dir = Some(SaDir::Out);
            state.encap = encap(EncapType::EspInUdp);
        }
        "mode iptfs" => {
            state.mode = Mode::Iptfs;
            more.dir = Some(SaDir::Out);
            // A kernel without CONFIG_XFRM_IPTFS takes the mode and drops its parameters (seen on Debian's 7.2.13).
            more.iptfs.init_delay = Some(3000);
        }
        "encap espintcp" => state.encap = encap(EncapType::EspInTcp),
        "encap espinudp-nonike" => state.encap = encap(EncapType::EspInUdpNonIke),
        "offload crypto" => more.offload = offload(OffloadMode::Crypto),
        "offload packet" => more.offload = offload(OffloadMode::Packet),
        "proto route2" | "proto hao" | "mode in_trigger" => {
            let route2 = word != "proto hao";
            state.proto = if route2 { Proto::Route2 } else { Proto::Hao };
            state.mode = if word == "mode in_trigger" {
                Mode::InTrigger
            } else {
                Mode::Ro
            };
            state.spi = Spi(0);
            state.algorithms = Algorithms::default();
            let address = |last| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
            (state.src, state.dst) = (address(1), address(2));
            more.coa = Some(address(3));
        }
        _ => return None,
    }
    Some(state)
}
