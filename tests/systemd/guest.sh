#!/bin/bash
# What happens in the guest, which has booted with the files in root/ by now: one line "ok NAME" or
# "FAILED NAME" for each test, and below the latter what was wrong. The last one, reboot, is judged by
# whoever started the guest.
set -u
cd /
TEST='' WRONG=''

wrong() { WRONG+="    $*"$'\n'; }

# expect WHAT COMMAND...: it succeeds, now or within ten seconds.
expect() {
    local what=$1 tries=100
    shift
    until "$@" >/tmp/expected 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then
            wrong "$what: $* $(head -c 300 /tmp/expected)"
            return 1
        fi
        sleep 0.1
    done
}

is() {
    [ "$2" = "$3" ] || wrong "$1: '$2', not '$3'"
}

try() {
    TEST=$1 WRONG=''
    "$1"
    if [ -z "$WRONG" ]; then
        echo "ok $TEST"
    else
        printf 'FAILED %s\n%s' "$TEST" "$WRONG"
    fi
}

peer() { ip netns exec peer "$@"; }
state_is() { [ "$(carpctl state "$1" 2>&1)" = "$2" ]; }
active() { systemctl --quiet is-active "$1"; }
inactive() { ! systemctl --quiet is-active "$1"; }
addresses() { ip -o address show dev "$1" | awk '{ print $4 }' | paste -sd' '; }
setup_is() { [ "$(setup_of "$1")" = "$2" ]; }
setup_of() { networkctl list --no-legend --no-pager | awk -v name="$1" '$2 == name { print $NF }'; }
# systemd 252 takes a bond's members off when networkd starts, and addresses that it set itself when it
# reconfigures a device; IPv6 addresses of a BACKUP it then waits for. Where it has a hand in a device
# or its parent, nothing is expected of it.
old_networkd() { [ "$(systemctl --version | awk 'NR == 1 { print $2 }')" -lt 254 ]; }
transitions() {
    ip -d -j link show type carp | grep -oE '"(ifname|transitions)":"?[a-z0-9-]+' |
        sed 's/.*":"*//' | paste -d= - - | grep -vE "$(if old_networkd; then echo '^carp(1|-bond)='; else echo '^$'; fi)" |
        paste -sd' '
}
journal() { journalctl --no-pager --output=cat "$@"; }
# But for those that wait for the test itself.
no_jobs() { ! systemctl list-jobs --no-legend | grep -qvE ' (late|carp-release@carp-hold)\.service '; }

# --- the boot -------------------------------------------------------------------------------------

boot_reaches_its_target() {
    expect 'the target of the boot' active multi-user.target
    expect network-online active network-online.target
    is 'wait-online' "$(systemctl show -P Result systemd-networkd-wait-online)" success
}

devices_are_as_configured() {
    expect 'mode A' state_is carp0 master
    expect 'mode B, the peer leads' state_is carp1 backup
    expect 'mode A, the peer leads' state_is carp2 backup
    is 'mode A' "$(addresses carp0)" '192.0.2.50/24 2001:db8::50/64'
    is 'mode B' "$(addresses carp1)" '192.0.2.51/24 2001:db8::51/64'
    is 'mode A, BACKUP' "$(addresses carp2)" '192.0.2.52/24 2001:db8::52/64'
    expect 'IPv4' peer ping -c 1 -W 1 192.0.2.50
    expect 'IPv6' peer ping -c 1 -W 1 2001:db8::50
}

key_comes_from_a_credential() {
    systemctl cat carp@carp0 | grep -qx LoadCredential=carp0.pass || wrong "$(systemctl cat carp@carp0)"
    ip -d -j link show carp0 | grep -q '"key_set":true' || ip -d link show carp0 | grep -q 'key set' ||
        wrong "no key: $(ip -d link show carp0)"
}

parents_of_every_kind() {
    expect 'a VLAN of networkd' state_is carp-vlan master
    is 'a drop-in' "$(carpctl dump carp-vlan | grep AdvSkew)" AdvSkew=7
    expect 'a bridge of networkd' state_is carp-bridge master
    expect 'a bond of networkd' state_is carp-bond master
    expect 'a card with another name' state_is carp-wan master
    expect 'the one of the subnet' state_is carp-nowhere master
    is 'that one' "$(carpctl dump carp-nowhere | grep Parent)" Parent=lan0
}

