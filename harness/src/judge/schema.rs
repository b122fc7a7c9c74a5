//! Owns the JSON schema of a verdict: what `verdict.json` and the lines of `--json` hold, from the types and their
//! doc comments. It decides nothing.

use super::Verdict;

/// The schema, as it is committed in `topologies/verdict.schema.json`.
pub fn verdict_schema() -> String {
    format!("{:#}\n", schemars::schema_for!(Verdict).to_value())
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "it reads and writes the committed schema"
)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::verdict_schema;
    use crate::judge::tests::fixture;

    #[test]
    fn the_schema_in_the_repository_is_up_to_date() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("../topologies/verdict.schema.json");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, verdict_schema()).expect("the schema");
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == verdict_schema(),
            "topologies/verdict.schema.json is out of date\n(hint: UPDATE_EXPECT=1)"
        );
    }

    /// A key that a verdict has and the schema does not, or that the schema demands and a verdict lacks.
    fn strangers(schema: &Value, of: &Value, value: &Value) -> Vec<String> {
        let name = of["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        let of = name.map_or(of, |name| &schema["$defs"][name]);
        let mut out = Vec::new();
        if let (Some(map), Some(known)) = (value.as_object(), of["properties"].as_object()) {
            let demanded = of["required"].as_array().into_iter().flatten();
            let demanded = demanded.filter_map(Value::as_str);
            out.extend(
                demanded
                    .filter(|k| !map.contains_key(*k))
                    .map(str::to_owned),
            );
            for (key, value) in map {
                match known.get(key) {
                    Some(of) => out.extend(strangers(schema, of, value)),
                    None => out.push(key.clone()),
                }
            }
        }
        for value in value.as_array().into_iter().flatten() {
            out.extend(strangers(schema, &of["items"], value));
        }
        out
    }

    #[test]
    fn a_verdict_is_as_the_schema_says() {
        let schema: Value = serde_json::from_str(&verdict_schema()).expect("JSON");
        let mut obs = fixture::good();
        obs.frames.truncate(3);
        let mut verdict = crate::judge::judge(&fixture::plan(), &obs);
        assert!(!verdict.findings.is_empty() && verdict.divergence.is_some());
        verdict.causes.push(crate::judge::Cause {
            name: "no-policy".into(),
            node: "r2".into(),
            why: String::new(),
            remedy: String::new(),
        });
        let mut value = serde_json::to_value(&verdict).expect("plain data");
        assert_eq!(strangers(&schema, &schema, &value), Vec::<String>::new());
        value["findings"][0]["surprise"] = Value::Null;
        value.as_object_mut().map(|v| v.remove("causes"));
        assert_eq!(strangers(&schema, &schema, &value), ["causes", "surprise"]);
    }
}
