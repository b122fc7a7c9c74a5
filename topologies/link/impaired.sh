#!/bin/sh
# A link doubles what is sent into it; every other word of netem is what the kernel has
# source: tc-netem(8); net/sched/sch_netem.c (v6.12)
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
ip link add name eth0 netns a address 02:00:00:00:00:01 type veth peer name eth0 netns b address 02:00:00:00:00:02
ip link add name eth1 netns a address 02:98:1f:07:9e:cd type veth peer name eth1 netns b address 02:6f:21:96:2d:dc
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
ip -n b link set dev eth0 up
ip netns exec a ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.1.0.1/24 dev eth1
ip -n a link set dev eth1 up
ip netns exec b ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.1.0.2/24 dev eth1
ip -n b link set dev eth1 up
ip -n a neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip -n b neighbour add 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
tc -n a qdisc add dev eth0 root netem limit 10 duplicate 100% rate 1250000bps
tc -n a qdisc add dev eth1 root netem limit 100 delay 20000000ns 5000000ns loss random 10.000000012% duplicate 5.000000006% reorder 25.000000006% corrupt 1.000000001% gap 3 rate 125000bps seed 8336332952790469189
tc -n b qdisc add dev eth1 root netem corrupt 0.499999989% rate 20000bps seed 13723805256204358272
