#!/bin/sh
# A mesh of three hosts with one key, encrypted by AES-CBC and authenticated by nothing
# source: ip-xfrm(8); RFC 4303 section 3.2 allows encryption without integrity, RFC 8221 section 4 forbids it
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
ip link add name ab netns a address 02:8d:d3:e1:55:82 type veth peer name ba netns b address 02:ed:74:db:b8:82
ip link add name bc netns b address 02:63:9e:73:92:c3 type veth peer name cb netns c address 02:95:09:ad:9f:0b
ip link add name ac netns a address 02:66:25:ac:1f:d4 type veth peer name ca netns c address 02:f8:6a:33:c1:c0
ip netns exec a ethtool -K ab rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/30 dev ab
ip -n a link set dev ab up
ip netns exec b ethtool -K ba rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/30 dev ba
ip -n b link set dev ba up
ip netns exec b ethtool -K bc rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.5/30 dev bc
ip -n b link set dev bc up
ip netns exec c ethtool -K cb rx off tx off sg off tso off gso off gro off
ip -n c address add 192.0.2.6/30 dev cb
ip -n c link set dev cb up
ip netns exec a ethtool -K ac rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.9/30 dev ac
ip -n a link set dev ac up
ip netns exec c ethtool -K ca rx off tx off sg off tso off gso off gro off
ip -n c address add 192.0.2.10/30 dev ca
ip -n c link set dev ca up
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2ef9f471 reqid 18867 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x2804696f reqid 18867 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n a xfrm state add src 192.0.2.9 dst 192.0.2.10 proto esp spi 0x6aa48f31 reqid 23952 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n a xfrm state add src 192.0.2.10 dst 192.0.2.9 proto esp spi 0x9565371a reqid 23952 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 18867 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 18867 mode transport
ip -n a xfrm policy add src 192.0.2.9/32 dst 192.0.2.10/32 dir out tmpl src 192.0.2.9 dst 192.0.2.10 proto esp reqid 23952 mode transport
ip -n a xfrm policy add src 192.0.2.10/32 dst 192.0.2.9/32 dir in tmpl src 192.0.2.10 dst 192.0.2.9 proto esp reqid 23952 mode transport
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2ef9f471 reqid 18867 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x2804696f reqid 18867 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n b xfrm state add src 192.0.2.5 dst 192.0.2.6 proto esp spi 0xecb32732 reqid 26123 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n b xfrm state add src 192.0.2.6 dst 192.0.2.5 proto esp spi 0x4f571074 reqid 26123 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 18867 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 18867 mode transport
ip -n b xfrm policy add src 192.0.2.5/32 dst 192.0.2.6/32 dir out tmpl src 192.0.2.5 dst 192.0.2.6 proto esp reqid 26123 mode transport
ip -n b xfrm policy add src 192.0.2.6/32 dst 192.0.2.5/32 dir in tmpl src 192.0.2.6 dst 192.0.2.5 proto esp reqid 26123 mode transport
ip -n c xfrm state add src 192.0.2.5 dst 192.0.2.6 proto esp spi 0xecb32732 reqid 26123 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n c xfrm state add src 192.0.2.6 dst 192.0.2.5 proto esp spi 0x4f571074 reqid 26123 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n c xfrm state add src 192.0.2.9 dst 192.0.2.10 proto esp spi 0x6aa48f31 reqid 23952 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n c xfrm state add src 192.0.2.10 dst 192.0.2.9 proto esp spi 0x9565371a reqid 23952 mode transport replay-window 32 enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
ip -n c xfrm policy add src 192.0.2.6/32 dst 192.0.2.5/32 dir out tmpl src 192.0.2.6 dst 192.0.2.5 proto esp reqid 26123 mode transport
ip -n c xfrm policy add src 192.0.2.5/32 dst 192.0.2.6/32 dir in tmpl src 192.0.2.5 dst 192.0.2.6 proto esp reqid 26123 mode transport
ip -n c xfrm policy add src 192.0.2.10/32 dst 192.0.2.9/32 dir out tmpl src 192.0.2.10 dst 192.0.2.9 proto esp reqid 23952 mode transport
ip -n c xfrm policy add src 192.0.2.9/32 dst 192.0.2.10/32 dir in tmpl src 192.0.2.9 dst 192.0.2.10 proto esp reqid 23952 mode transport
