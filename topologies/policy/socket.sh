#!/bin/sh
# A socket's own policies come before all others: one bypasses IPsec as an IKE daemon's does, another asks for it by itself
# source: ip(7) IP_XFRM_POLICY; net/xfrm/xfrm_policy.c xfrm_lookup_with_ifid, __xfrm_policy_check (sk_policy) (Linux 6.12)
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
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 7 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 7 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out priority 10 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in priority 10 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode transport
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 proto 17 dport 5000 dir out priority 1
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 7 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 7 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out priority 10 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in priority 10 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode transport
ip -n b xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 proto 17 dport 500 dir in priority 1
