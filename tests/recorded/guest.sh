#!/bin/bash
# guest.sh: in a guest: two hosts on a cable and what their kernel says to carpctl. strace notes the
# bytes of each datagram down in /out/NAME.strace. See record.
set -euo pipefail

host() { ip netns exec "$@"; }

# listen NAME HOST COMMAND...
listen() {
    local name=$1
    shift
    host "$1" strace -o "/out/$name.strace" -e trace=recvfrom -e read=all "${@:2}" >/dev/null 2>&1 || true
}

make_host() {
    ip netns add "$1"
    ip link add "$1" type veth peer name eth0 netns "$1"
    ip link set "$1" master switch up
    host "$1" ip link set lo up
    host "$1" ip addr add "192.168.1.$2/24" dev eth0
    host "$1" ip addr add "2001:db8::$2/64" dev eth0 nodad
    host "$1" ip link set eth0 up
}

make_carp() {
    host "$1" ip link add carp0 link eth0 type carp vhid 1 advskew "$2" pass "$3" start_hold "$4"
    host "$1" ip addr add 192.168.1.50/24 dev carp0
    host "$1" ip addr add 2001:db8::50/64 dev carp0 nodad
    host "$1" ip link set carp0 up
}

ip link add switch type bridge forward_delay 0
ip link set switch up
make_host hosta 3
make_host hostb 4
make_carp hosta 0 testpass 0
sleep 4
make_carp hostb 100 otherpass 60000
listen monitor hostb carpctl monitor &
sleep 2
listen show-refused hostb carpctl show
host hostb carpctl configure carp0 pass testpass preempt on preempt_delay 500 2>/dev/null
sleep 2
host hostb carpctl demote disk 20 dev carp0
host hostb carpctl demote maintenance 30 group 5
listen causes hostb carpctl causes
host hostb carpctl undemote disk dev carp0
host hostb carpctl state carp0 master
sleep 2
pkill -x carpctl
wait
host hostb ip link add carp1 type carp
host hostb carpctl configure carp0 passfile - next_pass next-key <<<otherpass
listen show hostb carpctl show
listen show-one hosta carpctl show carp0
listen history hostb carpctl history carp0
listen refusal hostb carpctl configure carp0 advskew 255
listen no-device hostb carpctl history carp9
