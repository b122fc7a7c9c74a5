#!/bin/sh
# An ICMP error from a router that no policy names is dropped, unless the sending gateway's policy and the receiving one's state have `icmp`
# source: RFC 4301 section 6.2; commit 63b21caba17e (6.9); net/xfrm/xfrm_policy.c icmp_err_packet (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns add rt && ip -n rt link set lo up
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
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec rt sysctl -qw net.ipv4.ip_forward=1 \
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
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip link add name eth0 netns r2 address 02:05:d3:45:1e:14 type veth peer name eth0 netns rt address 02:ce:4c:f7:20:f8
ip link add name eth1 netns rt address 02:dc:b3:9c:57:33 mtu 1300 type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db mtu 1300
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.1.100/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 10.0.1.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 172.16.0.1/24 dev eth0
ip -n r2 link set dev eth0 up
ip netns exec rt ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n rt address add 172.16.0.2/24 dev eth0
ip -n rt link set dev eth0 up
ip netns exec rt ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n rt address add 10.0.2.1/24 dev eth1
ip -n rt link set dev eth1 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.100/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n r1 route add default via 192.0.2.2
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 sel src 10.0.1.0/24 dst 10.0.2.0/24
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00002000 mode tunnel flag icmp aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128 sel src 10.0.2.0/24 dst 10.0.1.0/24
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd flag icmp tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n r2 route add default via 192.0.2.1
ip -n r2 route add 10.0.2.0/24 via 172.16.0.2
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 sel src 10.0.1.0/24 dst 10.0.2.0/24
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00002000 mode tunnel flag icmp aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128 sel src 10.0.2.0/24 dst 10.0.1.0/24
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out flag icmp tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n rt route add default via 172.16.0.1
