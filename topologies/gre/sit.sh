#!/bin/sh
# sit and ip6tnl under transport mode: each carries the other family, and the policy is for the outer one
# source: net/ipv6/sit.c, net/ipv6/ip6_tunnel.c (Linux 6.12); RFC 3884
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

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
ip link add name eth0 netns a address 02:00:00:00:00:01 type veth peer name eth0 netns b address 02:00:00:00:00:02
ip -n a link add sit1 type sit local 192.0.2.1 remote 192.0.2.2
ip -n a link add tnl1 type ip6tnl local fd00::1 remote fd00::2 hoplimit 64 encaplimit none
ip -n b link add sit1 type sit local 192.0.2.2 remote 192.0.2.1
ip -n b link add tnl1 type ip6tnl local fd00::2 remote fd00::1 hoplimit 64 encaplimit none
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b address add fd00::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a address add fd06::1/64 dev sit1 nodad
ip -n a link set dev sit1 up
ip -n a address add 10.4.0.1/24 dev tnl1
ip -n a link set dev tnl1 up
ip -n b address add fd06::2/64 dev sit1 nodad
ip -n b link set dev sit1 up
ip -n b address add 10.4.0.2/24 dev tnl1
ip -n b link set dev tnl1 up
ip -n a neighbour add fd00::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x21a0af81 reqid 48886 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x8a85ca555605d2b9ab909afc0499910b3aef9e38 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xcc167dfe reqid 48886 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x058de00bc022de9c790eab522714db564e40439f 128
ip -n a xfrm state add src fd00::1 dst fd00::2 proto esp spi 0xf73c92f4 reqid 1727 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xc9585fc05ecbe304ae3fee99fbeeffc6ee84d434 128
ip -n a xfrm state add src fd00::2 dst fd00::1 proto esp spi 0xbb1d473e reqid 1727 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x7221d3739b40b1a6339d08804918bd78bec0ffbb 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 48886 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 48886 mode transport
ip -n a xfrm policy add src fd00::1/128 dst fd00::2/128 dir out tmpl src fd00::1 dst fd00::2 proto esp reqid 1727 mode transport
ip -n a xfrm policy add src fd00::2/128 dst fd00::1/128 dir in tmpl src fd00::2 dst fd00::1 proto esp reqid 1727 mode transport
ip -n b neighbour add fd00::1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x21a0af81 reqid 48886 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x8a85ca555605d2b9ab909afc0499910b3aef9e38 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xcc167dfe reqid 48886 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x058de00bc022de9c790eab522714db564e40439f 128
ip -n b xfrm state add src fd00::1 dst fd00::2 proto esp spi 0xf73c92f4 reqid 1727 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xc9585fc05ecbe304ae3fee99fbeeffc6ee84d434 128
ip -n b xfrm state add src fd00::2 dst fd00::1 proto esp spi 0xbb1d473e reqid 1727 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x7221d3739b40b1a6339d08804918bd78bec0ffbb 128
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 48886 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 48886 mode transport
ip -n b xfrm policy add src fd00::2/128 dst fd00::1/128 dir out tmpl src fd00::2 dst fd00::1 proto esp reqid 1727 mode transport
ip -n b xfrm policy add src fd00::1/128 dst fd00::2/128 dir in tmpl src fd00::1 dst fd00::2 proto esp reqid 1727 mode transport
