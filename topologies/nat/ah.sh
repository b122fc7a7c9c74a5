#!/bin/sh
# AH protects the addresses: a router may change TTL and DSCP, a NAT may not change the source
# source: RFC 4302 section 3.3.3.1 (mutable fields); strongSwan documentation, AH and NAT
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add r && ip -n r link set lo up
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
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 \
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.2/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.0.1/24 dev eth0
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 192.0.2.1/24 dev eth1
ip -n r link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a route add default via 10.0.0.1
ip -n a xfrm state add src 10.0.0.2 dst 192.0.2.2 proto ah spi 0x00001001 mode transport auth 'hmac(sha256)' 0x75c1199375f08c55ec9012a14e54e156fd52930b7e0197b05cf2213a7602223c
ip -n a xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 0.0.0.0 dst 0.0.0.0 proto ah mode transport
ip netns exec r nft -f - <<'EOF'
table ip mangle { chain forw { type filter hook forward priority mangle; ip dscp set cs1; }; }
EOF
ip -n b xfrm state add src 10.0.0.2 dst 192.0.2.2 proto ah spi 0x00001001 mode transport auth 'hmac(sha256)' 0x75c1199375f08c55ec9012a14e54e156fd52930b7e0197b05cf2213a7602223c
