#!/bin/sh
# IPv6 extension headers go into a tunnel with their packet; in transport mode only destination options behind a routing header go into ESP
# source: RFC 4303 section 3.1; net/ipv6/esp6.c, net/ipv6/exthdrs_core.c ip6_find_1stfragopt (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns add h2 && ip -n h2 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1 \
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
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip link add name eth0 netns r2 address 02:05:d3:45:1e:14 type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add fd01::100/64 dev eth0 nodad
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd01::1/64 dev eth0 nodad
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd00::1/64 dev eth1 nodad
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add fd00::2/64 dev eth1 nodad
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add fd02::1/64 dev eth0 nodad
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add fd02::100/64 dev eth0 nodad
ip -n h2 link set dev eth0 up
ip -n h1 route add ::/0 via fd01::1
ip -n r1 route add fd02::/64 via fd00::2
ip -n r1 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0xfe7b88834322d3eb21f4c3b08400f3f58fe766cb 128
ip -n r1 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x00002000 mode transport aead 'rfc4106(gcm(aes))' 0xa81338bc9aa45f54fd20b13c0fe056122c98fa4b 128
ip -n r1 xfrm policy add src fd01::/64 dst fd02::/64 dir out tmpl src fd00::1 dst fd00::2 proto esp mode tunnel
ip -n r1 xfrm policy add src fd00::1/128 dst fd00::2/128 dir out tmpl src :: dst :: proto esp mode transport
ip -n r2 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0xfe7b88834322d3eb21f4c3b08400f3f58fe766cb 128
ip -n r2 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x00002000 mode transport aead 'rfc4106(gcm(aes))' 0xa81338bc9aa45f54fd20b13c0fe056122c98fa4b 128
ip -n r2 xfrm policy add src fd01::/64 dst fd02::/64 dir fwd tmpl src fd00::1 dst fd00::2 proto esp mode tunnel
