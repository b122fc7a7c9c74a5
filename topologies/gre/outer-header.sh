#!/bin/sh
# The outer header of a GRE device has the device's TTL and TOS, and DF where the device or the packet asks for it; a tap's frames have its MAC
# source: ip-link(8) gre, gretap; net/ipv4/ip_tunnel.c ip_tunnel_xmit (v6.12)
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
ip -n a link add low type gre local 192.0.2.1 remote 192.0.2.2 ikey 1 okey 1 ttl 17 tos 0x20
ip -n a link add tap address 02:00:00:00:00:aa type gretap local 192.0.2.1 remote 192.0.2.2 ikey 2 okey 2
ip -n b link add low type gre local 192.0.2.2 remote 192.0.2.1 ikey 1 okey 1 nopmtudisc
ip -n b link add tap address 02:98:c5:85:f1:79 type gretap local 192.0.2.2 remote 192.0.2.1 ikey 2 okey 2
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.1.0.1/24 dev low
ip -n a link set dev low up
ip -n a address add 10.2.0.1/24 dev tap
ip -n a link set dev tap up
ip -n b address add 10.1.0.2/24 dev low
ip -n b link set dev low up
ip -n b address add 10.2.0.2/24 dev tap
ip -n b link set dev tap up
ip -n b neighbour add 10.2.0.1 lladdr 02:00:00:00:00:aa dev tap nud permanent
