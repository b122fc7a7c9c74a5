#!/bin/sh
# Every kind of route, scopes and peer addresses
# source: ip-route(8), ip-address(8)
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
ip -n a address add 10.0.0.1/24 dev eth0
ip -n a address add 10.31.0.1 peer 10.31.0.2/32 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
ip -n b address add 10.31.0.2/32 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.20.0.1 peer 10.20.0.2/32 dev d0
ip -n a address add 10.21.0.1/24 scope link dev d0
ip -n a link set dev d0 up
ip -n b address add 10.3.0.1/32 dev d0
ip -n b address add 10.7.0.1/32 dev d0
ip -n b link set dev d0 up
ip -n a route add 10.2.0.0/16 via 10.9.9.9 dev eth0 onlink
ip -n a route add 10.3.0.0/16 via 10.0.0.2 metric 5 mtu 1300
ip -n a route add blackhole 10.4.0.0/16
ip -n a route add unreachable 10.5.0.0/16
ip -n a route add prohibit 10.6.0.0/16
ip -n a route add throw 10.7.0.0/16 table 100
ip -n a route add blackhole default table 100
ip -n a route add multicast 239.1.0.0/16 dev eth0
ip -n a route add local 10.8.0.0/16 dev lo table 255
ip -n a route add 10.10.0.0/16 dev eth0 src 10.0.0.1 scope link
ip -n a route add default via 10.0.0.2
ip -n a rule add from all to 10.7.0.0/16 priority 100 lookup 100
ip -n b route add 10.8.0.0/16 via 10.0.0.1
ip -n b route add 10.31.0.1/32 dev eth0
