#!/bin/sh
# ESP sealed by hand in transport mode over IPv6, in UDP, and with extended sequence numbers
# source: RFC 4303 sections 2.2.1 and 3.1; RFC 3948 section 2.1
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
    net.ipv6.conf.all.forwarding=0 \
    net.ipv6.conf.default.forwarding=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv6.conf.all.accept_redirects=0 \
    net.ipv6.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.icmp.ratelimit=0 \
    net.ipv6.conf.all.accept_dad=0 \
    net.ipv6.conf.default.accept_dad=0 \
    net.ipv6.conf.all.dad_transmits=0 \
    net.ipv6.conf.default.dad_transmits=0 \
    net.ipv6.conf.all.router_solicitations=0 \
    net.ipv6.conf.default.router_solicitations=0 \
    net.ipv6.conf.all.accept_ra=0 \
    net.ipv6.conf.default.accept_ra=0
ip netns exec b sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv6.conf.all.forwarding=0 \
    net.ipv6.conf.default.forwarding=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv6.conf.all.accept_redirects=0 \
    net.ipv6.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.icmp.ratelimit=0 \
    net.ipv6.conf.all.accept_dad=0 \
    net.ipv6.conf.default.accept_dad=0 \
    net.ipv6.conf.all.dad_transmits=0 \
    net.ipv6.conf.default.dad_transmits=0 \
    net.ipv6.conf.all.router_solicitations=0 \
    net.ipv6.conf.default.router_solicitations=0 \
    net.ipv6.conf.all.accept_ra=0 \
    net.ipv6.conf.default.accept_ra=0
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.1/24 dev eth0
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
ip -n b address add fd00::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a address add 10.1.0.1/32 dev d0
ip -n a link set dev d0 up
ip -n b address add 10.1.0.2/32 dev d0
ip -n b link set dev d0 up
ip netns exec a socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket a 4500
ip -n a xfrm state add src fd00::1 dst fd00::2 proto esp spi 0xfcadad7f reqid 19867 mode transport replay-window 32 auth-trunc 'hmac(sha256)' 0xfb3a7e42f99be2e135ba9f9dd5e749bb490137b68f2f1bfc7bc47b3c998d8b60 128 enc 'cbc(aes)' 0xfbcbe20a2786541cd7d86edc2315ee8f
ip -n a xfrm state add src fd00::2 dst fd00::1 proto esp spi 0xc0146273 reqid 19867 mode transport replay-window 32 auth-trunc 'hmac(sha256)' 0x719d1bef6445b27c2d43dfa5a648ee3ffd841fb69518138ed1e19ac8f3f5bc19 128 enc 'cbc(aes)' 0x8d94344e1386259b892580296a55fbef
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x5d0e302f reqid 60891 mode tunnel replay-window 64 flag esn aead 'rfc4106(gcm(aes))' 0x71346a3c7a513185a73083e8dcb8dd90cc811ff1 128 encap espinudp 4500 4500 0.0.0.0
ip -n a xfrm state add src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x4ac4a025 reqid 60891 mode tunnel replay-window 64 flag esn aead 'rfc4106(gcm(aes))' 0x9c5cadf071478c2803dcffd872bde6c6ab1adc5b 128 encap espinudp 4500 4500 0.0.0.0
ip -n a xfrm policy add src fd00::1/128 dst fd00::2/128 dir out tmpl src fd00::1 dst fd00::2 proto esp reqid 19867 mode transport
ip -n a xfrm policy add src fd00::2/128 dst fd00::1/128 dir in tmpl src fd00::2 dst fd00::1 proto esp reqid 19867 mode transport
ip -n a xfrm policy add src 10.1.0.1/32 dst 10.1.0.2/32 dir out tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 60891 mode tunnel
ip -n a xfrm policy add src 10.1.0.2/32 dst 10.1.0.1/32 dir in tmpl src 10.0.0.2 dst 10.0.0.1 proto esp reqid 60891 mode tunnel
ip -n a xfrm policy add src 10.1.0.2/32 dst 10.1.0.1/32 dir fwd tmpl src 10.0.0.2 dst 10.0.0.1 proto esp reqid 60891 mode tunnel
ip netns exec b socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket b 4500
ip -n b xfrm state add src fd00::1 dst fd00::2 proto esp spi 0xfcadad7f reqid 19867 mode transport replay-window 32 auth-trunc 'hmac(sha256)' 0xfb3a7e42f99be2e135ba9f9dd5e749bb490137b68f2f1bfc7bc47b3c998d8b60 128 enc 'cbc(aes)' 0xfbcbe20a2786541cd7d86edc2315ee8f
ip -n b xfrm state add src fd00::2 dst fd00::1 proto esp spi 0xc0146273 reqid 19867 mode transport replay-window 32 auth-trunc 'hmac(sha256)' 0x719d1bef6445b27c2d43dfa5a648ee3ffd841fb69518138ed1e19ac8f3f5bc19 128 enc 'cbc(aes)' 0x8d94344e1386259b892580296a55fbef
ip -n b xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x5d0e302f reqid 60891 mode tunnel replay-window 64 flag esn aead 'rfc4106(gcm(aes))' 0x71346a3c7a513185a73083e8dcb8dd90cc811ff1 128 encap espinudp 4500 4500 0.0.0.0
ip -n b xfrm state add src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x4ac4a025 reqid 60891 mode tunnel replay-window 64 flag esn aead 'rfc4106(gcm(aes))' 0x9c5cadf071478c2803dcffd872bde6c6ab1adc5b 128 encap espinudp 4500 4500 0.0.0.0
ip -n b xfrm policy add src fd00::2/128 dst fd00::1/128 dir out tmpl src fd00::2 dst fd00::1 proto esp reqid 19867 mode transport
ip -n b xfrm policy add src fd00::1/128 dst fd00::2/128 dir in tmpl src fd00::1 dst fd00::2 proto esp reqid 19867 mode transport
ip -n b xfrm policy add src 10.1.0.2/32 dst 10.1.0.1/32 dir out tmpl src 10.0.0.2 dst 10.0.0.1 proto esp reqid 60891 mode tunnel
ip -n b xfrm policy add src 10.1.0.1/32 dst 10.1.0.2/32 dir in tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 60891 mode tunnel
ip -n b xfrm policy add src 10.1.0.1/32 dst 10.1.0.2/32 dir fwd tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 60891 mode tunnel
