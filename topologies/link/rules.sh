#!/bin/sh
# A routing rule by mark sends a packet another way; VRF, bridge and VLAN carry it
# source: ip-rule(8), ip-link(8)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add r && ip -n r link set lo up
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
ip netns exec b sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n r link add link eth1 name five type vlan id 5
ip -n b link add br0 address 02:6f:c3:30:d7:e8 type bridge
ip -n b link add link br0 name five type vlan id 5
ip -n b link add red address 02:be:b9:f7:1a:d0 type vrf table 10
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip -n b link add d1 address 02:b7:6a:dc:5d:e2 type dummy
ip -n b link set dev d1 master red
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.2/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.0.1/24 dev eth0
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.1.0.1/24 dev eth1
ip -n r address add 10.1.7.1/32 dev eth1
ip -n r link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b link set dev eth0 master br0
ip -n b link set dev eth0 up
ip -n r address add 10.1.5.1/24 dev five
ip -n r link set dev five up
ip -n b address add 10.1.0.2/24 dev br0
ip -n b link set dev br0 up
ip -n b address add 10.1.5.2/24 dev five
ip -n b link set dev five up
ip -n b link set dev red up
ip -n b address add 10.2.0.1/24 dev d0
ip -n b link set dev d0 up
ip -n b link set dev d1 up
ip -n a route add default via 10.0.0.1
ip -n r route add 10.2.0.0/24 via 10.1.0.2
ip -n r route add 10.2.0.0/24 via 10.1.5.2 table 100
ip -n r route add 10.2.0.0/24 via 10.1.0.2 src 10.1.7.1 table 101
ip -n r rule add from all fwmark 0x1/0xff priority 100 lookup 100
ip -n r rule add from 10.0.0.0/24 to 10.2.0.0/24 iif eth0 ipproto 17 sport 500 dport 501 priority 101 lookup 100
ip -n r rule add from all oif eth1 ipproto 17 dport 502 priority 102 lookup 101
ip -n r -6 rule add from fd00::/16 priority 7 blackhole
ip -n b neighbour add 10.2.0.9 lladdr 02:00:00:00:00:09 dev d0 nud permanent
ip -n b route add 10.0.0.0/24 via 10.1.0.1
