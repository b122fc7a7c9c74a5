//! Owns the words of each decoded layer. It says everything; [`super::Detail`] leaves out.

use std::{fmt, net::IpAddr};

use super::{Line, errors, ports};
use crate::wire::{
    esp::Reason,
    packet::{
        Ah, AhIcv, Arp, Checksum, Comp, Decoded, Esp, EspBody, Gre, Icmp, IcmpBody, Inner, Ip,
        IpHeader, Packet, Tcp, Udp, UdpBody, Upper,
    },
    upper,
};

/// Everything that a line can say of a packet, nondeterministic fields included: what
/// expectations are matched against.
pub fn words(packet: &Packet) -> Line {
    match packet {
        Packet::Arp(arp) => of_arp(arp),
        Packet::Ip(ip) => of_ip(ip),
        Packet::Unknown { ether_type, len } => {
            let mut line = headed(&["ether"]);
            line.push(
                "type",
                &ether_type.map_or("none".to_owned(), |t| format!("0x{t:04x}")),
            );
            line.push("len", &len);
            line
        }
    }
}

/// The words of a frame: those of its packet, and the VLANs that it is tagged with, from the outside inwards.
pub fn frame_words(frame: &Decoded) -> Line {
    let mut line = words(&frame.packet);
    let vlans = frame.link.as_ref().map_or(&[][..], |link| &link.vlans);
    if !vlans.is_empty() {
        let vlans: Vec<String> = vlans.iter().map(u16::to_string).collect();
        line.fields.insert(0, ("vlan".to_owned(), vlans.join(",")));
    }
    line
}

fn headed(head: &[&str]) -> Line {
    Line {
        head: head.iter().map(|&w| w.to_owned()).collect(),
        ..Line::default()
    }
}

impl Line {
    fn push(&mut self, key: &str, value: &dyn fmt::Display) {
        self.fields.push((key.to_owned(), value.to_string()));
    }

    fn word(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    fn contain(&mut self, packet: Option<&Packet>) {
        self.inner = packet.map(|p| Box::new(words(p)));
    }
}

fn of_arp(arp: &Arp) -> Line {
    let (sender, target) = (arp.sender.to_string(), arp.target.to_string());
    match arp.operation {
        1 => headed(&["arp", "who-has", &target, "tell", &sender]),
        2 => headed(&["arp", &sender, "is-at", &mac(arp.sender_mac)]),
        other => headed(&[
            "arp",
            &format!("operation-{other}"),
            &target,
            "from",
            &sender,
        ]),
    }
}

fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|b| format!("{b:02x}")).join(":")
}

fn of_ip(ip: &Ip) -> Line {
    of_upper(&ip.upper, ip.header.src, ip.header.dst, Some(&ip.header))
}

/// The words of an upper layer; `ip` is absent in transport mode.
fn of_upper(upper: &Upper, src: IpAddr, dst: IpAddr, ip: Option<&IpHeader>) -> Line {
    let mut line = match upper {
        Upper::Icmp(icmp) => of_icmp(icmp),
        Upper::Udp(udp) => of_udp(udp),
        Upper::Tcp(tcp) => of_tcp(tcp),
        Upper::Esp(esp) => of_esp(headed(&["esp"]), esp),
        Upper::Ah(ah) => of_ah(ah),
        Upper::Gre(gre) => of_gre(gre),
        Upper::Tunnel(inner) => {
            let names = match (
                src.is_ipv4(),
                inner.addresses().is_some_and(|(s, _)| s.is_ipv4()),
            ) {
                (true, true) => "ipip",
                (true, false) => "6in4",
                (false, true) => "4in6",
                (false, false) => "6in6",
            };
            let mut line = headed(&[names]);
            line.contain(Some(inner));
            line
        }
        Upper::Comp(comp) => of_comp(comp),
        Upper::Igmp { kind } => {
            let mut line = headed(&["igmp"]);
            line.push("type", &format!("0x{kind:02x}"));
            line
        }
        Upper::Fragment { .. } => {
            let mut line = headed(&["ip-fragment"]);
            line.push("proto", &ip.map_or(0, |ip| ip.protocol));
            line
        }
        Upper::Nothing => {
            let mut line = headed(&["ip"]);
            line.push("proto", &upper::NO_NEXT);
            line
        }
        Upper::Other { protocol, .. } => {
            let mut line = headed(&["ip"]);
            line.push("proto", &protocol);
            line
        }
        Upper::Short { protocol, .. } => {
            let mut line = headed(&["ip"]);
            line.word("short");
            line.push("proto", &protocol);
            line
        }
    };
    let (sport, dport) = ports::of(upper);
    line.src = Some(ports::endpoint(src, sport));
    line.dst = Some(ports::endpoint(dst, dport));
    if let Some(ip) = ip {
        of_header(&mut line, ip);
    }
    line
}

