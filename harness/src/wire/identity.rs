//! Owns the identity of a packet: what stays the same while it passes hooks, NAT, tunnels
//! and captures, so that its sightings can be put together. It compares, it decides nothing.

use super::packet::{Esp, EspBody, Icmp, IcmpBody, Inner, Packet, Payload, UdpBody, Upper};
use crate::names::Spi;

/// The innermost packet that can be seen, without addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub key: IdentityKey,
    /// Hash of the payload, `None` where only headers were there.
    pub payload: Option<u64>,
}

/// Header fields that identify a packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKey {
    Echo {
        v6: bool,
        request: bool,
        id: u16,
        seq: u16,
        len: usize,
    },
    Udp {
        sport: u16,
        dport: u16,
        len: usize,
        /// First bytes of the payload: datagrams of one flow have everything else in common.
        head: Option<[u8; 4]>,
    },
    Tcp {
        sport: u16,
        dport: u16,
        seq: u32,
        ack: u32,
        flags: u8,
        len: usize,
    },
    /// Another ICMP message: an error is identified by the packet that it quotes.
    Icmp {
        v6: bool,
        kind: u8,
        code: u8,
        quoted: Option<Box<Identity>>,
    },
    /// ESP that was not opened.
    Esp {
        spi: Spi,
        seq: u32,
    },
    /// A fragment that is not the first.
    Fragment {
        id: u32,
        offset: usize,
    },
    Arp {
        operation: u16,
        target: std::net::Ipv4Addr,
    },
    Other {
        protocol: u8,
        len: usize,
    },
}

impl Identity {
    /// Whether two sightings can be of one packet that nobody translated: the keys are equal
    /// and the payloads too, where both are known.
    pub fn same(&self, other: &Self) -> bool {
        self.key == other.key && self.payloads_agree(other)
    }

    /// Whether two sightings can be of one packet with NAT between them, which rewrites ports
    /// and ICMP identifiers.
    pub fn same_through_nat(&self, other: &Self) -> bool {
        self.key.without_nat() == other.key.without_nat() && self.payloads_agree(other)
    }

    fn payloads_agree(&self, other: &Self) -> bool {
        match (self.payload, other.payload) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }
}

impl IdentityKey {
    fn without_nat(&self) -> Self {
        let mut key = self.clone();
        match &mut key {
            Self::Echo { id, .. } => *id = 0,
            Self::Udp { sport, dport, .. } | Self::Tcp { sport, dport, .. } => {
                (*sport, *dport) = (0, 0);
            }
            Self::Icmp {
                quoted: Some(quoted),
                ..
            } => quoted.key = quoted.key.without_nat(),
            _ => {}
        }
        key
    }
}

/// The identity of the innermost packet, through tunnels and opened ESP; `None` for what is no
/// known network layer.
pub fn identity(packet: &Packet) -> Option<Identity> {
    match packet {
        Packet::Arp(arp) => Some(bare(IdentityKey::Arp {
            operation: arp.operation,
            target: arp.target,
        })),
        Packet::Ip(ip) => match (&ip.upper, ip.header.fragment) {
            (Upper::Fragment { .. }, Some(part)) => Some(bare(IdentityKey::Fragment {
                id: part.id,
                offset: part.offset,
            })),
            (upper, _) => of_upper(upper),
        },
        Packet::Unknown { .. } => None,
    }
}

fn bare(key: IdentityKey) -> Identity {
    Identity { key, payload: None }
}

fn with(key: IdentityKey, payload: Payload) -> Identity {
    Identity {
        key,
        payload: payload.hash,
    }
}

fn of_upper(upper: &Upper) -> Option<Identity> {
    match upper {
        Upper::Icmp(icmp) => Some(of_icmp(icmp)),
        Upper::Udp(udp) => match &udp.body {
            UdpBody::Esp(esp) => of_esp(esp),
            UdpBody::Data(payload) => {
                let key = IdentityKey::Udp {
                    sport: udp.sport,
                    dport: udp.dport,
                    len: payload.len,
                    head: payload.head,
                };
                Some(with(key, *payload))
            }
            UdpBody::Keepalive | UdpBody::Ike { .. } => Some(bare(IdentityKey::Udp {
                sport: udp.sport,
                dport: udp.dport,
                len: udp.len.saturating_sub(8),
                head: None,
            })),
        },
        Upper::Tcp(tcp) => {
            let key = IdentityKey::Tcp {
                sport: tcp.sport,
                dport: tcp.dport,
                seq: tcp.seq,
                ack: tcp.ack,
                flags: tcp.flags,
                len: tcp.payload.len,
            };
            Some(with(key, tcp.payload))
        }
        Upper::Esp(esp) => of_esp(esp),
        Upper::Ah(ah) => of_inner(&ah.inner),
        Upper::Gre(gre) => identity(&gre.inner),
        Upper::Tunnel(inner) => identity(inner),
        Upper::Comp(comp) => match &comp.body {
            Ok(inner) => of_inner(inner),
            Err(_) => Some(bare(IdentityKey::Other {
                protocol: comp.next_header,
                len: 0,
            })),
        },
        Upper::Other { protocol, len } | Upper::Short { protocol, len } => {
            Some(bare(IdentityKey::Other {
                protocol: *protocol,
                len: *len,
            }))
        }
        Upper::Igmp { kind } => Some(bare(IdentityKey::Other {
            protocol: 2,
            len: (*kind).into(),
        })),
        Upper::Fragment { .. } | Upper::Nothing => None,
    }
}

fn of_esp(esp: &Esp) -> Option<Identity> {
    match &esp.body {
        EspBody::Opened(opened) => of_inner(&opened.inner),
        EspBody::NotOpened(_) => Some(bare(IdentityKey::Esp {
            spi: esp.spi,
            seq: esp.seq,
        })),
    }
}

fn of_inner(inner: &Inner) -> Option<Identity> {
    match inner {
        Inner::Packet(packet) => identity(packet),
        Inner::Transport { upper, .. } => of_upper(upper),
    }
}

fn of_icmp(icmp: &Icmp) -> Identity {
    let (v6, kind, code) = (icmp.v6, icmp.kind, icmp.code);
    match &icmp.body {
        IcmpBody::Echo {
            request,
            id,
            seq,
            payload,
        } => {
            let (request, id, seq, len) = (*request, *id, *seq, payload.len);
            with(
                IdentityKey::Echo {
                    v6,
                    request,
                    id,
                    seq,
                    len,
                },
                *payload,
            )
        }
        IcmpBody::Error { quoted, .. } => {
            let quoted = quoted.as_deref().and_then(identity).map(Box::new);
            bare(IdentityKey::Icmp {
                v6,
                kind,
                code,
                quoted,
            })
        }
        _ => bare(IdentityKey::Icmp {
            v6,
            kind,
            code,
            quoted: None,
        }),
    }
}
