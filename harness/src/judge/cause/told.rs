//! Owns what senders were told: errors that nodes sent, and sends that a kernel refused.

use std::net::IpAddr;

use super::evidence::Evidence;
use crate::judge::finding::{FindingKind, Sign};
use crate::judge::line::Place;
use crate::judge::packet::IcmpError;
use crate::judge::passes::Hook;
use crate::observe::PacketOutcome;
use crate::plan::SocketOptions;

impl<'a> Evidence<'a> {
    /// An ICMP error of this kind that the node itself sent: its words. Where nothing was lost, that nobody listens counts
    /// only where the file does not say so.
    pub(crate) fn sent_error(&self, kind: IcmpError) -> Option<String> {
        let words = self.error_sent(kind)?;
        // Nobody has to listen. All others say why something did not go on.
        let minded = || self.any_lost() || self.is_unexpected(&words) || self.told_otherwise();
        (kind != IcmpError::PortUnreachable || minded()).then_some(words)
    }

    /// Whether a line with these words was seen that the file does not have.
    fn is_unexpected(&self, words: &str) -> bool {
        let lines = self.findings.iter().flat_map(|f| &f.diff);
        lines
            .into_iter()
            .any(|l| l.sign == Sign::Unexpected && l.text.contains(words))
    }

    /// Whether a sender was told something else than the file says.
    fn told_otherwise(&self) -> bool {
        let mut all = self.findings.iter();
        all.any(|f| f.kind == FindingKind::Told)
    }

    /// The same, whatever the file says.
    pub(crate) fn error_sent(&self, kind: IcmpError) -> Option<String> {
        self.story
            .journeys
            .iter()
            .filter(|j| !j.is_flow() && j.kind.error == Some(kind))
            .find(|j| {
                j.events.first().is_some_and(|e| {
                    e.node == self.node && e.line.place != Place::Hook(Hook::Prerouting)
                })
            })
            .map(|j| j.packet.head.join(" "))
    }

    /// Where a packet was for that the kernel refused to send at this node.
    pub(crate) fn refused_to(&self) -> Option<IpAddr> {
        self.refused_socket().map(|(_, to)| to)
    }

    /// The device that such a packet's socket was bound to.
    pub(crate) fn refused_device(&self) -> Option<&'a str> {
        self.refused_socket()?.0.device.as_deref()
    }

    fn refused_socket(&self) -> Option<(&'a SocketOptions, IpAddr)> {
        let record = self.obs.steps.get(self.step as usize)?;
        let flows = self.plan_step()?.flows.iter().zip(&record.flows);
        let mut mine = flows.filter(|(flow, _)| flow.traffic.from() == self.node);
        let refused = |p: &PacketOutcome| p.send_error.is_some();
        let (flow, _) = mine.find(|(_, seen)| seen.packets.iter().any(refused))?;
        flow.traffic.socket()
    }

    /// Errno name with which the kernel refused to send at this node, where somebody waits for the packet or the file
    /// says something else of it.
    pub(crate) fn send_error(&self) -> Option<&'a str> {
        if !self.any_lost() && !self.told_otherwise() {
            return None;
        }
        let record = self.obs.steps.get(self.step as usize)?;
        let flows = self.plan_step()?.flows.iter().zip(&record.flows);
        flows
            .filter(|(flow, _)| flow.traffic.from() == self.node)
            .flat_map(|(_, seen)| &seen.packets)
            .find_map(|p| p.send_error.as_deref())
    }
}