fn of_header(line: &mut Line, ip: &IpHeader) {
    // TTL and length stand behind what identifies the packet, before the sizes inside it.
    let at = line
        .fields
        .iter()
        .position(|(k, _)| matches!(k.as_str(), "iv" | "icv" | "payload" | "csum" | "not-opened"));
    let mut rest = at.map(|at| line.fields.split_off(at)).unwrap_or_default();
    line.push("ttl", &ip.ttl);
    line.push("tos", &format!("0x{:02x}", ip.tos));
    line.push("len", &ip.total_len);
    line.fields.append(&mut rest);
    if let Some(part) = ip.fragment {
        line.push("off", &part.offset);
        if part.more {
            line.flags.push("more".to_owned());
        }
    }
    if let Some(id) = ip.fragment.map(|f| f.id).or(ip.id.map(u32::from)) {
        line.push("ipid", &format!("0x{id:x}"));
    }
    if let Some(flow) = ip.flow {
        line.push("flow", &format!("0x{flow:05x}"));
    }
    if ip.options > 0 {
        line.push("options", &ip.options);
    }
    if !ip.extensions.is_empty() {
        let names: Vec<String> = ip.extensions.iter().map(|n| extension(*n)).collect();
        line.push("ext", &names.join(","));
    }
    checksum(line, "ipcsum", ip.checksum);
    if ip.df {
        line.flags.push("df".to_owned());
    }
}

fn extension(number: u8) -> String {
    match number {
        0 => "hop-by-hop".to_owned(),
        43 => "routing".to_owned(),
        60 => "destination".to_owned(),
        135 => "mobility".to_owned(),
        other => other.to_string(),
    }
}

fn checksum(line: &mut Line, key: &str, state: Checksum) {
    match state {
        Checksum::Ok => line.push(key, &"ok"),
        Checksum::Bad => line.push(key, &"bad"),
        Checksum::Absent => line.push(key, &"none"),
        Checksum::NotChecked => {}
    }
}

