#!/bin/bash
# Three cables from this host to a namespace, in which somebody leads vhid 2 and 3.
set -e
ip netns add peer
for i in 0 1 2; do ip link add "lan$i" type veth peer name "wire$i" netns peer; done
cd /
peer() { ip netns exec peer "$@"; }
peer ip link set lo up
# It has none of the other vhids, and would say so all the time.
peer sh -c 'echo 0 >/proc/sys/net/inet/carp/log'
for i in 0 1 2; do peer ip link set "wire$i" up; done
peer ip addr add 192.0.2.2/24 dev wire0
peer ip addr add 2001:db8::2/64 dev wire0 nodad
for vhid in 2 3; do
    peer carpctl create "carp$vhid"
    peer carpctl configure "carp$vhid" carpdev wire0 vhid "$vhid" passfile /etc/carp/key \
        "192.0.2.$((49 + vhid))/24" "2001:db8::$((49 + vhid))/64"
done
