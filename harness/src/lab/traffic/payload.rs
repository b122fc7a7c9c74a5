//! Owns the payloads of packets: bytes that differ from packet to packet, so that a payload
//! names its packet.

/// The payload of packet `seq` of the flow that `ident` names.
pub(super) fn payload(ident: u16, seq: u16, size: u16) -> Vec<u8> {
    let head = [ident.to_be_bytes(), seq.to_be_bytes()].concat();
    (0..size)
        .map(|i| {
            head.get(usize::from(i))
                .copied()
                .unwrap_or((i ^ seq.wrapping_mul(31) ^ ident) as u8)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::payload;

    #[test]
    fn packets_of_a_flow_differ() {
        let all: std::collections::HashSet<_> = (1..=1000).map(|s| payload(7, s, 4)).collect();
        assert_eq!(all.len(), 1000);
        assert!(payload(7, 1, 0).is_empty());
    }
}
