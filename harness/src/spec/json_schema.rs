//! Owns the JSON schema of topology files, for editors that complete and check: made of
//! what the tables say about themselves. It never validates a file itself.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    meta::{Field, Kind, TableMeta},
    reference::{root, sentence},
};

/// The schema as JSON text (draft 2020-12).
pub fn json_schema() -> String {
    let mut defs = Map::new();
    // A file that extends another has from that what it lacks.
    let mut schema = object(root(), true, &mut defs);
    schema["required"] = json!(["title"]);
    schema["if"] = json!({ "not": { "required": ["extends"] } });
    schema["then"] = reference_to(root(), false, &mut defs);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("xfrmlab topology file");
    schema["$defs"] = Value::Object(defs);
    format!("{schema:#}\n")
}

/// A table as an object; tables inside it become definitions. Of a `partial` one, and of what is
/// inside it, no key is required.
fn object(table: &'static TableMeta, partial: bool, defs: &mut Map<String, Value>) -> Value {
    let (mut properties, mut patterns) = (Map::new(), Map::new());
    let mut required = Vec::new();
    for field in table.all_fields() {
        let value = property(field, partial, defs);
        if let Some(prefix) = field.key.strip_suffix('*') {
            // `at_NODE`: the value of each key is an element of what the field holds.
            let Kind::Named(inner) = field.kind else {
                continue;
            };
            patterns.insert(format!("^{prefix}."), kind(inner, partial, defs));
            continue;
        }
        if field.required && !partial {
            required.push(field.key);
        }
        properties.insert(field.key.to_owned(), value);
    }
    let mut schema = json!({
        "type": "object",
        "description": sentence(table.doc),
        "additionalProperties": false,
        "properties": properties,
    });
    if !patterns.is_empty() {
        schema["patternProperties"] = Value::Object(patterns);
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &Field, partial: bool, defs: &mut Map<String, Value>) -> Value {
    let mut description = sentence(field.doc);
    // Writing to a `String` cannot fail.
    if !field.required {
        let _ = write!(description, "\nDefault: {}.", field.default);
    }
    if !field.constraint.is_empty() {
        let _ = write!(description, "\nConstraint: {}.", field.constraint);
    }
    // Beside a reference only an `allOf` keeps a description in every editor.
    json!({ "description": description, "allOf": [kind(&field.kind, partial, defs)] })
}

fn kind(of: &Kind, partial: bool, defs: &mut Map<String, Value>) -> Value {
    match of {
        Kind::Text { .. } => json!({ "type": "string" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Any => json!({}),
        Kind::Integer { min, max, .. } if *max <= i64::from(u32::MAX) => json!({
            "anyOf": [
                { "type": "integer", "minimum": min, "maximum": max },
                { "type": "string", "pattern": "^(0[xX][0-9a-fA-F]+|[0-9]+)$" },
            ],
        }),
        Kind::Integer { .. } => json!({ "type": "integer" }),
        Kind::Word { words, .. } => json!({ "enum": words }),
        Kind::Either(kinds) => {
            json!({ "anyOf": kinds.iter().map(|k| kind(k, partial, defs)).collect::<Vec<_>>() })
        }
        Kind::List(inner) => json!({ "type": "array", "items": kind(inner, partial, defs) }),
        Kind::Many(inner) => {
            let one = kind(inner, partial, defs);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Kind::Named(inner) => {
            json!({ "type": "object", "additionalProperties": kind(inner, partial, defs) })
        }
        Kind::Table(table) => reference_to(table, partial, defs),
        Kind::Patch(table) => reference_to(table, true, defs),
        Kind::Laid(table) => reference_to(table(), true, defs),
    }
}

/// A reference to the definition of a table, which is made the first time.
fn reference_to(table: &'static TableMeta, partial: bool, defs: &mut Map<String, Value>) -> Value {
    let name = format!(
        "{}{}",
        table.place,
        if partial { " (what differs)" } else { "" }
    );
    if !defs.contains_key(&name) {
        // The entry stands first, so that a table inside itself ends.
        defs.insert(name.clone(), Value::Null);
        let schema = object(table, partial, defs);
        defs.insert(name.clone(), schema);
    }
    json!({ "$ref": format!("#/$defs/{}", name.replace(' ', "%20")) })
}
