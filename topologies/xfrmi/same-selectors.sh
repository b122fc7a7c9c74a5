#!/bin/sh
# The same policies twice, for everything, under two if_ids: the route chooses the tunnel
# source: net/xfrm/xfrm_interface_core.c (Linux 6.12); strongSwan documentation, route-based VPN
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add gw && ip -n gw link set lo up
ip netns add p && ip -n p link set lo up
ip netns exec gw sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec p sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth1 netns gw address 02:ae:ee:e7:8d:67 type veth peer name eth0 netns p address 02:c1:7d:73:58:42
ip -n gw link add one type xfrm if_id 0x1
ip -n gw link add two type xfrm if_id 0x2
ip -n p link add one type xfrm if_id 0x1
ip -n p link add two type xfrm if_id 0x2
ip netns exec gw ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n gw address add 192.0.2.1/24 dev eth1
ip -n gw link set dev eth1 up
ip netns exec p ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n p address add 192.0.2.2/24 dev eth0
ip -n p link set dev eth0 up
ip -n gw address add 10.9.0.9/32 dev one
ip -n gw link set dev one up
ip -n gw address add 10.9.0.8/32 dev two
ip -n gw link set dev two up
ip -n p address add 10.9.0.1/32 dev one
ip -n p link set dev one up
ip -n p address add 10.9.0.2/32 dev two
ip -n p link set dev two up
ip -n gw route add 10.9.0.1/32 dev one
ip -n gw route add 10.9.0.2/32 dev two
ip -n gw xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128 if_id 0x1
ip -n gw xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128 if_id 0x1
ip -n gw xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128 if_id 0x2
ip -n gw xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83555db7 reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128 if_id 0x2
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x1 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x1 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x1 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 32651 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 32651 mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 32651 mode tunnel
ip -n p route add 10.9.0.9/32 dev one
ip -n p route add 10.9.0.8/32 dev two
ip -n p xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128 if_id 0x1
ip -n p xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128 if_id 0x1
ip -n p xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128 if_id 0x2
ip -n p xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83555db7 reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128 if_id 0x2
ip -n p xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x1 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n p xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x1 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n p xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x1 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n p xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 32651 mode tunnel
ip -n p xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 32651 mode tunnel
ip -n p xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 32651 mode tunnel
