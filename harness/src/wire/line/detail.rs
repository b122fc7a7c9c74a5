//! Owns what of a line is printed at which level of detail, and what is never the same twice.

use super::Line;

/// How much of a packet a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What it is, from where to where, by which SA: the packet of a hook line.
    Brief,
    /// With the fields that people compare: sequence, TTL, lengths, IV and ICV sizes.
    Normal,
    /// Every field that is the same in two identical runs.
    Full,
    /// Every field; two runs differ.
    Everything,
}

/// Fields whose value differs between identical runs, as (first word of the head, key); an
/// empty head means every line. They are checkable and printed at [`Detail::Everything`] only.
/// IVs, ciphertext and ICVs are never words of a line.
pub const NONDETERMINISTIC: &[(&str, &str)] =
    &[("", "ipid"), ("", "flow"), ("tcp", "seq"), ("tcp", "ack")];

impl Line {
    /// The line with only those fields that `detail` prints, inner lines included.
    #[must_use]
    pub fn at(&self, detail: Detail) -> Self {
        let mut line = self.clone();
        line.fields
            .retain(|(key, value)| self.level(key, value) <= detail);
        line.flags.retain(|flag| flag_level(flag) <= detail);
        line.inner = self.inner.as_ref().map(|inner| Box::new(inner.at(detail)));
        line
    }

    fn level(&self, key: &str, value: &str) -> Detail {
        let head = self.head.first().map_or("", String::as_str);
        if NONDETERMINISTIC
            .iter()
            .any(|(h, k)| *k == key && (h.is_empty() || *h == head))
        {
            return Detail::Everything;
        }
        match (key, value) {
            // The SPI is the name of an SA that has no other.
            ("spi" | "cpi", _) if self.sa.is_none() => Detail::Brief,
            ("not-opened", "no sa known" | "headers only") => Detail::Full,
            ("not-opened" | "wrong" | "key-of" | "mtu" | "proto" | "off" | "type" | "vlan", _) => {
                Detail::Brief
            }
            ("key", _) if head == "gre" => Detail::Brief,
            ("csum" | "ipcsum" | "icv-ok", "bad" | "no") => Detail::Normal,
            ("spi" | "cpi" | "csum" | "ipcsum" | "icv-ok" | "payload", _)
            | ("tos", "0x00")
            | ("tfc" | "seq-high", "0") => Detail::Full,
            _ => Detail::Normal,
        }
    }
}

fn flag_level(flag: &str) -> Detail {
    match flag {
        "more" => Detail::Brief,
        _ => Detail::Full,
    }
}
