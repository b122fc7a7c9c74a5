#!/bin/sh
# A gateway whose network is behind a bridge: its hooks name the bridge, and no port of it
# source: net/bridge/br_input.c br_pass_frame_up (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip -n r1 link add br0 address 02:37:58:55:72:f0 type bridge
ip -n r2 link add d0 address 02:8a:55:10:1c:c4 type dummy
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.1.100/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 link set dev eth0 master br0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip -n r1 address add 10.0.1.1/24 dev br0
ip -n r1 link set dev br0 up
ip -n r2 address add 10.0.2.1/24 dev d0
ip -n r2 link set dev d0 up
ip -n h1 route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 via 192.0.2.2
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r2 route add 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
