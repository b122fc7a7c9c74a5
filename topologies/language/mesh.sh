#!/bin/sh
# Four hosts on a segment, ESP in transport mode between each two of them
# source: RFC 4301 section 4.1
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add b && ip -n b link set lo up
ip netns add c && ip -n c link set lo up
ip netns add d && ip -n d link set lo up
ip netns add lan1 && ip -n lan1 link set lo up
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
ip netns exec d sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec lan1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name a netns lan1 address 02:89:3a:b5:9c:02
ip link add name eth0 netns b address 02:5c:47:29:73:5e type veth peer name b netns lan1 address 02:f2:43:9d:f7:bf
ip link add name eth0 netns c address 02:7a:8c:a6:2c:0f type veth peer name c netns lan1 address 02:89:1f:83:23:fe
ip link add name eth0 netns d address 02:c5:a1:22:1c:cb type veth peer name d netns lan1 address 02:fe:25:80:87:62
ip -n lan1 link add br0 address 02:07:25:5d:0c:c8 type bridge
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec lan1 ethtool -K a rx off tx off sg off tso off gso off gro off
ip -n lan1 link set dev a master br0
ip -n lan1 link set dev a up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
ip -n b link set dev eth0 up
ip netns exec lan1 ethtool -K b rx off tx off sg off tso off gso off gro off
ip -n lan1 link set dev b master br0
ip -n lan1 link set dev b up
ip netns exec c ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n c address add 10.0.0.3/24 dev eth0
ip -n c link set dev eth0 up
ip netns exec lan1 ethtool -K c rx off tx off sg off tso off gso off gro off
ip -n lan1 link set dev c master br0
ip -n lan1 link set dev c up
ip netns exec d ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n d address add 10.0.0.4/24 dev eth0
ip -n d link set dev eth0 up
ip netns exec lan1 ethtool -K d rx off tx off sg off tso off gso off gro off
ip -n lan1 link set dev d master br0
ip -n lan1 link set dev d up
ip -n lan1 link set dev br0 up
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0xd35330b1 reqid 31812 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x5b884dbe536b6ea1ef635d8a96433b5ea8a44bb8 128
ip -n a xfrm state add src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x9a379c16 reqid 31812 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x65581db414a3faaee267ef3a30abdfd234a8d67e 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.3 proto esp spi 0x08c18c12 reqid 58099 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x79b038c4204dd735bac9452ea3f5f2477764a465 128
ip -n a xfrm state add src 10.0.0.3 dst 10.0.0.1 proto esp spi 0xc6210b00 reqid 58099 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x202039cc030ad82f76314bc2e3bde99f9bd31095 128
ip -n a xfrm state add src 10.0.0.1 dst 10.0.0.4 proto esp spi 0xb3b22a08 reqid 56806 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xedab705e094148ac5c9cb265ebbf0dea47c8039d 128
ip -n a xfrm state add src 10.0.0.4 dst 10.0.0.1 proto esp spi 0xc32d0dc0 reqid 56806 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x29aed9ec08435b532f358d50452cfe586d09fb4f 128
ip -n a xfrm policy add src 10.0.0.1/32 dst 10.0.0.2/32 dir out tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 31812 mode transport
ip -n a xfrm policy add src 10.0.0.2/32 dst 10.0.0.1/32 dir in tmpl src 10.0.0.2 dst 10.0.0.1 proto esp reqid 31812 mode transport
ip -n a xfrm policy add src 10.0.0.1/32 dst 10.0.0.3/32 dir out tmpl src 10.0.0.1 dst 10.0.0.3 proto esp reqid 58099 mode transport
ip -n a xfrm policy add src 10.0.0.3/32 dst 10.0.0.1/32 dir in tmpl src 10.0.0.3 dst 10.0.0.1 proto esp reqid 58099 mode transport
ip -n a xfrm policy add src 10.0.0.1/32 dst 10.0.0.4/32 dir out tmpl src 10.0.0.1 dst 10.0.0.4 proto esp reqid 56806 mode transport
ip -n a xfrm policy add src 10.0.0.4/32 dst 10.0.0.1/32 dir in tmpl src 10.0.0.4 dst 10.0.0.1 proto esp reqid 56806 mode transport
ip -n b xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0xd35330b1 reqid 31812 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x5b884dbe536b6ea1ef635d8a96433b5ea8a44bb8 128
ip -n b xfrm state add src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x9a379c16 reqid 31812 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x65581db414a3faaee267ef3a30abdfd234a8d67e 128
ip -n b xfrm state add src 10.0.0.2 dst 10.0.0.3 proto esp spi 0x6caae5c5 reqid 32193 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x385c9dbc0720ac9fca49d646856b0f7b63a92b0f 128
ip -n b xfrm state add src 10.0.0.3 dst 10.0.0.2 proto esp spi 0x6e90f438 reqid 32193 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x564c936bda113fc141ae4b16dad1f09aaa56fc1f 128
ip -n b xfrm state add src 10.0.0.2 dst 10.0.0.4 proto esp spi 0xba4d6d3a reqid 43237 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x721f8b69a59127748531baf86edb3ffae5665cb1 128
ip -n b xfrm state add src 10.0.0.4 dst 10.0.0.2 proto esp spi 0x8facfc00 reqid 43237 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x6a83299a1f962b031394baf68c4d9384f97fa554 128
ip -n b xfrm policy add src 10.0.0.2/32 dst 10.0.0.1/32 dir out tmpl src 10.0.0.2 dst 10.0.0.1 proto esp reqid 31812 mode transport
ip -n b xfrm policy add src 10.0.0.1/32 dst 10.0.0.2/32 dir in tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 31812 mode transport
ip -n b xfrm policy add src 10.0.0.2/32 dst 10.0.0.3/32 dir out tmpl src 10.0.0.2 dst 10.0.0.3 proto esp reqid 32193 mode transport
ip -n b xfrm policy add src 10.0.0.3/32 dst 10.0.0.2/32 dir in tmpl src 10.0.0.3 dst 10.0.0.2 proto esp reqid 32193 mode transport
ip -n b xfrm policy add src 10.0.0.2/32 dst 10.0.0.4/32 dir out tmpl src 10.0.0.2 dst 10.0.0.4 proto esp reqid 43237 mode transport
ip -n b xfrm policy add src 10.0.0.4/32 dst 10.0.0.2/32 dir in tmpl src 10.0.0.4 dst 10.0.0.2 proto esp reqid 43237 mode transport
ip -n c xfrm state add src 10.0.0.1 dst 10.0.0.3 proto esp spi 0x08c18c12 reqid 58099 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x79b038c4204dd735bac9452ea3f5f2477764a465 128
ip -n c xfrm state add src 10.0.0.3 dst 10.0.0.1 proto esp spi 0xc6210b00 reqid 58099 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x202039cc030ad82f76314bc2e3bde99f9bd31095 128
ip -n c xfrm state add src 10.0.0.2 dst 10.0.0.3 proto esp spi 0x6caae5c5 reqid 32193 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x385c9dbc0720ac9fca49d646856b0f7b63a92b0f 128
ip -n c xfrm state add src 10.0.0.3 dst 10.0.0.2 proto esp spi 0x6e90f438 reqid 32193 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x564c936bda113fc141ae4b16dad1f09aaa56fc1f 128
ip -n c xfrm state add src 10.0.0.3 dst 10.0.0.4 proto esp spi 0x80e056f4 reqid 30784 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x0fbdd41596441d89a553adf5cc6c18712f4c6036 128
ip -n c xfrm state add src 10.0.0.4 dst 10.0.0.3 proto esp spi 0x30470e48 reqid 30784 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x16b464f634eaecdbe3888593f649cb5ae9d57592 128
ip -n c xfrm policy add src 10.0.0.3/32 dst 10.0.0.1/32 dir out tmpl src 10.0.0.3 dst 10.0.0.1 proto esp reqid 58099 mode transport
ip -n c xfrm policy add src 10.0.0.1/32 dst 10.0.0.3/32 dir in tmpl src 10.0.0.1 dst 10.0.0.3 proto esp reqid 58099 mode transport
ip -n c xfrm policy add src 10.0.0.3/32 dst 10.0.0.2/32 dir out tmpl src 10.0.0.3 dst 10.0.0.2 proto esp reqid 32193 mode transport
ip -n c xfrm policy add src 10.0.0.2/32 dst 10.0.0.3/32 dir in tmpl src 10.0.0.2 dst 10.0.0.3 proto esp reqid 32193 mode transport
ip -n c xfrm policy add src 10.0.0.3/32 dst 10.0.0.4/32 dir out tmpl src 10.0.0.3 dst 10.0.0.4 proto esp reqid 30784 mode transport
ip -n c xfrm policy add src 10.0.0.4/32 dst 10.0.0.3/32 dir in tmpl src 10.0.0.4 dst 10.0.0.3 proto esp reqid 30784 mode transport
ip -n d xfrm state add src 10.0.0.1 dst 10.0.0.4 proto esp spi 0xb3b22a08 reqid 56806 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0xedab705e094148ac5c9cb265ebbf0dea47c8039d 128
ip -n d xfrm state add src 10.0.0.4 dst 10.0.0.1 proto esp spi 0xc32d0dc0 reqid 56806 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x29aed9ec08435b532f358d50452cfe586d09fb4f 128
ip -n d xfrm state add src 10.0.0.2 dst 10.0.0.4 proto esp spi 0xba4d6d3a reqid 43237 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x721f8b69a59127748531baf86edb3ffae5665cb1 128
ip -n d xfrm state add src 10.0.0.4 dst 10.0.0.2 proto esp spi 0x8facfc00 reqid 43237 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x6a83299a1f962b031394baf68c4d9384f97fa554 128
ip -n d xfrm state add src 10.0.0.3 dst 10.0.0.4 proto esp spi 0x80e056f4 reqid 30784 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x0fbdd41596441d89a553adf5cc6c18712f4c6036 128
ip -n d xfrm state add src 10.0.0.4 dst 10.0.0.3 proto esp spi 0x30470e48 reqid 30784 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x16b464f634eaecdbe3888593f649cb5ae9d57592 128
ip -n d xfrm policy add src 10.0.0.4/32 dst 10.0.0.1/32 dir out tmpl src 10.0.0.4 dst 10.0.0.1 proto esp reqid 56806 mode transport
ip -n d xfrm policy add src 10.0.0.1/32 dst 10.0.0.4/32 dir in tmpl src 10.0.0.1 dst 10.0.0.4 proto esp reqid 56806 mode transport
ip -n d xfrm policy add src 10.0.0.4/32 dst 10.0.0.2/32 dir out tmpl src 10.0.0.4 dst 10.0.0.2 proto esp reqid 43237 mode transport
ip -n d xfrm policy add src 10.0.0.2/32 dst 10.0.0.4/32 dir in tmpl src 10.0.0.2 dst 10.0.0.4 proto esp reqid 43237 mode transport
ip -n d xfrm policy add src 10.0.0.4/32 dst 10.0.0.3/32 dir out tmpl src 10.0.0.4 dst 10.0.0.3 proto esp reqid 30784 mode transport
ip -n d xfrm policy add src 10.0.0.3/32 dst 10.0.0.4/32 dir in tmpl src 10.0.0.3 dst 10.0.0.4 proto esp reqid 30784 mode transport
