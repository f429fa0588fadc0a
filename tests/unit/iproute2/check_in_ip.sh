#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The stock ip finds the plug-in and lets it read its words. No carp module is needed, nor is one
# loaded: all of this ends before the kernel is asked.
set -eu
ip=$1
IP_LIB_DIR=$(dirname "$2")
export IP_LIB_DIR

fail() {
	echo "$1"
	exit 1
}

expect() {
	wanted=$1
	shift
	got=$("$@" 2>&1) || true
	case $got in
	*"$wanted"*) ;;
	*) fail "$*: '$wanted' is not in '$got'" ;;
	esac
}

expect '[ pass KEY | passfile FILE ]' "$ip" link help carp
expect 'argument "one" is wrong: "vhid" is not a number' "$ip" link add carp0 type carp vhid one
expect 'argument "-1" is wrong: "vhid" is not a number' "$ip" link add carp0 type carp vhid -1
expect 'Command line is not complete' "$ip" link add carp0 type carp vhid
expect 'carp: unknown option "colour"' "$ip" link add carp0 type carp colour red
expect 'duplicate "vhid"' "$ip" link add carp0 type carp vhid 1 vhid 2
expect 'passfile /nonexistent: No such file' "$ip" link add carp0 type carp passfile /nonexistent
expect 'Cannot find device "nope"' "$ip" link add carp0 type carp carpdev nope
expect '"state" is not backup or master' "$ip" link set lo type carp state init
