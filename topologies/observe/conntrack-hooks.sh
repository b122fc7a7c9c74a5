#!/bin/sh
# Each hook tells what conntrack holds of a packet: new, established, related, untracked, and nothing before it looks
# source: nft(8), CONNTRACK EXPRESSIONS; net/netfilter/nft_ct.c nft_ct_get_eval (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add in && ip -n in link set lo up
ip netns add r && ip -n r link set lo up
ip netns add out && ip -n out link set lo up
ip netns exec in sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec out sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns in address 02:98:72:81:52:1b type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns out address 02:d2:20:4f:ab:24
ip netns exec in ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n in address add 10.0.1.100/24 dev eth0
ip -n in address add fd01::100/64 dev eth0 nodad
ip -n in link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.1.1/24 dev eth0
ip -n r address add fd01::1/64 dev eth0 nodad
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 10.0.2.1/24 dev eth1
ip -n r address add fd02::1/64 dev eth1 nodad
ip -n r link set dev eth1 up
ip netns exec out ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n out address add 10.0.2.100/24 dev eth0
ip -n out address add fd02::100/64 dev eth0 nodad
ip -n out link set dev eth0 up
ip -n in route add default via 10.0.1.1
ip -n in route add ::/0 via fd01::1
ip netns exec r nft -f - <<'EOF'
table ip filter {
  chain early {
    type filter hook prerouting priority raw
    udp dport 7 drop
    udp dport 9 notrack
  }
  chain forward {
    type filter hook forward priority filter; policy drop
    ct state established,related,untracked accept
    ct state new iifname "eth0" accept
  }
}
EOF
ip -n out route add default via 10.0.2.1
ip -n out route add ::/0 via fd02::1
