//! Owns the roles that a process of ours can be started in: agent, pid 1 of a guest, broker.
//! What a role does is elsewhere.
//!
//! `unshare(CLONE_NEWUSER)` fails in a process with threads, and every libtest executable has
//! threads before the first test. So the role is looked up before `main`, from `.init_array`:
//! any executable that links this crate can serve as agent or broker, without a line of its own.

use std::{env, io, process};

use super::{local, userns::HostFacts};

/// Names the role of a process; absent in a person's command.
pub(crate) const ROLE_ENV: &str = "XFRMLAB_ROLE";

/// Runs the role that this process was started for and ends; returns if there is none.
///
/// Runs by itself before `main`; a `main` may call it first thing to make the point plain.
pub fn dispatch() {
    let Ok(role) = env::var(ROLE_ENV) else { return };
    // Children of this process must not mistake themselves for it.
    // SAFETY: a role is looked up before any thread exists.
    unsafe { env::remove_var(ROLE_ENV) };
    let ended = match role.as_str() {
        "agent" => local::serve_role(&HostFacts::read()),
        "guest-init" => crate::guest::init_role(),
        "broker" => crate::guest::broker_role(),
        unknown => Err(io::Error::other(format!(
            "`{ROLE_ENV}={unknown}` names no role"
        ))),
    };
    if let Err(error) = &ended {
        // The last resort: whoever started us sees the stream end and may read this.
        drop(io::Write::write_fmt(
            &mut io::stderr(),
            format_args!("xfrmlab {role}: {error}\n"),
        ));
    }
    process::exit(i32::from(ended.is_err()) * 3);
}

extern "C" fn before_main() {
    dispatch();
}

#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

/// For `pre_exec`: asks the kernel to kill this process when the thread that forked it ends,
/// and refuses to go on if that has happened already.
pub(crate) fn die_with_parent(parent: u32) -> impl FnMut() -> io::Result<()> + Send + Sync {
    move || {
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
        if nix::unistd::getppid().as_raw().cast_unsigned() == parent {
            Ok(())
        } else {
            // With an errno, which is all that `spawn` gets to know.
            Err(io::Error::from_raw_os_error(libc::EPIPE))
        }
    }
}
