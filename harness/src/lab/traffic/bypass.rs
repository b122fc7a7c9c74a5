//! Owns the policy of a socket whose packets no policy of its node may touch, as an IKE daemon
//! sets it for its own socket. What was sealed here must not be sealed once more.

use std::{io, os::fd::OwnedFd};

use crate::lab::sockopt;

/// `sizeof(struct xfrm_userpolicy_info)` (`include/uapi/linux/xfrm.h`):
///
/// ```text
///   0..56   selector, its family in 40..42
///  56..120  lifetime limits, none
/// 120..152  lifetime so far
/// 152..160  priority, index
/// 160       direction
/// 161       action, 0 to allow
/// 162..164  flags, share
/// 164..168  padding
/// ```
const SIZE: usize = 168;
const FAMILY: std::ops::Range<usize> = 40..42;
const DIRECTION: usize = 160;
/// `XFRM_POLICY_OUT`.
const OUT: u8 = 1;
/// `IP_XFRM_POLICY` and `IPV6_XFRM_POLICY`.
const V4: (i32, i32) = (libc::IPPROTO_IP, 17);
const V6: (i32, i32) = (libc::IPPROTO_IPV6, 35);

/// Lets everything that the socket sends pass untransformed.
pub(super) fn set(fd: &OwnedFd, v4: bool) -> io::Result<()> {
    let mut policy = [0; SIZE];
    let family = if v4 { libc::AF_INET } else { libc::AF_INET6 } as u16;
    policy[FAMILY].copy_from_slice(&family.to_ne_bytes());
    policy[DIRECTION] = OUT;
    let (level, option) = if v4 { V4 } else { V6 };
    sockopt::set_bytes(fd, level, option, &policy)
}
