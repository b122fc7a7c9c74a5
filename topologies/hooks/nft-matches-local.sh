#!/bin/sh
# What nft's IPsec expressions match at hosts: the plain packet beside the transform, in IPv6 as in IPv4, never ESP
# source: net/netfilter/nft_xfrm.c nft_xfrm_get_eval, nft_rt.c nft_rt_get_eval (Linux 6.12); nft(8)
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns b address 02:00:00:00:00:0b
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b address add fd00::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a neighbour add fd00::2 lladdr 02:00:00:00:00:0b dev eth0 nud permanent
ip netns exec a nft -f - <<'EOF'
table inet t {
  chain out { type filter hook output priority 0; meta mark set 0; ipsec out reqid 7 meta mark set meta mark or 0x1; rt ipsec exists meta mark set meta mark or 0x2; }
  chain post { type filter hook postrouting priority 0; meta mark set 0; ipsec out reqid 7 meta mark set meta mark or 0x4; rt ipsec exists meta mark set meta mark or 0x8; }
}
EOF
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 7 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip netns exec b nft -f - <<'EOF'
table inet t {
  chain pre { type filter hook prerouting priority 0; ipsec in reqid 7 meta mark set meta mark or 0x1; meta ipsec exists meta mark set meta mark or 0x2; rt ipsec exists meta mark set meta mark or 0x20; }
  chain inp { type filter hook input priority 0; meta mark set 0; ipsec in reqid 7 meta mark set meta mark or 0x4; meta ipsec exists meta mark set meta mark or 0x8; rt ipsec exists meta mark set meta mark or 0x20; }
}
EOF
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 7 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c5dd9f56e9de1628931ce8966c061b9fedfee11 128
ip -n b xfrm policy add src 192.0.2.1/32 dst 0.0.0.0/0 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
