#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The library shows what its public headers declare, and nothing of its inside.
set -eu
library=$1

# Weak ones are instances of the standard library's templates.
inner=$(nm -D --defined-only --demangle "$library" |
	awk '$2 ~ /[TDBR]/' | grep -E '^[0-9a-f]+ . (typeinfo for |vtable for )?carpnl::detail::' || true)
if [ -n "$inner" ]; then
	echo "these are not for the outside:"
	echo "$inner"
	exit 1
fi
foreign=$(nm -D --defined-only --demangle "$library" |
	awk '$2 ~ /[TDB]/ { $1 = $2 = ""; print }' | grep -v 'carpnl::' || true)
if [ -n "$foreign" ]; then
	echo "these are not in namespace carpnl:"
	echo "$foreign"
	exit 1
fi
readelf -d "$library" | grep -q 'SONAME.*\[libcarpnl\.so\.0\]'
