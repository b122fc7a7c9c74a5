//! Owns the tables of steps and expectations.

use super::{
    change::ChangeSpec,
    number::{Count, Windows},
    traffic::{FlowSpec, OutcomeSpec, TrafficSpec},
};
use crate::{
    plan::CounterRule,
    spec::{
        decode::{Decoder, FromToml, Many, Named},
        diagnostic::shorten,
        meta::Kind,
        source::{Span, Spanned},
        table::table,
        value::{Data, Value, block_lines},
    },
};

table! {
    /// A step: one thing that happens, and what must then be seen. Changes come first, then its
    /// flows, one after the other.
    pub(crate) struct StepSpec in "steps" {
        include traffic: TrafficSpec;
        /// Name of the step in reports.
        "name" => name: String, required, example "\"the echo crosses the tunnel\"",
            limit "unique in the file";
        /// What is changed, in order. A step of changes alone is fine.
        "do" => changes: Many<ChangeSpec>, default "nothing", example "{ flush = \"r1 states\" }";
        /// Several flows, sent in turn.
        "flows" => flows: Vec<Spanned<FlowSpec>>, default "none",
            example "[{ ping = { from = \"h1\", to = \"10.0.2.100\" } }, { udp = { from = \"h1\", to = \"10.0.2.100\", dport = 5000 } }]";
        /// How often the flow is sent: in so many windows of its `count`, whose packets go out one behind the other.
        /// Each window is watched, judged and forgotten before the next, so that many packets need no more memory
        /// than few. The blocks of `expect.node`, `expect.wire` and `expect.clear` say what *each* packet does, its
        /// answer included; everything else in `expect` is said of each window. A packet is named by its number in
        /// all windows.
        "windows" => windows: Windows, default "a step without windows", example "200",
            limit "one flow, `ping` or `udp` of at least 6 bytes; without `on`, `join` and a later `again`";
        /// What is changed when something happens while the flows are under way.
        "on" => on: Vec<Spanned<OnSpec>>, default "nothing",
            example "[{ event = \"r1 expire soft site:left>right\", do = { flush = \"r1 states\" } }]";
        /// What must be seen. What is not named here is not asserted.
        "expect" => expect: ExpectSpec, default "nothing", example "{ reply = true }";
    }
}

table! {
    /// Changes that wait for something to happen: `packet` or `event`. They are made once, and not making them is a
    /// failure.
    pub(crate) struct OnSpec in "steps.on" {
        /// Number of a packet: what waits for it happens when it has come, or is known as lost, and before the next one
        /// is sent.
        "packet" => packet: Count, default "none", example "3";
        /// Name of the flow that sends it.
        "flow" => flow: String, default "the first flow of the step", example "\"ping h1 > 10.0.2.100\"";
        /// A node, and what its kernel tells about xfrm: a line as in `expect.events`.
        "event" => event: String, default "none", example "\"r1 acquire out dst=5.0.0.1\"";
        /// What is then changed, in order.
        "do" => changes: Many<ChangeSpec>, required, example "{ flush = \"r1 states\" }";
    }
}

