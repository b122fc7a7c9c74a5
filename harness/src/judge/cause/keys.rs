//! Owns the comparison of an SA's two ends, whose integrity check failed: in what they differ. It never
//! says what a key is.

use super::evidence::Evidence;
use crate::plan::{Algorithms, State};

/// What is known of the two ends of an SA.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    Alike,
    /// In what they differ.
    Different(String),
    /// There is not just one SA at either end, so that nothing can be compared.
    Unknown,
}

/// How the SA of this name at this node is to what a node has that sends with it.
pub(crate) fn compared(e: &Evidence<'_>, name: &str) -> Ends {
    // An SA that something else installed has no name but its SPI.
    let foreign = e.obs.foreign.iter().map(|f| (f.node.as_str(), &f.state));
    let all: Vec<(&str, &State)> = e.plan.states_ever().chain(foreign).collect();
    let named = |s: &State| s.name == name || format!("spi {}", s.spi) == name;
    let mut own = all.iter().filter(|(node, s)| *node == e.node && named(s));
    // An SA that was added twice in the run is not known to be the one of the moment.
    let (Some((_, own)), None) = (own.next(), own.next()) else {
        return Ends::Unknown;
    };
    let same = |s: &State| s.spi == own.spi && s.proto == own.proto;
    let mut others = all.iter().filter(|(node, s)| *node != e.node && same(s));
    let (Some((node, other)), None) = (others.next(), others.next()) else {
        return Ends::Unknown;
    };
    let what = between(own, other);
    if what.is_empty() {
        Ends::Alike
    } else {
        Ends::Different(format!("{} and {node} have {}", e.node, what.join(" and ")))
    }
}

/// How long the salt is that stands behind the key of an AEAD (RFC 4106, 4309, 4543, 7634).
fn salt(name: &str) -> usize {
    match name {
        "rfc4106(gcm(aes))" | "rfc4543(gcm(aes))" | "rfc7539esp(chacha20,poly1305)" => 4,
        "rfc4309(ccm(aes))" => 3,
        _ => 0,
    }
}

fn between(a: &State, b: &State) -> Vec<&'static str> {
    let mut out = algorithms(&a.algorithms, &b.algorithms);
    if a.esn != b.esn {
        out.push("ESN at one end only");
    }
    out
}

fn algorithms(a: &Algorithms, b: &Algorithms) -> Vec<&'static str> {
    let mut out = Vec::new();
    match (&a.aead, &b.aead) {
        (Some(a), Some(b)) if a.name != b.name => out.push("different algorithms"),
        (Some(a), Some(b)) => {
            let at = |key: &[u8]| key.len().saturating_sub(salt(&a.name));
            let (own, other) = (a.key.split_at(at(&a.key)), b.key.split_at(at(&b.key)));
            if own.0 != other.0 {
                out.push("different keys");
            }
            if own.1 != other.1 {
                out.push("different salts");
            }
            if a.icv_bits != b.icv_bits {
                out.push("ICVs of different length");
            }
        }
        (None, None) => {}
        _ => out.push("different algorithms"),
    }
    match (&a.auth, &b.auth) {
        (Some(a), Some(b)) if a.name != b.name => out.push("different algorithms"),
        (Some(a), Some(b)) => {
            if a.key != b.key {
                out.push("different authentication keys");
            }
            if a.trunc_bits != b.trunc_bits {
                out.push("ICVs of different length");
            }
        }
        (None, None) => {}
        _ => out.push("authentication at one end only"),
    }
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::fixture;

    #[track_caller]
    fn check(change: impl FnOnce(&mut State), expected: &[&str]) {
        let own = fixture::there();
        let mut other = own.clone();
        change(&mut other);
        assert_eq!(between(&own, &other), expected);
    }

    fn aead(state: &mut State) -> &mut crate::plan::Aead {
        state.algorithms.aead.as_mut().unwrap()
    }

    #[test]
    fn what_two_ends_differ_in_is_told_apart() {
        check(|_| {}, &[]);
        check(|s| aead(s).key[0] ^= 1, &["different keys"]);
        check(
            |s| *aead(s).key.last_mut().unwrap() ^= 1,
            &["different salts"],
        );
        check(|s| aead(s).icv_bits = 64, &["ICVs of different length"]);
        check(|s| s.esn = !s.esn, &["ESN at one end only"]);
        check(
            |s| aead(s).name = "rfc4543(gcm(aes))".to_owned(),
            &["different algorithms"],
        );
    }
}
