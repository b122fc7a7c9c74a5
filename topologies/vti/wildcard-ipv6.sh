#!/bin/sh
# A VTI6 without a remote address serves two peers, and there can be no second one
# source: net/ipv6/ip6_vti.c vti6_locate, vti6_tnl_lookup (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add gw && ip -n gw link set lo up
ip netns add p1 && ip -n p1 link set lo up
ip netns add p2 && ip -n p2 link set lo up
ip netns exec gw sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec p1 sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec p2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth1 netns gw address 02:ae:ee:e7:8d:67 type veth peer name eth0 netns p1 address 02:4f:9d:3b:11:57
ip link add name eth2 netns gw address 02:5c:bd:d3:e9:e3 type veth peer name eth0 netns p2 address 02:cf:bd:cf:ea:96
ip -n gw link add vti0 type vti6 local fd00:1::1 ikey 42 okey 42
! ip -n gw link add vti1 type vti6 local fd00:1::1 ikey 43 okey 43 || exit 1
ip -n p1 link add vti0 type vti6 local fd00:1::2 remote fd00:1::1 ikey 42 okey 42
ip -n p2 link add vti0 type vti6 local fd00:2::2 remote fd00:1::1 ikey 42 okey 42
ip netns exec gw ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n gw address add fd00:1::1/64 dev eth1 nodad
ip -n gw link set dev eth1 up
ip netns exec p1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n p1 address add fd00:1::2/64 dev eth0 nodad
ip -n p1 link set dev eth0 up
ip netns exec gw ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n gw address add fd00:2::1/64 dev eth2 nodad
ip -n gw link set dev eth2 up
ip netns exec p2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n p2 address add fd00:2::2/64 dev eth0 nodad
ip -n p2 link set dev eth0 up
ip -n gw address add fd09::9/128 dev vti0 nodad
ip -n gw link set dev vti0 up
ip -n p1 address add fd09::1/128 dev vti0 nodad
ip -n p1 link set dev vti0 up
ip -n p2 address add fd09::2/128 dev vti0 nodad
ip -n p2 link set dev vti0 up
ip -n gw route add fd09::1/128 dev vti0
ip -n gw route add fd09::2/128 dev vti0
ip -n gw xfrm state add src fd00:1::1 dst fd00:1::2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128
ip -n gw xfrm state add src fd00:1::2 dst fd00:1::1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128
ip -n gw xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128
ip -n gw xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0x83555db7 reqid 32651 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128
ip -n gw xfrm policy add src fd09::9/128 dst fd09::1/128 dir out mark 0x2a mask 0xffffffff tmpl src fd00:1::1 dst fd00:1::2 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src fd09::1/128 dst fd09::9/128 dir in mark 0x2a mask 0xffffffff tmpl src fd00:1::2 dst fd00:1::1 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src fd09::1/128 dst fd09::9/128 dir fwd mark 0x2a mask 0xffffffff tmpl src fd00:1::2 dst fd00:1::1 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src fd09::9/128 dst fd09::2/128 dir out mark 0x2a mask 0xffffffff tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 32651 mode tunnel
ip -n gw xfrm policy add src fd09::2/128 dst fd09::9/128 dir in mark 0x2a mask 0xffffffff tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 32651 mode tunnel
ip -n gw xfrm policy add src fd09::2/128 dst fd09::9/128 dir fwd mark 0x2a mask 0xffffffff tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 32651 mode tunnel
ip -n p1 route add fd09::9/128 dev vti0
ip -n p1 xfrm state add src fd00:1::1 dst fd00:1::2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128
ip -n p1 xfrm state add src fd00:1::2 dst fd00:1::1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128
ip -n p1 xfrm policy add src fd09::1/128 dst fd09::9/128 dir out mark 0x2a mask 0xffffffff tmpl src fd00:1::2 dst fd00:1::1 proto esp reqid 26288 mode tunnel
ip -n p1 xfrm policy add src fd09::9/128 dst fd09::1/128 dir in mark 0x2a mask 0xffffffff tmpl src fd00:1::1 dst fd00:1::2 proto esp reqid 26288 mode tunnel
ip -n p1 xfrm policy add src fd09::9/128 dst fd09::1/128 dir fwd mark 0x2a mask 0xffffffff tmpl src fd00:1::1 dst fd00:1::2 proto esp reqid 26288 mode tunnel
ip -n p2 route add fd09::9/128 dev vti0
ip -n p2 route add fd00:1::/64 via fd00:2::1
ip -n p2 xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128
ip -n p2 xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0x83555db7 reqid 32651 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128
ip -n p2 xfrm policy add src fd09::2/128 dst fd09::9/128 dir out mark 0x2a mask 0xffffffff tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 32651 mode tunnel
ip -n p2 xfrm policy add src fd09::9/128 dst fd09::2/128 dir in mark 0x2a mask 0xffffffff tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 32651 mode tunnel
ip -n p2 xfrm policy add src fd09::9/128 dst fd09::2/128 dir fwd mark 0x2a mask 0xffffffff tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 32651 mode tunnel
