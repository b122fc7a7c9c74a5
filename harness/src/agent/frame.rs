//! Owns framing: a `u32` length (little endian) and that many bytes of postcard. It never
//! trusts a length that it read.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// Largest frame in bytes. A run of a million captured frames stays below it.
const MAX_LEN: u32 = 512 << 20;

/// Writes one frame and flushes.
pub(crate) fn write_frame<T: Serialize>(mut to: impl Write, message: &T) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    bytes = postcard::to_extend(message, bytes).map_err(io::Error::other)?;
    let len = u32::try_from(bytes.len() - 4)
        .ok()
        .filter(|len| *len <= MAX_LEN);
    let len = len.ok_or_else(|| io::Error::other("message is larger than a frame may be"))?;
    bytes[..4].copy_from_slice(&len.to_le_bytes());
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads one frame; `None` at an orderly end of the stream.
pub(crate) fn read_frame<T: DeserializeOwned>(mut from: impl Read) -> io::Result<Option<T>> {
    let mut len = [0; 4];
    let mut have = 0;
    while have < len.len() {
        match from.read(&mut len[have..]) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let len = u32::from_le_bytes(len);
    if len > MAX_LEN {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("frame of {len} bytes is longer than {MAX_LEN}"),
        ));
    }
    // The buffer grows with what really arrives, not with what the length claims.
    let mut bytes = Vec::new();
    from.take(u64::from(len)).read_to_end(&mut bytes)?;
    if bytes.len() < len as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&bytes)
        .map(Some)
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<Option<&str>, io::ErrorKind>) {
        let seen = read_frame::<String>(bytes).map_err(|e| e.kind());
        assert_eq!(seen, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn a_frame_comes_back_as_it_was_written() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &"esp").unwrap();
        assert_eq!(bytes, b"\x04\0\0\0\x03esp");
        check(&bytes, Ok(Some("esp")));
    }

    #[test]
    fn damaged_streams_are_errors_and_an_ended_one_is_not() {
        check(b"", Ok(None));
        check(b"\x04\0", Err(io::ErrorKind::UnexpectedEof));
        check(b"\x04\0\0\0\x03es", Err(io::ErrorKind::UnexpectedEof));
        check(b"\x04\0\0\0\x09esp", Err(io::ErrorKind::InvalidData));
        check(b"\xff\xff\xff\xff", Err(io::ErrorKind::InvalidData));
    }
}
