#!/bin/bash
# The guest's side of examples/run: takes the blocks out of each document in /lab/documents/list and
# goes through its plan. The words of a plan are the functions below, which shellcheck cannot see
# being called:
# shellcheck disable=SC2317
set -uo pipefail
DOCUMENTS=/lab/documents
PLANS=/lab/examples/plans
BLOCKS=/tmp/blocks
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
    local name=$1 address
    ip netns add "$name"
    ip -n "$name" link set lo up
    ip link add "$name" netns wire type veth peer name eth0 netns "$name"
    ip -n wire link set "$name" master bridge up
    for address in "${@:2}"; do
        case $address in
        *:*) ip -n "$name" address add "$address" dev eth0 nodad ;;
        *) ip -n "$name" address add "$address" dev eth0 ;;
        esac
    done
    ip -n "$name" link set eth0 up
}

# at HOST COMMAND...: what the text takes for granted. Its failure is one of the plan.
at() {
    ip netns exec "$1" "${@:2}" || failed "on $1: ${*:2}"
}

# type_block HOST [STATUS]: what that host's shell does with the block. It ends with the first
# command that fails, unless it may have that exit status.
type_block() {
    ALLOWED=${2:-0} BASH_ENV=/tmp/environment exec ip netns exec "$1" bash "$BLOCK"
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
    RUNNING=$!
    sleep 1
    if kill -0 "$RUNNING" 2>/dev/null; then ok "$2"; else failed "$2: ended: $(cat /tmp/errors)"; fi
}
interrupt() {
    kill -INT -- "-$RUNNING" 2>/dev/null
    kill -TERM -- "-$RUNNING" 2>/dev/null
    wait "$RUNNING" 2>/dev/null
}

# file PATH FIRST: the next block is what a file holds.
file() {
    next "$2" || return
    mkdir -p "$(dirname "$1")"
    cp "$BLOCK" "$1"
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
    rm -rf "$BLOCKS" /etc/systemd/network /etc/carp*
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
