//! Owns the QEMU command: one guest as processor, memory, kernel, first root and two streams.
//! It knows nothing of what is said over the streams.

use std::{
    io::{self, Write as _},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt as _},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use super::payload;
use crate::agent::{ROLE_ENV, SELF_ENV};

pub(crate) const PROGRAM: &str = "qemu-system-x86_64";

/// Name of the virtio-serial port that carries the agent's protocol.
pub(crate) const PORT: &str = "xfrmlab.agent";

/// What executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// The processor itself.
    Kvm,
    /// QEMU's emulation.
    Tcg,
}

impl Accel {
    /// Processors of a guest. Two with KVM. One under emulation, where a second makes every atomic
    /// instruction and every flushed translation dearer, and labs wait for each other at the
    /// kernel's locks anyway: the 134 files and variants of `policy/` took 22 s of processor time
    /// with two and 17 s with one, so two guests of one processor do more than one guest of two.
    pub(crate) fn cpus(self) -> u32 {
        match self {
            Self::Kvm => 2,
            Self::Tcg => 1,
        }
    }

    /// For the first line of a report.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Kvm => "with KVM",
            Self::Tcg => "emulated",
        }
    }
}

/// One guest to start.
pub(crate) struct Machine<'a> {
    pub(crate) accel: Accel,
    pub(crate) cpus: u32,
    pub(crate) memory_mib: u32,
    pub(crate) kernel: PathBuf,
    /// Further words for the kernel's command line.
    pub(crate) append: &'a str,
    /// Archives that together are the first root, in this order.
    pub(crate) archives: &'a [Vec<u8>],
    pub(crate) agent: UnixStream,
    pub(crate) console: UnixStream,
}

impl Machine<'_> {
    /// The command that starts the guest. It holds the streams; drop it after use.
    pub(crate) fn command(self) -> io::Result<Command> {
        let root = memory_file(self.archives)?;
        let (agent, console) = (OwnedFd::from(self.agent), OwnedFd::from(self.console));
        let mut command = Command::new(PROGRAM);
        command
            .args([
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-no-reboot",
            ])
            .args(["-machine", "pc"])
            .args(accelerator(self.accel))
            .arg("-smp")
            .arg(self.cpus.to_string())
            .arg("-m")
            .arg(self.memory_mib.to_string())
            .arg("-chardev")
            .arg(format!("socket,id=console,fd={}", console.as_raw_fd()))
            .args(["-serial", "chardev:console"])
            .args(["-device", "virtio-serial-pci"])
            .arg("-chardev")
            .arg(format!("socket,id=agent,fd={}", agent.as_raw_fd()))
            .arg("-device")
            .arg(format!("virtserialport,chardev=agent,name={PORT}"))
            .arg("-kernel")
            .arg(self.kernel)
            .arg("-initrd")
            .arg(Path::new("/proc/self/fd").join(root.as_raw_fd().to_string()))
            .arg("-append")
            .arg(kernel_command_line(self.append))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(console.try_clone()?);
        // SAFETY: only `fcntl` runs between fork and exec.
        unsafe {
            command.pre_exec(move || {
                for fd in [&root, &agent, &console] {
                    fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
                }
                Ok(())
            });
        }
        Ok(command)
    }
}

fn accelerator(accel: Accel) -> [&'static str; 4] {
    match accel {
        Accel::Kvm => ["-accel", "kvm", "-cpu", "host"],
        // Without CMPXCHG16B: QEMU 7.2 leaves garbage in the flags behind it, and a timer
        // interrupt at that instruction, which the kernel's allocator executes all the time,
        // then returns with the VM flag set: a double fault in one boot of ten.
        Accel::Tcg => ["-accel", "tcg,thread=multi", "-cpu", "max,-cx16"],
    }
}

/// Words that make the boot short, then the way to pid 1: the payload through its own loader.
fn kernel_command_line(append: &str) -> String {
    let quick = [
        // Kernel messages of level warning and worse, on the console alone.
        "console=ttyS0 quiet loglevel=4 8250.nr_uarts=1",
        // QEMU ends where the kernel would reboot.
        "panic=-1 oops=panic reboot=t",
        // A third of an emulated boot: algorithm self-tests, entropy, mitigations, clearing pages.
        "cryptomgr.notests random.trust_cpu=on mitigations=off init_on_alloc=0 audit=0",
        "tsc=reliable no_timer_check i8042.noaux i8042.nokbd",
        // ACPI stays on, though it takes a quarter second: Debian's cloud kernels read the second
        // processor, the local timers and the HPET from its tables alone. Without it the guest has
        // one processor, and where the host was busy while the kernel measured the TSC against the
        // PIT, a clock that moves every 4 ms, by which no two hops can be told apart.
        "lsm=capability",
    ]
    .join(" ");
    let folder = payload::FOLDER;
    format!(
        "{quick} {ROLE_ENV}=guest-init {SELF_ENV}={folder} rdinit={folder}/ld.so \
         {append} -- --library-path {folder} {folder}/self"
    )
}

/// A file without a name, so that a killed run leaves none behind.
fn memory_file(archives: &[Vec<u8>]) -> io::Result<OwnedFd> {
    use nix::sys::memfd::{MFdFlags, memfd_create};
    let mut file = std::fs::File::from(memfd_create(c"xfrmlab-root", MFdFlags::MFD_CLOEXEC)?);
    for archive in archives {
        file.write_all(archive)?;
    }
    Ok(file.into())
}
