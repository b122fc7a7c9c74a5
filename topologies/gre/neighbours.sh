#!/bin/sh
# A GRE device without a remote address has one for each neighbour: the other end is a neighbour's link-layer address, and may change
# source: net/ipv4/ip_gre.c ipgre_header, ipgre_tunnel_init; net/ipv4/arp.c arp_constructor (Linux 6.12); ip-neighbour(8)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add b && ip -n b link set lo up
ip netns add c && ip -n c link set lo up
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
ip netns exec c sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth1 netns a address 02:98:1f:07:9e:cd type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip link add name eth2 netns a address 02:cd:42:39:cc:cd type veth peer name eth0 netns c address 02:7a:8c:a6:2c:0f
ip -n a link add tnl type gre local 192.0.2.1
ip -n b link add tnl type gre local 192.0.2.2 remote 192.0.2.1
ip -n c link add tnl type gre local 198.51.100.2 remote 192.0.2.1
ip netns exec a ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth1
ip -n a link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip netns exec a ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n a address add 198.51.100.1/24 dev eth2
ip -n a link set dev eth2 up
ip netns exec c ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n c address add 198.51.100.2/24 dev eth0
ip -n c link set dev eth0 up
ip -n a address add 10.1.0.1/24 dev tnl
ip -n a link set dev tnl up
ip -n b address add 10.1.0.2/24 dev tnl
ip -n b link set dev tnl up
ip -n c address add 10.1.0.2/24 dev tnl
ip -n c link set dev tnl up
ip -n a neighbour add 10.1.0.2 lladdr c0:00:02:02:00:00 dev tnl nud permanent
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2ef9f471 reqid 18867 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x46599c5d1708b7a9f1498fb7ceab5d78d060f16d 128
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x2804696f reqid 18867 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xa1c947fed0c79364a801adab2d78aa5b546c932e 128
ip -n a xfrm state add src 192.0.2.1 dst 198.51.100.2 proto esp spi 0x6aa48f31 reqid 23952 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x5c4518284296febfbb951f43bb94292d1139a773 128
ip -n a xfrm state add src 198.51.100.2 dst 192.0.2.1 proto esp spi 0x9565371a reqid 23952 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x254efa592b744a5be1dd16eff7702892d091f6fd 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 18867 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 18867 mode transport
ip -n a xfrm policy add src 192.0.2.1/32 dst 198.51.100.2/32 dir out tmpl src 192.0.2.1 dst 198.51.100.2 proto esp reqid 23952 mode transport
ip -n a xfrm policy add src 198.51.100.2/32 dst 192.0.2.1/32 dir in tmpl src 198.51.100.2 dst 192.0.2.1 proto esp reqid 23952 mode transport
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2ef9f471 reqid 18867 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x46599c5d1708b7a9f1498fb7ceab5d78d060f16d 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x2804696f reqid 18867 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xa1c947fed0c79364a801adab2d78aa5b546c932e 128
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 18867 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 18867 mode transport
ip -n c route add 192.0.2.0/24 via 198.51.100.1
ip -n c xfrm state add src 192.0.2.1 dst 198.51.100.2 proto esp spi 0x6aa48f31 reqid 23952 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x5c4518284296febfbb951f43bb94292d1139a773 128
ip -n c xfrm state add src 198.51.100.2 dst 192.0.2.1 proto esp spi 0x9565371a reqid 23952 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x254efa592b744a5be1dd16eff7702892d091f6fd 128
ip -n c xfrm policy add src 198.51.100.2/32 dst 192.0.2.1/32 dir out tmpl src 198.51.100.2 dst 192.0.2.1 proto esp reqid 23952 mode transport
ip -n c xfrm policy add src 192.0.2.1/32 dst 198.51.100.2/32 dir in tmpl src 192.0.2.1 dst 198.51.100.2 proto esp reqid 23952 mode transport
