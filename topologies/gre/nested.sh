#!/bin/sh
# ESP in ESP: transport mode between the hosts inside the gateways' tunnel, each opened at its own end and nowhere else
# source: RFC 4301 section 4.5; net/xfrm/xfrm_input.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

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
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 10.0.2.1/24 dev eth0
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.100/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n h1 xfrm state add src 10.0.1.100 dst 10.0.2.100 proto esp spi 0xff5bf319 reqid 23785 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xa746e9d6597cb1c13f9dbeee0c854c630ce20955 128
ip -n h1 xfrm state add src 10.0.2.100 dst 10.0.1.100 proto esp spi 0xc0bbb245 reqid 23785 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x5dbde90ca9ff6b7d639b3d3a710f18ba19c3d0ec 128
ip -n h1 xfrm policy add src 10.0.1.100/32 dst 10.0.2.100/32 dir out tmpl src 10.0.1.100 dst 10.0.2.100 proto esp reqid 23785 mode transport
ip -n h1 xfrm policy add src 10.0.2.100/32 dst 10.0.1.100/32 dir in tmpl src 10.0.2.100 dst 10.0.1.100 proto esp reqid 23785 mode transport
ip -n r1 route add 10.0.2.0/24 via 192.0.2.2
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r2 route add 10.0.1.0/24 via 192.0.2.1
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n h2 route add default via 10.0.2.1
ip -n h2 xfrm state add src 10.0.1.100 dst 10.0.2.100 proto esp spi 0xff5bf319 reqid 23785 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xa746e9d6597cb1c13f9dbeee0c854c630ce20955 128
ip -n h2 xfrm state add src 10.0.2.100 dst 10.0.1.100 proto esp spi 0xc0bbb245 reqid 23785 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x5dbde90ca9ff6b7d639b3d3a710f18ba19c3d0ec 128
ip -n h2 xfrm policy add src 10.0.2.100/32 dst 10.0.1.100/32 dir out tmpl src 10.0.2.100 dst 10.0.1.100 proto esp reqid 23785 mode transport
ip -n h2 xfrm policy add src 10.0.1.100/32 dst 10.0.2.100/32 dir in tmpl src 10.0.1.100 dst 10.0.2.100 proto esp reqid 23785 mode transport
