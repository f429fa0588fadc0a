#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""merge.py SPECS SCHEMAS OURS OUT: what the kernel's own tools are to work with.

Checks our specifications against the kernel's schemas and writes them to OUT: carp.yaml as it is,
and the kernel's rt_link.yaml (rt-link.yaml in newer ones) with rt-link-carp.yaml put into it.
"""

import pathlib
import shutil
import sys

import jsonschema
import yaml


def load(path):
    return yaml.safe_load(path.read_text())


def append(link, ours):
    link["definitions"] += ours["definitions"]
    link["attribute-sets"] += ours["attribute-sets"]
    messages = {message["name"]: message for message in link["sub-messages"]}
    for message in ours["sub-messages"]:
        messages[message["name"]]["formats"] += message["formats"]


def main():
    specs, schemas, ours, out = map(pathlib.Path, sys.argv[1:])
    family = load(ours / "carp.yaml")
    jsonschema.validate(family, load(schemas / "genetlink.yaml"))

    link = load(next(specs.glob("rt[_-]link.yaml")))
    append(link, load(ours / "rt-link-carp.yaml"))
    jsonschema.validate(link, load(schemas / "netlink-raw.yaml"))

    shutil.copy(ours / "carp.yaml", out / "carp.yaml")
    # The tool wants a licence in the first line.
    (out / "rt_link.yaml").write_text(
        "# SPDX-License-Identifier: BSD-3-Clause\n" + yaml.safe_dump(link, sort_keys=False)
    )
    shutil.copy(next(specs.glob("nlctrl.yaml")), out / "nlctrl.yaml")


main()
