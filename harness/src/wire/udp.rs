//! Owns UDP, and telling apart what shares the encapsulation port: ESP, IKE, keepalives
//! (RFC 3948 section 2).

use super::{
    bytes::Reader,
    esp_layer,
    packet::{Checksum, Udp, UdpBody},
    scope::Scope,
    upper,
};
use crate::{names::Spi, plan::Proto};

const HEADER: usize = 8;
const IKE: u16 = 500;
const NAT_T: u16 = 4500;
/// Zero bytes in the place of an SPI.
const MARKER: usize = 4;

/// Reads the header itself: etherparse refuses a datagram whose payload is missing.
pub(crate) fn decode(bytes: &[u8], scope: &Scope<'_>) -> Option<Udp> {
    let mut r = Reader::new(bytes);
    let (sport, dport, len, sum) = (r.u16()?, r.u16()?, usize::from(r.u16()?), r.u16()?);
    // The length field may be shorter than what IP declares; the kernel cuts the rest off.
    let declared = scope.declared.min(len.max(HEADER));
    let payload = r
        .rest()
        .get(..declared.saturating_sub(HEADER))
        .unwrap_or(r.rest());
    let checksum = match sum {
        0 => Checksum::Absent,
        _ => scope.checksum(upper::UDP, bytes.get(..declared).unwrap_or(bytes)),
    };
    let declared = declared.saturating_sub(HEADER);
    let inside = Scope {
        declared,
        translated: true,
        ip_header: &[],
        ..*scope
    };
    let body = body(sport, dport, payload, &inside);
    Some(Udp {
        sport,
        dport,
        len,
        checksum,
        body,
    })
}

fn body(sport: u16, dport: u16, payload: &[u8], scope: &Scope<'_>) -> UdpBody {
    let nat_t = sport == NAT_T || dport == NAT_T;
    let first = Reader::new(payload).u32();
    match first {
        _ if scope.declared == 1
            && payload == [0xff]
            && (nat_t || encap_port(sport, dport, scope)) =>
        {
            UdpBody::Keepalive
        }
        Some(0) if nat_t => UdpBody::Ike {
            marker: true,
            message: is_ike(payload.get(MARKER..).unwrap_or_default()),
        },
        Some(spi) if spi != 0 && (nat_t || fits_encap(sport, dport, Spi(spi), scope)) => {
            match esp_layer::decode(payload, scope) {
                Some(esp) => UdpBody::Esp(esp),
                None => UdpBody::Data(scope.payload(0, payload)),
            }
        }
        _ if sport == IKE || dport == IKE => UdpBody::Ike {
            marker: false,
            message: is_ike(payload),
        },
        _ => UdpBody::Data(scope.payload(0, payload)),
    }
}

/// Whether these are the bytes of one message: its SPI, its version and its length are in its header.
fn is_ike(bytes: &[u8]) -> bool {
    let field = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
    let length = field(24).map(u32::from_be_bytes);
    let spi = bytes
        .get(..8)
        .is_some_and(|spi| spi.iter().any(|b| *b != 0));
    let version = bytes.get(17).map(|version| version >> 4);
    spi && matches!(version, Some(1 | 2)) && length.is_some_and(|len| len as usize == bytes.len())
}

/// Whether an SA of that SPI is encapsulated in UDP to or from one of these ports. One port
/// suffices: NAT rewrites the other.
fn fits_encap(sport: u16, dport: u16, spi: Spi, scope: &Scope<'_>) -> bool {
    let fits = |e: &super::sa::SaEntry| {
        e.encap
            .is_some_and(|encap| encap.dport == dport || encap.sport == sport)
    };
    scope
        .sas
        .lookup(scope.dst, Proto::Esp, spi)
        .iter()
        .any(fits)
        || scope.sas.lookup_spi(Proto::Esp, spi).iter().any(fits)
}

/// A keepalive has no SPI; any SA that uses one of the ports makes it one.
fn encap_port(sport: u16, dport: u16, scope: &Scope<'_>) -> bool {
    scope
        .sas
        .encap_ports()
        .any(|port| port == sport || port == dport)
}
