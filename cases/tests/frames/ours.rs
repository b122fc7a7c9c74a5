//! The other direction: what our codec seals, a kernel must open; every algorithm of the codec, one step each in one
//! world per family, and beside it a packet that is wrong, which the kernel must refuse.

use std::fmt::Write as _;

use crate::{
    algorithm::{Algorithm, EVERY_ESP},
    lab,
};

/// Addresses of the sender, which has nothing but our codec, and of the kernel that opens.
const ENDS: [[&str; 2]; 2] = [["3.0.0.1", "3.0.0.2"], ["fd03::1", "fd03::2"]];

/// A world in which `kernel` is what the receiver has, and `ours` what the packets are sealed with.
fn world([src, dst]: [&str; 2], rows: &[(Algorithm, Algorithm)]) -> String {
    let mut text = format!(
        "title = \"sealed by the codec, {src} > {dst}\"\n\
         [nodes.r1]\n[[nodes.r2.policies]]\ndir = \"in\"\nsrc = \"{src}\"\ndst = \"{dst}\"\n\
         tmpl = {{ src = \"{src}\", dst = \"{dst}\", mode = \"tunnel\" }}\n\
         [[links]]\nends = [\"r1:eth1 3.0.0.1/24 fd03::1/64\", \"r2:eth1 3.0.0.2/24 fd03::2/64\"]\n"
    );
    for (index, (kernel, ours)) in rows.iter().enumerate() {
        let name = ours.name;
        let mut sa = |name: &str, at: &str, algorithm: &Algorithm| {
            let _ = write!(
                text,
                "[sas.{name}]\nsrc = \"{src}\"\ndst = \"{dst}\"\nproto = \"esp\"\nspi = {}\nmode = \"tunnel\"\n\
                 at = [\"{at}\"]\n{}",
                0x1000 + index,
                algorithm.text()
            );
        };
        sa(&format!("{name}-ours"), "r1", ours);
        sa(name, "r2", kernel);
        let _ = writeln!(
            text,
            "[[steps]]\nname = \"{name}\"\n\
             esp = {{ from = \"r1\", sa = \"{name}-ours\", seq = [1, 2], inner = {{ size = {} }} }}\n\
             expect.delivered = true\nexpect.counters.r2 = \"unchanged\"\n\
             expect.sas.\"r2 {name}\" = {{ packets = 2, failed = 0 }}",
            // Each leaves another rest of the block.
            40 + index
        );
        // Without an ICV only the end of what was decrypted can be wrong.
        let (wrong, failed) = match ours.icv {
            0 => ("pad-length", 0),
            _ => ("icv", 1),
        };
        let _ = writeln!(
            text,
            "[[steps]]\nname = \"{name}, {wrong} wrong\"\n\
             esp = {{ from = \"r1\", sa = \"{name}-ours\", seq = 3, wrong = \"{wrong}\" }}\n\
             expect.delivered = false\nexpect.counters.r2 = {{ XfrmInStateProtoError = 1 }}\n\
             expect.sas.\"r2 {name}\" = {{ packets = 0, failed = {failed} }}"
        );
    }
    text
}

/// What we seal with any algorithm of the codec, over either family, a kernel opens; and what is wrong it refuses.
#[test]
fn a_kernel_opens_what_the_codec_seals() {
    let rows: Vec<_> = EVERY_ESP.iter().map(|a| (*a, *a)).collect();
    for ends in ENDS {
        lab::passes("sealed by the codec", world(ends, &rows));
    }
}

/// A row in which the kernel has another key length, ICV or algorithm than the codec sealed with fails, and it alone.
#[test]
fn a_row_of_another_algorithm_fails() {
    use crate::algorithm::{
        CBC_128_SHA1_96, CTR_128_SHA1_96, GCM_128_ICV_96, GCM_128_ICV_128, GCM_256_ICV_128,
    };
    let rows = [
        (GCM_128_ICV_128, GCM_128_ICV_128),
        (GCM_128_ICV_96, GCM_256_ICV_128),
        (CTR_128_SHA1_96, CBC_128_SHA1_96),
    ];
    let failed = lab::failing_steps("sealed with another", world(ENDS[0], &rows));
    assert_eq!(failed, ["GCM_256_ICV_128", "CBC_128_SHA1_96"]);
}
