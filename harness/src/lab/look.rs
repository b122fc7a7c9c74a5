//! Owns looking into a world: a script run in it, and the dumps after that. It never judges.

use std::{fs, path::Path};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};

use super::{error::LabError, world::World};
use crate::{observe::Installed, plan::Plan};

/// Where `ip netns` looks for names.
const NAMES: &str = "/run/netns";

/// Builds the world of `plan`, drives it where it has steps, runs `script` in its first node, and gives what that printed
/// and what is installed after it.
///
/// The calling thread gets mounts of its own, so that worlds with the same names stand side by side and whatever the
/// script makes with `ip netns add` ends with the thread, which must do nothing else afterwards.
///
/// # Errors
/// When the world cannot be built or driven, or a dump is refused.
pub fn look(plan: &Plan, script: &str) -> Result<(String, Vec<Installed>), LabError> {
    own_names().map_err(|e| LabError::new("make a folder of names", "", NAMES).io(&e))?;
    let mut world = World::build_named(plan)?;
    if !plan.steps.is_empty() {
        world.drive(plan)?;
    }
    let printed = world.script(script)?;
    Ok((printed, world.installed()?))
}

fn own_names() -> std::io::Result<()> {
    let none = None::<&Path>;
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    fs::create_dir_all(NAMES)?;
    mount(Some("tmpfs"), NAMES, Some("tmpfs"), MsFlags::MS_NODEV, none)?;
    Ok(())
}
