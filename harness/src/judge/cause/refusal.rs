//! Owns the cause of a refusal that did not come, or came for another reason.

use super::Cause;
use crate::judge::expectations;
use crate::observe::Observations;

/// What the causes are called.
pub(crate) const NAMES: [&str; 2] = ["not-refused", "refused-otherwise"];

/// What helps against either.
pub(crate) const REMEDY: &str =
    "change `refused`, or look at what else stands in the way of the object";

/// One cause for each object of a step that the kernel treated in another way than the file says.
pub(crate) fn causes(step: u32, obs: &Observations) -> impl Iterator<Item = Cause> + '_ {
    let wrong = expectations::wrongly_refused(obs);
    wrong.filter(move |r| r.step == step).map(|record| {
        let (name, why) = match (&record.errno, &record.said) {
            (None, _) => (NAMES[0], format!("this kernel takes `{}`", record.object)),
            (Some(errno), None) => (
                NAMES[1],
                format!("this kernel refuses `{}` with {errno}", record.object),
            ),
            (Some(errno), Some(said)) => (
                NAMES[1],
                format!(
                    "this kernel refuses `{}` with {errno}: {said}",
                    record.object
                ),
            ),
        };
        Cause {
            name: name.to_owned(),
            node: record.node.clone(),
            why,
            remedy: REMEDY.to_owned(),
        }
    })
}