table! {
    /// What must be seen in a step.
    pub(crate) struct ExpectSpec in "steps.expect" {
        include outcome: OutcomeSpec;
        /// The ordered traversal at a node: a block of lines. Where the rules of the file track connections from the
        /// start, and no step loads other rules at the node, each hook also tells the conntrack state: `ct new`,
        /// `established`, `related`, `untracked`, `invalid`, or `none` where a packet ended before conntrack saw it; and
        /// the mark of its connection, `ct-mark 0x1`, `ct-mark 0x0=>0x1` where the hook changes it, or `ct-mark none`
        /// where there is no connection. Elsewhere, and for a family that no rule tracks, both are not watched, and a
        /// line that names one fails. Once a line of a block names a mark or either of these, each line of a hook does.
        "node" => node: Named<BlockText>, default "not asserted",
            example "{ h2 = \"prerouting in eth0 icmp echo-request 10.0.1.100 > 10.0.2.100\" }";
        /// Exactly the packets of a capture point, in order. `a>b` is what one end of a link sends to the other, or
        /// `a:eth1>b:eth0` where several links join the two nodes. `NODE:DEVICE out` is what a node sends into a device
        /// that is no link end (a VTI, an XFRM interface, a bridge, `lo`), `NODE:DEVICE in` what comes out of it; of a
        /// link end, what shows up there though no link brought it: a packet opened by an SA is seen a second time
        /// on the device on which its envelope came.
        "wire" => wire: Named<BlockText>, default "not asserted",
            example "{ \"r1>rt\" = \"esp 3.0.0.1 > 5.0.0.1 site:left>right seq=1\" }";
        /// Clear text that is allowed, and must be seen, between the ends of a tunnel.
        "clear" => clear: Named<BlockText>, default "none is allowed",
            example "{ \"r1>rt\" = \"icmp echo-request 10.0.1.100 > 10.0.2.100\" }";
        /// The xfrm counters of a node: `"unchanged"`, or exactly those that move and by how much.
        "counters" => counters: Named<Counters>, default "not asserted",
            example "{ r2 = { XfrmInNoPols = 1 }, r1 = \"unchanged\" }";
        /// Counters of a node as `nstat` names them: those that are named, and by how much they move.
        "snmp" => snmp: Named<Counters>, default "not asserted", example "{ r2 = { UdpNoPorts = 1 } }";
        /// Counters of a device, `NODE:DEVICE`: `rx_packets`, `tx_errors`, `rx_dropped` and so on; those that are named.
        "links" => links: Named<Counters>, default "not asserted",
            example "{ \"r1:eth1\" = { tx_packets = 1, tx_errors = 0 } }";
        /// Counters of an SA at a node, `NODE SA`: `packets`, `bytes`, `replay-window`, `replay`, `failed`; those that
        /// are named, or all `"unchanged"`.
        "sas" => sas: Named<Counters>, default "not asserted",
            example "{ \"r1 site:left>right\" = { packets = 1 }, \"r1 site:right>left\" = \"unchanged\" }";
        /// Named counters of nft, `NODE FAMILY TABLE COUNTER`: `packets` and `bytes`.
        "nft" => nft: Named<Counters>, default "not asserted",
            example "{ \"r1 inet filter hits\" = { packets = 2 } }";
        /// The connections that a node tracks after the step, in any order: a block of lines such as
        /// `udp 10.0.1.100:5000 > 10.0.2.100:53 reply=10.0.2.100:53>3.0.0.1:5000 status=seen-reply,snat`.
        /// Constraint: a rule of the file makes the node track connections; elsewhere they are not watched, and it fails.
        "conntrack" => conntrack: Named<BlockText>, default "not asserted",
            example "{ r1 = \"udp 10.0.1.100:5000 > 10.0.2.100:53 mark=0x1\" }";
        /// Lines that the kernel's log must get in the step, in order, each with these words in it. A fault that is
        /// reported there, or a taint, makes a run an error unless it is one of these lines.
        "log" => log: BlockText, default "no fault", example "\"WARNING: CPU: * at net/xfrm/\"";
        /// Packets that the kernel of a node frees unsent and undelivered, in order: a block of lines such as
        /// `XFRM_POLICY at=ip_forward src=10.0.1.100`, with the reason as the kernel names it and the function that freed
        /// the packet; addresses are there where it stood at the IP header.
        "freed" => freed: Named<BlockText>, default "not asserted",
            example "{ r2 = \"XFRM_POLICY at=ip_forward\" }";
        /// What the kernel of a node tells about xfrm, in order: a block of lines such as
        /// `acquire out dst=5.0.0.1`, `expire soft SA packets=3`, `mapping SA new=192.0.2.9:4500`. What a step's own
        /// changes make it tell (`new`, `update`, `delete`, `flush`) counts where the block speaks of such.
        "events" => events: Named<BlockText>, default "not asserted",
            example "{ r1 = \"expire soft site:left>right packets=3\" }";
    }
}

/// An expectation block: its lines, each with its place and number in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BlockText(pub(crate) Vec<(String, Span, u32)>);

impl FromToml for BlockText {
    const KIND: Kind = Kind::Text {
        name: "expectation block",
        example: "...",
    };

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let Data::Text(text) = &value.data else {
            cx.mismatch(value, "a block of expectation lines");
            return None;
        };
        let source = cx.sources.get(usize::from(value.span.source))?;
        let mut lines = block_lines(source, value.span, text);
        lines.retain(|(text, ..)| !text.is_empty() && !text.starts_with('#'));
        Some(Self(lines))
    }
}

/// What the xfrm counters of a node must do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Counters {
    pub(crate) rule: CounterRule,
    pub(crate) span: Span,
    /// The counters that it names.
    pub(crate) names: Vec<Spanned<String>>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            rule: CounterRule::Unchanged,
            span: Span::default(),
            names: Vec::new(),
        }
    }
}

impl FromToml for Counters {
    const KIND: Kind = Kind::Either(&[
        Kind::Word {
            name: "word",
            words: &["unchanged"],
        },
        Kind::Named(&Kind::Integer {
            name: "difference",
            min: i64::MIN,
            max: i64::MAX,
        }),
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let span = value.span;
        let table = match &value.data {
            Data::Text(text) if text == "unchanged" => {
                return Some(Self {
                    rule: CounterRule::Unchanged,
                    span,
                    names: Vec::new(),
                });
            }
            Data::Text(text) => {
                cx.problems
                    .error(
                        span,
                        format!("unknown word `{}` for counters", shorten(text)),
                    )
                    .hint("`\"unchanged\"` or `{ XfrmInNoPols = 1 }`");
                return None;
            }
            Data::Table(table) => table,
            _ => {
                cx.mismatch(value, "`\"unchanged\"` or a table of counters");
                return None;
            }
        };
        let mut deltas = Vec::new();
        for entry in &table.entries {
            match entry.value.data {
                Data::Integer(Some(n)) => deltas.push((entry.key.clone(), n)),
                _ => cx.mismatch(&entry.value, "by how much the counter moves"),
            }
        }
        let names = table.entries.iter();
        Some(Self {
            rule: CounterRule::Deltas(deltas),
            span,
            names: names.map(|e| Spanned::new(e.key.clone(), e.span)).collect(),
        })
    }
}
