#!/bin/sh
# Every word of `ip xfrm` in one world: the kernel takes each of them
# source: ip-xfrm(8)
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
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a xfrm policy set hthresh4 24 32
ip -n a xfrm policy set hthresh6 64 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001001 mode tunnel flag noecn decap-dscp nopmtudisc wildrecv icmp af-unspec align4 aead 'rfc4106(gcm(aes))' 0x31fc07f4adb727a4e5cdba003a98d1fa4ee7b230 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001002 mode tunnel extra-flag dont-encap-dscp oseq-may-wrap tfcpad 200 aead 'rfc4106(gcm(aes))' 0x6ea81df96631fedef68992a86d680cc31644b7dc 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001003 mode transport limit byte-soft 1000 limit byte-hard 2000 limit packet-soft 3 limit packet-hard 5 limit time-soft 600 limit time-hard 1200 limit time-use-soft 300 limit time-use-hard 600 aead 'rfc4106(gcm(aes))' 0xed6aec7c70489614ada6eefc26a4eca4f6c692a7 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001004 mode transport replay-window 32 replay-seq 7 replay-oseq 9 aead 'rfc4106(gcm(aes))' 0xc77a52b8580834a77575860e1c00ac48facbbbeb 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001005 mode transport replay-window 64 replay-seq 7 replay-oseq 9 replay-seq-hi 1 replay-oseq-hi 2 flag esn aead 'rfc4106(gcm(aes))' 0xfbd862c7ce025a1c96e89920adb50f9f975cfca1 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001006 mode transport mark 0x1 mask 0xff aead 'rfc4106(gcm(aes))' 0xe6d63d27521580568a7d0118a2b0feaceacdeeeb 128 sel src 10.0.0.0/24 dst 10.0.0.0/24 proto 17 dport 53 output-mark 0x2 mask 0xf if_id 0x2a
! ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00001006 mode transport mark 0x1 mask 0xff aead 'rfc4106(gcm(aes))' 0xf786ede13d46d3cbffba8afd78886e2596ca3f11 128 || exit 1
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.9 proto comp spi 0x00001007 mode tunnel comp 'deflate'
ip -n a xfrm policy add src 10.0.0.1/32 dst 10.9.0.0/16 dir out ptype sub action block priority 7 flag icmp
ip -n a xfrm policy add src 10.0.0.1/32 dst 10.9.0.0/16 dir out mark 0x1 mask 0xff if_id 0x2a flag localok limit time-hard 600 tmpl src 10.0.0.1 dst 10.0.0.9 proto comp mode tunnel tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 7 mode transport
ip -n a xfrm policy add src 10.9.0.0/16 dst 10.0.0.1/32 dir in tmpl src 10.0.0.9 dst 10.0.0.1 proto comp mode tunnel level use tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 7 mode transport
ip -n a xfrm policy add src 10.9.0.0/16 dst 10.0.0.0/24 dir fwd index 10
ip -n a xfrm policy setdefault in accept fwd block out accept
