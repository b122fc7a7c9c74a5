//! Owns packets that the kernel freed unsent and undelivered (`skb:kfree_skb`), and their text face.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::FactLine;

/// One freed packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreedPacket {
    pub step: u32,
    pub node: String,
    /// In nanoseconds since the epoch, by the clock of the frames; exact to a microsecond.
    pub ts_ns: u64,
    /// Why, as the kernel names it (`enum skb_drop_reason`, `include/net/dropreason-core.h`): `XFRM_POLICY`,
    /// `NETFILTER_DROP`, `NOT_SPECIFIED`.
    pub reason: String,
    /// The function that freed it.
    pub at: String,
    /// The first bytes from where the kernel stood in the packet: the IP header, or what is behind it.
    pub bytes: Vec<u8>,
}

/// Where addresses stand in an IP header.
const V4: [std::ops::Range<usize>; 2] = [12..16, 16..20];
const V6: [std::ops::Range<usize>; 2] = [8..24, 24..40];

/// To whom reports of multicast listeners go: `IGMPv3` (RFC 3376 section 4.2.14) and `MLDv2` (RFC 3810 section 5.2.14).
const LISTENER_REPORTS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(224, 0, 0, 22)),
    IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x16)),
];

impl FreedPacket {
    /// `XFRM_POLICY at=ip_forward src=10.0.1.100 dst=10.0.2.100`; addresses only where the bytes begin with an IP header.
    pub fn line(&self) -> FactLine {
        let mut fields = vec![("at".to_owned(), self.at.clone())];
        for (key, address) in ["src", "dst"].into_iter().zip(self.ends()) {
            fields.extend(address.map(|address| (key.to_owned(), address.to_string())));
        }
        FactLine {
            words: vec![self.reason.clone()],
            fields,
        }
    }

    /// Whether kernels free such packets when nothing is wrong: an echo reply that raw sockets have had, since no ping
    /// socket asked for it (`ping_rcv` in `net/ipv4/ping.c`), and multicast that nobody joined (`ip6_mc_input`), as
    /// reports of multicast listeners are wherever no router listens, and what a socket still held when it was closed.
    /// When those come depends on time.
    pub fn is_everyday(&self) -> bool {
        let unasked =
            self.reason == "NO_SOCKET" && matches!(self.at.as_str(), "icmp_rcv" | "icmpv6_rcv");
        let [_, to] = self.ends();
        let report = to.is_some_and(|to| LISTENER_REPORTS.contains(&to));
        let unread = self.reason == "QUEUE_PURGE" && self.at == "inet_sock_destruct";
        unasked || report || unread || self.at == "ip6_mc_input"
    }

    /// Source and destination.
    fn ends(&self) -> [Option<IpAddr>; 2] {
        let part = |at: std::ops::Range<usize>| self.bytes.get(at);
        let v4 = |at| Some(<[u8; 4]>::try_from(part(at)?).ok()?.into());
        let v6 = |at| Some(<[u8; 16]>::try_from(part(at)?).ok()?.into());
        match self.bytes.first().map(|b| b >> 4) {
            Some(4) if self.bytes.first() >= Some(&0x45) => V4.map(v4),
            Some(6) => V6.map(v6),
            _ => [None, None],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FreedPacket;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let freed = FreedPacket {
            step: 0,
            node: "r1".into(),
            ts_ns: 0,
            reason: "XFRM_POLICY".into(),
            at: "ip_forward".into(),
            bytes: bytes.to_vec(),
        };
        assert_eq!(freed.line().to_string(), expected);
    }

    #[test]
    fn reports_of_multicast_listeners_are_everyday() {
        let mut packet = FreedPacket {
            step: 0,
            node: "r1".into(),
            ts_ns: 0,
            reason: "NOT_SPECIFIED".into(),
            at: "ip_rcv_finish_core.isra.0".into(),
            bytes: vec![0x46; 24],
        };
        packet.bytes[16..20].copy_from_slice(&[224, 0, 0, 22]);
        assert!(packet.is_everyday());
        packet.bytes[16..20].copy_from_slice(&[224, 0, 0, 5]);
        assert!(!packet.is_everyday());
        packet.bytes = vec![0x60; 40];
        packet.bytes[24..40].fill(0);
        packet.bytes[24..26].copy_from_slice(&[0xff, 0x02]);
        packet.bytes[39] = 0x16;
        assert!(packet.is_everyday());
    }

    #[test]
    fn what_a_closed_socket_held_is_everyday_and_what_was_dropped_is_not() {
        let freed = |reason: &str, at: &str| FreedPacket {
            step: 0,
            node: "r1".into(),
            ts_ns: 0,
            reason: reason.into(),
            at: at.into(),
            bytes: Vec::new(),
        };
        assert!(freed("QUEUE_PURGE", "inet_sock_destruct").is_everyday());
        assert!(freed("NO_SOCKET", "icmp_rcv").is_everyday());
        assert!(!freed("NO_SOCKET", "udp_queue_rcv_one_skb").is_everyday());
        assert!(!freed("XFRM_POLICY", "ip_forward").is_everyday());
    }

    #[test]
    fn a_line_has_the_addresses_that_are_there() {
        let mut v4 = vec![0x45; 28];
        v4[12..20].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
        check(&v4, "XFRM_POLICY at=ip_forward src=10.0.0.1 dst=10.0.0.2");
        check(&v4[..16], "XFRM_POLICY at=ip_forward src=10.0.0.1");
        check(&[0x08, 0], "XFRM_POLICY at=ip_forward");
        check(&[], "XFRM_POLICY at=ip_forward");
    }
}
