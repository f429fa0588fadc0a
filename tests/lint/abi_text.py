# SPDX-License-Identifier: GPL-2.0-or-later
"""abi_text.py: what abidw(1) found out about libcarpnl, as text that a reviewer can read.

One line for each symbol, enumerator, and class with its size, its members' places and its virtual
functions. Types of the C++ library are left out: they are three quarters of what abidw writes, and
not ours to promise.
"""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def demangled(names):
    return subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True,
                          check=True).stdout.split("\n")


def symbols(corpus):
    found = {(kind, symbol.get("name"), symbol.get("version") or "")
             for kind in ("function", "variable")
             for symbol in corpus.iterfind(f"elf-{kind}-symbols/elf-symbol")}
    found = sorted(one for one in found if "6carpnl" in one[1])
    words = demangled([name for _, name, _ in found])
    for (kind, name, version), text in zip(found, words):
        # Instances of the C++ library's templates are weak, and may come and go.
        if "carpnl::" in text and not re.search("^std::|for std::|detail::", text):
            yield f"{kind} {text} = {name}{'@' + version if version else ''}"


def enums(node, scope):
    for one in node.iterfind("enum-decl"):
        for value in one.iterfind("enumerator"):
            yield f"enumerator {scope}{one.get('name')}::{value.get('name')} = {value.get('value')}"


def classes(node, scope):
    for one in node.iterfind("class-decl"):
        if one.get("is-declaration-only") or not one.get("size-in-bits"):
            continue
        name = scope + one.get("name")
        yield f"class {name}: {int(one.get('size-in-bits')) // 8} bytes"
        for place in one.iterfind("data-member[@layout-offset-in-bits]"):
            member = place.find("var-decl")
            yield f"class {name}: {member.get('name')} at {int(place.get('layout-offset-in-bits')) // 8}"
        for place in one.iterfind("member-function[@vtable-offset]"):
            function = place.find("function-decl")
            yield f"class {name}: virtual {function.get('name')} at {place.get('vtable-offset')}"


def types(node, scope=""):
    for inner in node.iterfind("namespace-decl"):
        name = inner.get("name")
        if (scope or name) not in ("carpnl", "carpnl::") or name == "detail":
            continue
        yield from enums(inner, f"{scope}{name}::")
        yield from classes(inner, f"{scope}{name}::")
        yield from types(inner, f"{scope}{name}::")


def main():
    corpus = ElementTree.parse(sys.stdin).getroot()
    lines = set(symbols(corpus))
    for unit in corpus.iterfind("abi-instr"):
        lines.update(types(unit))
    print(f"soname {corpus.get('soname')}")
    print("\n".join(sorted(lines)))


main()
