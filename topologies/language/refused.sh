#!/bin/sh
# Any object may be one that the kernel must refuse, with the errno and the words of its message
# source: Linux 6.12: net/ipv4/fib_semantics.c, net/core/fib_rules.c, net/core/neighbour.c, net/ipv4/devinet.c
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
    net.ipv4.icmp_ratelimit=0
! ip netns exec a sysctl -qw net.ipv4.ip_default_ttl=0 || exit 1
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
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
ip link add name eth0 netns a address 02:00:00:00:00:01 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n a link add link eth0 name five type vlan id 5
! ip -n a link add link eth0 name again type vlan id 5 || exit 1
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.1/24 dev eth0
! ip -n a address add 10.0.0.1/24 dev eth0 || exit 1
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
! ip -n b address add 10.0.0.2/24 dev eth0 || exit 1
ip -n b link set dev eth0 up
ip -n a address add 10.1.0.1/24 dev d0
! ip -n a address add 10.1.0.1/24 dev d0 || exit 1
ip -n a link set dev d0 up
ip -n a link set dev five up
ip -n a neighbour add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent
! ip -n a neighbour add 10.0.0.9 lladdr 02:00:00:00:00:08 dev eth0 nud permanent || exit 1
! ip -n a route add 10.9.0.0/16 via 10.8.0.1 || exit 1
ip -n a route add 10.7.0.0/16 via 10.0.0.2
! ip -n a route add 10.7.0.0/16 via 10.0.0.2 || exit 1
ip -n a rule add from 10.5.0.0/16 priority 100 lookup 100
! ip -n a rule add from 10.5.0.0/16 priority 100 lookup 100 || exit 1
