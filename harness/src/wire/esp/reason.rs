//! Owns the reasons why ESP was not opened or AH not verified; each names the field at fault.

use super::{SaltFault, SequenceFault, SuiteError};

/// Why an ESP payload stays closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No SA of the table has this destination, protocol and SPI.
    #[error("no sa known")]
    NoSa,
    /// Only header bytes were recorded (an nftables trace event).
    #[error("headers only")]
    HeadersOnly,
    /// The SA is known, its algorithms have no decoder here.
    #[error("{0}")]
    NoDecoder(SuiteError),
    /// Fewer bytes than the algorithm needs or than the headers declare.
    #[error("truncated: {have} bytes of {need}")]
    Truncated { have: usize, need: usize },
    /// The first fragment of a packet that needs reassembly.
    #[error("first fragment")]
    Fragment,
    /// The ICV of AH covers a header before it whose mutable fields are not known here.
    #[error("header before ah not covered")]
    HeaderBefore,
    /// The encrypted part is no whole number of cipher blocks.
    #[error("ciphertext of {len} bytes is no multiple of {block}")]
    BlockLength { len: usize, block: usize },
    /// The integrity check value does not fit key, header and ciphertext.
    #[error("icv wrong")]
    IcvWrong,
    /// The ICV fits with another sequence number: its high half, which the packet does not carry.
    #[error("sequence number wrong: {0}")]
    Sequence(SequenceFault),
    /// The packet opens with another salt under the same key.
    #[error("salt wrong: {0}")]
    Salt(SaltFault),
    /// The pad length points before the start of the payload.
    #[error("bad pad length {pad}: only {room} bytes")]
    PadLength { pad: u8, room: usize },
    /// A padding byte is not the one that RFC 4303 section 2.4 asks for.
    #[error("bad padding byte at {at}: {got} instead of {want}")]
    PadByte { at: usize, got: u8, want: u8 },
    /// The compression of an `IPComp` SA has no decoder here.
    #[error("no decoder for `{0}`")]
    NoUnpacker(String),
    /// What `IPComp` carries is no DEFLATE stream, or is longer than an IP packet.
    #[error("does not unpack")]
    Packed,
    /// Without an ICV an unknown next header means a wrong key sooner than a new protocol.
    #[error("next header {0} unknown")]
    NextHeader(u8),
}
