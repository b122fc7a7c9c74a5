//! Owns the words of an SA's encapsulation in UDP or TCP.

use std::net::IpAddr;

use crate::{
    plan::EncapType,
    spec::{
        diagnostic::shorten,
        scalar::{Wrong, parse_address, text},
    },
};

/// `espinudp SPORT DPORT [OADDR]`, or with another word for how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncapLine {
    pub(crate) kind: EncapType,
    pub(crate) sport: u16,
    pub(crate) dport: u16,
    pub(crate) oaddr: Option<IpAddr>,
}

text!(
    EncapLine,
    "encapsulation, `espinudp SPORT DPORT [OADDR]`",
    "espinudp 4500 4500",
    parse_encap
);

fn parse_encap(text: &str) -> Result<EncapLine, Wrong> {
    let mut words = super::lines::words_of(text);
    let wrong = |message: String| Wrong::new(message).hint("`espinudp SPORT DPORT [OADDR]`");
    let kinds = [
        EncapType::EspInUdp,
        EncapType::EspInUdpNonIke,
        EncapType::EspInTcp,
    ];
    let kind = match words.next() {
        Some((at, word)) => kinds
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| wrong(format!("unknown encapsulation `{}`", shorten(word))).at(at))?,
        None => return Err(wrong("encapsulation is empty".to_owned())),
    };
    let mut port = || match words.next() {
        Some((at, word)) => match word.parse::<u16>() {
            Ok(port) if port != 0 => Ok(port),
            _ => Err(wrong(format!("`{}` is not a port", shorten(word))).at(at)),
        },
        None => Err(wrong("encapsulation lacks a port".to_owned())),
    };
    let (sport, dport) = (port()?, port()?);
    let oaddr = match words.next() {
        Some((at, word)) => Some(parse_address(word).map_err(|w| w.at(at))?),
        None => None,
    };
    Ok(EncapLine {
        kind,
        sport,
        dport,
        oaddr,
    })
}
