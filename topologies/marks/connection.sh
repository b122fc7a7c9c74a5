#!/bin/sh
# Two clients with one inner address: the SA that a connection came by marks it, and the mark finds the SA of the answer
# source: strongSwan tests ikev2/nat-rw-mark, rw-mark-in-out; nft(8) ct mark; net/xfrm/xfrm_input.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add c1 && ip -n c1 link set lo up
ip netns add c2 && ip -n c2 link set lo up
ip netns add gw && ip -n gw link set lo up
ip netns add s && ip -n s link set lo up
ip netns exec c1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec c2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec gw sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec s sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns c1 address 02:f5:2a:0f:ab:1f type veth peer name eth1 netns gw address 02:ae:ee:e7:8d:67
ip link add name eth0 netns c2 address 02:56:a9:5f:f8:79 type veth peer name eth2 netns gw address 02:5c:bd:d3:e9:e3
ip link add name eth0 netns gw address 02:dd:7a:5f:41:7c type veth peer name eth0 netns s address 02:a9:d4:21:d4:ae
ip -n c1 link add lan address 02:da:0b:45:6f:9c type dummy
ip -n c2 link add lan address 02:2c:27:7d:74:e0 type dummy
ip netns exec c1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n c1 address add 192.0.2.1/24 dev eth0
ip -n c1 link set dev eth0 up
ip netns exec gw ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n gw address add 192.0.2.9/24 dev eth1
ip -n gw link set dev eth1 up
ip netns exec c2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n c2 address add 198.51.100.1/24 dev eth0
ip -n c2 link set dev eth0 up
ip netns exec gw ethtool -K eth2 rx off tx off sg off tso off gso off gro off
ip -n gw address add 198.51.100.9/24 dev eth2
ip -n gw link set dev eth2 up
ip netns exec gw ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n gw address add 10.3.0.1/24 dev eth0
ip -n gw address add 10.3.0.101/24 dev eth0
ip -n gw address add 10.3.0.102/24 dev eth0
ip -n gw link set dev eth0 up
ip netns exec s ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n s address add 10.3.0.10/24 dev eth0
ip -n s link set dev eth0 up
ip -n c1 address add 10.1.0.1/32 dev lan
ip -n c1 link set dev lan up
ip -n c2 address add 10.1.0.1/32 dev lan
ip -n c2 link set dev lan up
ip -n c1 route add 10.3.0.0/24 via 192.0.2.9 src 10.1.0.1
ip -n c1 xfrm state add src 192.0.2.1 dst 192.0.2.9 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x6e09276083fc51eca352cad1549a460dc525919b 128
ip -n c1 xfrm state add src 192.0.2.9 dst 192.0.2.1 proto esp spi 0x00001002 mode tunnel aead 'rfc4106(gcm(aes))' 0x27873510f2feccb2b78bb7d805deaf2f62eb9b01 128
ip -n c1 xfrm policy add src 0.0.0.0/0 dst 10.3.0.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.9 proto esp mode tunnel
ip -n c1 xfrm policy add src 10.3.0.0/24 dst 0.0.0.0/0 dir in tmpl src 192.0.2.9 dst 192.0.2.1 proto esp mode tunnel
ip -n c2 route add 10.3.0.0/24 via 198.51.100.9 src 10.1.0.1
ip -n c2 xfrm state add src 198.51.100.1 dst 198.51.100.9 proto esp spi 0x00002001 mode tunnel aead 'rfc4106(gcm(aes))' 0x965a792862256dfa7ee2a588d50dd63e501ba63c 128
ip -n c2 xfrm state add src 198.51.100.9 dst 198.51.100.1 proto esp spi 0x00002002 mode tunnel aead 'rfc4106(gcm(aes))' 0x0dcea3a51de463f21b8f0c6b298734dca02d77ea 128
ip -n c2 xfrm policy add src 0.0.0.0/0 dst 10.3.0.0/24 dir out tmpl src 198.51.100.1 dst 198.51.100.9 proto esp mode tunnel
ip -n c2 xfrm policy add src 10.3.0.0/24 dst 0.0.0.0/0 dir in tmpl src 198.51.100.9 dst 198.51.100.1 proto esp mode tunnel
ip -n gw route add 10.1.0.1/32 via 192.0.2.1
ip netns exec gw nft -f - <<'EOF'
table ip m {
  chain pre {
    type filter hook prerouting priority mangle
    meta mark 0x1-0x2 ct mark set meta mark
    iifname "eth0" meta mark set ct mark
  }
  chain post {
    type nat hook postrouting priority srcnat
    oifname "eth0" meta mark 0x1 snat to 10.3.0.101
    oifname "eth0" meta mark 0x2 snat to 10.3.0.102
  }
}
EOF
ip -n gw xfrm state add src 192.0.2.1 dst 192.0.2.9 proto esp spi 0x00001001 mode tunnel aead 'rfc4106(gcm(aes))' 0x6e09276083fc51eca352cad1549a460dc525919b 128 output-mark 0x1 mask 0xffffffff
ip -n gw xfrm state add src 192.0.2.9 dst 192.0.2.1 proto esp spi 0x00001002 mode tunnel aead 'rfc4106(gcm(aes))' 0x27873510f2feccb2b78bb7d805deaf2f62eb9b01 128
ip -n gw xfrm state add src 198.51.100.1 dst 198.51.100.9 proto esp spi 0x00002001 mode tunnel aead 'rfc4106(gcm(aes))' 0x965a792862256dfa7ee2a588d50dd63e501ba63c 128 output-mark 0x2 mask 0xffffffff
ip -n gw xfrm state add src 198.51.100.9 dst 198.51.100.1 proto esp spi 0x00002002 mode tunnel aead 'rfc4106(gcm(aes))' 0x0dcea3a51de463f21b8f0c6b298734dca02d77ea 128
ip -n gw xfrm policy add src 10.1.0.1/32 dst 0.0.0.0/0 dir fwd mark 0x1 mask 0xffffffff tmpl src 192.0.2.1 dst 192.0.2.9 proto esp mode tunnel
ip -n gw xfrm policy add src 10.1.0.1/32 dst 0.0.0.0/0 dir fwd mark 0x2 mask 0xffffffff tmpl src 198.51.100.1 dst 198.51.100.9 proto esp mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 10.1.0.1/32 dir out mark 0x1 mask 0xffffffff tmpl src 192.0.2.9 dst 192.0.2.1 proto esp mode tunnel
ip -n gw xfrm policy add src 0.0.0.0/0 dst 10.1.0.1/32 dir out mark 0x2 mask 0xffffffff tmpl src 198.51.100.9 dst 198.51.100.1 proto esp mode tunnel
