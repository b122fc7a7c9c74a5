#!/bin/sh
# A bridge over GRE and ESP: two links make one network, and what crosses it is ESP
# source: ip-link(8) gretap, bridge; net/ipv4/ip_gre.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns add h2 && ip -n h2 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv4.igmp_link_local_mcast_reports=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv4.igmp_link_local_mcast_reports=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip link add name eth0 netns r2 address 02:05:d3:45:1e:14 type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db
ip -n r1 link add br0 address 02:37:58:55:72:f0 type bridge
ip -n r1 link add tap address 02:a2:2d:cf:f0:2d type gretap local 192.0.2.1 remote 192.0.2.2
ip -n r2 link add br0 address 02:f0:39:6c:86:af type bridge
ip -n r2 link add tap address 02:52:05:ae:85:aa type gretap local 192.0.2.2 remote 192.0.2.1
ip -n r1 link set dev tap master br0
ip -n r2 link set dev tap master br0
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.0.1/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 link set dev eth0 master br0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 link set dev eth0 master br0
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.0.2/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n r1 link set dev br0 up
ip -n r1 link set dev tap up
ip -n r2 link set dev br0 up
ip -n r2 link set dev tap up
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n r1 xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
ip -n r1 xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n r2 xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 52592 mode transport
ip -n r2 xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
