//! The tables of the language, one file per subject: what a file may say, with the
//! documentation that the reference is made of.

pub(crate) mod about;
pub(crate) mod change;
pub(crate) mod condition;
pub(crate) mod device;
pub(crate) mod encap;
pub(crate) mod exec;
pub(crate) mod file;
pub(crate) mod flags;
pub(crate) mod impair;
pub(crate) mod lines;
pub(crate) mod network;
pub(crate) mod number;
pub(crate) mod offloads;
pub(crate) mod rare;
pub(crate) mod refusal;
pub(crate) mod rule;
pub(crate) mod rules;
pub(crate) mod sa;
pub(crate) mod spd;
pub(crate) mod steps;
pub(crate) mod traffic;
pub(crate) mod transform;
pub(crate) mod variant;
