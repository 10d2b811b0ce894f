#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keeps the rules of the house that no compiler knows: which layer may include which, which system
headers freestanding code has, and a licence line at the top of every file.

Usage: tests/lint/rules.py [TREE]; prints one line per violation, fails if there is any."""

import pathlib
import re
import sys

FOLDERS = ("boot", "stage2", "loader", "tools", "iso", "linker", "tests", "docs")

# Data flows down: boot → stage2 → loader. The tools use what is pure of both.
MAY_INCLUDE = {
    "loader": {"loader"},
    "stage2": {"loader", "stage2"},
    "boot": {"loader", "stage2", "boot"},
    "tools": {"loader", "stage2", "tools"},
}
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h", "string.h"}
VENDORED = ("stage2/compression/puff/", "stage2/compression/xz-embedded/")

CODE = {".c", ".h", ".asm", ".inc", ".S"}
LICENSED = CODE | {".ld", ".mk", ".py", ".sh"}
INCLUDE = re.compile(r'^\s*[#%]\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
LICENCE = "SPDX-License-Identifier: BSD-2-Clause"


def included_layer(tree, path, name):
    """The top-level folder that an include of a file leads to."""
    beside = (path.parent / name).resolve()
    target = beside if beside.exists() else (tree / name).resolve()
    try:
        return target.relative_to(tree).parts[0]
    except ValueError:
        return str(target)


def check_includes(tree, path, relative):
    layer = relative.parts[0]
    for bracket, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        if bracket == '"':
            other = included_layer(tree, path, name)
            if layer in MAY_INCLUDE and other not in MAY_INCLUDE[layer]:
                yield f"{relative}: {layer}/ may not include {other}/ ({name})"
        elif layer in ("loader", "stage2") and name not in FREESTANDING:
            yield f"{relative}: freestanding code has no <{name}>"


def check_licence(path, relative):
    first_lines = path.read_text(encoding="utf-8").splitlines()[:2]
    if not any(LICENCE in line for line in first_lines):
        yield f"{relative}: no \"{LICENCE}\" at the top"


def violations(tree):
    paths = [path for folder in FOLDERS for path in (tree / folder).rglob("*") if path.is_file()]
    for path in sorted(paths + [tree / "Makefile"]):
        relative = path.relative_to(tree)
        if str(relative).startswith(VENDORED) or "__pycache__" in relative.parts:
            continue
        if path.suffix in CODE:
            yield from check_includes(tree, path, relative)
        if path.suffix in LICENSED or path.name == "Makefile":
            yield from check_licence(path, relative)


def main():
    found = list(violations(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