networkd_calls_a_backup_configured() {
    expect 'mode B' setup_is carp1 configured
    is 'mode A, BACKUP' "$(setup_of carp2)" unmanaged
    is 'mode A, MASTER' "$(setup_of carp0)" unmanaged
}

a_faulty_file_says_why() {
    is 'the service' "$(systemctl is-failed carp@carp-bad)" failed
    journal -u carp@carp-bad | grep -qF "/etc/systemd/network/carp-bad.carp:3:6: VHID: '300': not in 1..255" ||
        wrong "the service does not say why: $(journal -u carp@carp-bad)"
    journal -t carp-generator | grep -qF '/etc/systemd/network/carp-bad.carp:3:6: VHID' ||
        wrong "the generator does not say why: $(journal -t carp-generator)"
    is 'a masked file' "$(systemctl show -P ActiveState carp@carp-off)" inactive
}

both_modes_at_once_are_refused() {
    is 'the service' "$(systemctl is-failed carp@carp-both)" failed
    journal -u carp@carp-both | grep -qF '/etc/systemd/network/10-carp-both.network gives carp-both to' ||
        wrong "$(journal -u carp@carp-both)"
}

# The lab does not load it here.
the_boot_loads_the_module() {
    local loaded sysctls
    expect 'its service' active carp-module.service
    loaded=$(systemctl show -P ExecMainExitTimestampMonotonic carp-module)
    sysctls=$(systemctl show -P ExecMainStartTimestampMonotonic systemd-sysctl)
    [ "$loaded" -lt "$sysctls" ] || wrong "the module is there at $loaded us, sysctls are set at $sysctls us"
}

sysctls_survive() { is preempt "$(cat /proc/sys/net/inet/carp/preempt)" 1; }

sysctls_come_with_the_module() {
    echo 0 >/proc/sys/net/inet/carp/preempt
    echo add >/sys/module/carp/uevent
    expect 'a later load' grep -qx 1 /proc/sys/net/inet/carp/preempt
}

units_are_sound() {
    local out
    out=$(systemd-analyze verify --man=no /usr/lib/systemd/system/carp-targets.service \
        /usr/lib/systemd/system/carp-handover.service carp-module.service carp@carp0.service carp-release@carp0.service \
        carp-demote@watched.service carp-demote-up@watched.service carp-master@carp0.target \
        carp-backup@carp0.target 2>&1 | grep -i carp)
    is 'systemd-analyze verify' "$out" ''
}

# --- what must not disturb ------------------------------------------------------------------------

undisturbed() {
    local before after probes=() address at
    before=$(transitions)
    at="$(addresses carp0) $(addresses carp1) $(addresses carp2)"
    for address in 192.0.2.50 2001:db8::50; do
        ip netns exec peer ping -i 0.01 -q "$address" >"/tmp/ping.$address" 2>&1 &
        probes+=($!)
    done
    sleep 0.1
    "$@" || wrong "$* failed"
    expect 'no more jobs' no_jobs
    sleep 3
    kill -INT "${probes[@]}"
    wait "${probes[@]}"
    for address in 192.0.2.50 2001:db8::50; do
        grep -q ' 0% packet loss' "/tmp/ping.$address" || wrong "$*: $address: $(grep loss "/tmp/ping.$address")"
    done
    after=$(transitions)
    is 'devices' "$(grep -c = <<<"$after")" 1
    is "transitions, $*" "$after" "$before"
    is "addresses, $*" "$(addresses carp0) $(addresses carp1) $(addresses carp2)" "$at"
}

restart_networkd_disturbs_nothing() {
    undisturbed systemctl restart systemd-networkd
    old_networkd || expect 'mode B' setup_is carp1 configured
}
networkctl_reload_disturbs_nothing() { undisturbed networkctl reload; }
networkctl_reconfigure_disturbs_nothing() {
    local devices=(carp0 carp2)
    old_networkd || devices+=(carp1)
    undisturbed networkctl reconfigure "${devices[@]}"
}
# What the package of systemd does when it is upgraded.
upgrade_of_systemd() {
    systemctl daemon-reexec
    systemctl restart systemd-udevd systemd-networkd systemd-journald
    udevadm trigger --settle
}
upgrade_of_systemd_disturbs_nothing() { undisturbed upgrade_of_systemd; }

