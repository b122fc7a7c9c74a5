#!/bin/sh
# Two segments in one network over GRE in IPv6 and ESP: what crosses the outer network is ESP, and the key belongs to it
# source: ip-link(8) ip6gretap; net/ipv6/ip6_gre.c (v6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns r1 address 02:53:59:87:da:6b type veth peer name eth0 netns r2 address 02:05:d3:45:1e:14
ip -n r1 link add tap address 02:a2:2d:cf:f0:2d type ip6gretap local 2001:db8::1 remote 2001:db8::2 ikey 7 okey 7 hoplimit 64 encaplimit none
ip -n r2 link add tap address 02:52:05:ae:85:aa type ip6gretap local 2001:db8::2 remote 2001:db8::1 ikey 7 okey 7 hoplimit 64 encaplimit none
ip netns exec r1 sysctl -qw net.ipv6.conf.tap.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv6.conf.tap.disable_ipv6=1
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 2001:db8::1/64 dev eth0 nodad
ip -n r1 link set dev eth0 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 2001:db8::2/64 dev eth0 nodad
ip -n r2 link set dev eth0 up
ip -n r1 address add 10.0.0.1/24 dev tap
ip -n r1 link set dev tap up
ip -n r2 address add 10.0.0.2/24 dev tap
ip -n r2 link set dev tap up
ip -n r1 xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n r1 xfrm state add src 2001:db8::2 dst 2001:db8::1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n r1 xfrm policy add src 2001:db8::1/128 dst 2001:db8::2/128 dir out tmpl src 2001:db8::1 dst 2001:db8::2 proto esp reqid 52592 mode transport
ip -n r1 xfrm policy add src 2001:db8::2/128 dst 2001:db8::1/128 dir in tmpl src 2001:db8::2 dst 2001:db8::1 proto esp reqid 52592 mode transport
ip -n r2 xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n r2 xfrm state add src 2001:db8::2 dst 2001:db8::1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n r2 xfrm policy add src 2001:db8::2/128 dst 2001:db8::1/128 dir out tmpl src 2001:db8::2 dst 2001:db8::1 proto esp reqid 52592 mode transport
ip -n r2 xfrm policy add src 2001:db8::1/128 dst 2001:db8::2/128 dir in tmpl src 2001:db8::1 dst 2001:db8::2 proto esp reqid 52592 mode transport
