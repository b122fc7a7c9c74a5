//! Owns what the language knows about its own keys: the reference and editors'
//! schemas are made of it. It never sees a file.

/// The keys of one table.
#[derive(Debug)]
pub struct TableMeta {
    /// Where the table stands in a file: `nodes.NAME`.
    pub place: &'static str,
    /// Documentation of the table, one element per line.
    pub doc: &'static [&'static str],
    pub fields: &'static [Field],
    /// Tables whose keys stand in this one as well.
    pub includes: &'static [&'static TableMeta],
}

/// One key of a table.
#[derive(Debug)]
pub struct Field {
    /// The key; one that ends in `*` stands for all keys with that prefix.
    pub key: &'static str,
    /// Documentation of the key, one element per line.
    pub doc: &'static [&'static str],
    pub kind: Kind,
    pub required: bool,
    /// What a file that lacks the key gets, in words or as a value.
    pub default: &'static str,
    /// What a value must satisfy beyond its type.
    pub constraint: &'static str,
    /// A value as it is written in a file.
    pub example: &'static str,
}

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string with a form of its own.
    Text {
        name: &'static str,
        example: &'static str,
    },
    Boolean,
    Integer {
        name: &'static str,
        min: i64,
        max: i64,
    },
    /// One of some words.
    Word {
        name: &'static str,
        words: &'static [&'static str],
    },
    /// Any of some types.
    Either(&'static [Kind]),
    List(&'static Kind),
    /// One value or a list of them.
    Many(&'static Kind),
    /// Values by a name that the file chooses.
    Named(&'static Kind),
    Table(&'static TableMeta),
    /// A table of which only what differs is given: no key is required.
    Patch(&'static TableMeta),
    /// Likewise, of a table that has this one inside: only a function can name it.
    Laid(fn() -> &'static TableMeta),
    /// Any value.
    Any,
}

impl TableMeta {
    /// Its own keys and those of the tables that it includes.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields
            .iter()
            .chain(self.includes.iter().flat_map(|t| t.fields.iter()))
    }

    /// Some of its keys, for messages.
    pub(crate) fn summary(&self) -> String {
        let keys: Vec<&str> = self.all_fields().map(|f| f.key).take(4).collect();
        format!("with {}", keys.join(", "))
    }
}

impl Field {
    pub(crate) fn matches(&self, key: &str) -> bool {
        match self.key.strip_suffix('*') {
            Some(prefix) => key.len() > prefix.len() && key.starts_with(prefix),
            None => self.key == key,
        }
    }
}

impl Kind {
    /// The type in a sentence: `an address`, `a list of ...`.
    pub fn phrase(&self) -> String {
        match self {
            Self::Text { name, .. } | Self::Word { name, .. } | Self::Integer { name, .. } => {
                let article = if name.starts_with(['a', 'e', 'i', 'o']) {
                    "an"
                } else {
                    "a"
                };
                format!("{article} {name}")
            }
            Self::Boolean => "a boolean".to_owned(),
            Self::Either(kinds) => kinds
                .iter()
                .map(Self::phrase)
                .collect::<Vec<_>>()
                .join(" or "),
            Self::List(kind) => format!("a list (each {})", kind.phrase()),
            Self::Many(kind) => format!("{}, or a list of such", kind.phrase()),
            Self::Named(kind) => format!("a table of names (each {})", kind.phrase()),
            Self::Table(table) | Self::Patch(table) => format!("a table (`{}`)", table.place),
            Self::Laid(table) => format!("a table (`{}`)", table().place),
            Self::Any => "a value".to_owned(),
        }
    }
}
