# shellcheck shell=bash
# What every lab script shares: places, messages, locks and apt settings. Sourced, never run.

# The newest kernel series that the module was built and run on. Debian sid moves on; a build
# failure on something newer is reported under its own name.
# shellcheck disable=SC2034
NEWEST_TESTED_KERNEL=7.2

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
LAB_DIR=$REPO/tests/lab
BUILD_DIR=${BUILD_DIR:-$REPO/build}
LAB_BUILD=${LAB_BUILD:-$BUILD_DIR/lab}
KMOD_DIR=${KMOD_DIR:-$REPO/kmod}
# shellcheck disable=SC2034
RELEASES=(bookworm trixie sid)
export LC_ALL=C.UTF-8

note() { printf '%s\n' "$*" >&2; }

die() {
    note "${0##*/}: $*"
    exit 1
}

need_root() {
    [ "$(id -u)" -eq 0 ] || die "must run as root (it makes chroots and mounts)"
}

is_release() {
    local release
    for release in "${RELEASES[@]}"; do
        [ "$release" = "$1" ] && return 0
    done
    return 1
}

# Sanitizer kernels, built from trixie's source; they share trixie's user space. "debug" is a
# user-mode Linux, "debug-x86" runs on two processors.
is_debug_kernel() { [ "$1" = debug ] || [ "$1" = debug-x86 ]; }

tree_release() {
    if is_debug_kernel "$1"; then echo trixie; else echo "$1"; fi
}

# take_lock NAME: waits for, then holds, a lock until this process ends.
take_lock() {
    mkdir -p "$LAB_BUILD/locks"
    exec {LOCK_FD}>"$LAB_BUILD/locks/$1"
    flock "$LOCK_FD"
}

drop_lock() { exec {LOCK_FD}>&-; }

# The archive that serves this host, so that no mirror is named here.
host_site() {
    local wanted=$1
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
        awk -v wanted="$wanted" '
            $2 ~ /-security$/ { if (wanted == "security") { print $1; exit }; next }
            $2 ~ /^(bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)$/ { if (wanted == "main") { print $1; exit } }'
}

# Proxy, timeouts and the like are the host's business: hand them on to the trees' apt.
host_acquire_options() {
    apt-config dump --format '%F "%v";%n' Acquire | grep -E '^Acquire::(Check|http|https|Retries|Max|Force)' || true
}

kernel_version_of() { cat "$LAB_BUILD/$1/kernel-version"; }
