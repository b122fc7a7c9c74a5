#!/bin/sh
# States are flushed, and nothing passes; policies too, and everything passes in clear
# source: ip-xfrm(8); net/xfrm/xfrm_policy.c xfrm_lookup_with_ifid (Linux 6.12)
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
ip -n a link add lan address 02:6e:56:4f:91:4f type dummy
ip -n b link add lan address 02:b0:ef:a0:e6:e4 type dummy
ip netns exec a ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth1
ip -n a link set dev eth1 up
ip netns exec b ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth1
ip -n b link set dev eth1 up
ip -n a address add 10.0.1.1/24 dev lan
ip -n a link set dev lan up
ip -n b address add 10.0.2.1/24 dev lan
ip -n b link set dev lan up
ip -n a route add 10.0.2.0/24 via 192.0.2.2 src 10.0.1.1
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n a xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b route add 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n b xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
