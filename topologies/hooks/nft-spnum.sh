#!/bin/sh
# `spnum` reads each SA of a packet: both ends count from the one that is applied there first
# source: net/netfilter/nft_xfrm.c nft_xfrm_get_eval_in, nft_xfrm_get_eval_out (Linux 6.12); nft(8)
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
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip netns exec a nft -f - <<'EOF'
table inet t {
  chain out {
    type filter hook output priority 0
    ipsec out reqid 1 meta mark set meta mark or 0x1
    ipsec out reqid 2 meta mark set meta mark or 0x2
    ipsec out spnum 1 reqid 1 meta mark set meta mark or 0x4
    ipsec out spnum 1 reqid 2 meta mark set meta mark or 0x8
    ipsec out spnum 2 reqid 1-2 meta mark set meta mark or 0x10
  }
}
EOF
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 1 mode transport aead 'rfc4106(gcm(aes))' 0x191bcb395b1dd069241ba50f94e7d2b8e207ed73 128
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto ah spi 0x00002001 reqid 2 mode transport auth 'hmac(sha256)' 0x9a362653dedf7e7cd912aa3c338cc1247363be7046201a3fc51ebdb578defde0
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 1 mode transport tmpl src 0.0.0.0 dst 0.0.0.0 proto ah reqid 2 mode transport
ip netns exec b nft -f - <<'EOF'
table inet t {
  chain inp {
    type filter hook input priority 0
    ipsec in reqid 1 meta mark set meta mark or 0x1
    ipsec in reqid 2 meta mark set meta mark or 0x2
    ipsec in spnum 1 reqid 1 meta mark set meta mark or 0x4
    ipsec in spnum 1 reqid 2 meta mark set meta mark or 0x8
    ipsec in spnum 2 reqid 1-2 meta mark set meta mark or 0x10
  }
}
EOF
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 1 mode transport aead 'rfc4106(gcm(aes))' 0x191bcb395b1dd069241ba50f94e7d2b8e207ed73 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto ah spi 0x00002001 reqid 2 mode transport auth 'hmac(sha256)' 0x9a362653dedf7e7cd912aa3c338cc1247363be7046201a3fc51ebdb578defde0
