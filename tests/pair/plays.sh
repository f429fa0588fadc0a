# shellcheck shell=bash
# What is played with the pair, in this order. Sourced by run.
#
# Hosts and client share a busy machine, so nothing here is judged by a clock but where a time is the
# promise, and then with seconds to spare; what came before what is judged by the wire.

state_is() { [ "$(on "$1" carpctl state "$2")" = "$3" ]; }
active() { on "$1" systemctl --quiet is-active "$2"; }
inactive() { ! active "$1" "$2"; }
setup_is() { [ "$(on "$1" setup_of "$2")" = "$3" ]; }
serves() { [ "$(on client page "$2")" = "$1" ]; }
echoed() { on client ping -c 1 -W 2 "$1"; }

ADDRESSES=(192.168.1.50 192.168.1.51 192.168.1.52 2001:db8::51 2001:db8::52)

# --- the boot -------------------------------------------------------------------------------------

boots_as_configured() {
    local device
    for device in carp0 carp1 carp2; do
        expect "$device" state_is hosta "$device" master
        expect "$device" state_is hostb "$device" backup
    done
    for host in hosta hostb; do
        is "mode A, IPv4, $host" "$(on $host addresses carp0)" 192.168.1.50/24
        is "mode B, $host" "$(on $host addresses carp1)" '192.168.1.51/24 2001:db8::51/64'
        is "mode A, $host" "$(on $host addresses carp2)" '192.168.1.52/24 2001:db8::52/64'
    done
}

networkd_calls_both_configured() {
    local host
    for host in hosta hostb; do
        expect "mode B, $host" setup_is $host carp1 configured
        is "mode A, $host" "$(on $host setup_of carp0)" unmanaged
    done
}

online_is_not_held_up() {
    local host
    for host in hosta hostb; do
        expect "network-online, $host" active $host network-online.target
        is "wait-online, $host" "$(on $host systemctl show -P Result systemd-networkd-wait-online)" success
    done
}

client_is_served_by_the_master() {
    local address
    for address in "${ADDRESSES[@]}"; do
        expect "$address" echoed "$address"
        if [[ $address = *:* ]]; then address=[$address]; fi
        expect "$address" serves hosta "$address"
    done
}

own_traffic_leaves_by_the_parent() {
    local host
    for host in hosta hostb; do
        is "IPv4, $host" "$(on $host 'ip route get 192.168.1.2' | grep -o 'dev [a-z0-9]*')" 'dev eth0'
        is "IPv6, $host" "$(on $host 'ip route get 2001:db8::2' | grep -o 'dev [a-z0-9]*')" 'dev eth0'
    done
}

# --- what must not disturb ------------------------------------------------------------------------

all_echoes_are_answered() {
    local echoes
    echoes=$(echoes_since "$1")
    echo "asked for, and lost: $echoes"
    [[ $echoes =~ ^[1-9][0-9]*\ 0$ ]]
}

# undisturbed COMMAND: on both hosts, and nothing changes, nobody else speaks, no echo is lost.
undisturbed() {
    local host address lines echoes before_hosta before_hostb
    before_hosta=$(on hosta condition) before_hostb=$(on hostb condition)
    lines=$(wire_so_far) echoes=$(echoes_so_far)
    for address in "${ADDRESSES[@]}"; do on client echoes "$address"; done
    for host in hosta hostb; do
        on $host "$1" >"$WORK/said" || wrong "$host: $1: $(head -c 300 "$WORK/said")"
    done
    sleep 5
    is "hosta, $1" "$(on hosta condition)" "$before_hosta"
    is "hostb, $1" "$(on hostb condition)" "$before_hostb"
    on client end "${ADDRESSES[@]}"
    expect "echoes, $1" all_echoes_are_answered "$echoes"
    wire_since "$lines" >"$WORK/wire"
    is "who advertised, $1" "$(awk '$3 == "advert" { print $2, $5, $6 }' "$WORK/wire" | sort -u)" 'hosta 1 0'
}

# It takes what it finds for its own again; only the IPv6 address of a BACKUP it waits for.
restart_networkd_disturbs_nothing() {
    undisturbed 'systemctl restart systemd-networkd'
    expect 'mode B' setup_is hosta carp1 configured
    own_traffic_leaves_by_the_parent
}

# A file of the parent's is another one than before, so that there is something to reload.
networkctl_reload_disturbs_nothing() {
    undisturbed 'touch /etc/systemd/network/10-eth0.network && networkctl reload'
}

dhcp_renewal_disturbs_nothing() {
    undisturbed 'networkctl renew eth0 && sleep 2'
    grep -q ' dhcp$' "$WORK/wire" || wrong 'nothing was renewed'
}

upgrade_of_systemd_disturbs_nothing() { undisturbed upgrade_systemd; }

# --- a reboot -------------------------------------------------------------------------------------

# few_failures NAME: of the requests of a stream, and whether both hosts answered some.
few_failures() {
    local answers failed
    answers=$(on client answers "$1")
    note "pair: answers, $1: $answers"
    failed=$(tr ' ' '\n' <<<"$answers" | grep -B 1 -x failed | grep -oE '^[0-9]+$' | paste -sd+)
    [ "$((${failed:-0}))" -le 2 ] || wrong "failed requests, $1: $answers"
    [[ $answers =~ ^[0-9]+\ hosta\ .*hostb\ .*hosta$ ]] || wrong "who answered, $1: $answers"
}

