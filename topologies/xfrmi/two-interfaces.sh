#!/bin/sh
# One XFRM interface for each direction: what is forwarded enters by one and leaves by the other
# source: strongSwan test route-based/net2net-xfrmi (if_id_in 42, if_id_out 1337); net/xfrm/xfrm_interface_core.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h && ip -n h link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns exec h sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns h address 02:4e:53:cb:13:0c type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip -n r1 link add xout type xfrm if_id 0x539
ip -n r1 link add xin type xfrm if_id 0x2a
ip -n r2 link add xfrm0 type xfrm if_id 0x1
ip -n r2 link add lan address 02:9a:b1:40:db:74 type dummy
ip netns exec h ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h address add 10.0.1.100/24 dev eth0
ip -n h link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 10.0.1.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip -n r1 link set dev xout up
ip -n r1 link set dev xin up
ip -n r2 link set dev xfrm0 up
ip -n r2 address add 10.0.2.1/24 dev lan
ip -n r2 link set dev lan up
ip -n h route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 dev xout
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 if_id 0x539
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 mode tunnel aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128 if_id 0x2a
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x539 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n r2 route add 10.0.1.0/24 dev xfrm0
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128 if_id 0x1
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 mode tunnel aead 'rfc4106(gcm(aes))' 0xfe5e7193fd1d5f371413f30a499d5340d0c18193 128 if_id 0x1
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x1 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x1 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
