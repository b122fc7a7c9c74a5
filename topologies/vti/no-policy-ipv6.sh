#!/bin/sh
# What a VTI6 has no policy for, it refuses: the sender gets ICMPv6, and nothing leaves in clear
# source: net/ipv6/ip6_vti.c vti6_xmit (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h && ip -n h link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns exec h sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv6.conf.all.forwarding=1 \
    net.ipv6.conf.default.forwarding=1 \
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns h address 02:4e:53:cb:13:0c type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip -n r1 link add vti0 type vti6 local fd00::1 remote fd00::2 ikey 42 okey 42
ip -n r2 link add lan address 02:9a:b1:40:db:74 type dummy
ip -n r2 link add vti0 type vti6 local fd00::2 remote fd00::1 ikey 42 okey 42
ip netns exec h ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h address add fd01::100/64 dev eth0 nodad
ip -n h link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd01::1/64 dev eth0 nodad
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd00::1/64 dev eth1 nodad
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add fd00::2/64 dev eth1 nodad
ip -n r2 link set dev eth1 up
ip -n r1 link set dev vti0 up
ip -n r2 address add fd02::1/64 dev lan nodad
ip -n r2 link set dev lan up
ip -n r2 link set dev vti0 up
ip -n h route add ::/0 via fd01::1
ip -n r1 route add fd02::/16 dev vti0
ip -n r1 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x58814858 reqid 2426 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r1 xfrm state add src fd00::2 dst fd00::1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r1 xfrm policy add src fd01::/64 dst fd02::/64 dir out mark 0x2a mask 0xffffffff tmpl src fd00::1 dst fd00::2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src fd02::/64 dst fd01::/64 dir in mark 0x2a mask 0xffffffff tmpl src fd00::2 dst fd00::1 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src fd02::/64 dst fd01::/64 dir fwd mark 0x2a mask 0xffffffff tmpl src fd00::2 dst fd00::1 proto esp reqid 2426 mode tunnel
ip -n r2 route add fd01::/64 dev vti0
ip -n r2 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x58814858 reqid 2426 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r2 xfrm state add src fd00::2 dst fd00::1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel mark 0x2a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r2 xfrm policy add src fd02::/64 dst fd01::/64 dir out mark 0x2a mask 0xffffffff tmpl src fd00::2 dst fd00::1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src fd01::/64 dst fd02::/64 dir in mark 0x2a mask 0xffffffff tmpl src fd00::1 dst fd00::2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src fd01::/64 dst fd02::/64 dir fwd mark 0x2a mask 0xffffffff tmpl src fd00::1 dst fd00::2 proto esp reqid 2426 mode tunnel
