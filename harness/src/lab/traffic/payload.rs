//! Owns the payloads of packets: bytes that differ from packet to packet, so that a payload
//! names its packet.

/// The payload of packet `number` of the flow that `ident` names.
pub(super) fn payload(ident: u16, number: u32, size: u16) -> Vec<u8> {
    let (seq, high) = (number as u16, (number >> 16) as u16);
    let head = [ident.to_be_bytes(), seq.to_be_bytes()].concat();
    // The two bytes behind the head tell packets apart whose numbers have the lower half in common.
    let more = high.to_be_bytes();
    (0..size)
        .map(|i| {
            let at = usize::from(i);
            let filler = (i ^ seq.wrapping_mul(31) ^ ident) as u8;
            let other = at.checked_sub(head.len()).and_then(|at| more.get(at));
            head.get(at)
                .copied()
                .unwrap_or(filler ^ other.copied().unwrap_or(0))
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
        let long: std::collections::HashSet<_> = (1..=150_000).map(|n| payload(7, n, 6)).collect();
        assert_eq!(long.len(), 150_000);
    }
}
