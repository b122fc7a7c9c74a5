#!/bin/sh
# Transport mode between hosts: both ends see every packet twice, in clear and as ESP
# source: net/ipv4/xfrm4_output.c xfrm4_output, xfrm4_input.c xfrm4_transport_finish (Linux 6.12); RFC 4303 section 3.1.1
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
ip link add name eth0 netns a address 02:00:00:00:00:0a type veth peer name eth0 netns b address 02:00:00:00:00:0b
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b address add fd00::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a neighbour add fd00::2 lladdr 02:00:00:00:00:0b dev eth0 nud permanent
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n b neighbour add fd00::1 lladdr 02:00:00:00:00:0a dev eth0 nud permanent
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
