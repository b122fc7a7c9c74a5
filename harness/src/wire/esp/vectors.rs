//! Owns the tests of the ESP codec on packets that other implementations made: from RFCs and
//! drafts where they have some. Test code only.

use super::*;
use crate::{
    names::Spi,
    plan::{Aead, Algorithms, AuthTrunc, Crypt},
};

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

pub(super) fn combined(name: &str, key: &str, icv_bits: u32) -> Suite {
    let aead = Some(Aead {
        name: name.into(),
        key: hex(key),
        icv_bits,
    });
    Suite::of(&Algorithms {
        aead,
        ..Algorithms::default()
    })
    .unwrap()
}

pub(super) fn split(crypt: &str, key: &[u8], auth: Option<(&str, u32)>) -> Suite {
    let crypt = Some(Crypt {
        name: crypt.into(),
        key: key.to_vec(),
    });
    let auth = auth.map(|(name, trunc_bits)| AuthTrunc {
        name: name.into(),
        key: vec![0x5a; 32],
        trunc_bits,
    });
    Suite::of(&Algorithms {
        crypt,
        auth,
        ..Algorithms::default()
    })
    .unwrap()
}

/// Opens a published packet, compares its payload, and seals the same packet again.
#[track_caller]
fn check(suite: &Suite, packet: &str, highs: &[u32], payload: &str, next_header: u8) {
    let packet = hex(packet);
    let got = open(&packet, suite, highs).unwrap();
    assert_eq!(got.payload, hex(payload));
    assert_eq!(got.next_header, next_header);
    let draft = Draft {
        spi: got.spi,
        seq: got.seq,
        seq_high: got.seq_high,
        iv: &packet[HEADER..HEADER + suite.iv_len()],
        next_header,
        payload: &got.payload,
        padding: Padding::Raw {
            bytes: (1..=got.pad_len).collect(),
            pad_len: got.pad_len,
        },
    };
    assert_eq!(seal(&draft, suite).unwrap(), packet);
}

// draft-mcgrew-gcm-test-01 section 4, test case 1: 128-bit key, extended sequence number.
#[test]
fn gcm_128_with_extended_sequence_number() {
    check(
        &combined(
            "rfc4106(gcm(aes))",
            "4c80cdefbb5d10da906ac73c3613a6342e443b68",
            128,
        ),
        "00004321 00000000 4956ed7e3b244cfe
         fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34
         cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce
         61bc17d768fd9732 459018148f6cbe722fd04796562dfdb4",
        &[0, 0x8765_4321],
        "45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000
         00000000045f736970045f756470037369700963796265726369747902646b00
         00210001",
        1,
    );
}

// The same draft: 128, 192 and 256-bit keys without ESN.
#[test]
fn gcm_128() {
    check(
        &combined(
            "rfc4106(gcm(aes))",
            "feffe9928665731c6d6a8f9467308308cafebabe",
            128,
        ),
        "0000a5f8 0000000a facedbad decaf888 deb22cd9 b07c72c1 6e3a65be eb8df304
         a5a5897d 33ae530f 1ba76d5d 114d2a5c 3de81827 c10e9a4f 51330d0e ec416642
         cfbb85a5 b47e48a4 ec3b9ba9 5d918bd1 83b70d3a a8bc6ee4 c309e9d8 5a41ad4a",
        &[],
        "4500003e 698f0000 80114dcc c0a80102 c0a80101 0a980035 002a2343 b2d00100
         00010000 00000000 03736970 09637962 65726369 74790264 6b000001 0001",
        1,
    );
}

#[test]
fn gcm_192() {
    let key = "feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe";
    check(
        &combined("rfc4106(gcm(aes))", key, 128),
        "0000a5f8 0000000a facedbaddecaf888
         a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0
         315b27452144cc77 95457b9652037f5318027b5b4cd7a636",
        &[],
        "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d07568",
        1,
    );
}

#[test]
fn gcm_256() {
    check(
        &combined(
            "rfc4106(gcm(aes))",
            "abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344",
            128,
        ),
        "4a2cbfe3 00000002 01020304 05060708 ff425c9b 724599df 7a3bcd51 0194e00d
         6a78107f 1b0b1cbf 06efae9d 65a5d763 748a6379 85771d34 7f054565 9f14e99d
         ef842d8e b335f4ee cfdbf831 824b4c49 15956c96",
        &[],
        "45000030 69a64000 80062690 c0a80102 9389155e 0a9e008b 2dc57ee0 00000000
         70024000 20bf0000 020405b4 01010402",
        1,
    );
}

// RFC 7634 appendix A.
#[test]
fn chacha20_poly1305() {
    check(
        &combined(
            "rfc7539esp(chacha20,poly1305)",
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
            128,
        ),
        "01020304 00000005 10111213 14151617
         24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6
         14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3
         cbec163fac469b502773f6fb94e664da9165b82829f641e0
         76aaa8266b7fb0f7b11b369907e1ad43",
        &[],
        "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10
         0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223
         2425262728292a2b2c2d2e2f3031323334353637",
        4,
    );
}

