//! Owns the order of resolving: from a document to the plan of the file or of one of
//! its variants.

use std::sync::Arc;

use super::{
    alter, counts, devices,
    draft::{Draft, DraftNode, Findings},
    expected, guard, ipv6, mesh, needs, network, nft, policies,
    sayable::Sayable,
    states, steps, suspects, sysctls, together, tunnels, variant,
};
use crate::{
    plan::Plan,
    spec::{
        Diagnostics, Document, Set,
        diagnostic::{Diagnostic, Problems, shorten},
        document::variants,
        lint::Lint,
        schema::{file::FileSpec, variant::VariantSpec},
        source::{Span, Spanned},
    },
};

/// The plan of the file (`variant` is `None`) or of a variant, with values set from outside.
pub fn resolve(doc: &Document, variant: Option<&str>, sets: &[Set]) -> Result<Plan, Diagnostics> {
    let Some(name) = variant else {
        return plan(doc, None, sets);
    };
    if let Some(spec) = find(doc, name) {
        return plan(doc, Some((name, spec)), sets);
    }
    let mut problems = Problems::default();
    problems
        .error(Span::default(), format!("no variant `{}`", shorten(name)))
        .suggest(name, &variants(doc));
    Err(Diagnostics::new(&doc.sources, problems.list))
}

/// The plans of the file and of all its variants, or the problems of all of them.
pub fn resolve_all(doc: &Document, sets: &[Set]) -> Result<Vec<Plan>, Diagnostics> {
    let mut findings = Findings::default();
    if !counts::check(&doc.spec, &mut findings) {
        return Err(Diagnostics::new(&doc.sources, findings.problems.list));
    }
    let mut plans = Vec::new();
    let mut problems = Vec::new();
    match plan(doc, None, sets) {
        Ok(plan) => plans.push(plan),
        Err(found) => problems.extend(found.iter().cloned()),
    }
    let base = problems.len();
    for spec in doc.spec.variants.iter().flat_map(|v| v.value.iter()) {
        let name = spec.name.as_ref().map_or("", |n| n.value.as_str());
        match plan(doc, Some((name, spec)), sets) {
            Ok(plan) => plans.push(plan),
            Err(found) => {
                let new = |d: &&Diagnostic| !problems[..base].contains(d);
                let new: Vec<Diagnostic> =
                    found.iter().filter(new).map(|d| place(d, name)).collect();
                problems.extend(new);
            }
        }
    }
    problems.extend(duplicate_variants(doc));
    if problems.is_empty() {
        return Ok(plans);
    }
    // What is set from outside was looked at behind the texts of the file.
    let set = sets.iter().map(Set::source);
    let sources: Vec<_> = doc.sources.iter().cloned().chain(set).collect();
    Err(Diagnostics::new(&sources, problems))
}

/// A problem that only a variant has says so: it may stand far from the variant.
fn place(problem: &Diagnostic, name: &str) -> Diagnostic {
    let message = format!("{} (in variant `{}`)", problem.message, shorten(name));
    Diagnostic {
        message,
        ..problem.clone()
    }
}

fn duplicate_variants(doc: &Document) -> Vec<Diagnostic> {
    let mut problems = Problems::default();
    let list = doc.spec.variants.iter().flat_map(|v| v.value.iter());
    let names = list
        .filter_map(|v| v.name.as_ref())
        .map(|n| (n.value.clone(), n.span));
    for (name, span, first) in network::twice(names) {
        problems
            .error(span, format!("variant `{}` is there twice", shorten(&name)))
            .related(first, "first here");
    }
    problems.list
}

fn find<'d>(doc: &'d Document, name: &str) -> Option<&'d Spanned<VariantSpec>> {
    let mut list = doc.spec.variants.iter().flat_map(|v| v.value.iter());
    list.find(|v| v.name.as_ref().is_some_and(|n| n.value == name))
}

/// The nodes of a file with what tunnels and SAs put into them.
fn drafted(spec: &FileSpec, findings: &mut Findings) -> Draft {
    let mut draft = Draft::default();
    network::nodes(spec, &mut draft, findings);
    network::links(spec, &mut draft, findings);
    states::sas(spec, &mut draft, findings);
    tunnels::expand(spec, &mut draft, findings);
    mesh::expand(spec, &mut draft, findings);
    states::raw(spec, &mut draft, findings);
    policies::raw(spec, &mut draft, findings);
    draft
}