reload_changes_what_differs() {
    sed -i 's/^VHID=1$/&\nAdvSkew=3/' /etc/systemd/network/carp0.carp
    undisturbed systemctl reload carp@carp0
    is 'the change' "$(carpctl dump carp0 | grep AdvSkew)" AdvSkew=3
}

# --- targets --------------------------------------------------------------------------------------

targets_are_as_states() {
    local device
    for device in carp0 carp-vlan; do
        expect "$device" active "carp-master@$device.target"
        inactive "carp-backup@$device.target" || wrong "$device is BACKUP, too"
    done
    expect carp1 active carp-backup@carp1.target
    inactive carp-master@carp1.target || wrong 'carp1 is MASTER, too'
}

targets() { systemctl is-active carp-master@carp-vlan.target carp-backup@carp-vlan.target | paste -sd' '; }

as_state() {
    local state other
    state=$(carpctl state carp-vlan)
    for other in master backup; do
        if [ "$other" = "$state" ]; then
            active "carp-$other@carp-vlan.target" || return 1
        else
            inactive "carp-$other@carp-vlan.target" || return 1
        fi
    done
}

# A thousand changes in ten seconds, and whoever follows them dies now and then.
targets_follow_flaps() {
    local i killed
    for i in $(seq 50); do
        echo 'link set carp-vlan type carp state backup'
        echo 'link set carp-vlan type carp state master'
    done >/tmp/flaps
    for i in $(seq 10); do
        ip -batch /tmp/flaps || wrong 'ip'
        killed=$(systemctl show -P MainPID carp-targets)
        if [ $((i % 3)) -eq 0 ]; then kill -9 "$killed"; fi
        sleep 0.9
    done
    as_state || wrong "$(carpctl state carp-vlan), but $(targets)"
    killed=$(systemctl show -P MainPID carp-targets)
    carpctl down carp-vlan
    kill -9 "$killed"
    sleep 1
    inactive carp-master@carp-vlan.target || wrong 'MASTER while it is down'
    inactive carp-backup@carp-vlan.target || wrong 'BACKUP while it is down'
    carpctl up carp-vlan
    expect 'up again' state_is carp-vlan master
    sleep 1
    as_state || wrong "$(carpctl state carp-vlan) after it is up again, but $(targets)"
}

# --- demotion and holds ---------------------------------------------------------------------------

demoted() { carpctl causes | grep -q watched; }
not_demoted() { ! carpctl causes | grep -q watched; }

demotion_follows_a_unit() {
    expect 'it is up' not_demoted
    systemctl stop watched
    expect 'it is stopped' demoted
    systemctl start watched
    expect 'it is started' not_demoted
    systemctl restart watched
    expect 'it is restarted' not_demoted
    kill -9 "$(systemctl show -P MainPID watched)"
    expect 'it has died' demoted
    systemctl start watched
    expect 'it is started again' not_demoted
}

a_hold_ends_with_its_unit() {
    state_is carp-hold backup || wrong "before: $(carpctl state carp-hold)"
    touch /run/late
    expect 'the unit is up' active late.service
    expect 'the hold is over' state_is carp-hold master
}

# --- parents that come and go ---------------------------------------------------------------------

plug() {
    ip link add hot0 type veth peer name hot1
    ip link set hot1 up
    ip link set hot0 up
}

a_parent_is_plugged() {
    plug
    expect 'plugged' active carp@carp-hot.service
    expect 'plugged' state_is carp-hot master
    ip link del hot0
    expect 'pulled' inactive carp@carp-hot.service
    plug
    expect 'plugged again' state_is carp-hot master
    ip link del hot0
}

a_parent_gets_another_name() {
    ip link add cold0 type veth peer name hot1
    ip link set hot1 up
    ip link set cold0 name hot0
    ip link set hot0 up
    expect 'the name of the file' state_is carp-hot master
    ip link set hot0 down
    ip link set hot0 name cold0
    expect 'another name' inactive carp@carp-hot.service
    ip link del cold0
}