// RFC 3602 section 4, cases 5 (transport) and 7 (tunnel): encryption alone.
#[test]
fn cbc_transport_and_tunnel() {
    check(
        &split(
            "cbc(aes)",
            &hex("90d382b4 10eeba7a d938c46c ec1a82bf"),
            None,
        ),
        "00004321 00000001 e96e8c08 ab465763 fd098d45 dd3ff893
         f663c25d 325c18c6 a9453e19 4e120849 a4870b66 cc6b9965 330013b4 898dc856
         a4699e52 3a55db08 0b59ec3a 8e4b7e52 775b07d1 db34ed9c 538ab50c 551b874a
         a269add0 47ad2d59 13ac19b7 cfbad4a6",
        &[],
        "08000ebd a70a0000 8e9c083d b95b0700 08090a0b 0c0d0e0f 10111213 14151617
         18191a1b 1c1d1e1f 20212223 24252627 28292a2b 2c2d2e2f 30313233 34353637",
        1,
    );
    check(
        &split(
            "cbc(aes)",
            &hex("01234567 89abcdef 01234567 89abcdef"),
            None,
        ),
        "00008765 00000002 f4e76524 4f6407ad f13dc138 0f673f37
         773b5241 a4c44922 5e4f3ce5 ed611b0c 237ca96c f74a9301 3c1b0ea1 a0cf70f8
         e4ecaec7 8ac53aad 7a0f022b 859243c6 47752e94 a859352b 8a4d4d2d ecd136e5
         c177f132 ad3fbfb2 201ac990 4c74ee0a 109e0ca1 e4dfe9d5 a100b842 f1c22f0d",
        &[],
        "45000054 09040000 4001f988 c0a87b03 c0a87bc8 08009f76 a90a0100 b49c083d
         02a20400 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f 20212223
         24252627 28292a2b 2c2d2e2f 30313233 34353637",
        4,
    );
}

// RFC 3686 section 6, test vector 1, as the payload of a packet whose text is one block.
#[test]
fn ctr_key_stream() {
    let suite = split(
        "rfc3686(ctr(aes))",
        &hex("ae6852f8121067cc4bf7a5765577f39e00000030"),
        None,
    );
    let packet = hex("00000100 00000001 0000000000000000 e4095d4fb7a7b3792d6175a3261311b8");
    // "Single block msg" ends in `sg`: pad length 0x73 points before the payload.
    let pad = Reason::PadLength {
        pad: b's',
        room: 14,
    };
    assert_eq!(open(&packet, &suite, &[]), Err(pad));
    let draft = Draft {
        spi: Spi(256),
        seq: 1,
        seq_high: None,
        iv: &[0; 8],
        next_header: b'g',
        payload: b"Single block m",
        padding: Padding::Raw {
            bytes: vec![],
            pad_len: b's',
        },
    };
    assert_eq!(seal(&draft, &suite).unwrap(), packet);
}

// RFC 2202 case 1 (SHA-1) and RFC 4231 case 1 (SHA-2), each truncated as ESP does.
#[test]
fn hmacs_are_truncated() {
    #[track_caller]
    fn check(name: &str, bits: u32, icv: &str) {
        let auth = AuthTrunc {
            name: name.into(),
            key: vec![0x0b; 20],
            trunc_bits: bits,
        };
        assert_eq!(
            AuthKey::of(&auth).unwrap().icv(&[b"Hi ", b"There"]),
            hex(icv)
        );
    }
    check("hmac(sha1)", 0, "b617318655057264e28bc0b6");
    check("hmac(sha256)", 0, "b0344c61d8db38535ca8afce");
    check("hmac(sha256)", 128, "b0344c61d8db38535ca8afceaf0bf12b");
    check(
        "hmac(sha384)",
        0,
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec6",
    );
    check(
        "hmac(sha512)",
        0,
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde",
    );
}

// No RFC has ESP packets for these two; they were made with OpenSSL's AES-CCM and AES-GCM over
// nonces and associated data put together by hand (RFC 4309 sections 4 and 5, RFC 4543
// sections 3.2 and 3.3).
#[test]
fn ccm_with_every_icv_length() {
    for (bits, icv) in [
        (64, "5d97c88b52a393e81fedd7"),
        (96, "5d97c82d5fb9fc9762f5b4a5ccba9a"),
        (128, "5d97c823fbedd0c8ab80f3f381a77a6d1448e1"),
    ] {
        check(
            &combined(
                "rfc4309(ccm(aes))",
                "000102030405060708090a0b0c0d0e0fa0a1a2",
                bits,
            ),
            &format!("00001234 00000009 08090a0b0c0d0e0f 326fda5755699392c38305b95675bab20e{icv}"),
            &[],
            "6163726f73732074776f20737461636b7321",
            59,
        );
    }
}

#[test]
fn gmac_leaves_the_payload_readable() {
    check(
        &combined(
            "rfc4543(gcm(aes))",
            "000102030405060708090a0b0c0d0e0fa0a1a2a3",
            128,
        ),
        "00001234 00000009 08090a0b0c0d0e0f 6163726f73732074776f20737461636b7321 003b
         23c755a13b77ed193befff4f57628f4f",
        &[],
        "6163726f73732074776f20737461636b7321",
        59,
    );
}
