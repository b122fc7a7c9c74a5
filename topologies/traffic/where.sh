#!/bin/sh
# Who receives is said where no node has the address; sealed, raw and keepalive packets have the fields that they are given
# source: nft(8) dnat; RFC 3948 section 2.3; RFC 4303 section 2
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

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns add h2 && ip -n h2 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip link add name eth0 netns r2 address 02:05:d3:45:1e:14 type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.1.100/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 10.0.1.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 3.0.0.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 3.0.0.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 10.0.2.1/24 dev eth0
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.100/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 via 3.0.0.2
ip netns exec r1 socat -u UDP4-RECV:4501,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket r1 4501
ip -n r1 xfrm state add src 3.0.0.1 dst 3.0.0.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r1 xfrm state add src 3.0.0.2 dst 3.0.0.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r1 xfrm state add src 3.0.0.1 dst 3.0.0.2 proto ah spi 0xecd7b35d reqid 60551 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0xfef1782169d8b918930d9fa3ea8877c2d8d6c89f17e5cef5abebc499b2f7d5f8 128
ip -n r1 xfrm state add src 3.0.0.2 dst 3.0.0.1 proto ah spi 0x6326bea3 reqid 60551 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0x402acf918b8d69932dfa58db866a04aa8110559b73021da6f17d20af68489e5a 128
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 3.0.0.1 dst 3.0.0.2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 3.0.0.2 dst 3.0.0.1 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 3.0.0.2 dst 3.0.0.1 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.9.0/24 dst 10.0.2.0/24 dir out tmpl src 3.0.0.1 dst 3.0.0.2 proto ah reqid 60551 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.9.0/24 dir in tmpl src 3.0.0.2 dst 3.0.0.1 proto ah reqid 60551 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.9.0/24 dir fwd tmpl src 3.0.0.2 dst 3.0.0.1 proto ah reqid 60551 mode tunnel
ip -n r2 route add 10.0.1.0/24 via 3.0.0.1
ip netns exec r2 nft -f - <<'EOF'
table ip t { chain pre { type nat hook prerouting priority dstnat; ip daddr 10.0.2.1 meta l4proto { tcp, udp } th dport { 80, 5000 } dnat to 10.0.2.100; }; }
EOF
ip netns exec r2 socat -u UDP4-RECV:4502,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket r2 4502
ip -n r2 xfrm state add src 3.0.0.1 dst 3.0.0.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r2 xfrm state add src 3.0.0.2 dst 3.0.0.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r2 xfrm state add src 3.0.0.1 dst 3.0.0.2 proto ah spi 0xecd7b35d reqid 60551 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0xfef1782169d8b918930d9fa3ea8877c2d8d6c89f17e5cef5abebc499b2f7d5f8 128
ip -n r2 xfrm state add src 3.0.0.2 dst 3.0.0.1 proto ah spi 0x6326bea3 reqid 60551 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0x402acf918b8d69932dfa58db866a04aa8110559b73021da6f17d20af68489e5a 128
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 3.0.0.2 dst 3.0.0.1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 3.0.0.1 dst 3.0.0.2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 3.0.0.1 dst 3.0.0.2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.9.0/24 dir out tmpl src 3.0.0.2 dst 3.0.0.1 proto ah reqid 60551 mode tunnel
ip -n r2 xfrm policy add src 10.0.9.0/24 dst 10.0.2.0/24 dir in tmpl src 3.0.0.1 dst 3.0.0.2 proto ah reqid 60551 mode tunnel
ip -n r2 xfrm policy add src 10.0.9.0/24 dst 10.0.2.0/24 dir fwd tmpl src 3.0.0.1 dst 3.0.0.2 proto ah reqid 60551 mode tunnel
ip -n h2 route add default via 10.0.2.1
