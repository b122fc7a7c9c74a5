//! Owns `Observations`: everything that a run saw, as plain data. It never touches
//! the kernel; the kernel-facing collectors live in [`crate::lab`].

mod event;
mod order;
mod types;

pub use event::{EVENT_WORDS, EventLine, SaKey, XfrmEvent};
pub(crate) use order::{LinkEnds, by_cause};
pub use types::{
    ChangeRecord, CounterSample, Direction, ErrorOrigin, FlowRecord, Frame, KernelInfo, LinkType,
    Loss, NotWatched, Observations, PacketOutcome, RefusalRecord, RuleText, SaSample, SocketError,
    StepRecord, Trace, TraceKind, TriggerRecord, Verdict,
};
