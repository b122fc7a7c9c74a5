#!/bin/sh
# An SA for each class of traffic: DSCP makes a mark, the mark chooses policy and SA, and each has its own sequence
# source: RFC 4301 section 4.1 (parallel SAs); net/xfrm/xfrm_policy.c xfrm_policy_match (Linux 6.12)
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
ip -n r2 address add 10.0.2.1/24 dev lan
ip -n r2 link set dev lan up
ip -n h route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 via 192.0.2.2
ip netns exec r1 nft -f - <<'EOF'
table ip qos { chain c { type filter hook prerouting priority mangle; ip dscp ef meta mark set 0x2e; }; }
EOF
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 46 mode tunnel aead 'rfc4106(gcm(aes))' 0x023a87dce1d1c7c5cb8ab3529cd998631e147b8a 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 reqid 46 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c03d500e30b6f9293537397ea17aafa7ca731e5 128
ip -n r1 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xdd22846d reqid 23105 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x198efd6f56d86aaca2062f5c16dddd6b82389a71 128
ip -n r1 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x54b5ad1f reqid 23105 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x78711376c7155f401f0481a768fc43d06d686ad7 128
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out priority 20 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 23105 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in priority 20 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 23105 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd priority 20 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 23105 mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 10.0.2.0/24 dir out mark 0x2e mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 46 mode tunnel
ip -n r1 xfrm policy add src 0.0.0.0/0 dst 10.0.1.0/24 dir fwd tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel
ip -n r2 route add 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1
ip netns exec r2 nft -f - <<'EOF'
table ip qos { chain c { type route hook output priority mangle; ip dscp ef meta mark set 0x2e; }; }
EOF
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 46 mode tunnel aead 'rfc4106(gcm(aes))' 0x023a87dce1d1c7c5cb8ab3529cd998631e147b8a 128
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x00001002 reqid 46 mode tunnel aead 'rfc4106(gcm(aes))' 0x0c03d500e30b6f9293537397ea17aafa7ca731e5 128
ip -n r2 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xdd22846d reqid 23105 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x198efd6f56d86aaca2062f5c16dddd6b82389a71 128
ip -n r2 xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x54b5ad1f reqid 23105 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x78711376c7155f401f0481a768fc43d06d686ad7 128
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out priority 20 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 23105 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in priority 20 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 23105 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd priority 20 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 23105 mode tunnel
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 10.0.1.0/24 dir out mark 0x2e mask 0xffffffff tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 46 mode tunnel
ip -n r2 xfrm policy add src 0.0.0.0/0 dst 10.0.2.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
