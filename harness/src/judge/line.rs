//! Owns the line: one event of a story, or one line of an expectation, in the same
//! structure. It never decides whether two lines match.

use super::passes::{DropPoint, Hook};
use crate::wire::Line;

/// The word for a packet in a hook that conntrack had not looked at, and for the mark of what belongs to no connection.
pub(crate) const NO_CT: &str = "none";

/// Where on its way a line sees the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Hook(Hook),
    /// An SA's transform was applied.
    Encode,
    /// An SA's transform was undone.
    Decode,
    /// The packet is on a link; such lines begin with the packet itself.
    Wire,
}

impl Place {
    /// The first word of a line, empty on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hook(hook) => hook.word(),
            Self::Encode => "encode",
            Self::Decode => "decode",
            Self::Wire => "",
        }
    }

    /// The place that a line beginning with `word` speaks of.
    pub fn from_word(word: &str) -> Self {
        match word {
            "encode" => Self::Encode,
            "decode" => Self::Decode,
            _ => Hook::from_word(word).map_or(Self::Wire, Self::Hook),
        }
    }
}

/// What became of a packet in a hook, if it did not simply go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// `-> drop FAMILY TABLE CHAIN "rule"`; an expectation may leave parts out.
    Drop(Option<DropPoint>),
    /// `-> vanished`: it entered and was not seen leaving, and no rule dropped it.
    Vanished,
}

/// One line: seen values, or in an expectation the values to be seen (`*` for any).
#[derive(Clone, Debug, PartialEq)]
pub struct StoryLine {
    pub place: Place,
    pub iif: Option<String>,
    pub oif: Option<String>,
    /// Name of the SA, for `encode` and `decode`; `?` where it is not known.
    pub sa: Option<String>,
    pub packet: Option<Line>,
    /// `0x1`, or `0x0=>0x1` where the hook changed it.
    pub mark: Option<String>,
    /// Conntrack state, `none` ahead of conntrack; `None` where it was not watched.
    pub ct: Option<String>,
    /// Mark of the connection, like `mark`, or `none` where there is no connection.
    pub ct_mark: Option<String>,
    /// Source and destination after NAT in this hook.
    pub nat: Option<(String, String)>,
    pub fate: Option<Fate>,
}

impl StoryLine {
    /// A line that says only where it is.
    pub fn at(place: Place) -> Self {
        Self {
            place,
            iif: None,
            oif: None,
            sa: None,
            packet: None,
            mark: None,
            ct: None,
            ct_mark: None,
            nat: None,
            fate: None,
        }
    }
}
