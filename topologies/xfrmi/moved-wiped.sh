#!/bin/sh
# What comes out of an XFRM interface in another namespace has neither mark nor security path there, and meets its rp_filter
# source: net/xfrm/xfrm_interface_core.c xfrmi_rcv_cb, xfrmi_scrub_packet; net/ipv4/fib_frontend.c fib_validate_source (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add p && ip -n p link set lo up
ip netns add o && ip -n o link set lo up
ip netns add r && ip -n r link set lo up
ip netns exec p sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv4.conf.all.rp_filter=1 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec o sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns o address 02:d1:77:38:fa:fb type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip -n o link add xfrm0 type xfrm if_id 0x2a
ip -n o link set dev xfrm0 netns p
ip -n r link add xfrm0 type xfrm if_id 0x2a
ip netns exec o ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n o address add 192.0.2.1/24 dev eth0
ip -n o link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 192.0.2.2/24 dev eth0
ip -n r link set dev eth0 up
ip -n p address add 10.1.0.1/32 dev xfrm0
ip -n p link set dev xfrm0 up
ip -n r address add 10.2.0.1/32 dev xfrm0
ip -n r address add 10.2.0.9/32 dev xfrm0
ip -n r link set dev xfrm0 up
ip -n p route add 10.2.0.1/32 dev xfrm0
ip netns exec p nft -f - <<'EOF'
table ip t { chain pre { type filter hook prerouting priority 0; meta ipsec exists meta mark set meta mark or 0x8; }; }
EOF
ip -n o xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n o xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 output-mark 0x1 mask 0xffffffff if_id 0x2a
ip -n o xfrm policy add src 10.1.0.1/32 dst 10.2.0.0/24 dir out if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n o xfrm policy add src 10.2.0.0/24 dst 10.1.0.1/32 dir in if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n o xfrm policy add src 10.2.0.0/24 dst 10.1.0.1/32 dir fwd if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r route add 10.1.0.1/32 dev xfrm0
ip -n r xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128 if_id 0x2a
ip -n r xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128 output-mark 0x1 mask 0xffffffff if_id 0x2a
ip -n r xfrm policy add src 10.2.0.0/24 dst 10.1.0.1/32 dir out if_id 0x2a tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2426 mode tunnel
ip -n r xfrm policy add src 10.1.0.1/32 dst 10.2.0.0/24 dir in if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
ip -n r xfrm policy add src 10.1.0.1/32 dst 10.2.0.0/24 dir fwd if_id 0x2a tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2426 mode tunnel
