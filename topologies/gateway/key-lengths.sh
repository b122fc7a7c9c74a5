#!/bin/sh
# AES-GCM with keys of 128, 192 and 256 bits and ICVs of 64, 96 and 128 bits: the key length never shows, the ICV does
# source: RFC 4106 sections 4, 5 and 8.1; crypto/gcm.c crypto_rfc4106_setauthsize (Linux 6.12)
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
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a address add 192.0.2.3/24 dev eth0
ip -n a address add 192.0.2.5/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b address add 192.0.2.4/24 dev eth0
ip -n b address add 192.0.2.6/24 dev eth0
ip -n b link set dev eth0 up
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xff6161b9 reqid 2587 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 64
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xebba67ed reqid 2587 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 64
ip -n a xfrm state add src 192.0.2.3 dst 192.0.2.4 proto esp spi 0xc659ae62 reqid 33169 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161711223344 96
ip -n a xfrm state add src 192.0.2.4 dst 192.0.2.3 proto esp spi 0xe118fb99 reqid 33169 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161711223344 96
ip -n a xfrm state add src 192.0.2.5 dst 192.0.2.6 proto esp spi 0x08afe03e reqid 24374 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f11223344 128
ip -n a xfrm state add src 192.0.2.6 dst 192.0.2.5 proto esp spi 0xdf5ca695 reqid 24374 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f11223344 128
ip -n a xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2587 mode transport
ip -n a xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2587 mode transport
ip -n a xfrm policy add src 192.0.2.3/32 dst 192.0.2.4/32 dir out tmpl src 192.0.2.3 dst 192.0.2.4 proto esp reqid 33169 mode transport
ip -n a xfrm policy add src 192.0.2.4/32 dst 192.0.2.3/32 dir in tmpl src 192.0.2.4 dst 192.0.2.3 proto esp reqid 33169 mode transport
ip -n a xfrm policy add src 192.0.2.5/32 dst 192.0.2.6/32 dir out tmpl src 192.0.2.5 dst 192.0.2.6 proto esp reqid 24374 mode transport
ip -n a xfrm policy add src 192.0.2.6/32 dst 192.0.2.5/32 dir in tmpl src 192.0.2.6 dst 192.0.2.5 proto esp reqid 24374 mode transport
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xff6161b9 reqid 2587 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 64
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xebba67ed reqid 2587 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f11223344 64
ip -n b xfrm state add src 192.0.2.3 dst 192.0.2.4 proto esp spi 0xc659ae62 reqid 33169 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161711223344 96
ip -n b xfrm state add src 192.0.2.4 dst 192.0.2.3 proto esp spi 0xe118fb99 reqid 33169 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161711223344 96
ip -n b xfrm state add src 192.0.2.5 dst 192.0.2.6 proto esp spi 0x08afe03e reqid 24374 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f11223344 128
ip -n b xfrm state add src 192.0.2.6 dst 192.0.2.5 proto esp spi 0xdf5ca695 reqid 24374 mode transport replay-window 32 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f11223344 128
ip -n b xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2587 mode transport
ip -n b xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2587 mode transport
ip -n b xfrm policy add src 192.0.2.4/32 dst 192.0.2.3/32 dir out tmpl src 192.0.2.4 dst 192.0.2.3 proto esp reqid 33169 mode transport
ip -n b xfrm policy add src 192.0.2.3/32 dst 192.0.2.4/32 dir in tmpl src 192.0.2.3 dst 192.0.2.4 proto esp reqid 33169 mode transport
ip -n b xfrm policy add src 192.0.2.6/32 dst 192.0.2.5/32 dir out tmpl src 192.0.2.6 dst 192.0.2.5 proto esp reqid 24374 mode transport
ip -n b xfrm policy add src 192.0.2.5/32 dst 192.0.2.6/32 dir in tmpl src 192.0.2.5 dst 192.0.2.6 proto esp reqid 24374 mode transport
