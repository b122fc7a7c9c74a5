#!/bin/sh
# Two VTIs on one pair of addresses and one underlying device with different keys: the second is refused
# source: net/ipv4/ip_tunnel.c, ip_tunnel_find() compares no keys for VTI (Linux 6.12)
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
ip -n a link add vti0 type vti local 192.0.2.1 remote 192.0.2.2 ikey 42 okey 42
! ip -n a link add vti1 type vti local 192.0.2.1 remote 192.0.2.2 ikey 43 okey 43 || exit 1
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a link set dev vti0 up
