//! Owns ESP as a layer: which SAs to try on a packet, whose key opened it, what is inside.

use super::{
    beet,
    bytes::Reader,
    esp::{self, Plaintext, Reason},
    packet::{Esp, EspBody, Inner, Opened},
    sa::{Keys, SaEntry},
    scope::{Extent, Scope},
    upper,
};
use crate::{names::Spi, plan::Proto};

pub(crate) fn decode(bytes: &[u8], scope: &Scope<'_>) -> Option<Esp> {
    let mut r = Reader::new(bytes);
    let (spi, seq) = (Spi(r.u32()?), r.u32()?);
    let fitting = scope.sas.lookup(scope.dst, Proto::Esp, spi);
    let (sa, body) = match attempt(bytes, spi, scope) {
        Ok((entry, plaintext)) => {
            let body = opened(entry, plaintext, scope);
            (Some(entry.name.clone()), EspBody::Opened(Box::new(body)))
        }
        Err(reason) => {
            let sa = scope.sas.name(scope.src, scope.dst, Proto::Esp, spi);
            let reason = if fitting.is_empty() {
                Reason::NoSa
            } else {
                reason
            };
            let reason = if scope.extent == Extent::Headers {
                Reason::HeadersOnly
            } else {
                reason
            };
            (sa, EspBody::NotOpened(reason))
        }
    };
    Some(Esp {
        spi,
        seq,
        sa,
        len: scope.declared,
        body,
    })
}

/// Tries the SAs that a receiver would find, then those of the same SPI with another
/// destination (the same SA seen from behind NAT). The reason is that of the first.
fn attempt<'a>(
    bytes: &[u8],
    spi: Spi,
    scope: &Scope<'a>,
) -> Result<(&'a SaEntry, Plaintext), Reason> {
    match scope.extent {
        Extent::Whole => {}
        Extent::Cut => {
            return Err(Reason::Truncated {
                have: bytes.len(),
                need: scope.declared,
            });
        }
        Extent::Fragment => return Err(Reason::Fragment),
        Extent::Headers => return Err(Reason::HeadersOnly),
    }
    let fitting = scope.sas.lookup(scope.dst, Proto::Esp, spi);
    let elsewhere = scope
        .sas
        .lookup_spi(Proto::Esp, spi)
        .iter()
        .filter(|e| e.dst != scope.dst);
    let mut first = None;
    for entry in fitting {
        match with_entry(bytes, entry, scope) {
            Ok(plaintext) => return Ok((entry, plaintext)),
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    // Without an ICV a key that "opens" proves too little to overrule the destination.
    elsewhere
        .filter(|e| matches!(&e.keys, Keys::Esp(Ok(suite)) if suite.authenticates()))
        .find_map(|e| Some((e, with_entry(bytes, e, scope).ok()?)))
        .ok_or_else(|| {
            let reason = first.unwrap_or(Reason::NoSa);
            let mut blamed = fitting
                .iter()
                .filter_map(|e| blame(bytes, &reason, e, scope));
            blamed.next().unwrap_or(reason)
        })
}

/// The field at fault, where it is one that the packet does not carry: told by trying.
fn blame(bytes: &[u8], reason: &Reason, entry: &SaEntry, scope: &Scope<'_>) -> Option<Reason> {
    let Keys::Esp(Ok(suite)) = &entry.keys else {
        return None;
    };
    let highs: &[u32] = if entry.esn { &scope.sas.highs } else { &[] };
    let salts = scope.sas.entries().filter_map(|e| match &e.keys {
        Keys::Esp(Ok(suite)) => suite.salt(),
        _ => None,
    });
    let highs = (highs, &scope.sas.sent[..]);
    esp::blame((bytes, reason), suite, highs, salts)
}

fn with_entry(bytes: &[u8], entry: &SaEntry, scope: &Scope<'_>) -> Result<Plaintext, Reason> {
    let suite = match &entry.keys {
        Keys::Esp(Ok(suite)) => suite,
        Keys::Esp(Err(e)) => return Err(Reason::NoDecoder(e.clone())),
        Keys::Ah(_) | Keys::Comp(_) => return Err(Reason::NoSa),
    };
    let highs: &[u32] = if entry.esn { &scope.sas.highs } else { &[] };
    let plaintext = esp::open(bytes, suite, highs)?;
    if !suite.authenticates() && !upper::known(plaintext.next_header) {
        return Err(Reason::NextHeader(plaintext.next_header));
    }
    Ok(plaintext)
}

fn opened(entry: &SaEntry, plaintext: Plaintext, scope: &Scope<'_>) -> Opened {
    let Plaintext {
        payload,
        next_header,
        ..
    } = plaintext;
    let (carried, bytes) = beet::carried(entry, next_header, &payload);
    let (src, dst) = beet::addresses(entry).unwrap_or((scope.src, scope.dst));
    let inside = Scope {
        src,
        dst,
        depth: scope.depth + 1,
        declared: bytes.len(),
        ip_header: &[],
        ..*scope
    };
    let inner = upper::inner(carried, bytes, &inside);
    let tfc = match &inner {
        Inner::Packet(packet) => packet
            .ip()
            .map_or(0, |ip| payload.len().saturating_sub(ip.header.total_len)),
        Inner::Transport { .. } => 0,
    };
    let rivals = scope.sas.lookup(entry.dst, Proto::Esp, entry.spi);
    Opened {
        seq_high: plaintext.seq_high,
        iv_len: plaintext.iv_len,
        icv_len: plaintext.icv_len,
        pad_len: plaintext.pad_len,
        next_header,
        payload,
        tfc,
        nodes: entry.nodes.clone(),
        disputed: rivals
            .iter()
            .any(|e| e.keys != entry.keys || e.name != entry.name),
        inner,
    }
}
