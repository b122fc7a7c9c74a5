//! Owns pid 1 of a guest: mounts what a system needs, starts the agent on its port, reaps, and
//! reboots (which ends QEMU) when the agent has ended. It runs nowhere but in a guest.

use std::{
    env, fs,
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt as _,
    sync::Arc,
};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_KOBJECT_UEVENT};
use nix::{
    mount::{MsFlags, mount},
    sys::{
        reboot::{RebootMode, reboot},
        wait::wait,
    },
    unistd::{ForkResult, fork, setsid},
};

use super::qemu::PORT;
use crate::agent::{Lab, serve, usual_jobs};

/// What the kernel calls when it misses a module (Documentation/admin-guide/sysctl/kernel.rst).
const MODPROBE: &str = "/usr/sbin/modprobe";
/// The kernel asks for a dozen modules by names that none has; a static program says so in a
/// quarter of the time that `kmod` takes. But busybox takes a module for loaded that another
/// processor has only begun to load, the kernel then looks for what the module has not
/// registered yet, and a lab is refused `rfc4106(gcm(aes))` or its nftables expression. `kmod`
/// waits for it, and has nothing to do where the module is there by now.
const MODPROBE_SCRIPT: &str = "#!/usr/bin/busybox sh
/usr/bin/busybox modprobe \"$@\"
code=$?
while read -r name size users by state rest; do
    [ \"$state\" = Loading ] && exec /usr/lib/kmod/modprobe \"$@\"
done < /proc/modules
exit $code
";

/// The role `guest-init`.
pub(crate) fn init_role() -> io::Result<()> {
    if std::process::id() != 1 {
        return Err(io::Error::other("this is not pid 1 of a guest"));
    }
    let set_up = set_up();
    // SAFETY: pid 1 has one thread here.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_up?;
            setsid()?;
            let preload = std::thread::Builder::new()
                .name("preload".to_owned())
                .spawn(super::preload::preload)?;
            let port = Arc::new(open_port()?);
            // No lab before all is held: what is switched on under its traffic can kill the guest.
            if preload.join().is_err() {
                return Err(io::Error::other("the loading of modules panicked"));
            }
            serve(
                Port(Arc::clone(&port)),
                Port(port),
                &Lab::default(),
                usual_jobs(),
            )
        }
        ForkResult::Parent { child } => {
            // Pid 1 inherits every orphan, and reaps it.
            while wait()?.pid() != Some(child) {}
            nix::unistd::sync();
            match reboot(RebootMode::RB_AUTOBOOT)? {}
        }
    }
}

fn set_up() -> io::Result<()> {
    // SAFETY: pid 1 has one thread here.
    unsafe {
        env::set_var("PATH", "/usr/sbin:/usr/bin");
        env::set_var("HOME", "/root");
        env::set_var("TERM", "linux");
    }
    let none = None::<&str>;
    for (kind, place) in [
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("devtmpfs", "/dev"),
        ("tmpfs", "/run"),
        ("tmpfs", "/tmp"),
    ] {
        mount(Some(kind), place, Some(kind), MsFlags::empty(), none)
            .map_err(|e| io::Error::other(format!("mount {place}: {e}")))?;
    }
    // Pseudo-terminals, for a person's shell.
    fs::create_dir_all("/dev/pts")?;
    mount(
        Some("devpts"),
        "/dev/pts",
        Some("devpts"),
        MsFlags::empty(),
        Some("ptmxmode=0666"),
    )
    .map_err(|e| io::Error::other(format!("mount /dev/pts: {e}")))?;
    // From here on the kernel may load modules by itself.
    fs::create_dir("/usr/lib/kmod")?;
    std::os::unix::fs::symlink("../../bin/kmod", "/usr/lib/kmod/modprobe")?;
    fs::write(MODPROBE, MODPROBE_SCRIPT)?;
    fs::set_permissions(MODPROBE, fs::Permissions::from_mode(0o755))?;
    // Fallback devices (`ip_vti0`, `gre0`, ...) stay out of the nodes of a lab
    // (Documentation/admin-guide/sysctl/net.rst).
    fs::write("/proc/sys/net/core/fb_tunnels_only_for_init_net", "1")?;
    Ok(())
}

/// Opens the agent's port. The driver announces ports one by one, perhaps after pid 1 began.
fn open_port() -> io::Result<fs::File> {
    super::preload::port_drivers();
    let mut events = Socket::new(NETLINK_KOBJECT_UEVENT)?;
    events.bind(&SocketAddr::new(0, 1))?;
    loop {
        if let Some(device) = port_device() {
            return fs::OpenOptions::new().read(true).write(true).open(device);
        }
        // Each uevent may be the one that names the port.
        events.recv_from_full()?;
    }
}

fn port_device() -> Option<std::path::PathBuf> {
    let ports = fs::read_dir("/sys/class/virtio-ports").ok()?;
    ports.filter_map(Result::ok).find_map(|port| {
        let name = fs::read_to_string(port.path().join("name")).ok()?;
        (name.trim() == PORT).then(|| std::path::Path::new("/dev").join(port.file_name()))
    })
}

/// The port read by one thread and written by others.
struct Port(Arc<fs::File>);

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
