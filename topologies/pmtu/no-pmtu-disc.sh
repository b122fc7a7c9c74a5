#!/bin/sh
# `ip_no_pmtu_disc` gives new IPv4 states that may send the flag nopmtudisc: their packets leave without DF
# source: commit c196def07bbc; net/xfrm/xfrm_state.c __xfrm_init_state (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add r && ip -n r link set lo up
ip netns add b && ip -n b link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv4.ip_no_pmtu_disc=1 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 \
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
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name eth0 netns r address 02:1c:1d:6b:31:d7
ip link add name eth1 netns r address 02:b4:18:46:f4:ad mtu 1400 type veth peer name eth0 netns b address 02:5c:47:29:73:5e mtu 1400
ip -n a link add d0 address 02:f4:e1:3d:3e:e9 type dummy
ip -n b link add d0 address 02:65:8a:f4:ba:fb type dummy
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 3.0.0.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec r ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r address add 3.0.0.2/24 dev eth0
ip -n r link set dev eth0 up
ip netns exec r ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r address add 5.0.0.2/24 dev eth1
ip -n r link set dev eth1 up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 5.0.0.1/24 dev eth0
ip -n b link set dev eth0 up
ip -n a address add 10.0.1.1/32 dev d0
ip -n a link set dev d0 up
ip -n b address add 10.0.2.1/32 dev d0
ip -n b link set dev d0 up
ip -n a route add 5.0.0.0/24 via 3.0.0.2
ip -n a route add 10.0.2.0/24 via 3.0.0.2 src 10.0.1.1
ip -n a xfrm state add src 3.0.0.1 dst 5.0.0.1 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n a xfrm state add src 5.0.0.1 dst 3.0.0.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n a xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 3.0.0.1 dst 5.0.0.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 5.0.0.1 dst 3.0.0.1 proto esp reqid 2426 mode tunnel
ip -n a xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 5.0.0.1 dst 3.0.0.1 proto esp reqid 2426 mode tunnel
ip -n b route add 3.0.0.0/24 via 5.0.0.2
ip -n b route add 10.0.1.0/24 via 5.0.0.2 src 10.0.2.1
ip -n b xfrm state add src 3.0.0.1 dst 5.0.0.1 proto esp spi 0x58814858 reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n b xfrm state add src 5.0.0.1 dst 3.0.0.1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n b xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 5.0.0.1 dst 3.0.0.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 3.0.0.1 dst 5.0.0.1 proto esp reqid 2426 mode tunnel
ip -n b xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 3.0.0.1 dst 5.0.0.1 proto esp reqid 2426 mode tunnel
