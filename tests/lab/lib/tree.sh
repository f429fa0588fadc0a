# shellcheck shell=bash
# Working with a release's tree from outside: its apt, and commands inside it. Sourced.

# apt of this host, working on the tree's lists and cache.
write_tree_apt_conf() {
    {
        echo "Dir \"$1/tree\";"
        echo 'APT::Architecture "amd64";'
        # Our cache belongs to root; the download user could not write there.
        echo 'APT::Sandbox::User "root";'
        host_acquire_options
    } >"$1/apt.conf"
}

tree_apt() {
    local place=$1
    shift
    write_tree_apt_conf "$place"
    APT_CONFIG=$place/apt.conf apt-get "$@"
}

tree_apt_cache() {
    local place=$1
    shift
    write_tree_apt_conf "$place"
    APT_CONFIG=$place/apt.conf apt-cache "$@"
}

# The apt sources of a tree.
print_sources() {
    local release=$1 main security keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    main=$(host_site main)
    security=$(host_site security)
    [ -n "$main" ] || die "no Debian archive among this host's apt sources"
    echo "deb [signed-by=$keyring] $main $release main"
    [ "$release" = sid ] && return
    echo "deb [signed-by=$keyring] $main $release-updates main"
    if [ -n "$security" ]; then
        echo "deb [signed-by=$keyring] $security $release-security main"
    fi
}

# The script that in_tree runs in a mount namespace of its own, so that nothing stays mounted
# however the command ends. objtool of new kernels reads /proc; UML keeps its memory in /dev/shm.
# shellcheck disable=SC2016
IN_TREE_SCRIPT='
set -e
tree=$1 repo=$2 out=$3
shift 3
mkdir -p "$tree/src" "$tree/out"
mount -t proc proc "$tree/proc"
mkdir -p "$tree/dev/shm"
mount -t tmpfs -o size=80% tmpfs "$tree/dev/shm"
mount --bind "$repo" "$tree/src"
mount -o remount,bind,ro "$tree/src"
mount --bind "$out" "$tree/out"
exec chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root TMPDIR=/tmp LC_ALL=C.UTF-8 "$@"'

# in_tree RELEASE OUT COMMAND...: runs COMMAND in the tree as chroot; the repository is /src
# (read-only) and the directory OUT is /out. The lock keeps prepare from replacing a tree in use.
in_tree() (
    release=$1
    out=$2
    shift 2
    mkdir -p "$LAB_BUILD/locks"
    exec {tree_lock}>"$LAB_BUILD/locks/tree-$release"
    flock --shared "$tree_lock"
    in_root "$LAB_BUILD/$release/tree" "$out" "$@"
)

# in_root TREE OUT COMMAND...: the same in any tree, and without a lock. Does not return.
in_root() {
    exec unshare --mount --propagation private bash -c "$IN_TREE_SCRIPT" in_tree "$1" "$REPO" "${@:2}"
}
