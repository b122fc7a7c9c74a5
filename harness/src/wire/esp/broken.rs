//! Owns the tests of the ESP codec on its own packets: every suite and size opens again, and
//! every broken variant fails with the right reason. Test code only.

use super::{
    vectors::{combined, split},
    *,
};
use crate::names::Spi;

fn every_suite() -> Vec<Suite> {
    let mut all = Vec::new();
    for bits in [64, 96, 128] {
        for key in [16, 24, 32] {
            all.push(combined("rfc4106(gcm(aes))", &"a1".repeat(key + 4), bits));
            all.push(combined("rfc4309(ccm(aes))", &"b2".repeat(key + 3), bits));
        }
    }
    all.push(combined("rfc4543(gcm(aes))", &"c3".repeat(20), 128));
    all.push(combined(
        "rfc7539esp(chacha20,poly1305)",
        &"d4".repeat(36),
        128,
    ));
    for auth in [
        ("hmac(sha1)", 96),
        ("hmac(sha256)", 128),
        ("hmac(sha384)", 192),
    ] {
        all.push(split("ecb(cipher_null)", &[], Some(auth)));
        all.push(split("rfc3686(ctr(aes))", &[9; 20], Some(auth)));
        all.push(split("cbc(aes)", &[8; 24], Some(auth)));
    }
    all
}

fn sealed(suite: &Suite, payload: &[u8], padding: Padding) -> Vec<u8> {
    let iv = vec![0x11; suite.iv_len()];
    let (spi, seq, next_header) = (Spi(0x1000), 7, 17);
    let draft = Draft {
        spi,
        seq,
        seq_high: Some(3),
        iv: &iv,
        next_header,
        payload,
        padding,
    };
    seal(&draft, suite).unwrap()
}

#[test]
fn what_is_sealed_opens_with_every_suite_and_size() {
    for suite in every_suite() {
        for len in [0, 1, 2, 13, 14, 15, 16, 64, 255_u8] {
            let payload: Vec<u8> = (0..len).collect();
            let packet = sealed(&suite, &payload, Padding::Minimal);
            let got = open(&packet, &suite, &[0, 3]).unwrap();
            assert_eq!((got.payload, got.next_header), (payload, 17));
            assert_eq!(got.seq_high, Some(3));
        }
    }
}

#[test]
fn every_changed_byte_is_an_icv_error() {
    for suite in every_suite() {
        let packet = sealed(&suite, &[0x42; 20], Padding::Minimal);
        for at in 0..packet.len() {
            let mut bad = packet.clone();
            bad[at] ^= 0x10;
            assert_eq!(open(&bad, &suite, &[3]), Err(Reason::IcvWrong), "byte {at}");
        }
        // The right bytes with the wrong high half of the sequence number.
        assert_eq!(open(&packet, &suite, &[0, 1, 2]), Err(Reason::IcvWrong));
        assert_eq!(open(&packet, &suite, &[]), Err(Reason::IcvWrong));
    }
}

#[test]
fn every_shorter_packet_fails_with_a_length_or_icv_reason() {
    for suite in every_suite() {
        let packet = sealed(&suite, &[0x42; 20], Padding::Minimal);
        let need = HEADER + suite.iv_len() + TRAILER + suite.icv_len();
        for have in 0..packet.len() {
            let got = open(&packet[..have], &suite, &[3]).unwrap_err();
            match got {
                Reason::Truncated { .. } => assert!(have < need),
                Reason::BlockLength { .. } | Reason::IcvWrong => assert!(have >= need),
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn wrong_padding_is_named() {
    for suite in every_suite() {
        let align = suite.align();
        // 2 padding bytes and the trailer fill up what the payload leaves of a block.
        let payload = vec![0; 2 * align - 4];
        let raw = |bytes: &[u8], pad_len| Padding::Raw {
            bytes: bytes.to_vec(),
            pad_len,
        };
        let packet = sealed(&suite, &payload, raw(&[1, 9], 2));
        let byte = Reason::PadByte {
            at: 1,
            got: 9,
            want: 2,
        };
        assert_eq!(open(&packet, &suite, &[3]), Err(byte));
        let packet = sealed(&suite, &payload, raw(&[1, 2], 200));
        let length = Reason::PadLength {
            pad: 200,
            room: 2 * align - 2,
        };
        assert_eq!(open(&packet, &suite, &[3]), Err(length));
    }
}

#[test]
fn a_wrong_key_without_icv_shows_in_the_padding() {
    let right = split("cbc(aes)", &[1; 16], None);
    let wrong = split("cbc(aes)", &[2; 16], None);
    let packet = sealed(&right, &[7; 28], Padding::Minimal);
    assert!(open(&packet, &right, &[]).is_ok());
    assert!(matches!(
        open(&packet, &wrong, &[]),
        Err(Reason::PadLength { .. } | Reason::PadByte { .. })
    ));
}

#[test]
fn an_iv_of_the_wrong_length_is_refused() {
    let suite = combined("rfc4106(gcm(aes))", &"a1".repeat(20), 128);
    let (spi, padding) = (Spi(1), Padding::Minimal);
    let draft = Draft {
        spi,
        seq: 1,
        seq_high: None,
        iv: &[0; 4],
        next_header: 4,
        payload: &[],
        padding,
    };
    assert_eq!(
        seal(&draft, &suite),
        Err(SealError::IvLength { got: 4, need: 8 })
    );
}
