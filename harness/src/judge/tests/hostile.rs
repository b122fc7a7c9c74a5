//! A recording that nobody made: any number in it may be any other that fits where it stands. It is judged and told
//! all the same, and nothing panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::fixture;
use crate::judge::judge;
use crate::observe::Observations;
use crate::plan::Plan;
use crate::report::{Style, render};

/// What a sum, a difference or an index may be wrong about.
const EDGES: [u64; 3] = [u32::MAX as u64, 1 << 63, u64::MAX];

/// Where in a value there are numbers.
fn numbers(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Number(_) => out.push(at.to_owned()),
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                numbers(inner, &format!("{at}/{index}"), out);
            }
        }
        Value::Object(map) => {
            for (key, inner) in map {
                numbers(inner, &format!("{at}/{key}"), out);
            }
        }
        _ => {}
    }
}

/// Every value that differs from this one in one number, with where it differs.
fn changed<T: Serialize + DeserializeOwned>(what: &T) -> Vec<(String, T)> {
    let whole = serde_json::to_value(what).unwrap();
    let mut places = Vec::new();
    numbers(&whole, "", &mut places);
    let mut out = Vec::new();
    for place in places {
        for edge in EDGES {
            let mut changed = whole.clone();
            *changed.pointer_mut(&place).unwrap() = json!(edge);
            if let Ok(changed) = serde_json::from_value(changed) {
                out.push((format!("{place} = {edge}"), changed));
            }
        }
    }
    out
}

fn panics(plan: &Plan, obs: &Observations) -> bool {
    let told = || {
        let verdict = judge(plan, obs);
        assert!(!render(plan, obs, &verdict, Style::default()).is_empty());
    };
    catch_unwind(AssertUnwindSafe(told)).is_err()
}

#[test]
fn no_number_of_a_recording_makes_the_judge_panic() {
    let plan = fixture::plan();
    let all = changed(&fixture::good());
    assert!(all.len() > 500, "{} recordings", all.len());
    let bad: Vec<_> = all.iter().filter(|(_, obs)| panics(&plan, obs)).collect();
    let bad: Vec<_> = bad.iter().map(|(place, _)| place).collect();
    assert!(bad.is_empty(), "{} of {}: {bad:#?}", bad.len(), all.len());
}

#[test]
fn no_number_of_a_plan_makes_the_judge_panic() {
    let obs = fixture::good();
    let all = changed(&fixture::plan());
    assert!(all.len() > 50, "{} plans", all.len());
    let bad: Vec<_> = all.iter().filter(|(_, plan)| panics(plan, &obs)).collect();
    let bad: Vec<_> = bad.iter().map(|(place, _)| place).collect();
    assert!(bad.is_empty(), "{} of {}: {bad:#?}", bad.len(), all.len());
}
