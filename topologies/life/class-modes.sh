#!/bin/sh
# In transport and BEET mode the TOS byte that the receiver sees is that of the wire, whatever happened to it there
# source: net/xfrm/xfrm_input.c xfrm4_transport_input, xfrm4_remove_beet_encap, xfrm6_remove_beet_encap (Linux 6.12); RFC 4301 section 5.1.2 is about tunnels
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
ip -n a address add 10.0.1.1/32 dev d0
ip -n a address add fd01::1/128 dev d0 nodad
ip -n a link set dev d0 up
ip -n b address add 10.0.2.1/32 dev d0
ip -n b address add fd02::1/128 dev d0 nodad
ip -n b link set dev d0 up
ip -n a route add 192.0.2.0/24 via 198.51.100.2
ip -n a route add 10.0.2.1/32 via 198.51.100.2 src 10.0.1.1
ip -n a route add fd00:2::/64 via fd00:1::2
ip -n a route add fd02::1/128 via fd00:1::2 src fd01::1
ip -n a xfrm state add src 198.51.100.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n a xfrm state add src 192.0.2.2 dst 198.51.100.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n a xfrm state add src 198.51.100.1 dst 192.0.2.2 proto esp spi 0x3874b3fb reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0x7145ed4e8d7fb4e55c09a7c27bab0925cf6a2e08 128 sel src 10.0.1.1/32 dst 10.0.2.1/32
ip -n a xfrm state add src 192.0.2.2 dst 198.51.100.1 proto esp spi 0xb36de02a reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0xbeeed0f27a6e05ab497f1f609997132c2e96b6b5 128 sel src 10.0.2.1/32 dst 10.0.1.1/32
ip -n a xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0x7b6559ff reqid 28222 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x9d4065cd4c6fe9c1d6e8fb20386b3c47ba54f329 128
ip -n a xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0x05f98751 reqid 28222 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x783712902460f10ac9034e0e02212d9cab15aa06 128
ip -n a xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0x0456f884 reqid 44574 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0xd4c4cc518b320eb42d54b6d4cdc6e00c4e96efb6 128 sel src fd01::1/128 dst fd02::1/128
ip -n a xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0x47f386cb reqid 44574 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0x1cf7ad30564c46e4bd46859c7058ce5df2965a3f 128 sel src fd02::1/128 dst fd01::1/128
ip -n a xfrm policy add src 198.51.100.1/32 dst 192.0.2.2/32 dir out tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 198.51.100.1/32 dir in tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 52592 mode transport
ip -n a xfrm policy add src 10.0.1.1/32 dst 10.0.2.1/32 dir out tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 57482 mode beet
ip -n a xfrm policy add src 10.0.2.1/32 dst 10.0.1.1/32 dir in tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 57482 mode beet
ip -n a xfrm policy add src 10.0.2.1/32 dst 10.0.1.1/32 dir fwd tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 57482 mode beet
ip -n a xfrm policy add src fd00:1::1/128 dst fd00:2::2/128 dir out tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 28222 mode transport
ip -n a xfrm policy add src fd00:2::2/128 dst fd00:1::1/128 dir in tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 28222 mode transport
ip -n a xfrm policy add src fd01::1/128 dst fd02::1/128 dir out tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 44574 mode beet
ip -n a xfrm policy add src fd02::1/128 dst fd01::1/128 dir in tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 44574 mode beet
ip -n a xfrm policy add src fd02::1/128 dst fd01::1/128 dir fwd tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 44574 mode beet
ip netns exec r nft -f - <<'EOF'
table inet class {
  chain forward { type filter hook forward priority 0; ip dscp set cs1 ip ecn set ce; ip6 dscp set cs1 ip6 ecn set ce; }
}
EOF
ip -n b route add 198.51.100.0/24 via 192.0.2.1
ip -n b route add 10.0.1.1/32 via 192.0.2.1 src 10.0.2.1
ip -n b route add fd00:1::/64 via fd00:2::1
ip -n b route add fd01::1/128 via fd00:2::1 src fd02::1
ip -n b xfrm state add src 198.51.100.1 dst 192.0.2.2 proto esp spi 0xd337b190 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xec1f3918916d007dda7969515a38cabccadb0b4b 128
ip -n b xfrm state add src 192.0.2.2 dst 198.51.100.1 proto esp spi 0x6c3b0a41 reqid 52592 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xaf78245dca0cceba050c6e81e48c75e06a919695 128
ip -n b xfrm state add src 198.51.100.1 dst 192.0.2.2 proto esp spi 0x3874b3fb reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0x7145ed4e8d7fb4e55c09a7c27bab0925cf6a2e08 128 sel src 10.0.1.1/32 dst 10.0.2.1/32
ip -n b xfrm state add src 192.0.2.2 dst 198.51.100.1 proto esp spi 0xb36de02a reqid 57482 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0xbeeed0f27a6e05ab497f1f609997132c2e96b6b5 128 sel src 10.0.2.1/32 dst 10.0.1.1/32
ip -n b xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0x7b6559ff reqid 28222 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x9d4065cd4c6fe9c1d6e8fb20386b3c47ba54f329 128
ip -n b xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0x05f98751 reqid 28222 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x783712902460f10ac9034e0e02212d9cab15aa06 128
ip -n b xfrm state add src fd00:1::1 dst fd00:2::2 proto esp spi 0x0456f884 reqid 44574 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0xd4c4cc518b320eb42d54b6d4cdc6e00c4e96efb6 128 sel src fd01::1/128 dst fd02::1/128
ip -n b xfrm state add src fd00:2::2 dst fd00:1::1 proto esp spi 0x47f386cb reqid 44574 mode beet replay-window 32 aead 'rfc4106(gcm(aes))' 0x1cf7ad30564c46e4bd46859c7058ce5df2965a3f 128 sel src fd02::1/128 dst fd01::1/128
ip -n b xfrm policy add src 192.0.2.2/32 dst 198.51.100.1/32 dir out tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src 198.51.100.1/32 dst 192.0.2.2/32 dir in tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 52592 mode transport
ip -n b xfrm policy add src 10.0.2.1/32 dst 10.0.1.1/32 dir out tmpl src 192.0.2.2 dst 198.51.100.1 proto esp reqid 57482 mode beet
ip -n b xfrm policy add src 10.0.1.1/32 dst 10.0.2.1/32 dir in tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 57482 mode beet
ip -n b xfrm policy add src 10.0.1.1/32 dst 10.0.2.1/32 dir fwd tmpl src 198.51.100.1 dst 192.0.2.2 proto esp reqid 57482 mode beet
ip -n b xfrm policy add src fd00:2::2/128 dst fd00:1::1/128 dir out tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 28222 mode transport
ip -n b xfrm policy add src fd00:1::1/128 dst fd00:2::2/128 dir in tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 28222 mode transport
ip -n b xfrm policy add src fd02::1/128 dst fd01::1/128 dir out tmpl src fd00:2::2 dst fd00:1::1 proto esp reqid 44574 mode beet
ip -n b xfrm policy add src fd01::1/128 dst fd02::1/128 dir in tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 44574 mode beet
ip -n b xfrm policy add src fd01::1/128 dst fd02::1/128 dir fwd tmpl src fd00:1::1 dst fd00:2::2 proto esp reqid 44574 mode beet
