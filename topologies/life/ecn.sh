#!/bin/sh
# A congestion mark that ESP got on its way comes out of the tunnel, unless the packet inside may have none
# source: RFC 6040 section 4.2; net/xfrm/xfrm_input.c ipip_ecn_decapsulate, ipip6_ecn_decapsulate (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add r && ip -n r link set lo up
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
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv6.conf.all.forwarding=1 \
    net.ipv6.conf.default.forwarding=1 \
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 198.51.100.1/24 dev eth0
ip -n a address add fd00:1::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 198.51.100.2/24 dev eth0
ip -n r address add fd00:1::2/64 dev eth0 nodad
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 192.0.2.1/24 dev eth1
ip -n r address add fd00:2::1/64 dev eth1 nodad
ip -n r link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b address add fd00:2::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a address add 10.0.1.1/24 dev d0
ip -n a address add fd01::1/64 dev d0 nodad
ip -n a link set dev d0 up
ip -n b address add 10.0.2.1/24 dev d0
ip -n b address add fd02::1/64 dev d0 nodad
ip -n b link set dev d0 up
ip -n a route add 192.0.2.0/24 via 198.51.100.2
ip -n a route add 10.0.2.0/24 via 198.51.100.2 src 10.0.1.1
ip -n a route add fd00:2::/64 via fd00:1::2
ip -n a route add fd02::/64 via fd00:1::2 src fd01::1
ip -n a xfrm state add src 198.51.100.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n a xfrm state add src 192.0.2.2 dst 198.51.100.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n a xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0xfcadad7f reqid 19867 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x7ac3fb53ceef0d5f85a4ebdac972a9d7bc4b29e5 128
ip -n a xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0xc0146273 reqid 19867 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xf202c1d7bf1ef467f112f866fb698bbd3ac42edb 128
ip -n a xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src fd01::/64 dst fd02::/64 dir out tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 19867 mode tunnel
ip -n a xfrm policy add src fd02::/64 dst fd01::/64 dir in tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 19867 mode tunnel
ip -n a xfrm policy add src fd02::/64 dst fd01::/64 dir fwd tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 19867 mode tunnel
ip netns exec r nft -f - <<'EOF'
table inet congest {
  chain forward { type filter hook forward priority 0; ip ecn set ce; ip6 ecn set ce; }
}
EOF
ip -n b route add 198.51.100.0/24 via 192.0.2.1
ip -n b route add 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1
ip -n b route add fd00:1::/64 via fd00:2::1
ip -n b route add fd01::/64 via fd00:2::1 src fd02::1
ip -n b xfrm state add src 198.51.100.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n b xfrm state add src 192.0.2.2 dst 198.51.100.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n b xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0xfcadad7f reqid 19867 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x7ac3fb53ceef0d5f85a4ebdac972a9d7bc4b29e5 128
ip -n b xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0xc0146273 reqid 19867 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xf202c1d7bf1ef467f112f866fb698bbd3ac42edb 128
ip -n b xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src fd02::/64 dst fd01::/64 dir out tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 19867 mode tunnel
ip -n b xfrm policy add src fd01::/64 dst fd02::/64 dir in tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 19867 mode tunnel
ip -n b xfrm policy add src fd01::/64 dst fd02::/64 dir fwd tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 19867 mode tunnel
