#!/bin/sh
# The mark of a connection is told at the beginning and at the end of each hook, and what it makes of the packet's
# source: nft(8), CT EXPRESSIONS, mark; net/netfilter/nft_ct.c nft_ct_set_eval (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add in && ip -n in link set lo up
ip netns add r && ip -n r link set lo up
ip netns add out && ip -n out link set lo up
ip netns exec in sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec out sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns in address 02:98:72:81:52:1b type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns out address 02:d2:20:4f:ab:24
ip netns exec in ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n in address add 10.0.1.100/24 dev eth0
ip -n in link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.1.1/24 dev eth0
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.2.1/24 dev eth1
ip -n r link set dev eth1 up
ip netns exec out ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n out address add 10.0.2.100/24 dev eth0
ip -n out link set dev eth0 up
ip -n in route add default via 10.0.1.1
ip netns exec r nft -f - <<'EOF'
table ip keep {
  chain pre {
    type filter hook prerouting priority mangle
    ct state new ct mark set 0x80000005
    meta mark set ct mark
  }
  chain clear {
    type filter hook forward priority mangle
    iifname "eth1" udp sport 9 ct mark set 0
  }
}
EOF
ip -n out route add default via 10.0.2.1
