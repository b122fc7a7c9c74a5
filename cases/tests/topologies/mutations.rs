//! Whether anything that changes in what was seen is noticed: of a run that passed, against a plan that
//! states all of it, frames and trace events are lost, doubled and altered, one at a time.

use libtest_mimic::Failed;
use xfrmlab::{
    judge::{self, Outcome, Sign, Verdict},
    observe::{Direction, Observations},
    plan::Plan,
};

/// How many frames and how many trace events of one run are altered.
const SAMPLES: usize = 4;

/// Fails where an altered recording passes, or is found at another hop, or in another field.
pub(crate) fn notice(plan: &Plan, obs: &Observations) -> Result<(), Failed> {
    let plan = judge::complete(plan, obs);
    let unaltered = judge::judge(&plan, obs);
    if unaltered.outcome != Outcome::Pass {
        return Err(format!("stated as it was seen, it fails: {:#?}", unaltered.findings).into());
    }
    let on_links = |f: &&usize| {
        let frame = &obs.frames[**f];
        let ends = plan.links.iter().flat_map(|l| &l.ends);
        let mut ends = ends.filter(|e| e.node == frame.node && e.device == frame.device);
        frame.direction == Direction::Out && is_ipv4(&frame.bytes) && ends.next().is_some()
    };
    let all: Vec<usize> = (0..obs.frames.len()).collect();
    let frames: Vec<usize> = all.iter().filter(on_links).copied().collect();
    for at in spread(&frames) {
        let node = obs.frames[at].node.clone();
        let change = |what: &str, field: Option<&str>, edit: &dyn Fn(&mut Observations)| {
            let mut altered = obs.clone();
            edit(&mut altered);
            let what = format!("frame {at} at {node}, {what}");
            check(&judge::judge(&plan, &altered), &node, field, &what)
        };
        change("lost", None, &|o| drop(o.frames.remove(at)))?;
        change("doubled", None, &|o| {
            o.frames.insert(at, o.frames[at].clone());
        })?;
        change("on another device", None, &|o| {
            o.frames[at].device = "eth9".into();
        })?;
        change("another TTL", Some("ttl"), &|o| {
            o.frames[at].bytes[IP + 8] ^= 0x40;
        })?;
        change("another length", Some("len"), &|o| {
            o.frames[at].bytes[IP + 3] ^= 0x04;
        })?;
        if obs.frames[at].mark.is_some() {
            change("another mark", Some("mark"), &|o| {
                o.frames[at].mark = Some(0x77);
            })?;
        }
        if obs.frames[at].bytes[IP + 9] == ESP {
            change("another SPI", None, &|o| {
                o.frames[at].bytes[IP + 20] ^= 0xff;
            })?;
            change("another sequence number", Some("seq"), &|o| {
                o.frames[at].bytes[IP + 27] ^= 0x80;
            })?;
        }
    }
    let steps = plan.steps.len() as u32;
    for node in plan.nodes.iter().take(SAMPLES) {
        let mut altered = obs.clone();
        let after = altered
            .counters
            .iter_mut()
            .find(|c| c.node == node.name && c.after_steps == steps);
        let Some(counter) = after.and_then(|c| c.values.first_mut()) else {
            continue;
        };
        counter.1 += 1;
        let what = format!("a counter of {}", node.name);
        check(&judge::judge(&plan, &altered), &node.name, None, &what)?;
    }
    Ok(())
}

/// Where IPv4 begins behind Ethernet.
const IP: usize = 14;
const ESP: u8 = 50;

/// Whether a frame is a whole IPv4 packet without options.
fn is_ipv4(bytes: &[u8]) -> bool {
    bytes.len() > IP + 28 && bytes[12..IP] == [0x08, 0x00] && bytes[IP] == 0x45
}

/// A few of them, from all over.
fn spread(all: &[usize]) -> Vec<usize> {
    let stride = all.len().div_ceil(SAMPLES).max(1);
    all.iter().step_by(stride).copied().collect()
}

fn check(verdict: &Verdict, node: &str, field: Option<&str>, what: &str) -> Result<(), Failed> {
    let here = || verdict.findings.iter().filter(|f| f.node == node);
    if verdict.outcome != Outcome::Fail || here().next().is_none() {
        let found: Vec<_> = verdict
            .findings
            .iter()
            .map(|f| (&f.node, &f.what))
            .collect();
        return Err(format!("{what}: not noticed at {node}, but {found:?}").into());
    }
    let Some(field) = field else { return Ok(()) };
    let named =
        |text: &str| text.starts_with(&format!("{field}: ")) || text.contains(&format!("{field}="));
    let notes = || {
        here()
            .flat_map(|f| &f.diff)
            .filter(|d| d.sign != Sign::Same)
    };
    if notes().any(|d| named(&d.text) || d.text.contains(&format!(" {field} "))) {
        return Ok(());
    }
    let notes: Vec<_> = notes().map(|d| &d.text).collect();
    Err(format!("{what}: the field `{field}` is not named, but {notes:#?}").into())
}
