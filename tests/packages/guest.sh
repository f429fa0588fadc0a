#!/bin/bash
# What the packages brought, in a guest whose systemd (if the lab has the release's) booted with them: no
# module is installed, and a log says that its build for this kernel failed. An older one lies in /old,
# the one of the packages in /new.
set -eu
VERSION=$1
OLD=$2
KERNEL=$(uname -r)
PLACE=/usr/lib/modules/$KERNEL/updates/dkms
LOADER=/usr/libexec/carp/load-module

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
    printf '%s\n' "$said" | sed 's/^/  /'
    grep -qF "$text" <<<"$said"
}

says() {
    local text=$1 said
    shift
    said=$("$@" 2>&1) || return 1
    printf '%s\n' "$said" | sed 's/^/  /'
    grep -qF "$text" <<<"$said"
}

systemd_runs() { [ -d /run/systemd/system ]; }

within_a_minute() {
    local tries=600
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

boot_goes_on() { within_a_minute systemctl --quiet is-active multi-user.target; }
unit_failed() { [ "$(systemctl show -P Result carp-module)" = exit-code ] && systemctl --quiet is-failed carp-module; }
preempts() { [ "$(cat /proc/sys/net/inet/carp/preempt)" = 1 ]; }

load() {
    if systemd_runs; then systemctl start carp-module; else "$LOADER"; fi
}

install_files() {
    mkdir -p "$PLACE"
    rm -f "$PLACE"/carp.ko*
    cp "$1"/* "$PLACE/"
    depmod
}

# What dpkg and dkms do.
upgrade_files() {
    /usr/lib/carp-dkms/keep-module
    install_files /new
}

# --- nothing to load ------------------------------------------------------------------------------

if systemd_runs; then
    expect 'the boot goes on' boot_goes_on
    expect 'the unit failed' unit_failed
    expect 'its status has the reason' fails_with 'broken on purpose' systemctl --no-pager status carp-module
fi
expect 'the failed build is named' fails_with 'broken on purpose' "$LOADER"
rm -r /var/lib/dkms/carp
expect 'missing headers are named' fails_with "linux-headers-$KERNEL" "$LOADER"
cp -a /usr/src /usr/src.whole
sed -i 's/^BUILD_EXCLUSIVE_KERNEL=.*/BUILD_EXCLUSIVE_KERNEL="^5\\."/' /usr/src/carp-*/dkms.conf
expect 'a kernel out of the range is named' fails_with BUILD_EXCLUSIVE_KERNEL "$LOADER"
rm -r /usr/src/carp-*
expect 'sources that are missing are named' fails_with carp-dkms "$LOADER"
rm -r /usr/src
mv /usr/src.whole /usr/src

# --- an older module, an upgrade ------------------------------------------------------------------

ip link add eth0 type veth peer name wire0
ip link set eth0 up
ip link set wire0 up
ip addr add 192.168.1.3/24 dev eth0

install_files /old
expect 'there is one now' load
expect 'the old module is loaded' grep -qx "$OLD" /sys/module/carp/version
if systemd_runs; then expect 'with the settings of sysctl.d' within_a_minute preempts; fi
expect 'the new ip works with the old module' ip link add carp0 link eth0 type carp vhid 1 pass testpass
expect 'the new tool works with the old module' carpctl configure carp0 advskew 1 192.168.1.50/24
expect 'it becomes MASTER' carpctl wait carp0 master --timeout 20
expect 'version tells tool, loaded and installed module' says "$OLD" carpctl version
upgrade_files
expect 'the running file was kept' test -e "$(echo /run/carp-dkms/carp.ko*)"
expect 'the upgrade is invisible to the device' [ "$(carpctl state carp0)" = master ]
expect 'version tells that another one is installed' says "module installed $VERSION" carpctl version
expect 'to load it once more does nothing' "$LOADER"
expect 'the old one still runs' grep -qx "$OLD" /sys/module/carp/version

ip link del carp0
rmmod carp
expect 'modprobe loads the new one' modprobe carp
expect 'it is the new one' grep -qx "$VERSION" /sys/module/carp/version
expect 'ip makes a device' ip link add carp0 link eth0 type carp vhid 1
ip link del carp0
rmmod carp
