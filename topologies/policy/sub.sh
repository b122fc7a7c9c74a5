#!/bin/sh
# Sub-policies: both types of policy apply, their templates add up, and either of them blocks
# source: CONFIG_XFRM_SUB_POLICY; net/xfrm/xfrm_policy.c xfrm_lookup_with_ifid, xfrm_expand_policies (Linux 6.12)
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
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 reqid 1 mode transport aead 'rfc4106(gcm(aes))' 0x5df50233b9de513313df905de939ac532abd386d 128
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto ah spi 0x00002000 reqid 2 mode transport auth 'hmac(sha256)' 0x93879c552df893c8faa7166d8fbceb1a9900f52a08d9d07852cea0e9f7438fd3
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out ptype sub priority 10 tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 1 mode transport
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out priority 3 tmpl src 0.0.0.0 dst 0.0.0.0 proto ah reqid 2 mode transport
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 proto 17 dport 5000 dir out ptype sub action block priority 5
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 proto 17 dport 5001 dir out action block priority 2
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 reqid 1 mode transport aead 'rfc4106(gcm(aes))' 0x5df50233b9de513313df905de939ac532abd386d 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto ah spi 0x00002000 reqid 2 mode transport auth 'hmac(sha256)' 0x93879c552df893c8faa7166d8fbceb1a9900f52a08d9d07852cea0e9f7438fd3
ip -n b xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 proto 17 dport 5002 dir in ptype sub action block
