//! Owns the worlds of the product, as the text of topology files. It never runs one.
//!
//! ```text
//! tunnel      h1 --- r1 =[nat]= r2 --- h2
//! transport          r1 =[nat]= r2
//! ```

use std::fmt::Write as _;

use crate::algorithm::{Algorithm, Proto};

/// One combination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) mode: Mode,
    pub(crate) family: Family,
    pub(crate) algorithm: Algorithm,
    pub(crate) encap: Encap,
    /// `flag align4` (AH over IPv4).
    pub(crate) align4: bool,
    /// MTU of the link between the gateways.
    pub(crate) mtu: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Tunnel,
    Transport,
}

/// Inner and outer family; transport mode has only one, so there both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4InV4,
    V6InV4,
    V4InV6,
    V6InV6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encap {
    None,
    /// ESP in UDP, port 4500 at both ends.
    Udp,
    /// Likewise; a router gives r1 another address and port.
    UdpBehindNat,
}

impl Family {
    pub(crate) fn inner_v4(self) -> bool {
        matches!(self, Self::V4InV4 | Self::V4InV6)
    }

    pub(crate) fn outer_v4(self) -> bool {
        matches!(self, Self::V4InV4 | Self::V6InV4)
    }
}

/// A world without encapsulation.
pub(crate) fn plain(mode: Mode, family: Family, algorithm: Algorithm) -> World {
    World {
        mode,
        family,
        algorithm,
        encap: Encap::None,
        align4: false,
        mtu: OUTER_MTU,
    }
}

/// Addresses of the gateways with their prefix lengths, as they have them themselves.
const OUTER: [[&str; 2]; 2] = [["3.0.0.1/24", "3.0.0.2/24"], ["fd03::1/64", "fd03::2/64"]];
/// Networks behind the gateways: gateway, host, network.
const LEFT: [[&str; 3]; 2] = [
    ["10.0.1.1", "10.0.1.100/24", "10.0.1.0/24"],
    ["fd01::1", "fd01::100/64", "fd01::/64"],
];
const RIGHT: [[&str; 3]; 2] = [
    ["10.0.2.1", "10.0.2.100/24", "10.0.2.0/24"],
    ["fd02::1", "fd02::100/64", "fd02::/64"],
];
/// Links take the largest payload, and what is put around it, in one piece.
const INNER_MTU: usize = 9100;
const OUTER_MTU: usize = 9300;

impl World {
    /// The combination in words.
    pub(crate) fn title(&self) -> String {
        let Self {
            mode,
            family,
            algorithm,
            encap,
            align4,
            mtu,
        } = self;
        let mut flag = if *align4 { " align4" } else { "" }.to_owned();
        if *mtu != OUTER_MTU {
            flag += &format!(" mtu {mtu}");
        }
        format!(
            "{mode:?} {family:?} {} encap {encap:?}{flag}",
            algorithm.name
        )
    }

    /// The topology file: one step for each size.
    pub(crate) fn text(&self, sizes: &[u16]) -> String {
        let mut text = format!("title = \"{}\"\n", self.title());
        self.nodes(&mut text);
        self.links(&mut text);
        self.tunnel(&mut text);
        let (from, to) = self.ends();
        for (index, size) in sizes.iter().enumerate() {
            let _ = writeln!(
                text,
                "[[steps]]\nname = \"{index}: {size} bytes\"\n\
                 ping = {{ from = \"{from}\", to = \"{to}\", size = {size} }}\n\
                 expect.reply = true\n\
                 expect.counters = {{ r1 = \"unchanged\", r2 = \"unchanged\" }}"
            );
        }
        text
    }

    /// The node that sends, and the address that answers.
    pub(crate) fn ends(&self) -> (&'static str, &'static str) {
        let inner = usize::from(!self.family.inner_v4());
        match self.mode {
            Mode::Tunnel => ("h1", without_prefix(RIGHT[inner][1])),
            Mode::Transport => ("r1", without_prefix(self.outer()[1])),
        }
    }

    fn outer(&self) -> [&'static str; 2] {
        if self.encap == Encap::UdpBehindNat {
            return ["192.168.7.2/24", "3.0.0.2/24"];
        }
        OUTER[usize::from(!self.family.outer_v4())]
    }

