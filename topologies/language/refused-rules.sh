#!/bin/sh
# Rules, sockets, links and thresholds that the kernel must refuse: each with what it says
# source: net/netfilter/xt_policy.c, net/netfilter/nf_tables_api.c, drivers/net/veth.c, net/xfrm/xfrm_user.c (v6.12)
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

ip netns add a && ip -n a link set lo up
ip netns add b && ip -n b link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns b address 02:5c:47:29:73:5e
! ip link add name lo netns a address 02:26:fe:69:3a:24 type veth peer name eth1 netns b address 02:6f:21:96:2d:dc || exit 1
! ip link add name eth2 netns a address 00:00:00:00:00:00 type veth peer name eth2 netns b address 02:08:7c:e7:bd:f9 || exit 1
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip netns exec a nft -f - <<'EOF'
table inet t { chain sent { type filter hook output priority 0; }; }
EOF
! ip netns exec a nft -f - <<'EOF' || exit 1
add rule inet t nowhere counter
EOF
! ip netns exec a nft -f - <<'EOF' || exit 1
add rule inet t sent ipsec in reqid 1 counter
EOF
! ip netns exec a iptables-nft-restore <<'EOF' || exit 1
*filter
-A OUTPUT -m policy --dir in --pol ipsec -j ACCEPT
COMMIT
EOF
! ip netns exec a ip6tables-nft-restore <<'EOF' || exit 1
*mangle
-A POSTROUTING -m policy --dir in --pol ipsec -j ACCEPT
COMMIT
EOF
! ip netns exec a socat -u OPEN:/dev/null UDP4-DATAGRAM:127.0.0.1:9,bind=192.0.2.9:4500,setsockopt-int=17:100:2 || exit 1
ip netns exec a socat -u UDP4-RECV:4500,bind=192.0.2.1,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket a 4500
! ip -n a xfrm policy set hthresh4 33 32 || exit 1
