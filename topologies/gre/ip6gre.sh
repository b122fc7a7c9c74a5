#!/bin/sh
# GRE over IPv6 carries both families under one transport policy: it is for the outer addresses, and sees neither
# source: RFC 7676; net/ipv6/ip6_gre.c (Linux 6.12)
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
ip -n a link add g type ip6gre local fd00::1 remote fd00::2 hoplimit 64 encaplimit none
ip -n b link add g type ip6gre local fd00::2 remote fd00::1 hoplimit 64 encaplimit none
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add fd00::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a address add 10.1.0.1/24 dev g
ip -n a address add fd01::1/64 dev g nodad
ip -n a link set dev g up
ip -n b address add 10.1.0.2/24 dev g
ip -n b address add fd01::2/64 dev g nodad
ip -n b link set dev g up
ip -n a neighbour add fd00::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip -n a xfrm state add src fd00::1 dst fd00::2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n a xfrm state add src fd00::2 dst fd00::1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n a xfrm policy add src fd00::1/128 dst fd00::2/128 dir out tmpl src fd00::1 dst fd00::2 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src fd00::2/128 dst fd00::1/128 dir in tmpl src fd00::2 dst fd00::1 proto esp reqid 52592 mode transport
ip -n b neighbour add fd00::1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip -n b xfrm state add src fd00::1 dst fd00::2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n b xfrm state add src fd00::2 dst fd00::1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n b xfrm policy add src fd00::2/128 dst fd00::1/128 dir out tmpl src fd00::2 dst fd00::1 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src fd00::1/128 dst fd00::2/128 dir in tmpl src fd00::1 dst fd00::2 proto esp reqid 52592 mode transport
