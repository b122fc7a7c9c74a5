#!/bin/sh
# The replay window takes its own width and not one packet more: 0, 1, 32, 64 and 4096
# source: RFC 4303 section 3.4.3; net/xfrm/xfrm_replay.c xfrm_replay_check_legacy, xfrm_replay_check_bmp (Linux 6.12)
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
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0xf79e8fde4ad10e93c1c29fc6622f578ae937e12b 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00002000 mode tunnel replay-window 1 aead 'rfc4106(gcm(aes))' 0x8b9d1d07213cad299cd95b884f2f681948504fdf 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00003000 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xd4d165e7124f47d9f557a0dea6bf1bbb1649cc24 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00004000 mode tunnel replay-window 64 aead 'rfc4106(gcm(aes))' 0xb41068350250ad3f1cf6d0ac002eea158c9a5083 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00005000 mode tunnel replay-window 4096 aead 'rfc4106(gcm(aes))' 0x24bf7134d1e82ade6d383fcf693ada49bf69ab6c 128
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
