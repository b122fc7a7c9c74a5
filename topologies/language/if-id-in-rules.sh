#!/bin/sh
# nftables rules name an interface id: what leaves by the tunnel's interface has its id for a mark
# source: nft(8); ip-link(8) xfrm
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

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
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n a link add site type xfrm if_id 0x2a
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip -n b link add site type xfrm if_id 0x2a
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.1.0.1/24 dev d0
ip -n a link set dev d0 up
ip -n a link set dev site up
ip -n b address add 10.2.0.1/24 dev d0
ip -n b link set dev d0 up
ip -n b link set dev site up
ip -n a route add 10.2.0.0/24 dev site
ip netns exec a nft -f - <<'EOF'
table inet t {
    chain out {
        type filter hook output priority 0;
        oifname "site" meta mark set 0x2a
    }
}
EOF
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x2a
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b route add 10.1.0.0/24 dev site
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 if_id 0x2a
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
