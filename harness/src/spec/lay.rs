//! Owns the laying of one tree over another: a file over the one that it extends, and what a
//! variant brings over its file. It never knows a key but those that stay with their own file.

use std::collections::HashMap;

use super::value::{Data, Table, Value};

/// Keys that belong to one file alone, and are not taken over from the file that it extends.
const OWN: &[&str] = &["title", "about", "extends", "set", "unset", "variants"];

/// Lays `over` over `under`: tables are joined, lists appended, any other value is replaced.
pub(crate) fn lay(under: &mut Table, over: Table) {
    // A file of noise may have 100,000 keys: each is looked up, not searched for.
    let keys = under.entries.iter().enumerate();
    let mut places: HashMap<String, usize> = keys.map(|(at, e)| (e.key.clone(), at)).collect();
    for entry in over.entries {
        let Some(old) = places
            .get(&entry.key)
            .and_then(|at| under.entries.get_mut(*at))
        else {
            places.insert(entry.key.clone(), under.entries.len());
            under.entries.push(entry);
            continue;
        };
        lay_value(&mut old.value, entry.value);
        old.span = entry.span;
    }
}

fn lay_value(under: &mut Value, over: Value) {
    match (&mut under.data, over.data) {
        (Data::Table(under), Data::Table(over)) => lay(under, over),
        (Data::Array(under), Data::Array(over)) => under.extend(over),
        (data, over) => *data = over,
    }
    under.span = over.span;
}

/// What a file takes over from `base` lies under what it says itself. Steps are a story of their
/// own: a file that has some has none of the other's.
pub(crate) fn extend(mut base: Table, own: Table) -> Table {
    let steps = own.get("steps").is_some();
    let stays = |key: &str| OWN.contains(&key) || (steps && key == "steps");
    base.entries.retain(|e| !stays(&e.key));
    lay(&mut base, own);
    base
}

/// The text of a key of the top level.
pub(crate) fn text<'t>(table: &'t Table, key: &str) -> Option<(&'t str, super::Span)> {
    let entry = table.get(key)?;
    match &entry.value.data {
        Data::Text(text) => Some((text, entry.value.span)),
        _ => None,
    }
}
