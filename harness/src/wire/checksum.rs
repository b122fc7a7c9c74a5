//! Owns Internet checksums (RFC 1071) over IP headers and over transport with its pseudo-header.

use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;

use super::packet::Checksum;

fn verdict(sum: &Sum16BitWords) -> Checksum {
    // A sum over data that includes its own checksum is all ones.
    if sum.ones_complement() == 0 {
        Checksum::Ok
    } else {
        Checksum::Bad
    }
}

/// Over bytes that include the checksum field.
pub(crate) fn plain(bytes: &[u8]) -> Checksum {
    verdict(&Sum16BitWords::new().add_slice(bytes))
}

/// Over a transport header and payload with the pseudo-header of their addresses
/// (RFC 9293 section 3.1, RFC 8200 section 8.1).
pub(crate) fn with_pseudo_header(src: IpAddr, dst: IpAddr, protocol: u8, bytes: &[u8]) -> Checksum {
    let sum = match (src, dst) {
        (IpAddr::V4(s), IpAddr::V4(d)) => Sum16BitWords::new()
            .add_slice(&s.octets())
            .add_slice(&d.octets()),
        (IpAddr::V6(s), IpAddr::V6(d)) => Sum16BitWords::new()
            .add_slice(&s.octets())
            .add_slice(&d.octets()),
        _ => return Checksum::NotChecked,
    };
    let len = (bytes.len() as u32).to_be_bytes();
    verdict(
        &sum.add_slice(&len)
            .add_slice(&[0, protocol])
            .add_slice(bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_bad() {
        // IP header of RFC 3602 section 4, case 7 (inner packet).
        let mut header = [
            0x45, 0, 0, 0x54, 9, 4, 0, 0, 0x40, 1, 0xf9, 0x88, 192, 168, 123, 3, 192, 168, 123, 200,
        ];
        assert_eq!(plain(&header), Checksum::Ok);
        header[8] -= 1;
        assert_eq!(plain(&header), Checksum::Bad);
    }
}
