//! Owns the names of the kernel's counters, as far as they are known here. It never reads one.

/// `/proc/net/xfrm_stat` (`xfrm_mib_list` in `net/xfrm/xfrm_proc.c`), as 7.2.13 has it; 5.10.0 and 6.1.0 lack the last four.
pub const XFRM_COUNTERS: &[&str] = &[
    "XfrmInError",
    "XfrmInBufferError",
    "XfrmInHdrError",
    "XfrmInNoStates",
    "XfrmInStateProtoError",
    "XfrmInStateModeError",
    "XfrmInStateSeqError",
    "XfrmInStateExpired",
    "XfrmInStateMismatch",
    "XfrmInStateInvalid",
    "XfrmInTmplMismatch",
    "XfrmInNoPols",
    "XfrmInPolBlock",
    "XfrmInPolError",
    "XfrmOutError",
    "XfrmOutBundleGenError",
    "XfrmOutBundleCheckError",
    "XfrmOutNoStates",
    "XfrmOutStateProtoError",
    "XfrmOutStateModeError",
    "XfrmOutStateSeqError",
    "XfrmOutStateExpired",
    "XfrmOutPolBlock",
    "XfrmOutPolDead",
    "XfrmOutPolError",
    "XfrmFwdHdrError",
    "XfrmOutStateInvalid",
    "XfrmAcquireError",
    "XfrmOutStateDirError",
    "XfrmInStateDirError",
    "XfrmInIptfsError",
    "XfrmOutNoQueueSpace",
];

/// Columns of `/proc/net/dev`, in its order (`dev_seq_printf_stats` in `net/core/net-procfs.c`).
pub const LINK_COUNTERS: [&str; 16] = [
    "rx_bytes",
    "rx_packets",
    "rx_errors",
    "rx_dropped",
    "rx_fifo",
    "rx_frame",
    "rx_compressed",
    "multicast",
    "tx_bytes",
    "tx_packets",
    "tx_errors",
    "tx_dropped",
    "tx_fifo",
    "collisions",
    "tx_carrier",
    "tx_compressed",
];

/// What is counted of an SA.
pub const SA_COUNTERS: [&str; 5] = ["packets", "bytes", "replay-window", "replay", "failed"];

/// What a named counter of nft counts.
pub const NFT_COUNTERS: [&str; 2] = ["packets", "bytes"];

/// `/proc/net/snmp`, `netstat` and `snmp6` of Linux 6.18.44, by their prefixes. 5.10.0, 6.1.0 and 7.2.13 have no others.
const SNMP: &str = include_str!("snmp_counters.txt");

/// Prefix and names of each group of counters that `nstat` has.
pub fn snmp_groups() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    SNMP.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(prefix, names)| (prefix, names.split_whitespace().collect()))
}

/// Whether a counter of `nstat` is known by that name. Kernels make those of single ICMP types when the first of them
/// comes, and those of MPTCP are too many for what they are worth here.
pub fn is_snmp_counter(name: &str) -> bool {
    let of_type = |prefix: &str| {
        let number = name.strip_prefix(prefix);
        number.is_some_and(|n| n.parse::<u8>().is_ok())
    };
    name.starts_with("MPTcpExt")
        || [
            "IcmpMsgInType",
            "IcmpMsgOutType",
            "Icmp6InType",
            "Icmp6OutType",
        ]
        .into_iter()
        .any(of_type)
        || snmp_groups().any(|(prefix, names)| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| names.contains(&rest))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_known_by_prefix_and_name() {
        for known in [
            "IpInReceives",
            "IpExtInOctets",
            "Ip6InReceives",
            "UdpNoPorts",
            "Udp6InErrors",
            "TcpExtIPReversePathFilter",
            "Icmp6OutType135",
            "MPTcpExtAddAddr",
        ] {
            assert!(is_snmp_counter(known), "{known}");
        }
        for unknown in [
            "UdpNoPort",
            "InReceives",
            "Ip6UdpNoPorts",
            "Icmp6OutTypeX",
            "",
        ] {
            assert!(!is_snmp_counter(unknown), "{unknown}");
        }
    }
}
