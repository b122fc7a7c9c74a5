#!/bin/sh
# A sender behind its own VTI: output names the VTI, postrouting is passed twice in clear
# source: net/ipv4/ip_vti.c vti_xmit, vti_rcv_cb (Linux 6.12)
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
ip -n a link add tun0 type vti local 192.0.2.1 remote 192.0.2.2 ikey 2426 okey 2426
ip -n b link add tun0 type vti local 192.0.2.2 remote 192.0.2.1 ikey 2426 okey 2426
ip netns exec a sysctl -qw net.ipv4.conf.tun0.disable_policy=1
ip netns exec b sysctl -qw net.ipv4.conf.tun0.disable_policy=1
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.9.0.1/32 dev tun0
ip -n a link set dev tun0 up
ip -n b address add 10.9.0.2/32 dev tun0
ip -n b link set dev tun0 up
ip -n a route add 10.9.0.2/32 dev tun0
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x97a mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x97a mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b route add 10.9.0.1/32 dev tun0
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 0x97a mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 0x97a mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
