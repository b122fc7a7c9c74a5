#!/bin/sh
# Updating a state changes its limits, its output mark and the ports of its encapsulation; its keys and its selector stay as they are
# source: net/xfrm/xfrm_state.c xfrm_state_update (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

# Waits until the program in the background has its UDP socket: await_socket NODE PORT
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

ip netns add a && ip -n a link set lo up
ip netns add b && ip -n b link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec b sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.0.1.1/24 dev d0
ip -n a link set dev d0 up
ip -n b address add 10.0.2.1/24 dev d0
ip -n b link set dev d0 up
ip -n a route add 10.0.2.0/24 via 192.0.2.2 src 10.0.1.1
ip netns exec a socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket a 4500
ip netns exec a socat -u UDP4-RECV:4501,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket a 4501
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 encap espinudp 4500 4500 0.0.0.0
ip -n a xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b route add 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 encap espinudp 4500 4500 0.0.0.0
ip -n b xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
