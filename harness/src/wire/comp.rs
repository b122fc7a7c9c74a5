//! Owns `IPComp` as a layer (RFC 3173): it unpacks what DEFLATE packed (RFC 2394). It never unpacks more than an IP packet
//! can hold.

use super::{
    bytes::Reader,
    esp::Reason,
    packet::{Comp, Inner},
    sa::Keys,
    scope::{Extent, Scope},
    upper,
};
use crate::{names::Spi, plan::Proto};

/// Longest packet that can have been packed.
const LARGEST: usize = 65_535;

pub(crate) fn decode(bytes: &[u8], scope: &Scope<'_>) -> Option<Comp> {
    let mut r = Reader::new(bytes);
    let (next_header, _flags, cpi) = (r.u8()?, r.u8()?, r.u16()?);
    // The kernel keeps a CPI where other protocols keep their SPI.
    let spi = Spi(u32::from(cpi));
    Some(Comp {
        cpi,
        next_header,
        sa: scope.sas.name(scope.src, scope.dst, Proto::Comp, spi),
        body: unpacked(next_header, r.rest(), spi, scope),
    })
}

fn unpacked(next_header: u8, packed: &[u8], spi: Spi, scope: &Scope<'_>) -> Result<Inner, Reason> {
    match scope.extent {
        Extent::Whole => {}
        Extent::Headers => return Err(Reason::HeadersOnly),
        Extent::Fragment => return Err(Reason::Fragment),
        Extent::Cut => {
            return Err(Reason::Truncated {
                have: packed.len(),
                need: scope.declared,
            });
        }
    }
    // Behind NAT the destination is another one, as with ESP.
    let known = scope.sas.lookup(scope.dst, Proto::Comp, spi);
    let known = known
        .first()
        .or_else(|| scope.sas.lookup_spi(Proto::Comp, spi).first());
    match known.map(|e| &e.keys) {
        Some(Keys::Comp(Some(name))) if name == "deflate" => {}
        Some(Keys::Comp(Some(name))) => return Err(Reason::NoUnpacker(name.clone())),
        _ => return Err(Reason::NoSa),
    }
    let payload = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, LARGEST)
        .map_err(|_| Reason::Packed)?;
    let inside = Scope {
        depth: scope.depth + 1,
        declared: payload.len(),
        ip_header: &[],
        ..*scope
    };
    Ok(upper::inner(next_header, &payload, &inside))
}

#[cfg(test)]
mod tests {
    use super::super::{samples::*, *};
    use crate::plan::{Algorithms, Proto, State};

    fn comp(algorithm: &str) -> State {
        State {
            proto: Proto::Comp,
            algorithms: Algorithms {
                comp: Some(algorithm.into()),
                ..Algorithms::default()
            },
            ..state("comp", "3.0.0.1", "5.0.0.1", 0x1000, 0)
        }
    }

    /// A packed packet with the header of RFC 3173 section 3.1 in front.
    fn packed(next_header: u8, payload: &[u8]) -> Vec<u8> {
        let mut body = vec![next_header, 0, 0x10, 0x00];
        body.extend(miniz_oxide::deflate::compress_to_vec(payload, 6));
        body
    }

    fn words_of(bytes: &[u8], sa: &State) -> String {
        let packet = ip_packet("3.0.0.1", "5.0.0.1", 108, bytes);
        line(
            &decode_packet(&packet, &table(&[("b", sa)])),
            Detail::Normal,
        )
    }

    #[test]
    fn a_packed_packet_shows_what_is_inside() {
        let clear = echo("10.0.1.100", "10.0.2.100", 1);
        let tunnel = words_of(&packed(4, &clear), &comp("deflate"));
        assert!(
            tunnel.starts_with("ipcomp 3.0.0.1 > 5.0.0.1 comp next=4 "),
            "{tunnel}"
        );
        assert!(
            tunnel.ends_with(&format!("{{ {} }}", layers::ECHO)),
            "{tunnel}"
        );
        let transport = words_of(&packed(17, &udp(1, 2, &[7; 200])), &comp("deflate"));
        assert!(
            transport.contains("{ udp 3.0.0.1.1 > 5.0.0.1.2"),
            "{transport}"
        );
        let sas = table(&[("b", &comp("deflate"))]);
        let packet = ip_packet("3.0.0.1", "5.0.0.1", 108, &packed(4, &clear));
        let (inside, alone) = (
            decode_packet(&packet, &sas),
            decode_packet(&clear, &SaTable::default()),
        );
        assert!(identity(&inside).unwrap().same(&identity(&alone).unwrap()));
    }

    #[test]
    fn what_is_not_unpacked_says_why() {
        let clear = echo("10.0.1.100", "10.0.2.100", 1);
        let mut damaged = packed(4, &clear);
        damaged[4] |= 0x06; // A block type that RFC 1951 section 3.2.3 reserves.
        let said = words_of(&damaged, &comp("deflate"));
        assert!(said.contains("not-opened=\"does not unpack\""), "{said}");
        let said = words_of(&packed(4, &clear), &comp("lzs"));
        assert!(
            said.contains("not-opened=\"no decoder for `lzs`\""),
            "{said}"
        );
        let mut other = packed(4, &clear);
        other[3] = 1;
        let said = words_of(&other, &comp("deflate"));
        assert!(said.contains("cpi=0x1001") && !said.contains('{'), "{said}");
    }

    #[test]
    fn what_unpacks_to_more_than_a_packet_is_refused() {
        let bomb = packed(17, &vec![0; 70_000]);
        let said = words_of(&bomb, &comp("deflate"));
        assert!(said.contains("not-opened=\"does not unpack\""), "{said}");
    }
}
