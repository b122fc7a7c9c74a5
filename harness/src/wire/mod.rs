//! Packets as data: frames are decoded into layers, ESP is opened with the SAs' keys, and the
//! result is put into the words of the report. Pure: bytes and a table of SAs in, data out; no
//! socket, no clock, no kernel, and no bytes that make it panic.
//!
//! ```text
//! frame bytes --decode_frame---\                   /--words--> Line --Display--> text
//! packet bytes --decode_packet--> Packet (layers) -                 <--parse---- expectation
//! trace bytes --decode_headers-/                   \--identity--> Identity (for stitching)
//! ```
//!
//! An SA is named by what stands on the wire (destination, protocol, SPI, and the key that
//! opens), never by what a plan says should have been used.

mod ah;
mod beet;
mod bytes;
mod checksum;
mod comp;
mod envelope;
pub mod esp;
mod esp_layer;
#[cfg(test)]
mod esp_words;
mod frame;
#[cfg(test)]
mod hostile;
mod icmp;
mod identity;
mod inside;
mod ip;
#[cfg(test)]
mod layers;
pub mod line;
mod mutable;
mod packet;
mod reassembly;
mod sa;
#[cfg(test)]
mod samples;
mod scope;
mod sealed;
mod sealed_ah;
mod udp;
mod upper;

pub use envelope::{Envelope, envelopes};
pub use frame::decode_frame;
pub use identity::{Identity, IdentityKey, identity};
pub(crate) use inside::inside;
pub(crate) use ip::extension;
pub use ip::{decode_headers, decode_packet};
pub use line::{Detail, Line, LineError, Mismatch, NONDETERMINISTIC, frame_words, line, words};
pub use packet::{
    Ah, AhIcv, Arp, Checksum, Comp, Decoded, Esp, EspBody, FragmentPart, Gre, Icmp, IcmpBody,
    Inner, Ip, IpHeader, Kind, LinkHeader, Opened, Packet, Payload, Tcp, Udp, UdpBody, Upper,
};
pub(crate) use reassembly::{Datagram, Reassembly, opened_part};
pub(crate) use sa::same_keys;
pub use sa::{SaEntry, SaTable};
pub use sealed::{SealedError, sealed};
