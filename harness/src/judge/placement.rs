//! Owns where `encode` and `decode` stand: the kernel has no event for the xfrm lookup,
//! so both are placed by what was seen on either side, never copied from the plan.
//!
//! An envelope that leaves a node into which it did not come was made there. A packet
//! that goes on without an envelope that it had in the input hook was opened there.

use std::collections::BTreeSet;

use super::packet::Layer;
use super::passes::{Hook, Pass};
use super::sightings::Sightings;

/// Something that happened to a packet at a node; numbers are indexes of passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Pass(usize),
    Encode { sa: Option<String>, before: usize },
    Decode { sa: Option<String>, after: usize },
}

/// Envelopes that are already accounted for, by node, SPI, sequence number and source.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeSet<(String, u32, u32, String)>);

/// Puts encodes and decodes between the passes of one packet at one node.
pub(crate) fn place(sightings: &Sightings, known: &mut Known, passes: &[usize]) -> Vec<Moment> {
    let mut out = Vec::new();
    for (at, &index) in passes.iter().enumerate() {
        let pass = &sightings.passes()[index];
        let layers = sightings.layers(index);
        if matches!(pass.hook, Hook::Output | Hook::Postrouting) {
            // Innermost first: that is the order in which they were put on.
            for layer in layers.iter().rev() {
                if made_here(sightings, pass, layer)
                    && known
                        .0
                        .insert((pass.node.clone(), layer.spi, layer.seq, layer.src.clone()))
                {
                    out.push(Moment::Encode {
                        sa: layer.sa.clone(),
                        before: index,
                    });
                }
            }
        }
        out.push(Moment::Pass(index));
        // A device that was moved away takes what is opened here to another node.
        let next = passes.get(at + 1).copied();
        let left = next
            .map(|next| sightings.layers(next))
            .or_else(|| sightings.surfaced_elsewhere(index).then(Vec::new));
        if pass.hook == Hook::Input
            && let Some(left) = left
        {
            for layer in &layers {
                let gone = !left
                    .iter()
                    .any(|l| l.spi == layer.spi && l.seq == layer.seq);
                if gone {
                    out.push(Moment::Decode {
                        sa: layer.sa.clone(),
                        after: index,
                    });
                }
            }
        }
    }
    out
}

/// Whether an envelope never came into the node from outside.
fn made_here(sightings: &Sightings, pass: &Pass, layer: &Layer) -> bool {
    !sightings.came_in(&pass.node, layer)
}
