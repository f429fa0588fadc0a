#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""constants.py OURS: a C program that compiles if <linux/carp.h> has every number as specified."""

import pathlib
import sys

import yaml


def c_name(*parts):
    return "".join(parts).upper().replace("-", "_")


def enums(definitions, prefix):
    for enum in definitions:
        value = enum.get("value-start", 0)
        for entry in enum["entries"]:
            number = 1 << value if enum["type"] == "flags" else value
            yield c_name(prefix, enum["name"], "-", entry["name"]), number
            value += 1


def attributes(sets):
    for space in sets:
        if "subset-of" in space:
            continue
        for value, attribute in enumerate(space["attributes"], 1):
            yield c_name(space["name-prefix"], attribute["name"]), value
        # CARP_PEERS_MAX is how many peers there may be.
        if space["name"] != "carp-peers-attrs":
            yield c_name(space["name-prefix"], "max"), len(space["attributes"])


def operations(family):
    prefix = family["operations"]["name-prefix"]
    listed = family["operations"]["list"]
    for value, operation in enumerate(listed, 1):
        yield c_name(prefix, operation["name"]), value
    yield c_name(prefix, "max"), len(listed)


def main():
    ours = pathlib.Path(sys.argv[1])
    family = yaml.safe_load((ours / "carp.yaml").read_text())
    link = yaml.safe_load((ours / "rt-link-carp.yaml").read_text())
    expected = [
        *enums(family["definitions"], "carp-"),
        *attributes(family["attribute-sets"]),
        *operations(family),
        *enums(link["definitions"], ""),
        *attributes(link["attribute-sets"]),
    ]
    print("#include <linux/carp.h>")
    for name, value in expected:
        print(f'_Static_assert({name} == {value}, "{name} is not {value}");')
    print("int main(void) { return 0; }")


main()
