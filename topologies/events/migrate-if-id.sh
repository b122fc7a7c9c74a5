#!/bin/sh
# A migrate is for one interface id: the tunnel of the other one, between the same addresses, stays where it is
# source: commit c1aca3080e38; net/xfrm/xfrm_policy.c xfrm_migrate, xfrm_state.c xfrm_migrate_state_find (Linux 6.12)
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
ip -n a link add xfrm7 type xfrm if_id 0x7
ip -n a link add xfrm8 type xfrm if_id 0x8
ip -n b link add xfrm7 type xfrm if_id 0x7
ip -n b link add xfrm8 type xfrm if_id 0x8
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a address add 192.0.2.9/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.7.0.1/32 dev xfrm7
ip -n a link set dev xfrm7 up
ip -n a address add 10.8.0.1/32 dev xfrm8
ip -n a link set dev xfrm8 up
ip -n b address add 10.7.0.2/32 dev xfrm7
ip -n b link set dev xfrm7 up
ip -n b address add 10.8.0.2/32 dev xfrm8
ip -n b link set dev xfrm8 up
ip -n a route add 10.7.0.2/32 dev xfrm7
ip -n a route add 10.8.0.2/32 dev xfrm8
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xb93f3cfe reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x783e1b97c4102814f1bf72346e3385571d2db488 128 if_id 0x7
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c54b452 reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x3575c36e2af9a9fc4634b9df15beb11cc2dcc3f8 128 if_id 0x7
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x8db8f5c1 reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x94592d05ed240d8a76760dcadfc47fb28a684185 128 if_id 0x8
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83d1fec9 reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x93dd18c853c7d8db5fe3b7a0317b3c17d60d2036 128 if_id 0x8
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x7 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x7 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x8 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x8 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x8 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n b route add 10.7.0.1/32 dev xfrm7
ip -n b route add 10.8.0.1/32 dev xfrm8
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xb93f3cfe reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x783e1b97c4102814f1bf72346e3385571d2db488 128 if_id 0x7
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x6c54b452 reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x3575c36e2af9a9fc4634b9df15beb11cc2dcc3f8 128 if_id 0x7
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x8db8f5c1 reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x94592d05ed240d8a76760dcadfc47fb28a684185 128 if_id 0x8
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83d1fec9 reqid 1 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x93dd18c853c7d8db5fe3b7a0317b3c17d60d2036 128 if_id 0x8
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x7 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x8 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x8 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x8 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