    fn nodes(&self, text: &mut String) {
        let inner = usize::from(!self.family.inner_v4());
        let outer = self.outer();
        // The far network lies behind the other gateway, whatever the family of the tunnel.
        let route = |far: &str, via: &str| {
            if self.mode == Mode::Transport {
                String::new()
            } else if self.family.inner_v4() == self.family.outer_v4() {
                format!("routes = [\"{far} via {via}\"]\n")
            } else {
                format!("routes = [\"{far} dev eth1\"]\n")
            }
        };
        let behind_nat = self.encap == Encap::UdpBehindNat;
        let r1 = if behind_nat {
            // The inner network needs a route for the policy lookup only.
            let far = if self.family.inner_v4() {
                ""
            } else {
                ", \"fd02::/64 dev eth1\""
            };
            format!("routes = [\"default via 192.168.7.1\"{far}]\n")
        } else {
            route(RIGHT[inner][2], without_prefix(outer[1]))
        };
        let r2 = route(
            LEFT[inner][2],
            if behind_nat {
                "3.0.0.1"
            } else {
                without_prefix(outer[0])
            },
        );
        let _ = write!(
            text,
            "[nodes.r1]\nforward = true\n{r1}[nodes.r2]\nforward = true\n{r2}"
        );
        if self.mode == Mode::Tunnel {
            let _ = write!(
                text,
                "[nodes.h1]\nroutes = [\"default via {}\"]\n[nodes.h2]\nroutes = [\"default via {}\"]\n",
                LEFT[inner][0], RIGHT[inner][0]
            );
        }
        if behind_nat {
            text.push_str(
                "[nodes.nat]\nforward = true\nnft = \"\"\"\ntable ip nat {\n  chain post {\n    \
                 type nat hook postrouting priority srcnat; policy accept;\n    \
                 oifname \"wan\" meta l4proto udp snat to 3.0.0.1:40500\n  }\n}\n\"\"\"\n",
            );
        }
    }

    fn links(&self, text: &mut String) {
        let inner = usize::from(!self.family.inner_v4());
        let prefix = if inner == 0 { 24 } else { 64 };
        let outer = self.outer();
        let mut link = |a: &str, b: &str, mtu: usize| {
            let _ = write!(text, "[[links]]\nends = [\"{a}\", \"{b}\"]\nmtu = {mtu}\n");
        };
        let (r1, r2) = (
            format!("r1:eth1 {}", outer[0]),
            format!("r2:eth1 {}", outer[1]),
        );
        if self.encap == Encap::UdpBehindNat {
            link(&r1, "nat:lan 192.168.7.1/24", self.mtu);
            link("nat:wan 3.0.0.1/24", &r2, self.mtu);
        } else {
            link(&r1, &r2, self.mtu);
        }
        if self.mode == Mode::Tunnel {
            for (host, router, side) in [("h1", "r1", LEFT), ("h2", "r2", RIGHT)] {
                let (gateway, own) = (side[inner][0], side[inner][1]);
                link(
                    &format!("{host}:eth0 {own}"),
                    &format!("{router}:eth0 {gateway}/{prefix}"),
                    INNER_MTU,
                );
            }
        }
    }

    fn tunnel(&self, text: &mut String) {
        let inner = usize::from(!self.family.inner_v4());
        let outer = self.outer().map(without_prefix);
        let nets = |side: [[&str; 3]; 2]| match self.mode {
            Mode::Tunnel => format!(", nets = [\"{}\"]", side[inner][2]),
            Mode::Transport => String::new(),
        };
        let seen = match self.encap {
            Encap::UdpBehindNat => ", seen_as = \"3.0.0.1:40500\"",
            Encap::None | Encap::Udp => "",
        };
        let mode = match self.mode {
            Mode::Tunnel => "tunnel",
            Mode::Transport => "transport",
        };
        let _ = write!(
            text,
            "[tunnels.site]\n\
             left = {{ node = \"r1\", outer = \"{}\"{seen}{} }}\n\
             right = {{ node = \"r2\", outer = \"{}\"{} }}\n\
             mode = \"{mode}\"\n{}",
            outer[0],
            nets(LEFT),
            outer[1],
            nets(RIGHT),
            self.algorithm.text()
        );
        if self.algorithm.proto == Proto::Ah {
            text.push_str("proto = \"ah\"\n");
        }
        if self.encap != Encap::None {
            text.push_str("encap = \"espinudp 4500 4500\"\npriority = 100\n");
        }
        if self.align4 {
            text.push_str("flag = \"align4\"\n");
        } else if self.family.inner_v4() != self.family.outer_v4() {
            // A state's selector has a family, that of the outer addresses unless it has none.
            text.push_str("flag = \"af-unspec\"\n");
        }
        if self.encap != Encap::None && self.mode == Mode::Transport {
            self.exceptions(text);
        }
    }

    /// A UDP packet meets the `in` policy before its socket unwraps it (`udp_queue_rcv_one_skb` in
    /// net/ipv4/udp.c), and in transport mode the tunnel's own policy has its addresses: on 6.12 it
    /// is dropped as `XfrmInTmplMismatch`. Key daemons give the socket a policy; here ports do it.
    fn exceptions(&self, text: &mut String) {
        let [left, right] = self.outer().map(without_prefix);
        let seen = if self.encap == Encap::UdpBehindNat {
            "3.0.0.1"
        } else {
            left
        };
        for (node, src, dst) in [("r1", right, left), ("r2", seen, right)] {
            let _ = write!(
                text,
                "[[nodes.{node}.policies]]\ndir = \"in\"\nsrc = \"{src}/32\"\ndst = \"{dst}/32\"\n\
                 proto = \"udp\"\ndport = 4500\n"
            );
        }
    }
}

fn without_prefix(address: &str) -> &str {
    address.split('/').next().unwrap_or(address)
}
