#!/bin/sh
# Multicast crosses a protected link through GRE, and without it under a policy for the group whose template names one peer
# source: RFC 2784; RFC 4301 section 4.1; net/xfrm/xfrm_policy.c xfrm_tmpl_resolve_one (Linux 6.12)
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
ip -n a link add gre1 type gre local 192.0.2.1 remote 192.0.2.2
ip -n b link add gre1 type gre local 192.0.2.2 remote 192.0.2.1
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.9.0.1/30 dev gre1
ip -n a address add fd09::1/64 dev gre1 nodad
ip -n a link set dev gre1 up
ip -n b address add 10.9.0.2/30 dev gre1
ip -n b address add fd09::2/64 dev gre1 nodad
ip -n b link set dev gre1 up
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0x04bed78aa6bfcad04b91f0f4d99f107061c17b43 128
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 47 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 proto 47 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode transport
ip -n a xfrm policy add src 0.0.0.0/0 dst 224.0.0.251/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0x04bed78aa6bfcad04b91f0f4d99f107061c17b43 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 proto 47 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 47 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode transport
ip -n b xfrm policy add src 0.0.0.0/0 dst 224.0.0.251/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
