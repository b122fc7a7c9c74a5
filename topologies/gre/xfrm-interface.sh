#!/bin/sh
# GRE whose other end lies behind an XFRM interface needs no policy of its own: the route of the outer packet protects it
# source: net/ipv4/ip_gre.c, net/xfrm/xfrm_interface_core.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns r1 address 02:53:59:87:da:6b type veth peer name eth0 netns r2 address 02:05:d3:45:1e:14
ip -n r1 link add gre1 type gre local 10.9.0.1 remote 10.9.0.2
ip -n r1 link add site type xfrm if_id 0x97a
ip -n r2 link add gre1 type gre local 10.9.0.2 remote 10.9.0.1
ip -n r2 link add site type xfrm if_id 0x97a
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth0
ip -n r2 link set dev eth0 up
ip -n r1 address add 10.0.1.1/24 dev gre1
ip -n r1 link set dev gre1 up
ip -n r1 address add 10.9.0.1/32 dev site
ip -n r1 link set dev site up
ip -n r2 address add 10.0.2.1/24 dev gre1
ip -n r2 link set dev gre1 up
ip -n r2 address add 10.9.0.2/32 dev site
ip -n r2 link set dev site up
ip -n r1 route add 10.0.2.0/24 dev gre1
ip -n r1 route add 10.9.0.2/32 dev site
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x97a
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x97a
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x97a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x97a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x97a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r2 route add 10.0.1.0/24 dev gre1
ip -n r2 route add 10.9.0.1/32 dev site
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x97a
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x97a
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x97a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x97a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x97a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
