//! Owns the text face of encapsulation sockets: a `socat` in the background, and the waiting until it has its socket.

use crate::plan::EncapSocket;

/// The shell function that waits, and its text. `ip netns exec` becomes the program that it runs, so the socket is that
/// of the process that was started last.
pub(super) const AWAIT: &str = "await_socket";
pub(super) const AWAIT_TEXT: &str = r#"# Waits until the program in the background has its UDP socket: await_socket NODE PORT
await_socket() {
    tries=100
    until ip netns exec "$1" ss -Hulnp "sport = :$2" | grep -q "pid=$!,"; do
        tries=$((tries - 1))
        if ! kill -0 $! 2>/dev/null || [ $tries -eq 0 ]; then
            echo "UDP port $2 of $1 was not opened" >&2
            exit 1
        fi
        sleep 0.1
    done
}
"#;

/// The words of a `socat` that holds the socket open and throws away what ESP input leaves to it.
pub(super) fn socat(socket: &EncapSocket) -> String {
    let family = if socket.address.is_ipv6() { 6 } else { 4 };
    let bind = if socket.address.is_unspecified() {
        String::new()
    } else if socket.address.is_ipv6() {
        format!(",bind=[{}]", socket.address)
    } else {
        format!(",bind={}", socket.address)
    };
    // Level 17 is UDP, option 100 `UDP_ENCAP`, value 2 `UDP_ENCAP_ESPINUDP` (linux/udp.h).
    format!(
        "socat -u UDP{family}-RECV:{}{bind},setsockopt-int=17:100:2 OPEN:/dev/null",
        socket.port
    )
}

/// The command for a socket that must be refused. One that could be opened must end, too: its input, which is empty, goes
/// to where nobody is.
pub(super) fn refused_socat(node: &str, socket: &EncapSocket) -> String {
    let family = if socket.address.is_ipv6() { 6 } else { 4 };
    let (bind, nowhere) = if family == 6 {
        (format!("[{}]", socket.address), "[::1]")
    } else {
        (socket.address.to_string(), "127.0.0.1")
    };
    format!(
        "! ip netns exec {node} socat -u OPEN:/dev/null \
         UDP{family}-DATAGRAM:{nowhere}:9,bind={bind}:{},setsockopt-int=17:100:2 || exit 1",
        socket.port
    )
}
