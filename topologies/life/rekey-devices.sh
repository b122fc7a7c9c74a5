#!/bin/sh
# A new SA must belong to the device as the old one did: without its interface id or key a rekey ends the tunnel
# source: net/xfrm/xfrm_state.c xfrm_state_find, __xfrm_state_lookup; ip-xfrm(8) if_id, mark (Linux 6.12)
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
ip -n a link add site type xfrm if_id 0x2a
ip -n b link add site type xfrm if_id 0x2a
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.9.0.1/32 dev site
ip -n a link set dev site up
ip -n b address add 10.9.0.2/32 dev site
ip -n b link set dev site up
ip -n a route add 10.9.0.2/32 dev site
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x2a
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n b route add 10.9.0.1/32 dev site
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x2a
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
