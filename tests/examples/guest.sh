#!/bin/bash
# The guest's side of examples/run: takes the blocks out of each document in /lab/documents/list and
# goes through its plan. The words of a plan are the functions below, which shellcheck cannot see
# being called:
# shellcheck disable=SC2317
set -uo pipefail
DOCUMENTS=/lab/documents
PLANS=/lab/examples/plans
BLOCKS=/tmp/blocks
DISKS=/tmp/disks
RUNNING=()
BAD=0

ok() { echo "ok $DOCUMENT: $*"; }
failed() {
    echo "FAILED $DOCUMENT: $*"
    BAD=1
}

# --- blocks -------------------------------------------------------------------------------------

# What is between .EX and .EE in EXAMPLES, as man(1) shows it.
blocks_of_page() {
    awk -v to="$BLOCKS" '
        /^\.SH/ { examples = /EXAMPLES/; next }
        !examples { next }
        /^\.EX/ { inside = 1; file = sprintf("%s/%03d", to, ++n); printf "" >file; next }
        /^\.EE/ { inside = 0; next }
        inside { print >file }' "$1"
    sed -i -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\&//g' -e 's/\\fB//g; s/\\fI//g; s/\\fR//g' \
        -e 's/\\e/\\/g' "$BLOCKS"/* 2>/dev/null
}

blocks_of_markdown() {
    awk -v to="$BLOCKS" '
        /^```/ { inside = !inside; if (inside) { file = sprintf("%s/%03d", to, ++n); printf "" >file }; next }
        inside { print >file }' "$1"
}

# next FIRST: the next block, whose first line must be that.
next() {
    NEXT=$((NEXT + 1))
    BLOCK=$BLOCKS/$(printf %03d "$NEXT")
    if [ ! -e "$BLOCK" ]; then
        failed "there is no block that begins with '$1'"
        return 1
    fi
    if [ "$(head -n 1 "$BLOCK")" != "$1" ]; then
        failed "the plan expects '$1', the next block begins with '$(head -n 1 "$BLOCK")'"
        # What follows would be out of step.
        exit 1
    fi
}

# --- the words of a plan ------------------------------------------------------------------------

# host NAME ADDRESS...: another machine on the wire, by its eth0.
host() {
    ip netns add "$1"
    ip -n "$1" link set lo up
    cable "$1" eth0 bridge "${@:2}"
}

# cable HOST DEVICE WIRE ADDRESS...: it gets that device, on a wire that is made if it is not there.
cable() {
    local name=$1 device=$2 wire=$3 address
    if ! ip -n wire link show "$wire" >/dev/null 2>&1; then
        ip -n wire link add "$wire" type bridge
        ip -n wire link set "$wire" up
    fi
    ip link add "$name-$device" netns wire type veth peer name "$device" netns "$name"
    ip -n wire link set "$name-$device" master "$wire" up
    for address in "${@:4}"; do
        case $address in
        *:*) ip -n "$name" address add "$address" dev "$device" nodad ;;
        *) ip -n "$name" address add "$address" dev "$device" ;;
        esac
    done
    ip -n "$name" link set "$device" up
}

# unplug HOST: all of its cables, and plug, in again.
unplug() { set_cables "$1" down; }
plug() { set_cables "$1" up; }
set_cables() {
    local device
    for device in $(ip -n wire -o link show | sed -nE "s/^[0-9]+: ($1-[^@:]*).*/\1/p"); do
        ip -n wire link set "$device" "$2"
    done
}

# disk HOST: it has files of its own in /etc and /run; otherwise one disk serves all hosts.
disk() {
    mkdir -p "$DISKS/$1/run"
    cp -a /etc "$DISKS/$1/etc"
    mkdir -p "$DISKS/$1/etc/sysctl.d"
}

# enter HOST COMMAND...: runs it there.
enter() {
    # shellcheck disable=SC2016 # what ip(8) begins has mounts of its own
    if [ -d "$DISKS/$1" ]; then
        exec ip netns exec "$1" bash -c 'mount --bind "$0/etc" /etc; mount --bind "$0/run" /run; exec "$@"' \
            "$DISKS/$1" "${@:2}"
    fi
    exec ip netns exec "$@"
}

# at HOST COMMAND...: what the text takes for granted. Its failure is one of the plan.
at() {
    (enter "$@") || failed "on $1: ${*:2}"
}

# type_block HOST [STATUS]: what that host's shell does with the block. It ends with the first
# command that fails, unless it may have that exit status.
type_block() {
    export ALLOWED=${2:-0} BASH_ENV=/tmp/environment
    enter "$1" bash "$BLOCK"
}
cat >/tmp/environment <<'TEXT'
set -o pipefail
trap 's=$?; [ "$s" -eq "$ALLOWED" ] || exit "$s"' ERR
TEXT

