//! Owns the guest: another kernel, booted by QEMU, with an agent inside that is this program.
//!
//! The first root is one archive in three parts: a userland of a few Debian programs, the
//! kernel's modules, and the running executable with its own loader and libraries. There is no
//! disk and no shared folder, and nothing is left when QEMU is gone.
#![expect(
    clippy::disallowed_methods,
    reason = "it prepares files, starts QEMU and waits for it"
)]

mod apt;
mod archive;
mod boot;
mod broker;
mod cache;
mod choice;
mod console;
mod error;
mod init;
mod kernel;
mod kvm;
mod modules;
mod owner;
mod payload;
mod preload;
mod qemu;
mod release;
mod sources;
mod userland;
mod vmlinux;

pub use boot::{Guest, GuestConfig, cache_folder};
pub use broker::Broker;
pub(crate) use broker::broker_role;
pub use choice::KernelChoice;
pub use error::GuestError;
pub(crate) use init::init_role;
pub use qemu::Accel;
