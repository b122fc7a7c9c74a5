//! Encapsulating Security Payload (RFC 4303), opened and sealed with an SA's key by code
//! that shares nothing with the kernel; ciphers and digests come from `RustCrypto`.
//!
//! ```text
//!  0..4          SPI
//!  4..8          sequence number, low 32 bits
//!  8..8+iv       IV (length by algorithm)
//!  ..            payload, TFC padding, padding 1 2 3 ..., pad length, next header (encrypted)
//!  len-icv..len  ICV (length by algorithm, may be 0)
//! ```

mod aead;
#[cfg(test)]
mod broken;
mod fault;
mod open;
mod reason;
mod seal;
mod split;
mod suite;
#[cfg(test)]
mod vectors;

pub use fault::{SaltFault, SequenceFault, blame};
pub use open::{Plaintext, open};
pub use reason::Reason;
pub use seal::{Draft, Padding, SealError, seal};
pub use split::{AuthKey, Digest};
pub use suite::{Suite, SuiteError};

/// Bytes of SPI and sequence number.
pub const HEADER: usize = 8;
/// Bytes of pad length and next header.
pub const TRAILER: usize = 2;