# --- NetworkManager -------------------------------------------------------------------------------

start_manager() {
    mkdir -p /etc/NetworkManager/conf.d
    printf '[main]\nno-auto-default=*\n' >/etc/NetworkManager/conf.d/lab.conf
    NetworkManager --no-daemon >/tmp/manager 2>&1 &
    expect 'a device that it may have' managed wan0
}
manager_says() { nmcli -t -f DEVICE,STATE device | sed -n "s/^$1://p"; }
managed() { manager_says "$1" | grep -q . && [ "$(manager_says "$1")" != unmanaged ]; }

network_manager_keeps_off() {
    undisturbed start_manager
    is carp0 "$(manager_says carp0)" unmanaged
    is carp1 "$(manager_says carp1)" unmanaged
    kill "$(pidof NetworkManager)"
}

# --- a tutorial, as printed: this host is hosta, and hostb is a namespace with files of its own --------

WEB=/tmp/web

# Another machine of the tutorial, or this one, on one wire.
web_host() {
    local name=$1 address=$2 run=()
    if [ "$name" != hosta ]; then
        ip netns add "$name"
        run=(ip netns exec "$name")
    fi
    "${run[@]}" ip link add eth0 type veth peer name "$name" netns webwire
    ip -n webwire link set "$name" master bridge up
    "${run[@]}" ip addr add "$address" dev eth0
    "${run[@]}" ip link set eth0 up
}

# block FIRST: the next one, which begins with that.
block() {
    BLOCKS=$((BLOCKS + 1))
    BLOCK=$WEB/blocks/$(printf %03d "$BLOCKS")
    [ "$(head -n 1 "$BLOCK" 2>/dev/null)" = "$1" ] ||
        wrong "block $BLOCKS begins with '$(head -n 1 "$BLOCK" 2>&1)', not with '$1'"
}
# typed HOST FIRST: what its shell makes of the next block.
typed() {
    local run=(bash -e)
    block "$2"
    if [ "$1" != hosta ]; then
        # shellcheck disable=SC2016
        run=(ip netns exec "$1" bash -c 'mount --bind "$0" /etc/systemd/network; exec timeout 5 bash -e "$@"'
            "$WEB/network")
    fi
    "${run[@]}" "$BLOCK" >/tmp/typed 2>&1 || wrong "on $1: $2: $(cat /tmp/typed)"
}
written() {
    block "$2"
    cp "$BLOCK" "$1"
}
serves() { [ "$(ip netns exec webclient timeout 5 wget -q -O - http://192.168.1.50/)" = "$1" ]; }