/// The names of a file before anything was changed in it. Its problems are told elsewhere.
fn as_written(doc: &Document, sayable: &mut Sayable) {
    let mut unseen = Findings::default();
    if counts::check(&doc.spec, &mut unseen) {
        let draft = drafted(&doc.spec, &mut unseen);
        sayable.note(&draft);
        steps::steps(&doc.spec, &draft, &doc.sources, sayable, &mut unseen);
    }
}

fn plan(
    doc: &Document,
    variant: Option<(&str, &Spanned<VariantSpec>)>,
    sets: &[Set],
) -> Result<Plan, Diagnostics> {
    let edits = variant.map(|(_, v)| variant::edits(v)).unwrap_or_default();
    let changed = if edits.is_empty() && sets.is_empty() {
        None
    } else {
        Some(doc.with(&edits, sets)?)
    };
    let mut sayable = Sayable::default();
    if variant.is_some() || changed.is_some() {
        // What was taken away may still be said: that it is not there any more is what such a test is about.
        as_written(doc, &mut sayable);
    }
    let doc = changed.as_ref().unwrap_or(doc);
    let mut spec = doc.spec.clone();
    let mut findings = Findings {
        allowed: spec
            .allow
            .iter()
            .flat_map(|a| a.value.iter())
            .map(|a| a.value)
            .collect(),
        whole: doc.whole,
        sources: Arc::new(doc.sources.clone()),
        ..Findings::default()
    };
    if let Some((_, variant)) = variant {
        variant::amend(&mut spec, variant, &mut findings);
    }
    if !counts::check(&spec, &mut findings) {
        return Err(Diagnostics::new(&doc.sources, findings.problems.list));
    }
    let mut draft = drafted(&spec, &mut findings);
    sayable.note(&draft);
    let guarded_pairs = draft.pairs.clone();
    if let Some((_, variant)) = variant {
        alter::alter(&mut draft, variant, &doc.sources, &mut findings);
    }
    draft.pairs = guarded_pairs;
    devices::check(&draft, &mut findings);
    network::check_routes(&draft, &mut findings);
    if doc.whole {
        together::check(&draft, &mut findings);
        suspects::check(&draft, &mut findings);
    }
    for index in 0..draft.nodes.len() {
        nft::all(&mut draft, index, &mut findings);
    }
    sayable.note(&draft);
    let steps = steps::steps(&spec, &draft, &doc.sources, &mut sayable, &mut findings);
    expected::check(&spec, &sayable, &mut findings);
    let fails = variant.and_then(|(_, v)| variant::fails(&draft, v, &mut findings));
    let mut list = findings.problems.list;
    if variant.is_some() {
        // A variant is wrong on purpose; what the file itself gets wrong is reported for the file.
        list.retain(|problem| {
            problem
                .lint
                .is_none_or(|name| name == Lint::UnknownCounter.name())
        });
    }
    if !list.is_empty() {
        return Err(Diagnostics::new(&doc.sources, list));
    }
    let guarded = guard::guarded(&draft);
    let of_variant = variant.and_then(|(_, v)| v.needs.as_ref());
    let asked = spec.needs.iter().chain(of_variant);
    let asked = asked.flat_map(|n| n.value.0.iter());
    let asked: Vec<_> = asked.map(|c| c.value.0.clone()).collect();
    let given = sysctls::given(&spec);
    let nodes: Vec<_> = draft.nodes.into_iter().map(DraftNode::finish).collect();
    let links: Vec<_> = draft.links.into_iter().map(|l| l.value).collect();
    let mut plan = Plan {
        title: spec.title.map(|t| t.value).unwrap_or_default(),
        source: spec.source.map(|s| s.value),
        observe: spec.observe.map(|o| o.value).unwrap_or_default(),
        variant: variant.map(|(name, _)| name.to_owned()),
        needs: needs::needs(&nodes, &links, &steps, asked),
        nodes,
        links,
        refused_links: draft.refused_links,
        guarded,
        steps,
        fails,
    };
    ipv6::silence(&mut plan, &given);
    Ok(plan)
}
