# shellcheck shell=bash
# Counting what passed and failed, over all steps of a check. Each step appends a line
# "name passed failed seconds" to the results and a line for each failure to the failures. A check
# names files of its own by the environment; steps that run alone leave theirs aside. Sourced.

export RESULTS=${RESULTS:-$BUILD_DIR/single/results}
export FAILURES=${FAILURES:-$BUILD_DIR/single/failures}

# report_step NAME PASSED FAILED SECONDS
report_step() {
    mkdir -p "${RESULTS%/*}"
    printf '%s %s %s %s\n' "$1" "$2" "$3" "$4" >>"$RESULTS"
}

# report_failure STEP WHAT
report_failure() {
    mkdir -p "${FAILURES%/*}"
    printf '%s: %s\n' "$1" "$2" >>"$FAILURES"
}

clear_report() {
    mkdir -p "${RESULTS%/*}"
    : >"$RESULTS"
    : >"$FAILURES"
}

# The table of steps, what failed, and last of all the one line that sums it up.
print_report() {
    if [ -s "$FAILURES" ]; then
        printf '\nfailed:\n'
        sed 's/^/  /' "$FAILURES"
    fi
    printf '\n'
    awk '
        BEGIN { printf "%-28s %8s %8s %8s\n", "step", "passed", "failed", "seconds" }
        { printf "%-28s %8d %8d %8d\n", $1, $2, $3, $4; passed += $2; failed += $3; seconds += $4 }
        END {
            printf "%-28s %8s %8s %8d\n", "all", "", "", seconds
            printf "%d passed, %d failed\n", passed, failed
            exit failed > 0
        }' "$RESULTS"
}
