#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that the plug-in needs and the C library does not have is in this ip; and it shows one
# symbol only.
set -eu
ip=$1
plugin=$2

missing=
for symbol in $(nm -D --undefined-only "$plugin" | awk '$1 == "U" { print $2 }'); do
	case $symbol in
	*@*) continue ;; # versioned: of the C library
	__asan_* | __ubsan_*) continue ;;
	esac
	nm -D --defined-only "$ip" | awk '{ print $3 }' | grep -qx "$symbol" ||
		missing="$missing $symbol"
done
if [ -n "$missing" ]; then
	echo "not in $ip:$missing"
	exit 1
fi

shown=$(nm -D --defined-only "$plugin" | awk '{ print $3 }')
if [ "$shown" != carp_link_util ]; then
	echo "shows: $shown"
	exit 1
fi
