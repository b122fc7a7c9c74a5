//! Owns the choice of a sample: the fewest files, about, whose scripts have every word of `ip`, `tc`, `nft` and `sysctl`
//! that any script has.

use std::collections::BTreeSet;

use xfrmlab::{ops, plan::Plan};

/// The names of the sampled files.
pub(crate) fn of(worlds: &[(String, Result<Plan, String>)]) -> BTreeSet<String> {
    let mut worlds: Vec<(&str, usize, BTreeSet<String>)> = worlds
        .iter()
        .filter_map(|(name, plan)| {
            let plan = plan.as_ref().ok()?;
            let script = ops::export(plan);
            Some((name.as_str(), script.lines().count(), words(plan, &script)))
        })
        .collect();
    let mut sample = BTreeSet::new();
    // The most new words for a line of script, each time.
    while let Some(best) = worlds
        .iter()
        .max_by_key(|(_, lines, words)| words.len() * 1000 / lines)
        .filter(|(_, _, words)| !words.is_empty())
        .map(|(name, _, words)| ((*name).to_owned(), words.clone()))
    {
        for (_, _, words) in &mut worlds {
            *words = words.difference(&best.1).cloned().collect();
        }
        sample.insert(best.0);
    }
    sample
}

/// The words of a script that are neither names of the world nor values.
fn words(plan: &Plan, script: &str) -> BTreeSet<String> {
    let mut names: BTreeSet<&str> = plan.nodes.iter().map(|n| n.name.as_str()).collect();
    names.extend(
        plan.nodes
            .iter()
            .flat_map(|n| &n.devices)
            .map(|d| d.name.as_str()),
    );
    names.extend(
        plan.links
            .iter()
            .flat_map(|l| &l.ends)
            .map(|e| e.device.as_str()),
    );
    // The text of rules goes to `nft` as it is, both ways: one file with some is as good as another.
    let mut in_text = false;
    let lines = script.lines().filter(|line| {
        let own = !in_text && !line.starts_with('#');
        in_text = line.contains("<<'EOF'") || in_text && *line != "EOF";
        own
    });
    lines
        .flat_map(str::split_whitespace)
        .filter(|word| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
        })
        .filter(|word| !names.contains(word))
        .map(str::to_owned)
        .collect()
}
