#!/bin/sh
# ip6tables rules over nftables: a filter of ESP by its SPI, and a mark by which a policy is chosen
# source: ip6tables-restore(8), iptables-extensions(8) (esp, policy, MARK)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add r && ip -n r link set lo up
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add fd00:1::1/64 dev eth0 nodad
ip -n a link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add fd00:1::2/64 dev eth0 nodad
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add fd00:b::1/64 dev eth1 nodad
ip -n r link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add fd00:b::2/64 dev eth0 nodad
ip -n b link set dev eth0 up
ip -n a route add fd00:b::/64 via fd00:1::2
ip netns exec a ip6tables-nft-restore <<'EOF'
*mangle
-A OUTPUT -p udp --dport 5000:5001 -j MARK --set-mark 7
COMMIT
EOF
ip -n a xfrm state add src fd00:1::1 dst fd00:1::2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0x120af80c58976925c77bbaa576f56819b1e2d6ca 128
ip -n a xfrm policy add src fd00:1::/64 dst fd00:b::/64 dir out mark 0x7 mask 0xffffffff tmpl src fd00:1::1 dst fd00:1::2 proto esp mode tunnel
ip netns exec r ip6tables-nft-restore <<'EOF'
*filter
-A INPUT -p esp -m esp --espspi 0x1000 -j ACCEPT
-A INPUT -p esp -j DROP
-A FORWARD -p udp --dport 5001 -m policy --dir in --pol ipsec --proto esp -j DROP
COMMIT
EOF
ip -n r xfrm state add src fd00:1::1 dst fd00:1::2 proto esp spi 0x00001000 mode tunnel aead 'rfc4106(gcm(aes))' 0x120af80c58976925c77bbaa576f56819b1e2d6ca 128
ip -n r xfrm policy add src fd00:1::/64 dst fd00:b::/64 dir fwd tmpl src fd00:1::1 dst fd00:1::2 proto esp mode tunnel level use