# line_of WHAT [FROM]: the first line, from that one on, at which this passed.
line_of() { awk -v from="${2:-1}" -v what="$1" 'NR >= from && index($0 " ", " " what " ") { print NR; exit }' "$WORK/wire"; }

in_order() { [ -n "$1" ] && [ -n "$2" ] && [ "$1" -lt "$2" ]; }

reboot_hands_over_and_takes_back() {
    local lines bows stops up back
    lines=$(wire_so_far)
    on client stream IPv4 192.168.1.50
    on client stream IPv6 '[2001:db8::52]'
    sleep 2
    keep_log hosta
    tell hosta systemctl reboot
    gone hosta
    start_host hosta
    expect 'the other one' state_is hostb carp0 master
    expect 'the other one, mode B' setup_is hostb carp1 configured
    answer hosta
    expect 'back' state_is hosta carp0 master
    expect 'back' state_is hosta carp2 master
    expect 'back' state_is hostb carp0 backup
    sleep 2
    on client end IPv4 IPv6
    few_failures IPv4
    few_failures IPv6
    wire_since "$lines" >"$WORK/wire"
    bows=$(line_of 'hosta advert 1 255 255')
    stops=$(line_of 'hosta mark web-stops')
    in_order "$bows" "$stops" ||
        wrong "it resigns (${bows:-never}) before the service stops (${stops:-never})"
    up=$(line_of 'hosta mark web-up')
    back=$(line_of 'hosta advert 1 1 0' "${bows:-1}")
    in_order "$up" "$back" ||
        wrong "it is up (${up:-never}) before it takes back (${back:-never})"
}

# --- targets on two hosts -------------------------------------------------------------------------

# both_up: for how many seconds, at most at once, what follows the target was up on both hosts.
both_up() {
    awk '
        $4 == "master-carp0-up" { up[$2] = 1; if (up["hosta"] && up["hostb"]) since = $1 }
        $4 == "master-carp0-down" {
            if (up["hosta"] && up["hostb"] && $1 - since > most) most = $1 - since
            up[$2] = 0
        }
        END { print up["hosta"] && up["hostb"] ? "for ever" : most + 0 }' "$WORK/wire"
}

# The kernel has handed over before either systemd begins; a second later all is settled, and a busy
# machine may take five more.
targets_settle_on_one_host() {
    local seconds
    expect 'MASTER' active hosta carp-master@carp0.target
    expect 'BACKUP' active hostb carp-backup@carp0.target
    expect 'BACKUP' inactive hostb carp-master@carp0.target
    wire >"$WORK/wire"
    seconds=$(both_up)
    note "pair: the target was up on both hosts for $seconds s"
    awk -v seconds="$seconds" 'BEGIN { exit !(seconds ~ /^[0-9.]+$/ && seconds < 6) }' ||
        wrong "on both hosts: $seconds s"
}

# The files of a host are made of the example's rc.conf alone, as it is printed, and nothing acts on
# them yet. Its disk as it is then is what it boots from next.
rc_conf_is_imported() {
    on hosta "import_rc_conf $(base64 -w 0 "$REPO/Documentation/examples/freebsd/hosta.rc.conf")" >"$WORK/said" ||
        wrong "$(head -c 300 "$WORK/said")"
    rm -rf "$WORK/hosta/etc/systemd/network"
    on hosta 'tar -C / -cf - etc/systemd/network | base64' | base64 -d | tar -C "$WORK/hosta" -xf -
    is files "$(cd "$WORK/hosta/etc/systemd/network" && echo *)" 'carp0.carp carp0.pass eth0.network'
}

# With advbase 1 and advskew 100 the other host takes over 3.4 s after the last advert; the target is
# active a second later, and a busy machine may take five more.
crash_moves_the_target() {
    local last up
    keep_log hosta
    crash_host hosta
    gone hosta
    expect 'MASTER' active hostb carp-master@carp0.target
    expect 'what follows it' active hostb follower@carp0.service
    expect 'the page' serves hostb 192.168.1.50
    wire >"$WORK/wire"
    last=$(awk '$2 == "hosta" && $3 == "advert" && $4 == 1 { last = $1 } END { print last }' "$WORK/wire")
    up=$(awk '$2 == "hostb" && $4 == "master-carp0-up" { last = $1 } END { print last }' "$WORK/wire")
    note "pair: the target is up $(awk -v a="$last" -v b="$up" 'BEGIN { print b - a }') s after the last advert"
    awk -v a="$last" -v b="$up" 'BEGIN { exit !(b > a && b - a < 9.4) }' ||
        wrong "the target, since the last advert: from $last to $up"
}

imported_rc_conf_boots() {
    start_host hosta
    answer hosta
    expect 'MASTER' state_is hosta carp0 master
    expect 'the other one' state_is hostb carp0 backup
    is 'the address' "$(on hosta addresses carp0)" 192.168.1.50/24
    is "the parent's" "$(on hosta addresses eth0 | tr ' ' '\n' | grep -v ^fe80:)" 192.168.1.3/24
    expect 'the page' serves hosta 192.168.1.50
}

# shellcheck disable=SC2034 # for run
ALL=(boots_as_configured networkd_calls_both_configured online_is_not_held_up
    client_is_served_by_the_master own_traffic_leaves_by_the_parent
    restart_networkd_disturbs_nothing networkctl_reload_disturbs_nothing
    dhcp_renewal_disturbs_nothing upgrade_of_systemd_disturbs_nothing
    reboot_hands_over_and_takes_back targets_settle_on_one_host rc_conf_is_imported crash_moves_the_target
    imported_rc_conf_boots)

