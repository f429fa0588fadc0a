#!/bin/bash
# What the packages brought, in a guest: an older module runs and is installed, a new one lies in
# /new, and the log says that its build for this kernel failed.
set -eu
VERSION=$1
OLD=$2
KERNEL=$(uname -r)
PLACE=/usr/lib/modules/$KERNEL/updates/dkms

expect() {
    local what=$1
    shift
    "$@" || { echo "not so: $what"; exit 1; }
    echo "$what"
}

fails_with() {
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then return 1; fi
    echo "  $said"
    grep -qF "$text" <<<"$said"
}

says() {
    local text=$1 said
    shift
    said=$("$@" 2>&1) || return 1
    printf '%s\n' "$said" | sed 's/^/  /'
    grep -qF "$text" <<<"$said"
}

upgrade_files() {
    /usr/lib/carp-dkms/keep-module
    rm "$PLACE"/carp.ko*
    cp /new/* "$PLACE/"
    depmod
}

ip link add eth0 type veth peer name wire0
ip link set eth0 up
ip link set wire0 up
ip addr add 192.168.1.3/24 dev eth0

expect 'the old module is loaded' grep -qx "$OLD" /sys/module/carp/version
expect 'the new ip works with the old module' ip link add carp0 link eth0 type carp vhid 1 pass testpass
expect 'the new tool works with the old module' carpctl configure carp0 advskew 1 192.168.1.50/24
expect 'it becomes MASTER' carpctl wait carp0 master --timeout 20
expect 'version tells tool, loaded and installed module' says "$OLD" carpctl version
upgrade_files
expect 'the running file was kept' test -e "$(echo /run/carp-dkms/carp.ko*)"
expect 'the upgrade is invisible to the device' [ "$(carpctl state carp0)" = master ]
expect 'version tells that another one is installed' says "module installed $VERSION" carpctl version

ip link del carp0
rmmod carp
expect 'modprobe loads the new one' modprobe carp
expect 'it is the new one' grep -qx "$VERSION" /sys/module/carp/version
expect 'load-module is content' /usr/lib/carp-dkms/load-module

rmmod carp
rm "$PLACE"/carp.ko*
depmod
expect 'the failed build is named' fails_with 'broken on purpose' /usr/lib/carp-dkms/load-module
rm -r /var/lib/dkms/carp
expect 'missing headers are named' fails_with "linux-headers-$KERNEL" /usr/lib/carp-dkms/load-module
sed -i 's/^BUILD_EXCLUSIVE_KERNEL=.*/BUILD_EXCLUSIVE_KERNEL="^5\\."/' /usr/src/carp-*/dkms.conf
expect 'a kernel out of the range is named' fails_with BUILD_EXCLUSIVE_KERNEL /usr/lib/carp-dkms/load-module
