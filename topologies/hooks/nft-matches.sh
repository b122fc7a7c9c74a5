#!/bin/sh
# What nft's IPsec expressions match at a gateway: the plain packet at the hooks beside the transform, never ESP
# source: net/netfilter/nft_xfrm.c, nft_meta.c, nft_rt.c (Linux 6.12); nft(8)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns add h2 && ip -n h2 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip link add name eth0 netns r2 address 02:05:d3:45:1e:14 type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.1.100/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 10.0.1.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 10.0.2.1/24 dev eth0
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.100/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 via 192.0.2.2
ip netns exec r1 nft -f - <<'EOF'
table netdev t { chain ing { type filter hook ingress device eth1 priority 0; meta secpath exists meta mark set meta mark or 0x40; }; }
table inet t {
  chain pre { type filter hook prerouting priority 0; ipsec in reqid 7 meta mark set meta mark or 0x1; meta secpath exists meta mark set meta mark or 0x2; rt ipsec exists meta mark set meta mark or 0x20; }
  chain inp { type filter hook input priority 0; ipsec in reqid 7 meta mark set meta mark or 0x1; meta secpath exists meta mark set meta mark or 0x2; rt ipsec exists meta mark set meta mark or 0x20; }
  chain forw { type filter hook forward priority 0; meta mark set 0; ipsec in reqid 7 meta mark set meta mark or 0x1; meta secpath exists meta mark set meta mark or 0x2; ipsec out reqid 7 meta mark set meta mark or 0x10; rt ipsec exists meta mark set meta mark or 0x20; }
  chain out { type filter hook output priority 0; meta mark set 0; ipsec out reqid 7 meta mark set meta mark or 0x10; rt ipsec exists meta mark set meta mark or 0x20; }
  chain post { type filter hook postrouting priority 0; meta mark set 0; ipsec out reqid 7 meta mark set meta mark or 0x10; rt ipsec exists meta mark set meta mark or 0x20; }
}
EOF
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n r2 route add 10.0.1.0/24 via 192.0.2.1
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 7 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip -n h2 route add default via 10.0.2.1
