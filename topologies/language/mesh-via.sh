#!/bin/sh
# A mesh of three gateways by XFRM interfaces: one table gives devices, routes, states and policies
# source: ip-link(8), type xfrm
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add a && ip -n a link set lo up
ip netns add b && ip -n b link set lo up
ip netns add c && ip -n c link set lo up
ip netns add ha && ip -n ha link set lo up
ip netns add hc && ip -n hc link set lo up
ip netns add wan && ip -n wan link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=1 \
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
ip netns exec c sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec ha sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec hc sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec wan sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name eth0 netns a address 02:32:bc:94:41:70 type veth peer name a netns wan address 02:66:f6:71:05:a9
ip link add name eth0 netns b address 02:5c:47:29:73:5e type veth peer name b netns wan address 02:f2:45:37:bb:9c
ip link add name eth0 netns c address 02:7a:8c:a6:2c:0f type veth peer name c netns wan address 02:2f:47:bb:70:c0
ip link add name eth1 netns a address 02:98:1f:07:9e:cd type veth peer name eth0 netns ha address 02:fd:d5:9d:22:5b
ip link add name eth1 netns c address 02:c9:9a:51:5d:01 type veth peer name eth0 netns hc address 02:28:0e:0e:b6:b6
ip -n a link add m-b type xfrm if_id 0x85e
ip -n a link add m-c type xfrm if_id 0x5aa5
ip -n b link add lan address 02:b0:ef:a0:e6:e4 type dummy
ip -n b link add m-a type xfrm if_id 0x85e
ip -n b link add m-c type xfrm if_id 0xe92d
ip -n c link add m-a type xfrm if_id 0x5aa5
ip -n c link add m-b type xfrm if_id 0xe92d
ip -n wan link add br0 address 02:19:ac:bd:87:55 type bridge
ip netns exec a ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n a address add 192.0.2.1/24 dev eth0
ip -n a link set dev eth0 up
ip netns exec wan ethtool -K a rx off tx off sg off tso off gso off gro off
ip -n wan link set dev a master br0
ip -n wan link set dev a up
ip netns exec b ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n b address add 192.0.2.2/24 dev eth0
ip -n b link set dev eth0 up
ip netns exec wan ethtool -K b rx off tx off sg off tso off gso off gro off
ip -n wan link set dev b master br0
ip -n wan link set dev b up
ip netns exec c ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n c address add 192.0.2.3/24 dev eth0
ip -n c link set dev eth0 up
ip netns exec wan ethtool -K c rx off tx off sg off tso off gso off gro off
ip -n wan link set dev c master br0
ip -n wan link set dev c up
ip netns exec a ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n a address add 10.1.0.1/24 dev eth1
ip -n a link set dev eth1 up
ip netns exec ha ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n ha address add 10.1.0.100/24 dev eth0
ip -n ha link set dev eth0 up
ip netns exec c ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n c address add 10.3.0.1/24 dev eth1
ip -n c link set dev eth1 up
ip netns exec hc ethtool -K eth0 rx off tx off sg off tso off gso off gro off
ip -n hc address add 10.3.0.100/24 dev eth0
ip -n hc link set dev eth0 up
ip -n a link set dev m-b up
ip -n a link set dev m-c up
ip -n b address add 10.2.0.1/24 dev lan
ip -n b link set dev lan up
ip -n b link set dev m-a up
ip -n b link set dev m-c up
ip -n c link set dev m-a up
ip -n c link set dev m-b up
ip -n wan link set dev br0 up
ip -n a route add 10.2.0.0/24 dev m-b
ip -n a route add 10.3.0.0/24 dev m-c
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x93ea51dc reqid 2142 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x8484a0cf69351dbce97b1e821348c6ce4fd70f60 128 if_id 0x85e
ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x0c19c7d0 reqid 2142 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x8d681479da463c0e59bee8165fdb8ac57e55c261 128 if_id 0x85e
ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x6398cb82 reqid 23205 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x2956b5f8964f1039ed9c5e36846efc1a40087228 128 if_id 0x5aa5
ip -n a xfrm state add src 192.0.2.3 dst 192.0.2.1 proto esp spi 0xc404112e reqid 23205 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xa2f29660dc00866ea0516fca35de30d1fb8d4d5c 128 if_id 0x5aa5
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x85e tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2142 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x85e tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2142 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x85e tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2142 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x5aa5 tmpl src 192.0.2.1 dst 192.0.2.3 proto esp reqid 23205 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x5aa5 tmpl src 192.0.2.3 dst 192.0.2.1 proto esp reqid 23205 mode tunnel
ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x5aa5 tmpl src 192.0.2.3 dst 192.0.2.1 proto esp reqid 23205 mode tunnel
ip -n b route add 10.1.0.0/24 dev m-a
ip -n b route add 10.3.0.0/24 dev m-c
ip -n b xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x93ea51dc reqid 2142 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x8484a0cf69351dbce97b1e821348c6ce4fd70f60 128 if_id 0x85e
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x0c19c7d0 reqid 2142 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x8d681479da463c0e59bee8165fdb8ac57e55c261 128 if_id 0x85e
ip -n b xfrm state add src 192.0.2.2 dst 192.0.2.3 proto esp spi 0x024b468b reqid 59693 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xe83d82242fd4573222f117d65e7d2bafe6f54df2 128 if_id 0xe92d
ip -n b xfrm state add src 192.0.2.3 dst 192.0.2.2 proto esp spi 0x3190b524 reqid 59693 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xa4d231f3103fef7ffbf46e7f71f8dc21a937519f 128 if_id 0xe92d
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x85e tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 2142 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x85e tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2142 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x85e tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 2142 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0xe92d tmpl src 192.0.2.2 dst 192.0.2.3 proto esp reqid 59693 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0xe92d tmpl src 192.0.2.3 dst 192.0.2.2 proto esp reqid 59693 mode tunnel
ip -n b xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0xe92d tmpl src 192.0.2.3 dst 192.0.2.2 proto esp reqid 59693 mode tunnel
ip -n c route add 10.1.0.0/24 dev m-a
ip -n c route add 10.2.0.0/24 dev m-b
ip -n c xfrm state add src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x6398cb82 reqid 23205 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0x2956b5f8964f1039ed9c5e36846efc1a40087228 128 if_id 0x5aa5
ip -n c xfrm state add src 192.0.2.3 dst 192.0.2.1 proto esp spi 0xc404112e reqid 23205 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xa2f29660dc00866ea0516fca35de30d1fb8d4d5c 128 if_id 0x5aa5
ip -n c xfrm state add src 192.0.2.2 dst 192.0.2.3 proto esp spi 0x024b468b reqid 59693 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xe83d82242fd4573222f117d65e7d2bafe6f54df2 128 if_id 0xe92d
ip -n c xfrm state add src 192.0.2.3 dst 192.0.2.2 proto esp spi 0x3190b524 reqid 59693 mode tunnel replay-window 32 aead 'rfc4106(gcm(aes))' 0xa4d231f3103fef7ffbf46e7f71f8dc21a937519f 128 if_id 0xe92d
ip -n c xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0x5aa5 tmpl src 192.0.2.3 dst 192.0.2.1 proto esp reqid 23205 mode tunnel
ip -n c xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0x5aa5 tmpl src 192.0.2.1 dst 192.0.2.3 proto esp reqid 23205 mode tunnel
ip -n c xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0x5aa5 tmpl src 192.0.2.1 dst 192.0.2.3 proto esp reqid 23205 mode tunnel
ip -n c xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out if_id 0xe92d tmpl src 192.0.2.3 dst 192.0.2.2 proto esp reqid 59693 mode tunnel
ip -n c xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in if_id 0xe92d tmpl src 192.0.2.2 dst 192.0.2.3 proto esp reqid 59693 mode tunnel
ip -n c xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd if_id 0xe92d tmpl src 192.0.2.2 dst 192.0.2.3 proto esp reqid 59693 mode tunnel
ip -n ha route add default via 10.1.0.1
ip -n hc route add default via 10.3.0.1
