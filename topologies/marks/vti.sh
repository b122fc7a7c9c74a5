#!/bin/sh
# Behind a VTI a packet's mark chooses nothing, the key of the device does; set before it, the mark takes the packet past it
# source: net/ipv4/ip_vti.c vti_tunnel_xmit, vti_xmit (flowi_mark is the output key); net/xfrm/xfrm_policy.c __xfrm_route_forward (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h && ip -n h link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns exec h sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns h address 02:4e:53:cb:13:0c type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip -n r1 link add vti0 type vti local 192.0.2.1 remote 192.0.2.2 ikey 7 okey 7
ip -n r2 link add lan address 02:9a:b1:40:db:74 type dummy
ip netns exec h ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h address add 10.0.1.100/24 dev eth0
ip -n h link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 10.0.1.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip -n r1 link set dev vti0 up
ip -n r2 address add 10.0.2.1/24 dev lan
ip -n r2 link set dev lan up
ip -n h route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 dev vti0
ip netns exec r1 nft -f - <<'EOF'
table ip m {
  chain pre { type filter hook prerouting priority mangle; udp dport 5061 meta mark set 0x1; }
  chain post { type filter hook postrouting priority mangle; oifname "vti0" udp dport 5060 meta mark set 0x1; }
}
EOF
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' 0x82f58f0e58f5259bd130b95e557deccf080cdd36 128
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001002 reqid 2 mode tunnel aead 'rfc4106(gcm(aes))' 0x0fea1aa6b470574366da4237c7e67376c2dca621 128
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 10.0.2.0/24 dir out mark 0x1 mask 0xffffffff priority 10 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 10.0.2.0/24 dir out mark 0x7 mask 0xffffffff priority 20 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2 mode tunnel
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' 0x82f58f0e58f5259bd130b95e557deccf080cdd36 128
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001002 reqid 2 mode tunnel aead 'rfc4106(gcm(aes))' 0x0fea1aa6b470574366da4237c7e67376c2dca621 128
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