fn of_icmp(icmp: &Icmp) -> Line {
    let mut line = headed(
        &errors::head(icmp)
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    match &icmp.body {
        IcmpBody::Echo {
            id, seq, payload, ..
        } => {
            line.push("id", &format!("0x{id:04x}"));
            line.push("seq", &seq);
            line.push("payload", &payload.len);
        }
        IcmpBody::Error { value, quoted } => {
            if let Some((key, value)) = errors::value(icmp, *value) {
                line.push(key, &value);
            }
            line.contain(quoted.as_deref());
        }
        IcmpBody::Neighbor {
            target: Some(target),
        } => line.push("target", &target),
        IcmpBody::Neighbor { target: None } | IcmpBody::Other => {}
    }
    checksum(&mut line, "csum", icmp.checksum);
    line
}

fn of_udp(udp: &Udp) -> Line {
    let mut line = headed(&["udp"]);
    match &udp.body {
        UdpBody::Data(payload) => line.push("payload", &payload.len),
        UdpBody::Keepalive => line.word("keepalive"),
        UdpBody::Ike { .. } => line.word("ike"),
        UdpBody::Esp(esp) => {
            line.word("esp");
            line = of_esp(line, esp);
        }
    }
    checksum(&mut line, "csum", udp.checksum);
    line
}

fn of_tcp(tcp: &Tcp) -> Line {
    const FLAGS: [(u8, &str); 8] = [
        (0x02, "syn"),
        (0x01, "fin"),
        (0x04, "rst"),
        (0x08, "psh"),
        (0x10, "ack"),
        (0x20, "urg"),
        (0x40, "ece"),
        (0x80, "cwr"),
    ];
    let mut line = headed(&["tcp"]);
    FLAGS
        .iter()
        .filter(|(bit, _)| tcp.flags & bit != 0)
        .for_each(|(_, word)| line.word(word));
    line.push("seq", &tcp.seq);
    if tcp.flags & 0x10 != 0 {
        line.push("ack", &tcp.ack);
    }
    line.push("payload", &tcp.payload.len);
    checksum(&mut line, "csum", tcp.checksum);
    line
}

/// RFC 4302 section 2.5, RFC 4303 section 2.2.
const NO_ZERO: &str = "sequence number 0: the first packet of an sa has 1";

fn of_esp(mut line: Line, esp: &Esp) -> Line {
    line.sa.clone_from(&esp.sa);
    line.push("spi", &esp.spi);
    line.push("seq", &esp.seq);
    match &esp.body {
        EspBody::Opened(opened) => {
            line.push("iv", &opened.iv_len);
            line.push("icv", &opened.icv_len);
            line.push("pad", &opened.pad_len);
            line.push("next", &opened.next_header);
            line.push("tfc", &opened.tfc);
            line.push("payload", &opened.payload.len());
            if let Some(high) = opened.seq_high {
                line.push("seq-high", &high);
            }
            if opened.disputed {
                line.push("key-of", &opened.nodes.join(","));
            }
            if esp.seq == 0 && opened.seq_high.unwrap_or(0) == 0 {
                line.push("wrong", &NO_ZERO);
            }
            line.inner = Some(Box::new(of_inner(&opened.inner)));
        }
        // A hook line never could open it; saying so on each would hide the rest.
        EspBody::NotOpened(Reason::HeadersOnly) => {}
        EspBody::NotOpened(reason) => line.push("not-opened", &reason),
    }
    line
}

fn of_ah(ah: &Ah) -> Line {
    let mut line = headed(&["ah"]);
    line.sa.clone_from(&ah.sa);
    line.push("spi", &ah.spi);
    line.push("seq", &ah.seq);
    line.push("icv", &ah.icv_len);
    line.push("next", &ah.next_header);
    match &ah.icv {
        AhIcv::Ok { seq_high, .. } => {
            line.push("icv-ok", &"yes");
            if let Some(high) = seq_high {
                line.push("seq-high", high);
            }
            if ah.seq == 0 && seq_high.unwrap_or(0) == 0 {
                line.push("wrong", &NO_ZERO);
            }
        }
        AhIcv::Not(Reason::IcvWrong) => line.push("icv-ok", &"no"),
        AhIcv::Not(_) => {}
    }
    line.inner = Some(Box::new(of_inner(&ah.inner)));
    line
}

fn of_inner(inner: &Inner) -> Line {
    match inner {
        Inner::Packet(packet) => words(packet),
        Inner::Transport { src, dst, upper } => of_upper(upper, *src, *dst, None),
    }
}

fn of_comp(comp: &Comp) -> Line {
    let mut line = headed(&["ipcomp"]);
    line.sa.clone_from(&comp.sa);
    line.push("cpi", &format!("0x{:04x}", comp.cpi));
    line.push("next", &comp.next_header);
    match &comp.body {
        Ok(inner) => line.inner = Some(Box::new(of_inner(inner))),
        Err(Reason::HeadersOnly) => {}
        Err(reason) => line.push("not-opened", reason),
    }
    line
}

fn of_gre(gre: &Gre) -> Line {
    let mut line = headed(&["gre"]);
    if let Some(key) = gre.key {
        line.push("key", &key);
    }
    if let Some(seq) = gre.seq {
        line.push("seq", &seq);
    }
    line.push("proto", &format!("0x{:04x}", gre.protocol));
    line.contain(Some(&gre.inner));
    line
}
