//! Owns the raw packets of a file: the bytes of one that is given by its fields.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header};

use super::draft::Findings;
use crate::spec::{schema::traffic::RawSpec, source::Span};

/// For experiments (RFC 3692).
const EXPERIMENT: u8 = 253;

/// The bytes of a raw packet, from the IP header on.
pub(crate) fn of_fields(spec: &RawSpec, span: Span, findings: &mut Findings) -> Option<Vec<u8>> {
    if let Some(hex) = &spec.hex {
        return Some(hex.0.clone());
    }
    let (Some(src), Some(dst)) = (&spec.src, &spec.dst) else {
        findings
            .error(span, "a raw packet needs `src` and `dst`, or `hex`")
            .hint("`src = \"10.9.9.9\", dst = \"10.0.2.100\", proto = 253`");
        return None;
    };
    let payload = spec.payload.as_ref().map_or(&[][..], |p| &p.0);
    let proto = spec.proto.as_ref().map_or(EXPERIMENT, |p| p.0);
    let ttl = spec.ttl.as_ref().map_or(64, |t| t.0);
    let tos = spec.tos.as_ref().map_or(0, |t| t.0);
    let header = match (src.value, dst.value) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            Ipv4Header::new(length, ttl, IpNumber(proto), src.octets(), dst.octets())
                .ok()
                .map(|mut header| {
                    header.dscp = etherparse::IpDscp::try_new(tos >> 2).unwrap_or_default();
                    header.ecn = etherparse::IpEcn::try_new(tos & 3).unwrap_or_default();
                    header.header_checksum = header.calc_header_checksum();
                    header.to_bytes().to_vec()
                })
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => Some(
            Ipv6Header {
                traffic_class: tos,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: u16::try_from(payload.len()).unwrap_or(u16::MAX),
                next_header: IpNumber(proto),
                hop_limit: ttl,
                source: src.octets(),
                destination: dst.octets(),
            }
            .to_bytes()
            .to_vec(),
        ),
        _ => {
            findings.error(dst.span, "`src` and `dst` are of two families");
            return None;
        }
    };
    let Some(mut bytes) = header else {
        findings.error(span, "the payload does not fit one packet");
        return None;
    };
    bytes.extend(payload);
    Some(bytes)
}

/// Where an IP packet goes.
pub(crate) fn destination(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.first()? >> 4 {
        4 => {
            let address: [u8; 4] = bytes.get(16..20)?.try_into().ok()?;
            Some(address.into())
        }
        6 => {
            let address: [u8; 16] = bytes.get(24..40)?.try_into().ok()?;
            Some(address.into())
        }
        _ => None,
    }
}
