#!/bin/sh
# disable_xfrm and disable_policy: on an XFRM interface the one changes nothing, on the link both open the host
# source: kernel commit 9f8550e4bd9d; ip-sysctl.rst, conf/interface/disable_xfrm and disable_policy; net/xfrm/xfrm_policy.c (Linux 6.12)
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
ip -n a link add xfrm0 type xfrm if_id 0x2a
ip -n b link add xfrm0 type xfrm if_id 0x2a
ip netns exec a sysctl -qw net.ipv4.conf.xfrm0.disable_xfrm=1
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.9.0.1/32 dev xfrm0
ip -n a link set dev xfrm0 up
ip -n b address add 10.9.0.2/32 dev xfrm0
ip -n b link set dev xfrm0 up
ip -n a route add 10.9.0.2/32 dev xfrm0
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x2a
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x29f67985 reqid 18276 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xb7302440ed264f486f4a46deed27332428f70276 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x778034e0 reqid 18276 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xe04fd068ebf6bc65d94c7583a2ef794c63b75fe0 128
ip -n a xfrm policy add src 10.9.0.1/32 dst 10.9.0.2/32 dir out if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.9.0.2/32 dst 10.9.0.1/32 dir in if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.9.0.2/32 dst 10.9.0.1/32 dir fwd if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 18276 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 18276 mode transport
ip -n b route add 10.9.0.1/32 dev xfrm0
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x2a
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x29f67985 reqid 18276 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xb7302440ed264f486f4a46deed27332428f70276 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x778034e0 reqid 18276 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xe04fd068ebf6bc65d94c7583a2ef794c63b75fe0 128
ip -n b xfrm policy add src 10.9.0.2/32 dst 10.9.0.1/32 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.9.0.1/32 dst 10.9.0.2/32 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.9.0.1/32 dst 10.9.0.2/32 dir fwd if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 18276 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 18276 mode transport
