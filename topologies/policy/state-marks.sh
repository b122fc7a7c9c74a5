#!/bin/sh
# Two states that differ in their marks alone: whether the second is refused depends on the order
# source: net/xfrm/xfrm_state.c __xfrm_state_lookup: a state is found by the mark masked with its own mask (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00002000 mode transport mark 0x12345600 mask 0xffffff00 aead 'rfc4106(gcm(aes))' 0xd135c435e525321fdf434ade7be5bcf6201d07a8 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00002000 mode transport mark 0x12340000 mask 0xffff0000 aead 'rfc4106(gcm(aes))' 0x08b4552c3d2c1b7d805bc6acd596469a8a8325c4 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001000 mode transport mark 0x12340000 mask 0xffff0000 aead 'rfc4106(gcm(aes))' 0x26c392bab5e01b9120a689a7b25536998418656a 128
! ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001000 mode transport mark 0x12345600 mask 0xffffff00 aead 'rfc4106(gcm(aes))' 0xa20b066e1e073ea188836fe605c7bfb6b3e230a0 128 || exit 1
! ip -n a xfrm state add src 192.0.2.77 dst 192.0.2.1 proto esp spi 0x00001000 mode transport mark 0x12340000 mask 0xffff0000 aead 'rfc4106(gcm(aes))' 0x7f95fac456924cb1dcbcb762d28cd5512b037e4f 128 || exit 1
