#!/bin/sh
# One XFRM interface of external mode: the route of each packet says the interface id, and the underlying device
# source: ip-route(8), encap xfrm; net/xfrm/xfrm_interface_core.c xfrmi_xmit (flowi_oif) (Linux 6.12)
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
ip -n a link add x0 type xfrm external
ip -n b link add seven type xfrm if_id 0x7
ip -n b link add eight type xfrm if_id 0x8
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.1.0.1/32 dev x0
ip -n a address add 10.1.0.2/32 dev x0
ip -n a link set dev x0 up
ip -n b address add 10.2.1.1/32 dev seven
ip -n b link set dev seven up
ip -n b address add 10.2.2.1/32 dev eight
ip -n b link set dev eight up
ip -n a route add 10.2.1.0/24 dev x0 encap xfrm if_id 7
ip -n a route add 10.2.2.0/24 dev x0 encap xfrm if_id 8 link_dev eth0
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xb93f3cfe reqid 29324 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x783e1b97c4102814f1bf72346e3385571d2db488 128 if_id 0x7
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c54b452 reqid 29324 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x3575c36e2af9a9fc4634b9df15beb11cc2dcc3f8 128 if_id 0x7
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x8db8f5c1 reqid 55938 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x94592d05ed240d8a76760dcadfc47fb28a684185 128 if_id 0x8
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83d1fec9 reqid 55938 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x93dd18c853c7d8db5fe3b7a0317b3c17d60d2036 128 if_id 0x8
ip -n a xfrm policy add src 10.1.0.1/32 dst 10.2.1.1/32 dir out if_id 0x7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 29324 mode tunnel
ip -n a xfrm policy add src 10.2.1.1/32 dst 10.1.0.1/32 dir in if_id 0x7 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 29324 mode tunnel
ip -n a xfrm policy add src 10.2.1.1/32 dst 10.1.0.1/32 dir fwd if_id 0x7 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 29324 mode tunnel
ip -n a xfrm policy add src 10.1.0.2/32 dst 10.2.2.1/32 dir out priority 10 if_id 0x8 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 55938 mode tunnel
ip -n a xfrm policy add src 10.2.2.1/32 dst 10.1.0.2/32 dir in priority 10 if_id 0x8 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 55938 mode tunnel
ip -n a xfrm policy add src 10.2.2.1/32 dst 10.1.0.2/32 dir fwd priority 10 if_id 0x8 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 55938 mode tunnel
ip -n b route add 10.1.0.1/32 dev seven
ip -n b route add 10.1.0.2/32 dev eight
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xb93f3cfe reqid 29324 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x783e1b97c4102814f1bf72346e3385571d2db488 128 if_id 0x7
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c54b452 reqid 29324 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x3575c36e2af9a9fc4634b9df15beb11cc2dcc3f8 128 if_id 0x7
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x8db8f5c1 reqid 55938 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x94592d05ed240d8a76760dcadfc47fb28a684185 128 if_id 0x8
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83d1fec9 reqid 55938 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x93dd18c853c7d8db5fe3b7a0317b3c17d60d2036 128 if_id 0x8
ip -n b xfrm policy add src 10.2.1.1/32 dst 10.1.0.1/32 dir out if_id 0x7 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 29324 mode tunnel
ip -n b xfrm policy add src 10.1.0.1/32 dst 10.2.1.1/32 dir in if_id 0x7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 29324 mode tunnel
ip -n b xfrm policy add src 10.1.0.1/32 dst 10.2.1.1/32 dir fwd if_id 0x7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 29324 mode tunnel
ip -n b xfrm policy add src 10.2.2.1/32 dst 10.1.0.2/32 dir out priority 10 if_id 0x8 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 55938 mode tunnel
ip -n b xfrm policy add src 10.1.0.2/32 dst 10.2.2.1/32 dir in priority 10 if_id 0x8 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 55938 mode tunnel
ip -n b xfrm policy add src 10.1.0.2/32 dst 10.2.2.1/32 dir fwd priority 10 if_id 0x8 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 55938 mode tunnel
