# SPDX-License-Identifier: BSD-2-Clause
"""The tests that docs/multiboot.md names are there, and so are the kernels and refusals."""

import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = (TESTS.parent / "docs" / "multiboot.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for folder in ("boot", "tools", "unit")
                    for path in sorted((TESTS / folder).rglob("*")) if path.suffix in (".py", ".c"))
ROWS = [line for line in DOCUMENT.splitlines() if line.startswith("| ")]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`((?:test_)?\w+_\w+_\w+_\w+)`", row)})


@pytest.mark.parametrize("name", NAMES)
def test_a_test_that_the_document_names_is_there(name):
    assert re.search(rf"^(def|static void) {name}\(", SOURCES, re.MULTILINE)


def test_every_row_of_the_items_names_a_test():
    items = DOCUMENT.split("## What it costs")[0]
    for row in (line for line in items.splitlines() if line.startswith("| ") and not line.startswith(("| item", "| flag", "| tag"))):
        last = row.rstrip("| ").split(" | ")[-1]
        assert re.search(r"Shapes|Refused|`\w+`|the same", last), row


def kernels(module):
    text = (TESTS / "kernels" / module).read_text(encoding="utf-8")
    return {name.replace("_", "-") for name in re.findall(r"^@kernel.*\ndef (\w+)\(", text, re.MULTILINE)}


def test_the_shapes_that_the_document_names_are_there():
    there = kernels("good_kernels.py") | kernels("multiboot2_kernels.py")
    named = [name.strip() for names in re.findall(r"Shapes \(([^)]*)\)", DOCUMENT) for name in names.split(",")]
    assert len(named) > 20
    for name in named:
        assert any(re.fullmatch(name.replace("…", ".*"), kernel) for kernel in there), name


def test_the_refusals_that_the_document_names_are_there():
    there = (TESTS / "kernels" / "broken_kernels.py").read_text(encoding="utf-8") + SOURCES
    for name in re.findall(r"Refused \(([^)]*)\)", DOCUMENT):
        assert f'"{name.rstrip(" …")}' in there, name
