//! Owns where the fields of a packet are that an alteration changes. It reads headers only, and none that
//! the codec under test reads for it.

/// IP protocol numbers.
const UDP: u8 = 17;
const ESP: u8 = 50;
const AH: u8 = 51;

/// Places within the bytes of a packet. A fragment that is not the first has no header of an upper layer: what
/// stands there is ciphertext of which no line speaks.
#[derive(Clone, Copy)]
pub(super) struct Header {
    /// Last byte of the source address.
    pub(super) src: usize,
    pub(super) ttl: usize,
    /// Low byte of the length.
    pub(super) len: usize,
    /// First byte behind the IP header, and of which protocol it is.
    pub(super) upper: usize,
    pub(super) protocol: u8,
}

/// Where IP begins in an Ethernet frame, tagged or not.
pub(super) fn behind_ethernet(frame: &[u8]) -> usize {
    let tagged = frame.get(12..14) == Some(&[0x81, 0x00]);
    if tagged { 18 } else { 14 }
}

/// The fields of an IP packet that begins at `ip`; `None` for ARP and what is cut.
pub(super) fn header(bytes: &[u8], ip: usize) -> Option<Header> {
    let first = *bytes.get(ip)?;
    match first >> 4 {
        4 => Some(Header {
            src: ip + 15,
            ttl: ip + 8,
            len: ip + 3,
            upper: ip + usize::from(first & 15) * 4,
            protocol: if later_fragment(bytes, ip) {
                0
            } else {
                *bytes.get(ip + 9)?
            },
        }),
        6 => Some(Header {
            src: ip + 23,
            ttl: ip + 7,
            len: ip + 5,
            upper: ip + 40,
            protocol: *bytes.get(ip + 6)?,
        }),
        _ => None,
    }
}

/// Whether an `IPv4` packet that begins at `ip` is a fragment and not the first.
pub(super) fn later_fragment(bytes: &[u8], ip: usize) -> bool {
    let word = bytes.get(ip + 6..ip + 8);
    word.is_some_and(|w| u16::from_be_bytes([w[0], w[1]]) & 0x1fff != 0)
}

/// Where an envelope's SPI and the low byte of its sequence number are, in `bytes` whose upper layer begins
/// at `upper`.
pub(super) fn envelope(bytes: &[u8], protocol: u8, upper: usize) -> Option<(usize, usize)> {
    let (spi, seq) = match protocol {
        ESP => (upper, upper + 7),
        AH => (upper + 4, upper + 11),
        // ESP in UDP: from or to 4500, and no IKE (RFC 3948, section 2.2).
        UDP if has_port(bytes, upper, 4500)
            && bytes.len() > upper + 16
            && bytes[upper + 8..upper + 12] != [0; 4] =>
        {
            (upper + 8, upper + 15)
        }
        _ => return None,
    };
    (bytes.len() > seq).then_some((spi, seq))
}

fn has_port(bytes: &[u8], upper: usize, port: u16) -> bool {
    let port = port.to_be_bytes();
    [upper, upper + 2]
        .iter()
        .any(|at| bytes.get(*at..at + 2) == Some(&port))
}
