//! Owns `Observations`: everything that a run saw, as plain data. It never touches
//! the kernel; the kernel-facing collectors live in [`crate::lab`].

mod command;
mod connection;
mod counter_names;
mod event;
mod fact;
mod freed;
mod hex;
mod installed;
mod log;
mod order;
mod sa;
mod spent;
mod types;
mod window;

pub use command::CommandRecord;
pub use connection::{Connection, Tracking};
pub use counter_names::{
    LINK_COUNTERS, NFT_COUNTERS, SA_COUNTERS, XFRM_COUNTERS, is_snmp_counter, snmp_groups,
};
pub use event::{EVENT_WORDS, SaKey, XfrmEvent, event_line, is_echo};
pub use fact::FactLine;
pub use freed::FreedPacket;
pub use installed::Installed;
pub use log::{LogLine, Moved, Taint};
pub(crate) use order::{LinkEnds, by_cause};
pub use sa::{ForeignSa, SaSample};
pub use spent::Spent;
pub use types::{
    ChangeRecord, CounterSample, Direction, ErrorOrigin, FlowRecord, Frame, KernelInfo, LinkType,
    Loss, NotWatched, Observations, PacketOutcome, RefusalRecord, RuleText, SocketError,
    StepRecord, Trace, TraceKind, TriggerRecord, Verdict,
};
pub use window::{Window, WindowSums};
