#!/bin/sh
# One pair of IPv4 SAs carries both families through an XFRM interface only with `af-unspec`
# source: net/xfrm/xfrm_interface_core.c xfrmi_xmit, xfrm_state.c (af-unspec) (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add b && ip -n b link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv6.conf.all.forwarding=0 \
    net.ipv6.conf.default.forwarding=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv6.conf.all.accept_redirects=0 \
    net.ipv6.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.icmp.ratelimit=0 \
    net.ipv6.conf.all.accept_dad=0 \
    net.ipv6.conf.default.accept_dad=0 \
    net.ipv6.conf.all.dad_transmits=0 \
    net.ipv6.conf.default.dad_transmits=0 \
    net.ipv6.conf.all.router_solicitations=0 \
    net.ipv6.conf.default.router_solicitations=0 \
    net.ipv6.conf.all.accept_ra=0 \
    net.ipv6.conf.default.accept_ra=0
ip netns exec b sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv6.conf.all.forwarding=0 \
    net.ipv6.conf.default.forwarding=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv6.conf.all.accept_redirects=0 \
    net.ipv6.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.icmp.ratelimit=0 \
    net.ipv6.conf.all.accept_dad=0 \
    net.ipv6.conf.default.accept_dad=0 \
    net.ipv6.conf.all.dad_transmits=0 \
    net.ipv6.conf.default.dad_transmits=0 \
    net.ipv6.conf.all.router_solicitations=0 \
    net.ipv6.conf.default.router_solicitations=0 \
    net.ipv6.conf.all.accept_ra=0 \
    net.ipv6.conf.default.accept_ra=0
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n a link add xfrm0 type xfrm if_id 0x2a
ip -n b link add xfrm0 type xfrm if_id 0x2a
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.9.0.1/32 dev xfrm0
ip -n a address add fd09::1/128 dev xfrm0 nodad
ip -n a link set dev xfrm0 up
ip -n b address add 10.9.0.2/32 dev xfrm0
ip -n b address add fd09::2/128 dev xfrm0 nodad
ip -n b link set dev xfrm0 up
ip -n a route add 10.9.0.2/32 dev xfrm0
ip -n a route add fd09::2/128 dev xfrm0
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x0f4123c6 reqid 1 mode tunnel replay-window 32 flag af-unspec aead 'rfc4106(gcm(aes))' 0x63fa469bfb79916fafea33d5c06a55aa42dd7973 128 if_id 0x2a
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x600fd215 reqid 1 mode tunnel replay-window 32 flag af-unspec aead 'rfc4106(gcm(aes))' 0x5f498d98f211fcf8ebded2b534572f1d94ef0eee 128 if_id 0x2a
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src ::/0 dst ::/0 dir out if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n a xfrm policy add src ::/0 dst ::/0 dir in if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n b route add 10.9.0.1/32 dev xfrm0
ip -n b route add fd09::1/128 dev xfrm0
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x0f4123c6 reqid 1 mode tunnel replay-window 32 flag af-unspec aead 'rfc4106(gcm(aes))' 0x63fa469bfb79916fafea33d5c06a55aa42dd7973 128 if_id 0x2a
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x600fd215 reqid 1 mode tunnel replay-window 32 flag af-unspec aead 'rfc4106(gcm(aes))' 0x5f498d98f211fcf8ebded2b534572f1d94ef0eee 128 if_id 0x2a
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src ::/0 dst ::/0 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
ip -n b xfrm policy add src ::/0 dst ::/0 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
