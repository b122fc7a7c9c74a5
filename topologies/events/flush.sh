#!/bin/sh
# Whatever a node has can be flushed in a step: rules, routes, neighbours, addresses, devices, sockets, nft
# source: ip-route(8), ip-neighbour(8), nft(8)
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
ip -n b link add own address 02:5d:8e:cd:96:c7 type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.0.0.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 10.0.0.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n b address add 10.7.0.1/24 dev own
ip -n b link set dev own up
ip -n a neighbour add 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
ip -n a route add 10.7.0.0/24 via 10.0.0.2
ip -n a route add blackhole 10.7.0.0/24 table 100
ip -n a rule add from all to 10.7.0.0/24 priority 100 lookup 100
ip netns exec a nft -f - <<'EOF'
table inet filter { chain out { type filter hook output priority 0; icmp type echo-request drop; }; }
EOF
ip netns exec b socat -u UDP4-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket b 4500
