#!/bin/sh
# Two clients behind one NAT in transport mode: the newer SA takes the answers of both
# source: strongSwan test ikev2/host2host-transport-nat; RFC 3948 section 5.2; net/xfrm/xfrm_state.c xfrm_state_find (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

# Waits until the program in the background has its UDP socket: await_socket NODE PORT
await_socket() {
    tries=100
    until ip netns exec "$1" ss -Hulnp "sport = :$2" | grep -q "pid=$!,"; do
        tries=$((tries - 1))
        if ! kill -0 $! 2>/dev/null || [ $tries -eq 0 ]; then
            echo "UDP port $2 of $1 was not opened" >&2
            exit 1
        fi
        sleep 0.1
    done
}

ip netns add alice && ip -n alice link set lo up
ip netns add venus && ip -n venus link set lo up
ip netns add nat && ip -n nat link set lo up
ip netns add sun && ip -n sun link set lo up
ip netns exec alice sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec venus sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec sun sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns alice address 02:9f:62:36:6b:2c type veth peer name lan1 netns nat address 02:33:61:97:82:86
ip link add name eth0 netns venus address 02:c4:ad:28:28:85 type veth peer name lan2 netns nat address 02:1e:95:e9:e5:d9
ip link add name wan netns nat address 02:dc:dd:f9:22:f8 type veth peer name eth0 netns sun address 02:4e:1b:6e:01:fe
ip netns exec alice ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n alice address add 10.1.0.10/24 dev eth0
ip -n alice link set dev eth0 up
ip netns exec nat ethtool -K lan1 rx off tx off sg off tso off gso off gro off
ip -n nat address add 10.1.0.1/24 dev lan1
ip -n nat link set dev lan1 up
ip netns exec venus ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n venus address add 10.2.0.20/24 dev eth0
ip -n venus link set dev eth0 up
ip netns exec nat ethtool -K lan2 rx off tx off sg off tso off gso off gro off
ip -n nat address add 10.2.0.1/24 dev lan2
ip -n nat link set dev lan2 up
ip netns exec nat ethtool -K wan rx off tx off sg off tso off gso off gro off
ip -n nat address add 192.0.2.1/24 dev wan
ip -n nat link set dev wan up
ip netns exec sun ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n sun address add 192.0.2.2/24 dev eth0
ip -n sun link set dev eth0 up
ip -n alice route add default via 10.1.0.1
ip netns exec alice socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket alice 4500
ip -n alice xfrm state add src 10.1.0.10 dst 192.0.2.2 proto esp spi 0x000001a1 mode transport aead 'rfc4106(gcm(aes))' 0xd46a6aa9d499a877eda4383f648cd0bd31869fa5 128 encap espinudp 4500 4500 0.0.0.0
ip -n alice xfrm state add src 192.0.2.2 dst 10.1.0.10 proto esp spi 0x000001a2 mode transport aead 'rfc4106(gcm(aes))' 0x9323c53867057ecfaeb70a83823258cd335451e0 128 encap espinudp 4500 4500 0.0.0.0
ip -n alice xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 10.1.0.10 dst 192.0.2.2 proto esp mode transport
ip -n venus route add default via 10.2.0.1
ip netns exec venus socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket venus 4500
ip -n venus xfrm state add src 10.2.0.20 dst 192.0.2.2 proto esp spi 0x000001b1 mode transport aead 'rfc4106(gcm(aes))' 0xa9a9bf36682257d84d8072c317d12585aaea08f5 128 encap espinudp 4500 4500 0.0.0.0
ip -n venus xfrm state add src 192.0.2.2 dst 10.2.0.20 proto esp spi 0x000001b2 mode transport aead 'rfc4106(gcm(aes))' 0xed64631cc5ecc3011d05b08ddb257dbf88e393d3 128 encap espinudp 4500 4500 0.0.0.0
ip -n venus xfrm policy add src 0.0.0.0/0 dst 192.0.2.2/32 dir out tmpl src 10.2.0.20 dst 192.0.2.2 proto esp mode transport
ip netns exec nat nft -f - <<'EOF'
table ip nat {
  chain post {
    type nat hook postrouting priority srcnat
    ip saddr 10.1.0.10 ip protocol udp udp sport 4500 snat to 192.0.2.1:4510
    ip saddr 10.2.0.20 ip protocol udp udp sport 4500 snat to 192.0.2.1:4520
    oifname "wan" masquerade
  }
}
EOF
ip netns exec sun nft -f - <<'EOF'
table ip m { counter summed {}; chain pre { type filter hook prerouting priority 0; udp dport 5000 udp checksum != 0 counter name summed; }; }
EOF
ip netns exec sun socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket sun 4500
ip -n sun xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x000001a1 mode transport aead 'rfc4106(gcm(aes))' 0xd46a6aa9d499a877eda4383f648cd0bd31869fa5 128 encap espinudp 4510 4500 0.0.0.0
ip -n sun xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x000001a2 mode transport aead 'rfc4106(gcm(aes))' 0x9323c53867057ecfaeb70a83823258cd335451e0 128 encap espinudp 4500 4510 0.0.0.0
ip -n sun xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x000001b1 mode transport aead 'rfc4106(gcm(aes))' 0xa9a9bf36682257d84d8072c317d12585aaea08f5 128 encap espinudp 4520 4500 0.0.0.0
ip -n sun xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp mode transport
ip -n sun xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir in priority 100 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode transport
ip -n sun xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 17 dport 4500 dir in priority 1
