#!/bin/bash
# agent.sh WORDS: runs in each guest, and does what comes from the second serial line, a command a
# line; it answers with what that printed, a blank before each line, and "= STATUS". WORDS is a file
# of functions for these commands. After "quit" the guest ends.
set -u
cd /
PORT=/dev/ttyS1

# shellcheck source=/dev/null
. "/lab/$1"
stty -F "$PORT" raw -echo clocal 115200
exec 3<>"$PORT"
echo '= ready' >&3
while IFS= read -r -u 3 line; do
    [ "$line" != quit ] || break
    (eval "$line") </dev/null >/tmp/said 2>&1 3>&-
    status=$?
    { sed 's/^/ /' /tmp/said && echo "= $status"; } >&3
done
