#!/bin/sh
# Transport and BEET mode keep the header that they find: TTL, TOS and DF are the sender's
# source: net/xfrm/xfrm_output.c xfrm4_transport_output, xfrm4_beet_encap_add (Linux 6.12)
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
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.0.1.1/32 dev d0
ip -n a link set dev d0 up
ip -n b address add 10.0.2.1/32 dev d0
ip -n b link set dev d0 up
ip -n a route add 10.0.2.1/32 via 192.0.2.2 src 10.0.1.1
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x3874b3fb reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0x7145ed4e8d7fb4e55c09a7c27bab0925cf6a2e08 128 sel src 10.0.1.1/32 dst 10.0.2.1/32
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xb36de02a reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0xbeeed0f27a6e05ab497f1f609997132c2e96b6b5 128 sel src 10.0.2.1/32 dst 10.0.1.1/32
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src 10.0.1.1/32 dst 10.0.2.1/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 57482 mode beet
ip -n a xfrm policy add src 10.0.2.1/32 dst 10.0.1.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 57482 mode beet
ip -n a xfrm policy add src 10.0.2.1/32 dst 10.0.1.1/32 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 57482 mode beet
ip -n b route add 10.0.1.1/32 via 192.0.2.1 src 10.0.2.1
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x3874b3fb reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0x7145ed4e8d7fb4e55c09a7c27bab0925cf6a2e08 128 sel src 10.0.1.1/32 dst 10.0.2.1/32
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xb36de02a reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0xbeeed0f27a6e05ab497f1f609997132c2e96b6b5 128 sel src 10.0.2.1/32 dst 10.0.1.1/32
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src 10.0.2.1/32 dst 10.0.1.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 57482 mode beet
ip -n b xfrm policy add src 10.0.1.1/32 dst 10.0.2.1/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 57482 mode beet
ip -n b xfrm policy add src 10.0.1.1/32 dst 10.0.2.1/32 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 57482 mode beet
