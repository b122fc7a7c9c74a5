#!/bin/sh
# IPv6 gateways behind tunnel devices, VTI6 and XFRM interface: forward names the device, and postrouting is passed a second time
# source: net/ipv6/ip6_vti.c vti6_xmit, vti6_rcv_cb; net/xfrm/xfrm_interface_core.c xfrmi_xmit2 (Linux 6.12)
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
ip -n r1 link add site type vti6 local fd00::1 remote fd00::2 ikey 2426 okey 2426
ip -n r2 link add site type vti6 local fd00::2 remote fd00::1 ikey 2426 okey 2426
ip netns exec r1 sysctl -qw net.ipv4.conf.site.disable_policy=1 \
    net.ipv6.conf.site.disable_policy=1
ip netns exec r2 sysctl -qw net.ipv4.conf.site.disable_policy=1 \
    net.ipv6.conf.site.disable_policy=1
ip netns exec h1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h1 address add fd01::100/64 dev eth0 nodad
ip -n h1 link set dev eth0 up
ip netns exec r1 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd01::1/64 dev eth0 nodad
ip -n r1 link set dev eth0 up
ip netns exec r1 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r1 address add fd00::1/64 dev eth1 nodad
ip -n r1 address add 192.0.2.1/24 dev eth1
ip -n r1 link set dev eth1 up
ip netns exec r2 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n r2 address add fd00::2/64 dev eth1 nodad
ip -n r2 address add 192.0.2.2/24 dev eth1
ip -n r2 link set dev eth1 up
ip netns exec r2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n r2 address add fd02::1/64 dev eth0 nodad
ip -n r2 link set dev eth0 up
ip netns exec h2 ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n h2 address add fd02::100/64 dev eth0 nodad
ip -n h2 link set dev eth0 up
ip -n r1 link set dev site up
ip -n r2 link set dev site up
ip -n h1 route add ::/0 via fd01::1
ip -n r1 route add fd02::/64 dev site
ip -n r1 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x58814858 reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r1 xfrm state add src fd00::2 dst fd00::1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r1 xfrm policy add src ::/0 dst ::/0 dir out mark 0x97a mask 0xffffffff tmpl src fd00::1 dst fd00::2 proto esp reqid 2426 mode tunnel
ip -n r1 xfrm policy add src ::/0 dst ::/0 dir in mark 0x97a mask 0xffffffff tmpl src fd00::2 dst fd00::1 proto esp reqid 2426 mode tunnel
ip -n r2 route add fd01::/64 dev site
ip -n r2 xfrm state add src fd00::1 dst fd00::2 proto esp spi 0x58814858 reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x33b4172b3ac86c160a88e1ffc4455a261067be50 128
ip -n r2 xfrm state add src fd00::2 dst fd00::1 proto esp spi 0x90c54f9a reqid 2426 mode tunnel mark 0x97a mask 0xffffffff replay-window 32 aead 'rfc4106(gcm(aes))' 0x40990e8e141639f96736f44e0aaca7fa1fc9d46e 128
ip -n r2 xfrm policy add src ::/0 dst ::/0 dir out mark 0x97a mask 0xffffffff tmpl src fd00::2 dst fd00::1 proto esp reqid 2426 mode tunnel
ip -n r2 xfrm policy add src ::/0 dst ::/0 dir in mark 0x97a mask 0xffffffff tmpl src fd00::1 dst fd00::2 proto esp reqid 2426 mode tunnel
ip -n h2 route add ::/0 via fd02::1
