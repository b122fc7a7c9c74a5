#!/bin/sh
# One key and one SPI for both directions: the kernel takes it, and then opens its own packets that are thrown back at it
# source: RFC 4106 sections 2 and 9; RFC 4303 section 3.4.2; net/xfrm/xfrm_state.c, crypto/seqiv.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add m && ip -n m link set lo up
ip netns add b && ip -n b link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec m sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec b sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns m address 02:77:21:b7:0f:c4
ip link add name eth1 netns m address 02:8f:7f:84:e1:e2 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec m ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n m address add 192.0.2.9/24 dev eth0
ip -n m link set dev eth0 up
ip netns exec m ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n m address add 198.51.100.9/24 dev eth1
ip -n m link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 198.51.100.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a route add default via 192.0.2.9
ip -n a xfrm state add src 192.0.2.1 dst 198.51.100.2 proto esp spi 0x00001000 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 128
ip -n a xfrm state add src 198.51.100.2 dst 192.0.2.1 proto esp spi 0x00001000 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 198.51.100.2/32 dir out tmpl src 192.0.2.1 dst 198.51.100.2 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src 198.51.100.2/32 dst 192.0.2.1/32 dir in tmpl src 198.51.100.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n b route add default via 198.51.100.9
ip -n b xfrm state add src 192.0.2.1 dst 198.51.100.2 proto esp spi 0x00001000 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 128
ip -n b xfrm state add src 198.51.100.2 dst 192.0.2.1 proto esp spi 0x00001000 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 128
ip -n b xfrm policy add src 198.51.100.2/32 dst 192.0.2.1/32 dir out tmpl src 198.51.100.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 198.51.100.2/32 dir in tmpl src 192.0.2.1 dst 198.51.100.2 proto esp reqid 52592 mode transport
