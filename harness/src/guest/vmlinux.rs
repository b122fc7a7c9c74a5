//! Owns taking the kernel proper out of a bzImage, so that it boots through PVH and an
//! emulated processor need not decompress it. It starts nothing.

use std::io::Read as _;

/// Where the setup header says its things (Documentation/arch/x86/boot.rst).
mod field {
    pub(super) const SETUP_SECTORS: usize = 0x1f1;
    pub(super) const MAGIC: std::ops::Range<usize> = 0x202..0x206;
    pub(super) const VERSION: std::ops::Range<usize> = 0x206..0x208;
    pub(super) const PAYLOAD_OFFSET: std::ops::Range<usize> = 0x248..0x24c;
    pub(super) const PAYLOAD_LENGTH: std::ops::Range<usize> = 0x24c..0x250;
}

/// Largest kernel that is unpacked, in bytes.
const MAX: u64 = 1 << 30;

/// The ELF kernel inside `image`, if it is packed in a way that is known here and can be
/// booted through PVH (`CONFIG_PVH`). `None` is no error: the bzImage boots as well, slower.
pub(crate) fn extract(image: &[u8]) -> Option<Vec<u8>> {
    let word = |range| {
        Some(u32::from_le_bytes(
            image
                .get::<std::ops::Range<usize>>(range)?
                .try_into()
                .ok()?,
        ))
    };
    if image.get(field::MAGIC)? != b"HdrS" {
        return None;
    }
    let version = u16::from_le_bytes(image.get(field::VERSION)?.try_into().ok()?);
    if version < 0x208 {
        return None;
    }
    let sectors = match image.get(field::SETUP_SECTORS)? {
        0 => 4,
        n => usize::from(*n),
    };
    let start = (sectors + 1) * 512 + word(field::PAYLOAD_OFFSET)? as usize;
    let payload = image
        .get(start..)?
        .get(..word(field::PAYLOAD_LENGTH)? as usize)?;
    let kernel = decompress(payload)?;
    (kernel.starts_with(b"\x7fELF") && has_pvh_note(&kernel)).then_some(kernel)
}

fn decompress(payload: &[u8]) -> Option<Vec<u8>> {
    let mut kernel = Vec::new();
    match payload.get(..6)? {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            // The four bytes of length behind the frame are never asked for.
            let mut decoder = ruzstd::decoding::StreamingDecoder::new(payload).ok()?;
            std::io::Read::by_ref(&mut decoder)
                .take(MAX)
                .read_to_end(&mut kernel)
                .ok()?;
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0] => {
            // The four bytes of length behind the stream make the last read fail, after the
            // whole kernel has come out.
            let mut decoder = liblzma::read::XzDecoder::new(payload);
            drop(
                std::io::Read::by_ref(&mut decoder)
                    .take(MAX)
                    .read_to_end(&mut kernel),
            );
        }
        _ => return None,
    }
    Some(kernel)
}

/// `XEN_ELFNOTE_PHYS32_ENTRY` (18) of owner `Xen`: QEMU boots an ELF kernel by no other sign.
fn has_pvh_note(kernel: &[u8]) -> bool {
    const NOTE: &[u8] = b"\x12\0\0\0Xen\0";
    kernel.windows(NOTE.len()).any(|window| window == NOTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_kernel_yield_none_at_any_length() {
        let mut image = vec![0; 4096];
        image[field::MAGIC].copy_from_slice(b"HdrS");
        image[field::VERSION].copy_from_slice(&[0x0f, 0x02]);
        image[field::PAYLOAD_LENGTH].copy_from_slice(&[0xff; 4]);
        for end in (0..image.len()).step_by(7) {
            assert_eq!(extract(&image[..end]), None);
        }
        image[field::PAYLOAD_LENGTH].copy_from_slice(&64u32.to_le_bytes());
        image[2560..2566].copy_from_slice(b"\xfd7zXZ\0");
        assert_eq!(extract(&image), None);
    }
}
