#!/bin/bash
# guest.sh: in a guest: the example programs of libcarpnl do what they say, on two hosts. Host a uses
# those built by pkg-config, host b those built by CMake. Prints "ok WHAT" or "FAILED WHAT".
set -uo pipefail
A=/lab/by-pkg-config B=/lab/by-cmake

host() { ip netns exec "$@"; }

expect() {
    local what=$1
    shift
    if "$@"; then echo "ok $what"; else echo "FAILED $what"; fi
}

says() { grep -q "$1" <<<"$("${@:2}" 2>&1)"; }
exits() {
    local status=0
    "${@:2}" >/dev/null 2>&1 || status=$?
    [ "$status" = "$1" ]
}
join() { host "$1" "$2/join" carp0 eth0 1 "$3" 192.168.1.50/24 <<<testpass; }

for name in a b; do ip netns add $name; done
ip link add eth0 netns a type veth peer name eth0 netns b
host a ip addr add 192.168.1.3/24 dev eth0
host b ip addr add 192.168.1.4/24 dev eth0
for name in a b; do host $name ip link set eth0 up; done
for name in a b; do host $name sysctl -qw net.inet.carp.preempt=1; done

expect "list: nothing yet" says '^$' host a $A/list
expect "the manual page's: nothing yet" says '^$' host a $A/manual
$B/watch /run/netns/a >/tmp/events &
watch=$!
expect "join: a" join a $A 0
expect "join: the name is taken" says 'carp0: a device of this name exists already' join a $A 0
expect "join: a refusal in the kernel's words" says 'vhid 300: out of range 1..255' \
    host b $B/join carp0 eth0 300 0 192.168.1.50/24 <<<testpass
expect "join: nothing half done" exits 1 host b ip link show carp0
expect "wait-master: a leads" exits 0 host a $A/wait-master carp0 10
expect "the manual page's: a leads" says '^carp0 master$' host a $A/manual
expect "join: b" join b $B 100
sleep 2
expect "list: a" says 'carp0 master vhid 1 advskew 0 192.168.1.50/24' host a $A/list
expect "list: b" says 'carp0 backup vhid 1 advskew 100 192.168.1.50/24' host b $B/list
expect "wait-master: not in time" exits 3 host b $B/wait-master carp0 1
expect "wait-master: no such device" exits 2 host b $B/wait-master carp9 1

touch /tmp/healthy
# Not by host: what is killed below has to be the program itself.
ip netns exec a $A/demote-while 'test -e /tmp/healthy' &
demote=$!
sleep 3
expect "demote-while: all is well" says 'advskew 0 ' host a $A/list
rm /tmp/healthy
sleep 2
expect "demote-while: a is demoted" says 'advskew 50 ' host a $A/list
touch /tmp/healthy
sleep 2
expect "demote-while: and no more" says 'advskew 0 ' host a $A/list
rm /tmp/healthy
sleep 2
kill -KILL $demote
wait $demote 2>/dev/null
sleep 1
expect "demote-while: the lease ends with it" says 'advskew 0 ' host a $A/list

host a ip link set carp0 down
expect "wait-master: b takes over" exits 0 host b $B/wait-master carp0 5
kill $watch
wait $watch 2>/dev/null
expect "watch: a became master" grep -q '^carp0 becomes master: ' /tmp/events
expect "watch: a was demoted" grep -q '^demoted by 50: check' /tmp/events
expect "watch: and no more" grep -q '^demoted by 0: check' /tmp/events
expect "watch: a went down" grep -q '^carp0 becomes init: ' /tmp/events
expect "watch: a namespace that is not there" exits 2 $B/watch /run/netns/nowhere
expect "no privilege: list" says '^carp0 init' host a setpriv --reuid 65534 --clear-groups $A/list
expect "no privilege: join" says 'Operation not permitted' host a setpriv --reuid 65534 --clear-groups \
    $A/join carp1 eth0 2 0 192.168.1.51/24 <<<testpass
