#!/bin/sh
# A policy for a device matches what is routed to that device: what is for the node itself is routed to `lo`, by whatever it came
# source: commit 874fb9e2ca94; include/net/xfrm.h xfrm_selector_match (Linux 6.12)
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
ip link add name left netns a address 02:b7:93:ef:62:6e type veth peer name left netns b address 02:56:98:26:79:59
ip link add name right netns a address 02:de:4d:3e:e9:d4 type veth peer name right netns b address 02:c9:56:c6:b3:60
ip netns exec a ethtool -K left rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/25 dev left
ip -n a link set dev left up
ip netns exec b ethtool -K left rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/25 dev left
ip -n b link set dev left up
ip netns exec a ethtool -K right rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.129/25 dev right
ip -n a link set dev right up
ip netns exec b ethtool -K right rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.130/25 dev right
ip -n b link set dev right up
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode transport aead 'rfc4106(gcm(aes))' 0x4d39a3f7a48bf554184e9669d350a241ca456ec0 128
ip -n a xfrm state add src 192.0.2.129 dst 192.0.2.130 proto esp spi 0x00002000 mode transport aead 'rfc4106(gcm(aes))' 0xbc6f4374e3f92416571692344dd2a0695002bf6a 128
ip -n a xfrm policy add src 192.0.2.0/24 dst 192.0.2.0/24 dev left dir out tmpl src 0.0.0.0 dst 0.0.0.0 proto esp mode transport
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode transport aead 'rfc4106(gcm(aes))' 0x4d39a3f7a48bf554184e9669d350a241ca456ec0 128
ip -n b xfrm state add src 192.0.2.129 dst 192.0.2.130 proto esp spi 0x00002000 mode transport aead 'rfc4106(gcm(aes))' 0xbc6f4374e3f92416571692344dd2a0695002bf6a 128
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dev lo proto 17 dport 5000 dir in action block
