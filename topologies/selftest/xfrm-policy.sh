#!/bin/sh
# The kernel's test of policy lookup: an exception and an exception from it beside a tunnel
# source: tools/testing/selftests/net/xfrm_policy.sh (Linux 6.12)
# Run as root. `ip -all netns delete` takes the world down again.
set -eu

ip netns add ns1 && ip -n ns1 link set lo up
ip netns add ns3 && ip -n ns3 link set lo up
ip netns add ns4 && ip -n ns4 link set lo up
ip netns add ns2 && ip -n ns2 link set lo up
ip netns exec ns1 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec ns3 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec ns4 sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip netns exec ns2 sysctl -qw net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 \
    net.ipv4.conf.all.accept_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 \
    net.ipv4.icmp_ratelimit=0 \
    net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
ip link add name veth0 netns ns1 address 02:62:a3:75:2d:08 type veth peer name eth1 netns ns3 address 02:1c:2a:7e:ee:78
ip link add name veth0 netns ns3 address 02:53:bc:76:53:00 type veth peer name veth0 netns ns4 address 02:2a:75:18:6d:c5
ip link add name eth1 netns ns4 address 02:f3:aa:41:75:8b type veth peer name veth0 netns ns2 address 02:cf:a4:72:50:6c
ip netns exec ns1 ethtool -K veth0 rx off tx off sg off tso off gso off gro off
ip -n ns1 address add 10.0.1.2/24 dev veth0
ip -n ns1 address add 10.0.1.253/24 dev veth0
ip -n ns1 address add 10.0.1.254/24 dev veth0
ip -n ns1 link set dev veth0 up
ip netns exec ns3 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n ns3 address add 10.0.1.1/24 dev eth1
ip -n ns3 link set dev eth1 up
ip netns exec ns3 ethtool -K veth0 rx off tx off sg off tso off gso off gro off
ip -n ns3 address add 10.0.3.1/24 dev veth0
ip -n ns3 link set dev veth0 up
ip netns exec ns4 ethtool -K veth0 rx off tx off sg off tso off gso off gro off
ip -n ns4 address add 10.0.3.10/24 dev veth0
ip -n ns4 link set dev veth0 up
ip netns exec ns4 ethtool -K eth1 rx off tx off sg off tso off gso off gro off
ip -n ns4 address add 10.0.2.1/24 dev eth1
ip -n ns4 link set dev eth1 up
ip netns exec ns2 ethtool -K veth0 rx off tx off sg off tso off gso off gro off
ip -n ns2 address add 10.0.2.2/24 dev veth0
ip -n ns2 address add 10.0.2.253/24 dev veth0
ip -n ns2 address add 10.0.2.254/24 dev veth0
ip -n ns2 link set dev veth0 up
ip -n ns1 route add default via 10.0.1.1
ip -n ns3 route add default via 10.0.3.10
ip netns exec ns3 nft -f - <<'EOF'
table inet t { chain f { type filter hook forward priority 0; rt ipsec exists meta mark set 0x1; }; }
EOF
ip -n ns3 xfrm state add src 10.0.3.1 dst 10.0.3.10 proto esp spi 0x9c19d0fc mode tunnel replay-window 32 auth 'hmac(sha1)' 0xda62bc67f9312968b1acd073285c628f88bf69c9 enc 'cbc(aes)' 0x65f7ae57c8851084189e14998dc15b3b sel src 10.0.1.0/24 dst 10.0.2.0/24
ip -n ns3 xfrm state add src 10.0.3.10 dst 10.0.3.1 proto esp spi 0x688606e9 mode tunnel replay-window 32 auth 'hmac(sha1)' 0x47afaa16b91f83abdf3a100c4208bcc0eee01142 enc 'cbc(aes)' 0x51da525b797e2cc28f234addeed559bb sel src 10.0.2.0/24 dst 10.0.1.0/24
ip -n ns3 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out priority 100 tmpl src 10.0.3.1 dst 10.0.3.10 proto esp mode tunnel
ip -n ns3 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir in priority 100 tmpl src 10.0.3.10 dst 10.0.3.1 proto esp mode tunnel
ip -n ns3 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir fwd priority 100 tmpl src 10.0.3.10 dst 10.0.3.1 proto esp mode tunnel
ip -n ns4 route add default via 10.0.3.1
ip netns exec ns4 nft -f - <<'EOF'
table inet t { chain f { type filter hook forward priority 0; rt ipsec exists meta mark set 0x1; }; }
EOF
ip -n ns4 xfrm state add src 10.0.3.1 dst 10.0.3.10 proto esp spi 0x9c19d0fc mode tunnel replay-window 32 auth 'hmac(sha1)' 0xda62bc67f9312968b1acd073285c628f88bf69c9 enc 'cbc(aes)' 0x65f7ae57c8851084189e14998dc15b3b sel src 10.0.1.0/24 dst 10.0.2.0/24
ip -n ns4 xfrm state add src 10.0.3.10 dst 10.0.3.1 proto esp spi 0x688606e9 mode tunnel replay-window 32 auth 'hmac(sha1)' 0x47afaa16b91f83abdf3a100c4208bcc0eee01142 enc 'cbc(aes)' 0x51da525b797e2cc28f234addeed559bb sel src 10.0.2.0/24 dst 10.0.1.0/24
ip -n ns4 xfrm policy add src 10.0.2.0/24 dst 10.0.1.0/24 dir out priority 100 tmpl src 10.0.3.10 dst 10.0.3.1 proto esp mode tunnel
ip -n ns4 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in priority 100 tmpl src 10.0.3.1 dst 10.0.3.10 proto esp mode tunnel
ip -n ns4 xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd priority 100 tmpl src 10.0.3.1 dst 10.0.3.10 proto esp mode tunnel
ip -n ns2 route add default via 10.0.2.1
