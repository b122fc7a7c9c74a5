//! Owns what is kept of the kernel's log and taint, and of counters beside those of xfrm.

use serde::{Deserialize, Serialize};

/// One line of the kernel's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The step during which it was read; 0 also for what the building of the lab caused.
    pub step: u32,
    /// Severity, 0 to 7 (`KERN_EMERG` to `KERN_DEBUG`).
    pub level: u8,
    pub text: String,
}

/// `/proc/sys/kernel/tainted` before and after a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    pub before: u64,
    pub after: u64,
}

/// By how much one counter moved in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub step: u32,
    pub node: String,
    /// `snmp`, `link eth0`, `nft inet filter hits`.
    pub group: String,
    /// As `nstat`, `ip -s link` and `nft` name it.
    pub counter: String,
    /// 0 only where the file speaks of it.
    pub delta: i64,
}

/// What begins the report of a fault in the kernel (`__warn`, `panic`, the lockup detectors, the sanitizers).
const FAULTS: [&str; 14] = [
    "------------[ cut here ]------------",
    "WARNING: ",
    "BUG: ",
    "kernel BUG at",
    "Oops: ",
    "general protection fault",
    "divide error",
    "INFO: task ",
    "INFO: rcu",
    "rcu: INFO: ",
    "UBSAN: ",
    "Kernel panic",
    "refcount_t: ",
    "unregister_netdevice: waiting for",
];

impl LogLine {
    /// Whether it begins the report of a fault in the kernel.
    pub fn is_fault(&self) -> bool {
        let watchdog = self.text.strip_prefix("watchdog: ").unwrap_or(&self.text);
        FAULTS.iter().any(|fault| watchdog.starts_with(fault))
    }
}

#[cfg(test)]
mod tests {
    use super::LogLine;

    #[track_caller]
    fn check(text: &str, fault: bool) {
        let line = LogLine {
            step: 0,
            level: 4,
            text: text.to_owned(),
        };
        assert_eq!(line.is_fault(), fault, "{text}");
    }

    #[test]
    fn splats_and_lockups_are_faults_and_chatter_is_none() {
        check(
            "WARNING: CPU: 1 PID: 7 at net/xfrm/xfrm_policy.c:1 f+0x1/0x2",
            true,
        );
        check("watchdog: BUG: soft lockup - CPU#0 stuck for 22s!", true);
        check(
            "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
            true,
        );
        check("BUG: KASAN: slab-use-after-free in f+0x1/0x2", true);
        check(
            "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready",
            false,
        );
        check("alg: No test for echainiv(...): BUGS are elsewhere", false);
    }
}
