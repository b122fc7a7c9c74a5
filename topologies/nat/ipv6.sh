#!/bin/sh
# ESP in UDP over IPv6 needs a checksum: a router that renews it may translate, one that clears it ends the tunnel
# source: RFC 3948 section 2.1, RFC 8200 section 8.1; net/ipv6/esp6.c esp_output_encap_csum, net/ipv6/udp.c udp6_csum_init (Linux 6.12)
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

ip netns add r1 && ip -n r1 link set lo up
ip netns add rt && ip -n rt link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec rt sysctl -qw net.ipv4.ip_forward=1 \
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns r1 address 02:53:59:87:da:6b type veth peer name lan netns rt address 02:08:32:d3:3f:47
ip link add name wan netns rt address 02:26:d4:8e:6e:d7 type veth peer name eth0 netns r2 address 02:05:d3:45:1e:14
ip -n r1 link add lan address 02:c3:67:0b:cf:7d type dummy
ip -n r2 link add lan address 02:9a:b1:40:db:74 type dummy
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd0a::2/64 dev eth0 nodad
ip -n r1 link set dev eth0 up
ip netns exec rt ethtool -K lan rx off tx off sg off tso off gso off gro off
ip -n rt address add fd0a::1/64 dev lan nodad
ip -n rt link set dev lan up
ip netns exec rt ethtool -K wan rx off tx off sg off tso off gso off gro off
ip -n rt address add 2001:db8::1/64 dev wan nodad
ip -n rt link set dev wan up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 2001:db8::2/64 dev eth0 nodad
ip -n r2 link set dev eth0 up
ip -n r1 address add fd01::1/64 dev lan nodad
ip -n r1 link set dev lan up
ip -n r2 address add fd02::1/64 dev lan nodad
ip -n r2 link set dev lan up
ip -n r1 route add ::/0 via fd0a::1
ip netns exec r1 socat -u UDP6-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket r1 4500
ip -n r1 xfrm state add src fd0a::2 dst 2001:db8::2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 encap espinudp 4500 4500 ::
ip -n r1 xfrm state add src 2001:db8::2 dst fd0a::2 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 encap espinudp 4500 4500 ::
ip -n r1 xfrm policy add src fd01::/64 dst fd02::/64 dir out tmpl src fd0a::2 dst 2001:db8::2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src fd02::/64 dst fd01::/64 dir in tmpl src 2001:db8::2 dst fd0a::2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src fd02::/64 dst fd01::/64 dir fwd tmpl src 2001:db8::2 dst fd0a::2 proto esp reqid 2426 mode tunnel
ip netns exec rt nft -f - <<'EOF'
table ip6 nat { chain post { type nat hook postrouting priority srcnat; oifname wan meta l4proto udp snat to [2001:db8::1]:40500; }; }
EOF
ip -n r2 route add fd01::/64 via 2001:db8::1 src fd02::1
ip netns exec r2 nft -f - <<'EOF'
table ip6 f {
  counter checked {}
  chain pre { type filter hook prerouting priority 0; udp dport 4500 udp checksum != 0 counter name checked; }
}
EOF
ip netns exec r2 socat -u UDP6-RECV:4500,setsockopt-int=17:100:2 OPEN:/dev/null &
await_socket r2 4500
ip -n r2 xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 encap espinudp 40500 4500 ::
ip -n r2 xfrm state add src 2001:db8::2 dst 2001:db8::1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 encap espinudp 4500 40500 ::
ip -n r2 xfrm policy add src fd02::/64 dst fd01::/64 dir out tmpl src 2001:db8::2 dst 2001:db8::1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src fd01::/64 dst fd02::/64 dir in tmpl src 2001:db8::1 dst 2001:db8::2 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src fd01::/64 dst fd02::/64 dir fwd tmpl src 2001:db8::1 dst 2001:db8::2 proto esp reqid 2426 mode tunnel
