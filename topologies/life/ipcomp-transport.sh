#!/bin/sh
# IPComp in transport mode: what is short, or larger for being compressed, goes as it is and needs no IPIP state for that
# source: RFC 3173 section 2.2; net/xfrm/xfrm_ipcomp.c ipcomp_output (Linux 6.12); commit 2ca58d87ebae
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
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto comp spi 0x00001000 reqid 1 mode transport comp 'deflate'
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00002000 reqid 2 mode transport aead 'rfc4106(gcm(aes))' 0xff5239441691aead3aa9f2d1bef481947df02c5a 128
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto comp reqid 1 mode transport tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2 mode transport
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto comp spi 0x00001000 reqid 1 mode transport comp 'deflate'
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00002000 reqid 2 mode transport aead 'rfc4106(gcm(aes))' 0xff5239441691aead3aa9f2d1bef481947df02c5a 128
ip -n b xfrm policy add src 192.0.2.1/32 dst 0.0.0.0/0 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto comp reqid 1 mode transport level use tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2 mode transport
