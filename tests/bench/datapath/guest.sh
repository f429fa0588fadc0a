#!/bin/bash
# guest.sh COUNT SIZES FAMILIES: measures in a guest whose clock counts instructions. One line for
# each measurement: RP_FILTER SCENARIO KIND PATH FAMILY SIZE INSTRUCTIONS. See run.
#
# The host is a namespace with a parent p0 and another interface o0, both dummy devices: what is
# sent there is gone, and pktgen puts frames on them as if they had been received. What is for the
# host itself ends in the packet filter, behind the routing decision.
set -euo pipefail
COUNT=$1 SIZES=$2 FAMILIES=$3
PARENT_MAC=02:00:00:00:00:01 OTHER_MAC=02:00:00:00:00:02 FAR_MAC=02:00:00:00:00:99
PINGS=$((COUNT * 4))

host() { ip netns exec host "$@"; }

make_host() {
    local device
    ip netns add host
    host ip link set lo up
    for device in p0 o0 sink v0; do
        host ip link add "$device" type dummy
        host ip link set "$device" arp on multicast on addrgenmode none
    done
    host ip link set p0 address "$PARENT_MAC"
    host ip link set o0 address "$OTHER_MAC"
    host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    give_addresses p0 192.0.2.1/24 2001:db8:1::1/64
    give_addresses o0 198.51.100.1/24 2001:db8:2::1/64
    host ip link set sink up
    know_neighbour p0 192.0.2.9 2001:db8:1::9
    know_neighbour o0 198.51.100.9 2001:db8:2::9
    host nft -f - <<'NFT'
table inet sink {
    chain input { type filter hook input priority 0; udp dport 9 drop; }
}
NFT
}

give_addresses() {
    host ip addr add "$2" dev "$1"
    host ip addr add "$3" dev "$1" nodad
    host ip link set "$1" up
}

know_neighbour() {
    host ip neigh replace "$2" lladdr "$FAR_MAC" dev "$1"
    host ip neigh replace "$3" lladdr "$FAR_MAC" dev "$1"
}

# The virtual addresses are there in every scenario, so that all have the same routes.
give_virtual() {
    give_addresses "$1" 203.0.113.5/24 2001:db8:3::5/64
    know_neighbour "$1" 203.0.113.9 2001:db8:3::9
}

# A client on another machine, by a cable, for the whole way of a packet.
make_client() {
    ip netns add client
    ip link add c0 netns client type veth peer name e0 netns host
    host ip link set e0 address 02:00:00:00:00:07
    host ip addr add 10.0.0.1/24 dev e0
    host ip link set e0 up
    ip netns exec client ip addr add 10.0.0.2/24 dev c0
    ip netns exec client ip link set c0 up
    ip netns exec client ping -qc 3 -i 0.2 10.0.0.1 >/dev/null
}

# generate DEVICE MODE FAMILY SIZE SOURCE DESTINATION MAC: sends, and prints pktgen's report. Each
# packet is made anew, as a driver would; none is shared, so none needs a copy.
generate() {
    local device=$1 mode=$2 family=$3 size=$4 source=$5 destination=$6 mac=$7 words
    if [ "$family" = 4 ]; then
        words=("src_min $source" "src_max $source" "dst_min $destination" "dst_max $destination")
    else
        words=("flag IPV6" "src6 $source" "dst6 $destination")
    fi
    host bash -s "$device" "count $COUNT" "xmit_mode $mode" "pkt_size $size" "dst_mac $mac" "delay 0" \
        "flag NO_TIMESTAMP" "flag !SHARED" "udp_src_min 9" "udp_src_max 9" "udp_dst_min 9" "udp_dst_max 9" \
        "${words[@]}" <<'TEXT'
set -e
cd /proc/net/pktgen
device=$1
shift
echo rem_device_all >kpktgend_0
echo "add_device $device" >kpktgend_0
for word; do echo "$word" >"$device"; done
echo start >pgctrl
cat "$device"
TEXT
}

