#!/bin/bash
# guest.sh DEVICES: makes that many devices and measures, in a guest whose clock counts instructions,
# what it takes to list them. One line for each command: NAME MICROSECONDS, the best of several runs;
# a microsecond is a thousand instructions, those of the kernel and of the program's start included.
set -euo pipefail
DEVICES=$1
# A parent has room for 255 groups.
EACH=200
RUNS=5

# One advert in 255 seconds: a BACKUP of those does nothing while it is measured.
make_devices() {
    local i parent
    for ((i = 0; i < DEVICES; i++)); do
        parent=p$((i / EACH))
        if ((i % EACH == 0)); then
            echo "link add $parent type dummy"
            echo "link set $parent arp on multicast on up"
            echo "addr add 10.$((i / EACH)).0.1/16 dev $parent"
        fi
        echo "link add carp$i link $parent type carp vhid $((i % EACH + 1)) advbase 255 advskew 100 pass testpass"
        echo "addr add 10.$((i / EACH)).1.$((i % EACH + 1))/16 dev carp$i"
        echo "link set carp$i up"
    done
}

# best COMMAND...: microseconds
best() {
    local least='' run start end
    for ((run = 0; run < RUNS; run++)); do
        start=${EPOCHREALTIME/./}
        "$@" >/dev/null
        end=${EPOCHREALTIME/./}
        if [ -z "$least" ] || ((end - start < least)); then least=$((end - start)); fi
    done
    echo "$least"
}

# What is listed is really there, or the cheapest command would be the one that lists nothing.
expect_devices() {
    local count
    count=$("${@:2}" | grep -c "$1")
    [ "$count" = "$DEVICES" ] || { echo "${*:2}: $count devices, not $DEVICES" >&2; exit 1; }
}

make_devices | ip -batch -
expect_devices ': BACKUP for ' carpctl show
expect_devices ' state backup reason ' ip -d -o link show type carp
echo "carpctl-show $(best carpctl show)"
echo "ip-link-show $(best ip -d link show type carp)"
echo "carpctl-json $(best carpctl -j show)"
echo "ip-json $(best ip -d -j link show type carp)"
# A resync of a Monitor, which is one dump of the module's own family.
echo "carpctl-wait $(best carpctl wait carp0 backup --timeout 0)"
