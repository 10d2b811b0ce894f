#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks the rules of the house that no compiler knows:
- which layer may include which, and that no two folders include each other
- that pure folders stay pure, and which system headers freestanding code includes
- that enumerators fit int
- how long the lines of documents are
- that a test shows what it asserts
- that every file has a licence line at its top

Usage: tests/lint/rules.py [TREE]; prints one line per violation, fails if there is any."""

import ast
import pathlib
import re
import sys

FOLDERS = ("boot", "stage2", "loader", "tools", "iso", "linker", "tests", "docs",
           "findings", "packaging")

# Layers, from top to bottom: boot → stage2 → loader. The tools use the pure folders of the lower
# two.
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
# Values that do not fit int; a hexadecimal number with bit 31 or more does not.
WIDE_ENUMERATOR = re.compile(r"^\s+([A-Z][A-Z0-9_]*) = [^/\n]*\b"
                             r"(?:UINT32_MAX|U?INT64_MAX|SIZE_MAX|0x[89a-fA-F]\w{7}|0x\w{9,})\b",
                             re.MULTILINE)
LICENCE = "SPDX-License-Identifier: BSD-2-Clause"
DOCUMENT_LINE = 100


def included(tree, path, name):
    """The path that an include of a file names, relative to the tree."""
    beside = (path.parent / name).resolve()
    target = beside if beside.exists() else (tree / name).resolve()
    return target.relative_to(tree) if target.is_relative_to(tree) else target


def room(relative):
    """The folder of a file. A file at the top of a layer (stage2/main.c, stage2/firmware.h) counts
    as a folder of its own."""
    return str(relative.parent if len(relative.parts) > 2 else relative.with_name(relative.name.split(".")[0]))


def pure_folders(tree):
    makefile = (tree / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    found = re.search(r"^PURE_FOLDERS := (.*)$", makefile, re.MULTILINE)
    return set(found[1].split()) if found else set()


def check_includes(tree, path, relative, arrows):
    """Checks what the file includes, and adds it to arrows, {room: {other room: file that includes
    it}}."""
    layer, pure = relative.parts[0], pure_folders(tree)
    is_pure = str(relative.parent) in pure
    for bracket, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        if bracket == '"':
            other = included(tree, path, name)
            arrows.setdefault(room(relative), {}).setdefault(room(other), relative)
            if layer in MAY_INCLUDE and other.parts[0] not in MAY_INCLUDE[layer]:
                yield f"{relative}: {layer}/ may not include {other.parts[0]}/ ({name})"
            elif is_pure and not any(other.is_relative_to(folder) for folder in pure):
                yield f"{relative}: pure code may include pure folders only ({name})"
        elif layer in ("loader", "stage2") and name not in FREESTANDING:
            yield f"{relative}: freestanding code has no <{name}>"


def way(arrows, start, end):
    """The rooms from start to end along the arrows, or None if there is no way."""
    ways, seen = [[start]], {start}
    for path in ways:
        if path[-1] == end:
            return path
        for other in sorted(set(arrows.get(path[-1], ())) - seen):
            seen.add(other)
            ways.append([*path, other])
    return None


def check_circles(arrows):
    for start in sorted(arrows):
        for other in sorted(set(arrows[start]) - {start}):
            back = way(arrows, other, start)
            if back:
                yield f"{arrows[start][other]}: closes a circle: {' → '.join([start, *back])}"


def check_enumerators(path, relative):
    """Checks C11 6.7.2.2. Since gcc 13 a larger value changes the type of the whole enum."""
    for name in WIDE_ENUMERATOR.findall(path.read_text(encoding="utf-8")):
        yield f"{relative}: an enumerator must fit int ({name})"


def check_licence(path, relative):
    first_lines = path.read_text(encoding="utf-8").splitlines()[:2]
    if not any(LICENCE in line for line in first_lines):
        yield f"{relative}: no \"{LICENCE}\" at the top"


def check_document(path, relative):
    """Checks the length of lines of prose. Rows of tables cannot be broken, and code blocks stay as
    they are."""
    in_code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            in_code = not in_code
        elif len(line) > DOCUMENT_LINE and not in_code and not line.startswith(("|", "    ")):
            yield f"{relative}:{number}: {len(line)} characters, more than {DOCUMENT_LINE}"


def asserts(node):
    """Whether the node is an assert, pytest.raises(), or a call of a function named assert_…"""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return name == "raises" or name.startswith("assert_")
    return isinstance(node, ast.Assert)


def check_tests(path, relative):
    """Checks that each test has an assertion: one in a fixture is not seen where the test is
    read."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not any(map(asserts, ast.walk(node))):
            yield f"{relative}: {node.name}() asserts nothing in its body"


def violations(tree):
    arrows = {}
    paths = [path for folder in FOLDERS for path in (tree / folder).rglob("*") if path.is_file()]
    for path in sorted(paths + [tree / "Makefile", *tree.glob("*.md")]):
        relative = path.relative_to(tree)
        if str(relative).startswith(VENDORED) or "__pycache__" in relative.parts:
            continue
        if path.suffix in CODE:
            yield from check_includes(tree, path, relative, arrows)
        if path.suffix in (".c", ".h"):
            yield from check_enumerators(path, relative)
        if relative.parts[0] == "tests" and path.match("test_*.py"):
            yield from check_tests(path, relative)
        if path.suffix == ".md":
            yield from check_document(path, relative)
        if path.suffix in LICENSED or path.name == "Makefile":
            yield from check_licence(path, relative)
    yield from check_circles(arrows)


def main():
    found = list(violations(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
