#!/bin/sh
# A receiver's SA with a mark is found only by packets that have it, and a rule in prerouting decides which do
# source: net/xfrm/xfrm_state.c __xfrm_state_lookup; ip-xfrm(8) mark (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a1 && ip -n a1 link set lo up
ip netns add a2 && ip -n a2 link set lo up
ip netns add b && ip -n b link set lo up
ip netns exec a1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec a2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns a1 address 02:50:80:03:65:45 type veth peer name eth1 netns b address 02:6f:21:96:2d:dc
ip link add name eth0 netns a2 address 02:3e:5c:cf:8c:8f type veth peer name eth2 netns b address 02:08:7c:e7:bd:f9
ip netns exec a1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a1 address add 192.0.2.1/24 dev eth0
ip -n a1 link set dev eth0 up
ip netns exec b ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth1
ip -n b link set dev eth1 up
ip netns exec a2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a2 address add 198.51.100.1/24 dev eth0
ip -n a2 link set dev eth0 up
ip netns exec b ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n b address add 198.51.100.2/24 dev eth2
ip -n b link set dev eth2 up
ip -n a1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode transport aead 'rfc4106(gcm(aes))' 0x4d39a3f7a48bf554184e9669d350a241ca456ec0 128
ip -n a1 xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 0.0.0.0 dst 0.0.0.0 proto esp mode transport
ip -n a2 xfrm state add src 198.51.100.1 dst 198.51.100.2 proto esp spi 0x00002001 mode transport aead 'rfc4106(gcm(aes))' 0xbc6f4374e3f92416571692344dd2a0695002bf6a 128
ip -n a2 xfrm policy add src 0.0.0.0/0 dst 198.51.100.2/32 dir out tmpl src 0.0.0.0 dst 0.0.0.0 proto esp mode transport
ip netns exec b nft -f - <<'EOF'
table ip m { chain pre { type filter hook prerouting priority mangle; ip saddr 192.0.2.1 meta mark set 0xd01; }; }
EOF
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode transport mark 0xd00 mask 0xf00 aead 'rfc4106(gcm(aes))' 0x4d39a3f7a48bf554184e9669d350a241ca456ec0 128
ip -n b xfrm state add src 198.51.100.1 dst 198.51.100.2 proto esp spi 0x00002001 mode transport mark 0xd00 mask 0xf00 aead 'rfc4106(gcm(aes))' 0xbc6f4374e3f92416571692344dd2a0695002bf6a 128
