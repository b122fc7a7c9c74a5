//! Owns the tables of what few states have: IP-TFS parameters, offload to a device, allocation of an SPI, migration.

use std::net::IpAddr;

use super::{
    number::{Number, Port},
    refusal::Errno,
};
use crate::{
    names::{Mark, Reqid, Spi},
    plan::{Mode, OffloadMode, Proto, SaDir},
    spec::{scalar::words, table::table},
};

table! {
    /// Parameters of an SA with `mode = "iptfs"`. `ip` has no words for them.
    pub(crate) struct IptfsSpec in "nodes.NAME.states.iptfs" {
        /// Microseconds that a missing packet is waited for.
        "drop-time" => drop_time: Number, default "the kernel's", example "1000", limit "with `dir = \"in\"`";
        /// Packets that may come out of order.
        "reorder-window" => reorder_window: Port, default "the kernel's", example "3", limit "with `dir = \"in\"`";
        /// Whether inner packets are left whole.
        "dont-frag" => dont_frag: bool, default "false", example "true", limit "with `dir = \"out\"`";
        /// Microseconds that the first inner packet waits for others.
        "init-delay" => init_delay: Number, default "the kernel's", example "1000", limit "with `dir = \"out\"`";
        /// Bytes that may wait.
        "max-queue-size" => max_queue_size: Number, default "the kernel's", example "100000", limit "with `dir = \"out\"`";
        /// Size of outer packets in bytes; 0 takes the path's MTU.
        "pkt-size" => pkt_size: Number, default "0", example "500", limit "with `dir = \"out\"`";
    }
}

table! {
    /// Offload of an SA to a device: `offload [crypto | packet] dev DEV dir DIR`.
    pub(crate) struct OffloadSpec in "nodes.NAME.states.offload" {
        /// What the device does: `crypto`, or the whole of IPsec.
        "mode" => mode: OffloadMode, default "crypto", example "\"packet\"";
        /// The device.
        "dev" => dev: String, required, example "\"eth1\"", limit "a device of the node";
        /// Direction of the SA. As with `ip`, it is the state's own `dir` as well.
        "dir" => dir: SaDir, required, example "\"out\"";
    }
}

table! {
    /// An SPI that is allocated: a state that is nothing but its SPI, as `ip xfrm state allocspi` makes it.
    pub(crate) struct AllocateSpec in "steps.do.allocspi" {
        /// Source address.
        "src" => src: IpAddr, required, example "\"3.0.0.1\"";
        /// Destination address.
        "dst" => dst: IpAddr, required, example "\"5.0.0.1\"", limit "of the family of `src`";
        /// Transform protocol.
        "proto" => proto: Proto, default "esp", example "\"ah\"";
        /// Mode.
        "mode" => mode: Mode, default "transport", example "\"tunnel\"";
        /// Reqid.
        "reqid" => reqid: Reqid, default "0", example "1";
        /// Mark under which it is looked up.
        "mark" => mark: Mark, default "none", example "\"0x1/0xff\"";
        /// Sequence number of the acquire that this answers.
        "seq" => seq: Number, default "0", example "1";
        /// Direction.
        "dir" => dir: SaDir, default "both", example "\"in\"";
        /// CPU.
        "pcpu-num" => pcpu_num: Number, default "none", example "0";
        /// Smallest SPI that will do.
        "min" => min: Spi, default "0x100", example "0x1000";
        /// Largest SPI that will do.
        "max" => max: Spi, default "0x0fffffff; 0xffff with `proto = \"comp\"`", example "0x1fff";
        /// The errno with which the kernel must refuse it.
        "refused" => refused: Errno, default "it must not", example "\"ENOENT\"";
    }
}

table! {
    /// Where the tunnel of a policy leads from now on (`XFRM_MSG_MIGRATE`). `ip` has no word for it.
    pub(crate) struct MigrateSpec in "steps.do.migrate" {
        /// Source address of the template and of its states.
        "src" => src: IpAddr, default "as it is", example "\"3.0.0.9\"";
        /// Destination address.
        "dst" => dst: IpAddr, default "as it is", example "\"5.0.0.1\"", limit "of the family of `src`";
    }
}

words!(OffloadMode, "offload mode", {
    "crypto" => OffloadMode::Crypto, "packet" => OffloadMode::Packet,
});
