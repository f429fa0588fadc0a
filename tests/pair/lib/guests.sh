# shellcheck shell=bash
# The three guests of a pair: their start and end, and the lines by which they are told what to do.
# Sourced by run, whose RELEASE, STEP, WORK and HERE these functions read.

# Unix sockets have short names only.
PORTS=$(mktemp -d /tmp/carp-pair.XXXXXX)
declare -A RUN TO FROM BOOT
# How fast a processor counts is found out wrong on a busy machine, so the time comes from elsewhere.
CLOCK=tsc=unstable

guest_name() { echo "$STEP-$1-${BOOT[$1]}"; }

# start_guest NAME WORDS OPTION...
start_guest() {
    local name=$1 words=$2 port=$PORTS/$1 to=${TO[$1]:-} from=${FROM[$1]:-}
    shift 2
    BOOT[$name]=$((${BOOT[$name]:-0} + 1))
    if [ -n "$to" ]; then exec {to}>&- {from}>&-; fi
    rm -f "$port".{in,out,pid}
    mkfifo "$port.in" "$port.out"
    exec {to}<>"$port.in" {from}<>"$port.out"
    TO[$name]=$to FROM[$name]=$from
    "$LAB_DIR/run" --kernel "$RELEASE" --name "$(guest_name "$name")" --real-time --timeout 900 \
        --append "$CLOCK net.ifnames=0 systemd.show_status=no" \
        --qemu -smp --qemu 1 --qemu -serial --qemu "pipe:$port" --qemu -pidfile --qemu "$port.pid" \
        --copy "$HERE/guest/$words" "$@" --script "$HERE/guest/agent.sh" "$words" \
        >"$WORK/$(guest_name "$name").log" 2>&1 &
    RUN[$name]=$!
}

# The wire is in the client's emulator, with a socket for each host's card.
start_client() {
    start_guest client client.sh --no-module --nic --memory 512 \
        --qemu -netdev --qemu "stream,id=a,server=on,addr.type=unix,addr.path=$PORTS/wire-hosta" \
        --qemu -netdev --qemu hubport,id=to-a,hubid=0,netdev=a \
        --qemu -netdev --qemu "stream,id=b,server=on,addr.type=unix,addr.path=$PORTS/wire-hostb" \
        --qemu -netdev --qemu hubport,id=to-b,hubid=0,netdev=b
    until [ -e "$PORTS/wire-hosta" ] && [ -e "$PORTS/wire-hostb" ]; do
        kill -0 "${RUN[client]}" || die "the client does not start"
        sleep 0.1
    done
}

# start_host NAME: what its disk holds is in WORK/NAME.
start_host() {
    start_guest "$1" host.sh --systemd --overlay "$WORK/$1" \
        --qemu -netdev --qemu "stream,id=wire,server=off,addr.type=unix,addr.path=$PORTS/wire-$1" \
        --qemu -device --qemu "e1000,netdev=wire,mac=02:00:00:00:00:0${1#host}"
}

# The answer to what a guest was told, and its status; 99 when there is none in two minutes.
answer() {
    local line
    while IFS= read -r -t 120 -u "${FROM[$1]}" line; do
        case $line in
        '= ready') return 0 ;;
        '= '*) return "${line#= }" ;;
        ' '*) printf '%s\n' "${line# }" ;;
        esac
    done
    echo "$1 does not answer"
    return 99
}

# tell GUEST COMMAND...: one that it may not live to answer.
tell() {
    local guest=$1
    shift
    printf '%s\n' "$*" >&"${TO[$guest]}"
}

# on GUEST COMMAND...
on() {
    tell "$@"
    answer "$1"
}

# The kernel's log of a guest that will not be there to send it.
keep_log() { on "$1" dmesg >"$WORK/$(guest_name "$1").dmesg"; }

# The machine is gone from one moment to the next.
crash_host() { kill -9 "$(<"$PORTS/$1.pid")"; }

# gone GUEST: waits for its end and says how the lab calls that.
gone() {
    local status=0
    wait "${RUN[$1]}" || status=$?
    unset "RUN[$1]"
    echo "$status" >"$WORK/$(guest_name "$1").status"
}

quit_guest() {
    tell "$1" quit
    gone "$1"
}

stop_guests() {
    local guest
    for guest in "${!RUN[@]}"; do
        kill "${RUN[$guest]}" 2>/dev/null || true
        wait "${RUN[$guest]}" || true
    done
    rm -rf "$PORTS"
}
