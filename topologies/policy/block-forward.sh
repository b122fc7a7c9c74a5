#!/bin/sh
# A gateway drops silently what a policy blocks: before the forward hook, whether it is `fwd` or `out`
# source: net/ipv4/ip_forward.c ip_forward; net/xfrm/xfrm_policy.c __xfrm_policy_check, __xfrm_route_forward (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r && ip -n r link set lo up
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
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
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
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.1.100/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.1.1/24 dev eth0
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.2.1/24 dev eth1
ip -n r link set dev eth1 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.7/24 dev eth0
ip -n h2 address add 10.0.2.8/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n r xfrm policy add src 10.0.1.0/24 dst 10.0.2.7/32 dir fwd action block
ip -n r xfrm policy add src 10.0.1.0/24 dst 10.0.2.8/32 dir out action block
ip -n h2 route add default via 10.0.2.1
