#!/bin/sh
# Two VTIs with selectors for everything: the key alone keeps their SAs and policies apart
# source: net/ipv4/ip_vti.c (Linux 6.12); strongSwan documentation, route-based VPN
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add gw && ip -n gw link set lo up
ip netns add p1 && ip -n p1 link set lo up
ip netns add p2 && ip -n p2 link set lo up
ip netns exec gw sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec p1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec p2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth1 netns gw address 02:ae:ee:e7:8d:67 type veth peer name eth0 netns p1 address 02:4f:9d:3b:11:57
ip link add name eth2 netns gw address 02:5c:bd:d3:e9:e3 type veth peer name eth0 netns p2 address 02:cf:bd:cf:ea:96
ip -n gw link add vti1 type vti local 192.0.2.1 remote 192.0.2.2 ikey 1 okey 1
ip -n gw link add vti2 type vti local 198.51.100.1 remote 198.51.100.2 ikey 2 okey 2
ip -n p1 link add vti0 type vti local 192.0.2.2 remote 192.0.2.1 ikey 1 okey 1
ip -n p2 link add vti0 type vti local 198.51.100.2 remote 198.51.100.1 ikey 2 okey 2
ip netns exec gw ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n gw address add 192.0.2.1/24 dev eth1
ip -n gw link set dev eth1 up
ip netns exec p1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n p1 address add 192.0.2.2/24 dev eth0
ip -n p1 link set dev eth0 up
ip netns exec gw ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n gw address add 198.51.100.1/24 dev eth2
ip -n gw link set dev eth2 up
ip netns exec p2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n p2 address add 198.51.100.2/24 dev eth0
ip -n p2 link set dev eth0 up
ip -n gw address add 10.9.0.9/32 dev vti1
ip -n gw link set dev vti1 up
ip -n gw address add 10.9.0.8/32 dev vti2
ip -n gw link set dev vti2 up
ip -n p1 address add 10.9.0.1/32 dev vti0
ip -n p1 link set dev vti0 up
ip -n p2 address add 10.9.0.2/32 dev vti0
ip -n p2 link set dev vti0 up
ip -n gw route add 10.9.0.1/32 dev vti1
ip -n gw route add 10.9.0.2/32 dev vti2
ip -n gw xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel mark 0x1 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128
ip -n gw xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel mark 0x1 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128
ip -n gw xfrm state add src 198.51.100.1 dst 198.51.100.2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel mark 0x2 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128
ip -n gw xfrm state add src 198.51.100.2 dst 198.51.100.1 proto esp spi 0x83555db7 reqid 32651 mode tunnel mark 0x2 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x1 mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x1 mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd mark 0x1 mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x2 mask 0xffffffff tmpl src 198.51.100.1 dst 198.51.100.2 proto esp reqid 32651 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x2 mask 0xffffffff tmpl src 198.51.100.2 dst 198.51.100.1 proto esp reqid 32651 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd mark 0x2 mask 0xffffffff tmpl src 198.51.100.2 dst 198.51.100.1 proto esp reqid 32651 mode tunnel
ip -n p1 route add 10.9.0.9/32 dev vti0
ip -n p1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel mark 0x1 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128
ip -n p1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel mark 0x1 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128
ip -n p1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x1 mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n p1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x1 mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n p1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd mark 0x1 mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n p2 route add 10.9.0.8/32 dev vti0
ip -n p2 xfrm state add src 198.51.100.1 dst 198.51.100.2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel mark 0x2 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128
ip -n p2 xfrm state add src 198.51.100.2 dst 198.51.100.1 proto esp spi 0x83555db7 reqid 32651 mode tunnel mark 0x2 mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128
ip -n p2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x2 mask 0xffffffff tmpl src 198.51.100.2 dst 198.51.100.1 proto esp reqid 32651 mode tunnel
ip -n p2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x2 mask 0xffffffff tmpl src 198.51.100.1 dst 198.51.100.2 proto esp reqid 32651 mode tunnel
ip -n p2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd mark 0x2 mask 0xffffffff tmpl src 198.51.100.1 dst 198.51.100.2 proto esp reqid 32651 mode tunnel
