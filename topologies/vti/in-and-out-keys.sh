#!/bin/sh
# Input and output key of a VTI are marks of its own end: they may differ, and one may not be left out
# source: net/ipv4/ip_vti.c vti_rcv_cb, vti_xmit; net/xfrm/xfrm_input.c (Linux 6.12); strongSwan test route-based/net2net-vti
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
ip -n a link add vti0 type vti local 192.0.2.1 remote 192.0.2.2 ikey 42 okey 1337
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.9.0.1/32 dev vti0
ip -n a link set dev vti0 up
ip -n b address add 10.9.0.2/32 dev d0
ip -n b link set dev d0 up
ip -n a route add 10.9.0.2/32 dev vti0
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode tunnel mark 0x539 mask 0xffffffff aead 'rfc4106(gcm(aes))' 0x36f99fe51a348c2479e57635d793e86e07cc5b20 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 mode tunnel mark 0x2a mask 0xffffffff aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128
ip -n a xfrm policy add src 10.9.0.1/32 dst 10.9.0.2/32 dir out mark 0x539 mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
ip -n a xfrm policy add src 10.9.0.2/32 dst 10.9.0.1/32 dir in mark 0x2a mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n b route add 10.9.0.1/32 via 192.0.2.1 src 10.9.0.2
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x36f99fe51a348c2479e57635d793e86e07cc5b20 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 mode tunnel aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128
ip -n b xfrm policy add src 10.9.0.2/32 dst 10.9.0.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n b xfrm policy add src 10.9.0.1/32 dst 10.9.0.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
