#!/bin/sh
# What arrives is held against reqid, mode, protocol, SPI and source of the template; its destination is not looked at
# source: net/xfrm/xfrm_policy.c xfrm_policy_ok, xfrm_state_ok (Linux 6.12)
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
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.0.1.1/24 dev d0
ip -n a link set dev d0 up
ip -n b address add 10.0.2.1/24 dev d0
ip -n b link set dev d0 up
ip -n a route add 10.0.2.0/24 via 192.0.2.2 src 10.0.1.1
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 reqid 7 mode tunnel aead 'rfc4106(gcm(aes))' 0xc0dc240eda616b7fb877b09c29aaf6afabf69176 128
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 203.0.113.9 proto esp reqid 7 mode tunnel
