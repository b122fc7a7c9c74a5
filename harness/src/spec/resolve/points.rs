//! Owns the binding of capture points: ways of links, and devices with a direction. It never looks at what must be
//! seen there.

use super::{
    draft::{Draft, Findings},
    names::{bind_node, devices},
};
use crate::{
    plan::{CapturePoint, End, Way},
    spec::{
        diagnostic::{list_words, shorten},
        source::Spanned,
    },
};

/// The capture point `a>b` or `NODE:DEVICE in|out`.
pub(super) fn point(
    point: &Spanned<String>,
    draft: &Draft,
    findings: &mut Findings,
) -> Option<CapturePoint> {
    if point.contains('>') {
        link(point, draft, findings)
    } else {
        device(point, draft, findings)
    }
}

/// The capture point `NODE:DEVICE in|out`.
fn device(point: &Spanned<String>, draft: &Draft, findings: &mut Findings) -> Option<CapturePoint> {
    let words: Vec<&str> = point.split_whitespace().collect();
    let (place, way) = match words[..] {
        [place, "in"] => (place.split_once(':'), Way::In),
        [place, "out"] => (place.split_once(':'), Way::Out),
        _ => (None, Way::Out),
    };
    let Some((node, device)) = place else {
        findings
            .error(
                point.span,
                format!("`{}` is not a capture point", shorten(point)),
            )
            .hint("`a>b`: from node `a` to node `b`, or `a:vti0 out`, `a:vti0 in`: into and out of a device");
        return None;
    };
    if !bind_node(draft, node, point.span, findings) {
        return None;
    }
    let known = devices(draft, node);
    if !known.contains(&device) {
        let message = format!("node `{node}` has no device `{}`", shorten(device));
        findings.error(point.span, message).suggest(device, &known);
        return None;
    }
    if way == Way::Out && is_end(draft, node, device) {
        let ways = points(draft, node);
        let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
        findings
            .error(
                point.span,
                format!("`{node}:{device}` is a link end: what it sends has the name of the link"),
            )
            .hint(list_words(&ways));
        return None;
    }
    Some(CapturePoint {
        node: node.to_owned(),
        device: device.to_owned(),
        way,
    })
}

fn is_end(draft: &Draft, node: &str, device: &str) -> bool {
    let mut ends = draft.links.iter().flat_map(|l| &l.ends);
    ends.any(|e| e.node == node && e.device == device)
}

/// The capture point `a>b` or `a:eth1>b:eth0`.
pub(super) fn link(
    point: &Spanned<String>,
    draft: &Draft,
    findings: &mut Findings,
) -> Option<CapturePoint> {
    let Some((from, to)) = point.split_once('>') else {
        findings
            .error(
                point.span,
                format!("`{}` is not a capture point", shorten(point)),
            )
            .hint("`a>b`: from node `a` to node `b`");
        return None;
    };
    let split = |end: &str| match end.trim().split_once(':') {
        Some((node, device)) => (node.to_owned(), Some(device.to_owned())),
        None => (end.trim().to_owned(), None),
    };
    let (from, to) = (split(from), split(to));
    let bound = [&from.0, &to.0].map(|node| bind_node(draft, node, point.span, findings));
    if bound.contains(&false) {
        return None;
    }
    let fits = |end: &End, want: &(String, Option<String>)| {
        end.node == want.0 && want.1.as_ref().is_none_or(|d| *d == end.device)
    };
    let found: Vec<_> = draft
        .links
        .iter()
        .flat_map(|l| [(&l.ends[0], &l.ends[1]), (&l.ends[1], &l.ends[0])])
        .filter(|(a, b)| fits(a, &from) && fits(b, &to))
        .collect();
    match found.as_slice() {
        [(a, b)] => Some(CapturePoint::link(a, b)),
        [] => {
            let points = points(draft, &from.0);
            let points: Vec<&str> = points.iter().map(String::as_str).collect();
            let problem = findings.error(point.span, format!("no link `{}`", shorten(point)));
            if !points.is_empty() {
                problem.hint(format!(
                    "from `{}` there is {}",
                    from.0,
                    list_words(&points)
                ));
            }
            None
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(a, b)| format!("{}:{}>{}:{}", a.node, a.device, b.node, b.device))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            findings
                .error(
                    point.span,
                    format!("`{}` fits {} links", shorten(point), names.len()),
                )
                .hint(list_words(&names));
            None
        }
    }
}

/// The capture points in which a node sends; with devices where nodes have several links.
fn points(draft: &Draft, node: &str) -> Vec<String> {
    let ends = || {
        let both = draft
            .links
            .iter()
            .flat_map(|l| [(&l.ends[0], &l.ends[1]), (&l.ends[1], &l.ends[0])]);
        both.filter(|(a, _)| a.node == node)
    };
    let name = |(a, b): (&End, &End)| {
        if ends().filter(|(_, other)| other.node == b.node).count() == 1 {
            format!("{}>{}", a.node, b.node)
        } else {
            format!("{}:{}>{}:{}", a.node, a.device, b.node, b.device)
        }
    };
    ends().map(name).collect()
}
