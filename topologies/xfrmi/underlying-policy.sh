#!/bin/sh
# The `dev` of a policy for an XFRM interface is its underlying device, not the interface and not where ESP leaves
# source: net/xfrm/xfrm_interface_core.c xfrmi_xmit (flowi_oif), net/xfrm/xfrm_policy.c __xfrm4_selector_match (Linux 6.12)
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
ip link add name eth1 netns a address 02:98:1f:07:9e:cd type veth peer name eth1 netns b address 02:6f:21:96:2d:dc
ip link add name eth2 netns a address 02:cd:42:39:cc:cd type veth peer name eth2 netns b address 02:08:7c:e7:bd:f9
ip -n a link add xfrm0 type xfrm dev eth1 if_id 0x2a
ip -n b link add xfrm0 type xfrm if_id 0x2a
ip netns exec a ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth1
ip -n a link set dev eth1 up
ip netns exec b ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth1
ip -n b link set dev eth1 up
ip netns exec a ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n a address add 198.51.100.1/24 dev eth2
ip -n a link set dev eth2 up
ip netns exec b ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n b address add 198.51.100.2/24 dev eth2
ip -n b link set dev eth2 up
ip -n a address add 10.9.0.1/32 dev xfrm0
ip -n a link set dev xfrm0 up
ip -n b address add 10.9.0.2/32 dev xfrm0
ip -n b address add 10.9.0.3/32 dev xfrm0
ip -n b link set dev xfrm0 up
ip -n a route add 10.9.0.2/31 dev xfrm0
ip -n a route add 192.0.2.2/32 via 198.51.100.2
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 if_id 0x2a
ip -n a xfrm policy add src 0.0.0.0/0 dst 10.9.0.3/32 dev eth1 dir out action block if_id 0x2a
ip -n a xfrm policy add src 0.0.0.0/0 dst 10.9.0.0/24 dir out priority 10 if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 if_id 0x2a
ip -n b xfrm policy add src 0.0.0.0/0 dst 10.9.0.0/24 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
