# shellcheck shell=bash
# Taking files of a release's tree, $TREE, into an image. Sourced.

# Paths that packages name below /bin, /lib, ... are below /usr in a merged tree.
below_usr() { sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#; s#^/##'; }

# Links, and the files they lead to (absolute ones lead somewhere in the tree, not on the host).
resolve() {
    local paths
    mapfile -t paths
    {
        printf '%s\n' "${paths[@]}"
        printf '/%s\n' "${paths[@]}" | { chroot "$TREE" xargs -d '\n' readlink -f || true; } | below_usr
    } | sort -u
}

library_closure() {
    sed 's#^#/#' | { chroot "$TREE" xargs -d '\n' ldd 2>/dev/null || true; } |
        awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $1 !~ /:$/ { print $1 }' |
        below_usr | sort -u
}

# pack_image DIRECTORY FILE: as an archive that the kernel unpacks.
pack_image() {
    (cd "$1" && find . -print0 | sort -z | cpio --null --quiet --reproducible -o -H newc) >"$2.new"
    mv "$2.new" "$2"
}
