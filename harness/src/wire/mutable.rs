//! Owns what of an IP header AH does not cover: the fields and options that routers change.

use super::ip::extension;

/// The IP header (extension headers before AH included) as it goes into the ICV: mutable fields
/// are zero (RFC 4302 section 3.3.3.1; `ip_clear_mutable_options` in `net/ipv4/ah4.c`,
/// `ipv6_clear_mutable_options` in `net/ipv6/ah6.c`).
///
/// `None` for bytes that are no IP header, for source routes and routing headers (their
/// addresses are predicted, not zeroed), and for fragments.
pub(crate) fn zeroed(header: &[u8]) -> Option<Vec<u8>> {
    let mut h = header.to_vec();
    match h.first()? >> 4 {
        4 => {
            // TOS, flags and fragment offset, TTL, checksum.
            for at in [1, 6, 7, 8, 10, 11] {
                *h.get_mut(at)? = 0;
            }
            options4(h.get_mut(20..)?)?;
        }
        6 => {
            // Traffic class and flow label, hop limit.
            *h.first_mut()? = 0x60;
            for at in [1, 2, 3, 7] {
                *h.get_mut(at)? = 0;
            }
            let mut number = *h.get(6)?;
            let mut rest = h.get_mut(40..)?;
            while !rest.is_empty() {
                let step = extension(number, rest).filter(|_| matches!(number, 0 | 60))?;
                let (next, len) = (step.next, rest.len() - step.rest.len());
                let (own, behind) = rest.split_at_mut_checked(len)?;
                options6(own.get_mut(2..)?)?;
                (number, rest) = (next, behind);
            }
        }
        _ => return None,
    }
    Some(h)
}

/// IPv4 options: a mutable one is zeroed as a whole (RFC 4302 appendix A1).
fn options4(mut options: &mut [u8]) -> Option<()> {
    const END: u8 = 0;
    const NOP: u8 = 1;
    const LOOSE_ROUTE: u8 = 131;
    const STRICT_ROUTE: u8 = 137;
    // Security, extended security, CIPSO, router alert, selective directed broadcast.
    const IMMUTABLE: [u8; 5] = [130, 133, 134, 148, 149];
    loop {
        let len = match *options.first().unwrap_or(&END) {
            END => return Some(()),
            LOOSE_ROUTE | STRICT_ROUTE => return None,
            NOP => 1,
            _ => usize::from(*options.get(1)?).max(2),
        };
        let (own, behind) = options.split_at_mut_checked(len)?;
        if len > 1 && !IMMUTABLE.contains(own.first()?) {
            own.fill(0);
        }
        options = behind;
    }
}

/// IPv6 options: the data of one whose third-highest bit is set is zeroed (RFC 8200 section 4.2).
fn options6(mut options: &mut [u8]) -> Option<()> {
    const PAD1: u8 = 0;
    const MAY_CHANGE: u8 = 0x20;
    while let Some(&kind) = options.first() {
        let len = if kind == PAD1 {
            1
        } else {
            2 + usize::from(*options.get(1)?)
        };
        let (own, behind) = options.split_at_mut_checked(len)?;
        if kind & MAY_CHANGE != 0 {
            own.get_mut(2..)?.fill(0);
        }
        options = behind;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::ip_packet;
    use super::*;

    #[track_caller]
    fn options(given: &[u8], expected: Option<&[u8]>) {
        let mut header = ip_packet("1.1.1.1", "2.2.2.2", 51, &[]);
        header.extend(given);
        let got = zeroed(&header);
        assert_eq!(got.as_deref().map(|h| &h[20..]), expected);
    }

    #[test]
    fn only_mutable_ipv4_options_are_zeroed() {
        options(&[], Some(&[]));
        // Router alert stays, a record route is zeroed with its type.
        options(
            &[148, 4, 9, 9, 7, 3, 4, 0],
            Some(&[148, 4, 9, 9, 0, 0, 0, 0]),
        );
        options(&[1, 1, 1, 0], Some(&[1, 1, 1, 0]));
        options(&[131, 7, 4, 1, 2, 3, 4, 0], None);
        options(&[7, 30, 1, 1], None);
    }

    #[track_caller]
    fn extension_header(given: &[u8], expected: Option<&[u8]>) {
        let header = ip_packet("fd00::1", "fd00::2", 60, given);
        let got = zeroed(&header);
        assert_eq!(got.as_deref().map(|h| &h[40..]), expected);
    }

    #[test]
    fn only_mutable_ipv6_options_lose_their_data() {
        extension_header(&[51, 0, 5, 2, 8, 9, 1, 0], Some(&[51, 0, 5, 2, 8, 9, 1, 0]));
        extension_header(
            &[51, 0, 0x3e, 4, 8, 9, 7, 6],
            Some(&[51, 0, 0x3e, 4, 0, 0, 0, 0]),
        );
        extension_header(&[51, 0, 0x3e, 40, 8, 9, 7, 6], None);
    }

    #[test]
    fn a_routing_header_is_not_guessed_at() {
        let header = ip_packet("fd00::1", "fd00::2", 43, &[51, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(zeroed(&header), None);
    }
}