make_web_network() {
    mkdir -p "$WEB/blocks" "$WEB/network" /srv/hostb
    awk -v to="$WEB/blocks" '
        /^```/ { inside = !inside; if (inside) { file = sprintf("%s/%03d", to, ++n); printf "" >file }; next }
        inside { print >file }' /lab/tutorial-web.md
    BLOCKS=0
    ip netns add webwire
    ip -n webwire link add bridge type bridge
    ip -n webwire link set bridge up
    web_host hosta 192.168.1.3/24
    web_host hostb 192.168.1.4/24
    web_host webclient 192.168.1.9/24
    echo 0 >/proc/sys/net/inet/carp/preempt
}

# What systemd does on hosta, for the other one: the same units in its namespace.
start_hostb() {
    ip netns exec hostb carpctl apply "$WEB/network/web0.carp"
    cp /etc/systemd/system/web.socket /etc/systemd/system/hostb.socket
    sed 's,/srv/web,/srv/hostb,' /etc/systemd/system/web@.service >/etc/systemd/system/hostb@.service
    mkdir -p /etc/systemd/system/hostb.socket.d
    printf '[Socket]\nNetworkNamespacePath=/run/netns/hostb\n' >/etc/systemd/system/hostb.socket.d/place.conf
    echo hostb >/srv/hostb/index.html
    systemctl daemon-reload
    systemctl start hostb.socket || wrong 'a BACKUP cannot listen'
}

end_web_pair() {
    systemctl --quiet disable --now web.socket
    systemctl stop hostb.socket carp@web0
    rm -rf /etc/systemd/system/{web,hostb}{.socket,@.service} /etc/systemd/system/hostb.socket.d \
        /etc/systemd/network/web0.carp
    ip netns del hostb
    ip netns del webclient
    ip link del eth0
    ip netns del webwire
    systemctl daemon-reload
    echo 1 >/proc/sys/net/inet/carp/preempt
}

web_pair_as_printed() {
    make_web_network
    typed hosta 'umask 077'
    written /etc/systemd/network/web0.carp '[CARP]'
    cp /etc/systemd/network/web0.carp "$WEB/network/"
    typed hostb 'echo AdvSkew=100 >> /etc/systemd/network/web0.carp'
    typed hosta 'systemctl daemon-reload'
    expect 'it leads' state_is web0 master
    written /etc/systemd/system/web.socket '[Unit]'
    written /etc/systemd/system/web@.service '[Unit]'
    typed hosta 'mkdir -p /srv/web'
    start_hostb
    expect 'the other one' ip netns exec hostb carpctl wait web0 backup --timeout 1
    typed webclient 'wget -q -O - http://192.168.1.50/'
    is 'it serves' "$(cat /tmp/typed)" "$(hostname)"
    typed hosta 'systemctl stop carp@web0'
    serves hostb || wrong 'the next request is not answered'
    typed hosta 'systemctl start carp@web0'
    expect 'it is back' state_is web0 backup
    sleep 4
    is 'and does not preempt' "$(carpctl state web0)" backup
    serves hostb || wrong 'it serves from a BACKUP'
    echo 1 >/proc/sys/net/inet/carp/preempt
    ip netns exec hostb sysctl -qw net.inet.carp.preempt=1
    expect 'it preempts' state_is web0 master
    typed hosta 'carpctl demote web 240'
    expect 'demoted' state_is web0 backup
    serves hostb || wrong 'demoted, and hostb does not serve'
    typed hosta 'carpctl undemote web'
    expect 'no longer demoted' state_is web0 master
    serves "$(hostname)" || wrong 'it does not serve again'
    [ ! -e "$WEB/blocks/$(printf %03d "$((BLOCKS + 1))")" ] || wrong 'there are more blocks in the text'
    end_web_pair
}

# --- the end --------------------------------------------------------------------------------------

handover_gives_away_and_takes_back() {
    systemctl stop carp-handover
    carpctl causes | grep -q maintenance || wrong "not drained: $(carpctl causes)"
    systemctl start carp-handover
    carpctl causes | grep -q maintenance && wrong "still drained: $(carpctl causes)"
    expect 'back' state_is carp0 master
}

ALL=(boot_reaches_its_target devices_are_as_configured key_comes_from_a_credential
    parents_of_every_kind networkd_calls_a_backup_configured a_faulty_file_says_why
    both_modes_at_once_are_refused the_boot_loads_the_module sysctls_survive sysctls_come_with_the_module units_are_sound
    targets_are_as_states restart_networkd_disturbs_nothing networkctl_reload_disturbs_nothing
    networkctl_reconfigure_disturbs_nothing upgrade_of_systemd_disturbs_nothing
    reload_changes_what_differs targets_follow_flaps demotion_follows_a_unit
    a_hold_ends_with_its_unit a_parent_is_plugged a_parent_gets_another_name
    web_pair_as_printed network_manager_keeps_off
    handover_gives_away_and_takes_back reboot)

# Whatever is tried, the boot comes first.
expect 'the target of the boot' active multi-user.target
expect 'the first device' state_is carp0 master
expect 'the last device' state_is carp-nowhere master
printf '%s' "$WRONG"
command -v NetworkManager >/dev/null || ALL=("${ALL[@]/network_manager_keeps_off/}")
for test in "${@:-${ALL[@]}}"; do
    [ -n "$test" ] || continue
    if [ "$test" != reboot ]; then try "$test"; fi
done
journalctl --no-pager -o short-monotonic >/out/journal
if [ "$test" = reboot ]; then
    state_is carp-wan master || echo "FAILED before the reboot: $(carpctl state carp-wan)"
    sleep 2
    systemctl reboot
    sleep 60
fi
