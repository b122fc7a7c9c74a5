#!/bin/sh
# A router lets new connections in only if they came through AH: the SA sets a mark, the firewall asks for it
# source: kernel commit 9b42c1f179a6 (output-mark on input); net/xfrm/xfrm_input.c xfrm_smark_get (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add out && ip -n out link set lo up
ip netns add r && ip -n r link set lo up
ip netns add in && ip -n in link set lo up
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
ip link add name eth0 netns out address 02:d2:20:4f:ab:24 type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns in address 02:98:72:81:52:1b
ip netns exec out ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n out address add fd01::100/64 dev eth0 nodad
ip -n out link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add fd01::1/64 dev eth0 nodad
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add fd02::1/64 dev eth1 nodad
ip -n r link set dev eth1 up
ip netns exec in ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n in address add fd02::100/64 dev eth0 nodad
ip -n in link set dev eth0 up
ip -n out route add fd02::/64 via fd01::1
ip -n out xfrm state add src fd01::100 dst fd01::1 proto ah spi 0x00001001 mode tunnel auth 'hmac(sha256)' 0x5f47dccdfc3ed7b0c486245ae70b7687ffd0ede5e6119772e3e174cb0d7286b2
ip -n out xfrm policy add src fd01::100/128 dst fd02::/64 dir out tmpl src fd01::100 dst fd01::1 proto ah mode tunnel
ip netns exec r nft -f - <<'EOF'
table inet filter {
  chain forw {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "eth1" accept
    ct state new meta mark != 0x1 drop
    ct state new accept
  }
}
EOF
ip -n r xfrm state add src fd01::100 dst fd01::1 proto ah spi 0x00001001 mode tunnel auth 'hmac(sha256)' 0x5f47dccdfc3ed7b0c486245ae70b7687ffd0ede5e6119772e3e174cb0d7286b2 output-mark 0x1 mask 0xffffffff
ip -n r xfrm policy add src fd01::100/128 dst fd02::/64 dir fwd tmpl src fd01::100 dst fd01::1 proto ah mode tunnel level use
ip -n in route add ::/0 via fd02::1
