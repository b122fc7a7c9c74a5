#!/bin/sh
# ESP without UDP through a NAT: one client gets through, and a second one to the same server does not
# source: net/netfilter/nf_conntrack_proto_generic.c (Linux 6.12); RFC 3948 section 1
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a1 && ip -n a1 link set lo up
ip netns add a2 && ip -n a2 link set lo up
ip netns add nat && ip -n nat link set lo up
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
ip netns exec nat sysctl -qw net.ipv4.ip_forward=1 \
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
ip link add name eth0 netns a1 address 02:50:80:03:65:45 type veth peer name lan1 netns nat address 02:33:61:97:82:86
ip link add name eth0 netns a2 address 02:3e:5c:cf:8c:8f type veth peer name lan2 netns nat address 02:1e:95:e9:e5:d9
ip link add name eth1 netns nat address 02:af:d7:fe:85:31 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
ip -n b link add lan address 02:b0:ef:a0:e6:e4 type dummy
ip netns exec a1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a1 address add 10.0.0.2/24 dev eth0
ip -n a1 link set dev eth0 up
ip netns exec nat ethtool -K lan1 rx off tx off sg off tso off gso off gro off
ip -n nat address add 10.0.0.1/24 dev lan1
ip -n nat link set dev lan1 up
ip netns exec a2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a2 address add 10.0.1.2/24 dev eth0
ip -n a2 link set dev eth0 up
ip netns exec nat ethtool -K lan2 rx off tx off sg off tso off gso off gro off
ip -n nat address add 10.0.1.1/24 dev lan2
ip -n nat link set dev lan2 up
ip netns exec nat ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n nat address add 192.0.2.1/24 dev eth1
ip -n nat link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n b address add 10.2.0.1/24 dev lan
ip -n b link set dev lan up
ip -n a1 route add default via 10.0.0.1
ip -n a1 xfrm state add src 10.0.0.2 dst 192.0.2.2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128
ip -n a1 xfrm state add src 192.0.2.2 dst 10.0.0.2 proto esp spi 0xaa04c348 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128
ip -n a1 xfrm policy add src 10.0.0.2/32 dst 10.2.0.0/24 dir out tmpl src 10.0.0.2 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n a1 xfrm policy add src 10.2.0.0/24 dst 10.0.0.2/32 dir in tmpl src 192.0.2.2 dst 10.0.0.2 proto esp reqid 26288 mode tunnel
ip -n a1 xfrm policy add src 10.2.0.0/24 dst 10.0.0.2/32 dir fwd tmpl src 192.0.2.2 dst 10.0.0.2 proto esp reqid 26288 mode tunnel
ip -n a2 route add default via 10.0.1.1
ip -n a2 xfrm state add src 10.0.1.2 dst 192.0.2.2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128
ip -n a2 xfrm state add src 192.0.2.2 dst 10.0.1.2 proto esp spi 0x83555db7 reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128
ip -n a2 xfrm policy add src 10.0.1.2/32 dst 10.2.0.0/24 dir out tmpl src 10.0.1.2 dst 192.0.2.2 proto esp reqid 32651 mode tunnel
ip -n a2 xfrm policy add src 10.2.0.0/24 dst 10.0.1.2/32 dir in tmpl src 192.0.2.2 dst 10.0.1.2 proto esp reqid 32651 mode tunnel
ip -n a2 xfrm policy add src 10.2.0.0/24 dst 10.0.1.2/32 dir fwd tmpl src 192.0.2.2 dst 10.0.1.2 proto esp reqid 32651 mode tunnel
ip netns exec nat nft -f - <<'EOF'
table ip nat { chain post { type nat hook postrouting priority srcnat; oifname eth1 masquerade; }; }
EOF
ip -n b route add 10.0.0.0/23 via 192.0.2.1 src 10.2.0.1
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x960e4af0 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x4947e1a2c764aecda0ef448c32cf61c977280896 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xaa04c348 reqid 26288 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x9bebca4ec767afd5a21616d0512362320cebce11 128
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x2e352b8f reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x370b378e1314ffd77e86bbd2f9e0bae8f3a2ccd6 128
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x83555db7 reqid 32651 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x7af4661d52e826db0dd64cc887a2da74ebedb8fe 128
ip -n b xfrm policy add src 10.2.0.0/24 dst 10.0.0.2/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 26288 mode tunnel
ip -n b xfrm policy add src 10.0.0.2/32 dst 10.2.0.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n b xfrm policy add src 10.0.0.2/32 dst 10.2.0.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 26288 mode tunnel
ip -n b xfrm policy add src 10.2.0.0/24 dst 10.0.1.2/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 32651 mode tunnel
ip -n b xfrm policy add src 10.0.1.2/32 dst 10.2.0.0/24 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 32651 mode tunnel
ip -n b xfrm policy add src 10.0.1.2/32 dst 10.2.0.0/24 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 32651 mode tunnel
