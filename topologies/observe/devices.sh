#!/bin/sh
# Every device is a capture point: what goes into it and what comes out of it can be stated
# source: packet(7); net/core/dev.c dev_queue_xmit_nit and __netif_receive_skb_core (Linux 6.12)
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
ip -n r1 link add vti0 type vti local 192.0.2.1 remote 192.0.2.2 ikey 42 okey 42
ip -n r2 link add xfrm0 type xfrm dev eth1 if_id 0x2a
ip -n r2 link add br0 address 02:f0:39:6c:86:af type bridge
ip netns exec r1 sysctl -qw net.ipv4.conf.vti0.disable_policy=1
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
ip -n r2 link set dev eth0 master br0
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.100/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n r1 link set dev vti0 up
ip -n r2 link set dev xfrm0 up
ip -n r2 address add 10.0.2.1/24 dev br0
ip -n r2 link set dev br0 up
ip -n h1 route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 dev vti0
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 7 mode tunnel mark 0x2a mask 0xffffffff aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 reqid 7 mode tunnel mark 0x2a mask 0xffffffff aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x2a mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x2a mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n r2 route add 10.0.1.0/24 dev xfrm0
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 7 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 if_id 0x2a
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 reqid 7 mode tunnel aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128 if_id 0x2a
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n h2 route add default via 10.0.2.1
