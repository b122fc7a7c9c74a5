#!/bin/sh
# AH made by hand: the kernel takes what is right, and counts what is wrong by its kind
# source: RFC 4302 sections 2 and 3.4; net/ipv4/ah4.c ah_input, net/xfrm/xfrm_replay.c (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add h1 && ip -n h1 link set lo up
ip netns add r1 && ip -n r1 link set lo up
ip netns add r2 && ip -n r2 link set lo up
ip netns add h2 && ip -n h2 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=0 \
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
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1 \
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
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1 \
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
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=0 \
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
ip link add name eth0 netns h1 address 02:3a:f0:a4:fa:fa type veth peer name eth0 netns r1 address 02:53:59:87:da:6b
ip link add name eth1 netns r1 address 02:cc:04:ef:a2:2b type veth peer name eth1 netns r2 address 02:dc:95:13:33:07
ip link add name eth0 netns r2 address 02:05:d3:45:1e:14 type veth peer name eth0 netns h2 address 02:36:2a:cf:e5:db
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add 10.0.1.100/24 dev eth0
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 10.0.1.1/24 dev eth0
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add 3.0.0.1/24 dev eth1
ip -n r1 address add fd03::1/64 dev eth1 nodad
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 3.0.0.2/24 dev eth1
ip -n r2 address add fd03::2/64 dev eth1 nodad
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add 10.0.2.1/24 dev eth0
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add 10.0.2.100/24 dev eth0
ip -n h2 link set dev eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n r1 route add 10.0.2.0/24 via 3.0.0.2
ip -n r1 xfrm state add src 3.0.0.1 dst 3.0.0.2 proto ah spi 0x58814858 reqid 2426 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0xf240253db4d0da7f3983459d2736b90d6347369d6e45283764732c8da12385d7 128
ip -n r1 xfrm state add src 3.0.0.2 dst 3.0.0.1 proto ah spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0x2096817553b0b595c864e8b871261f0255abbdba2f371086c0cc5709f3c16bd3 128
ip -n r1 xfrm state add src fd03::1 dst fd03::2 proto ah spi 0xfcadad7f reqid 19867 mode transport replay-window 32 auth 'hmac(sha1)' 0x71242ed7c528bc2e3172cbdae2bda5c975dffd73
ip -n r1 xfrm state add src fd03::2 dst fd03::1 proto ah spi 0xc0146273 reqid 19867 mode transport replay-window 32 auth 'hmac(sha1)' 0xbfa87efe1afc66e1faeebdb4839930d8887113fa
ip -n r1 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 3.0.0.1 dst 3.0.0.2 proto ah reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in tmpl src 3.0.0.2 dst 3.0.0.1 proto ah reqid 2426 mode tunnel
ip -n r1 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd tmpl src 3.0.0.2 dst 3.0.0.1 proto ah reqid 2426 mode tunnel
ip -n r1 xfrm policy add src fd03::1/128 dst fd03::2/128 dir out tmpl src fd03::1 dst fd03::2 proto ah reqid 19867 mode transport
ip -n r1 xfrm policy add src fd03::2/128 dst fd03::1/128 dir in tmpl src fd03::2 dst fd03::1 proto ah reqid 19867 mode transport
ip -n r2 route add 10.0.1.0/24 via 3.0.0.1
ip -n r2 xfrm state add src 3.0.0.1 dst 3.0.0.2 proto ah spi 0x58814858 reqid 2426 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0xf240253db4d0da7f3983459d2736b90d6347369d6e45283764732c8da12385d7 128
ip -n r2 xfrm state add src 3.0.0.2 dst 3.0.0.1 proto ah spi 0x90c54f9a reqid 2426 mode tunnel replay-window 32 auth-trunc 'hmac(sha256)' 0x2096817553b0b595c864e8b871261f0255abbdba2f371086c0cc5709f3c16bd3 128
ip -n r2 xfrm state add src fd03::1 dst fd03::2 proto ah spi 0xfcadad7f reqid 19867 mode transport replay-window 32 auth 'hmac(sha1)' 0x71242ed7c528bc2e3172cbdae2bda5c975dffd73
ip -n r2 xfrm state add src fd03::2 dst fd03::1 proto ah spi 0xc0146273 reqid 19867 mode transport replay-window 32 auth 'hmac(sha1)' 0xbfa87efe1afc66e1faeebdb4839930d8887113fa
ip -n r2 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out tmpl src 3.0.0.2 dst 3.0.0.1 proto ah reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 3.0.0.1 dst 3.0.0.2 proto ah reqid 2426 mode tunnel
ip -n r2 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 3.0.0.1 dst 3.0.0.2 proto ah reqid 2426 mode tunnel
ip -n r2 xfrm policy add src fd03::2/128 dst fd03::1/128 dir out tmpl src fd03::2 dst fd03::1 proto ah reqid 19867 mode transport
ip -n r2 xfrm policy add src fd03::1/128 dst fd03::2/128 dir in tmpl src fd03::1 dst fd03::2 proto ah reqid 19867 mode transport
ip -n h2 route add default via 10.0.2.1