# on HOST FIRST [STATUS]: the next block, typed at that host; all of its commands must succeed, or
# have that exit status.
on() {
    next "$2" || return
    (type_block "$1" "${3:-0}") >/tmp/printed 2>/tmp/errors
    local status=$?
    if [ "$status" -eq "${3:-0}" ]; then status=0; fi
    if [ "$status" -eq 0 ]; then ok "$2"; else failed "$2: exit code $status: $(cat /tmp/errors)"; fi
}

# during HOST FIRST: the same for what runs until it is interrupted; `streams` looks at its output.
during() {
    next "$2" || return
    # Of a session of its own, so that all of it can be ended.
    ALLOWED=0 BASH_ENV=/tmp/environment setsid ip netns exec "$1" bash "$BLOCK" \
        >/tmp/streamed 2>/tmp/errors &
    RUNNING+=($!)
    sleep 1
    if kill -0 "$!" 2>/dev/null; then ok "$2"; else failed "$2: ended: $(cat /tmp/errors)"; fi
}
interrupt() {
    local one
    for one in "${RUNNING[@]}"; do
        kill -INT -- "-$one" 2>/dev/null
        kill -TERM -- "-$one" 2>/dev/null
        wait "$one" 2>/dev/null
    done
    RUNNING=()
}

# file PATH FIRST: the next block is what a file holds.
file() {
    next "$2" || return
    copy "$1"
    ok "$2"
}
copy() {
    mkdir -p "$(dirname "$1")"
    cp "$BLOCK" "$1"
}

# both FIRST: the same block on fw1 and fw2. files PATH FIRST: likewise a file, on the disks of both.
both() {
    on fw1 "$1"
    NEXT=$((NEXT - 1))
    on fw2 "$1"
}
files() {
    next "$2" || return
    copy "$DISKS/fw1$1"
    copy "$DISKS/fw2$1"
    ok "$2"
}

# elsewhere FIRST REASON: not for a guest.
elsewhere() {
    next "$1" || return
    echo "-- $DOCUMENT: not here: $1: $2"
}

# prints PATTERN: what the last block printed has a line that matches.
prints() {
    grep -qE -- "$1" /tmp/printed || failed "block $NEXT does not print '$1' but: $(cat /tmp/printed)"
}

# streams PATTERN: what `during` began has printed such a line, or will do so at once.
streams() {
    local tries
    for tries in 1 2 3 4 5; do
        if grep -qE -- "$1" /tmp/streamed; then return; fi
        sleep 0.5
    done
    failed "block does not print '$1' in $tries tries but: $(cat /tmp/streamed)"
}

# becomes HOST DEVICE STATE: within the time of a takeover.
becomes() {
    ip netns exec "$1" carpctl wait "$2" "$3" --timeout 10 ||
        failed "$2 on $1 is $(ip netns exec "$1" carpctl state "$2"), not $3"
}

# answers HOST ADDRESS: that address, to a ping from there.
answers() {
    ip netns exec "$1" ping -q -c 1 -W 2 "$2" >/dev/null || failed "$2 does not answer $1"
}

# ------------------------------------------------------------------------------------------------

clean() {
    local name
    for name in $(ip netns list | sed 's/ .*//'); do
        ip netns pids "$name" | xargs -r kill
        ip netns delete "$name"
    done
    rm -rf "$BLOCKS" "$DISKS" /etc/systemd/network /etc/carp*
}

run_document() (
    DOCUMENT=$1 NEXT=0
    mkdir -p "$BLOCKS" /root
    cd /root || exit 1
    ip netns add wire
    ip -n wire link add bridge type bridge
    ip -n wire link set bridge up
    case $DOCUMENT in
    *.md) blocks_of_markdown "$DOCUMENTS/$DOCUMENT" ;;
    *) blocks_of_page "$DOCUMENTS/$DOCUMENT" ;;
    esac
    if [ ! -e "$PLANS/$DOCUMENT" ]; then
        failed "there is no plan for it"
        exit 1
    fi
    # shellcheck disable=SC1090
    . "$PLANS/$DOCUMENT"
    for block in "$BLOCKS"/*; do
        if [ "$((10#${block##*/}))" -gt "$NEXT" ]; then failed "the plan leaves out '$(head -n 1 "$block")'"; fi
    done
    exit "$BAD"
)

while read -r document; do
    run_document "$document" || BAD=1
    clean
done <"$DOCUMENTS/list"
exit "$BAD"