# Nanoseconds, each of which is one instruction, pktgen's included. c: the time without its pauses.
per_packet() {
    generate "$@" | awk -v count="$COUNT" '
        match($0, /OK: [0-9]+\(c[0-9]+/) {
            text = substr($0, RSTART, RLENGTH); sub(/.*c/, "", text); printf "%.1f", text * 1000 / count; ok = 1 }
        /errors: [1-9]/ { exit 1 }
        END { if (!ok) exit 1 }'
}

# 64 bytes are too few for pktgen's IPv6.
size_for() { if [ "$1" = 6 ] && [ "$2" -lt 80 ]; then echo 80; else echo "$2"; fi; }

# measure SCENARIO KIND PATH DEVICE MODE SOURCE4 DESTINATION4 SOURCE6 DESTINATION6 MAC
measure() {
    local scenario=$1 kind=$2 path=$3 device=$4 mode=$5 mac=${10} family size addresses
    for family in $FAMILIES; do
        if [ "$family" = 4 ]; then addresses=("$6" "$7"); else addresses=("$8" "$9"); fi
        for size in $SIZES; do
            size=$(size_for "$family" "$size")
            echo "$RP_FILTER $scenario $kind $path $family $size" \
                "$(per_packet "$device" "$mode" "$family" "$size" "${addresses[@]}" "$mac")"
        done
    done
}

# four_paths SCENARIO KIND IN_MAC OUT_DEVICE ADDRESS4 FAR4 ADDRESS6 FAR6
four_paths() {
    local s=$1 k=$2 mac=$3 out=$4
    measure "$s" "$k" rx-local p0 netif_receive 192.0.2.9 "$5" 2001:db8:1::9 "$7" "$mac"
    measure "$s" "$k" rx-forward p0 netif_receive 192.0.2.9 198.51.100.9 2001:db8:1::9 2001:db8:2::9 "$mac"
    measure "$s" "$k" tx-forward o0 netif_receive 198.51.100.9 "$6" 2001:db8:2::9 "$8" "$OTHER_MAC"
    measure "$s" "$k" tx-local "$out" queue_xmit "$5" "$6" "$7" "$8" "$FAR_MAC"
}

own_traffic() { four_paths "$1" own "$PARENT_MAC" p0 192.0.2.1 192.0.2.9 2001:db8:1::1 2001:db8:1::9; }

virtual_traffic() {
    four_paths "$1" virtual "$2" "$3" 203.0.113.5 203.0.113.9 2001:db8:3::5 2001:db8:3::9
}

generator() {
    measure none none generator sink start_xmit 192.0.2.1 192.0.2.9 2001:db8:1::1 2001:db8:1::9 "$FAR_MAC"
}

# Request and answer, from program to program; the parent of carp0 is the host's end of the cable.
whole_way() {
    local text
    text=$(ip netns exec client ping -qf -c "$PINGS" 10.0.0.1)
    awk -v rp="$RP_FILTER" -v scenario="$1" -v count="$PINGS" '
        / 0% packet loss/ { sub(/ms$/, "", $NF); printf "%s %s own whole-way 4 84 %.1f\n", rp, scenario, $NF * 1e6 / count; ok = 1 }
        END { exit !ok }' <<<"$text"
}

all_scenarios() {
    generator
    give_virtual v0
    own_traffic bare
    host ip link set v0 down
    host ip addr flush dev v0

    host ip link add mv0 link p0 type macvlan mode bridge
    host ip link set mv0 address 02:00:00:00:00:05
    give_virtual mv0
    own_traffic macvlan
    virtual_traffic macvlan 02:00:00:00:00:05 mv0
    host ip link del mv0

    host ip link add carp0 link p0 type carp vhid 5 pass testpass
    give_virtual carp0
    own_traffic backup
    expect_state carp0 backup
    sleep 4
    know_neighbour carp0 203.0.113.9 2001:db8:3::9
    expect_state carp0 master
    own_traffic master
    virtual_traffic master 00:00:5e:00:01:05 carp0
    resign carp0
    own_traffic ex-master
    expect_state carp0 backup
    host ip link del carp0
}

# A scenario that is not what it is called would measure something else.
expect_state() {
    local state
    state=$(host carpctl state "$1")
    [ "$state" = "$2" ] || { echo "$1 is $state, not $2" >&2; exit 1; }
}

# What it looks at as a host that was MASTER is set up right after that.
resign() {
    host carpctl state "$1" backup
    sleep 0.1
    expect_state "$1" backup
}

whole_ways() {
    whole_way bare
    host ip link add carp1 link e0 type carp vhid 6 pass testpass
    host ip addr add 10.0.0.50/24 dev carp1
    host ip link set carp1 up
    whole_way backup
    sleep 4
    expect_state carp1 master
    whole_way master
    resign carp1
    whole_way ex-master
    host ip link del carp1
}

modprobe pktgen
make_host
make_client
# 0 is the kernel's default, 2 what systemd sets.
for RP_FILTER in 0 2; do
    host sysctl -qw net.ipv4.conf.all.rp_filter="$RP_FILTER"
    all_scenarios
    whole_ways
done
