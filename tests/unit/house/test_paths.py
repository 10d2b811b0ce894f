# SPDX-License-Identifier: BSD-2-Clause
"""The files and folders that the documents for developers name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = ("CONTRIBUTING.md", "docs/how-to-add.md", "docs/architecture.md", "docs/debugging.md")
FOLDERS = ("boot", "debian", "docs", "iso", "linker", "loader", "stage2", "tests", "tools")
# A path from the root; not what is on an ISO (/boot/…) or in a build directory.
FROM_ROOT = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/(?:[\w.*/-]*[\w*/])?")
ON_AN_ISO = "boot/grub/"
# A file's name alone, or the end of its path.
FILE = re.compile(r"`([\w.*/-]+\.(?:asm|c|h|inc|ld|md|mk|py|sh))`")


def named(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    return sorted({path for path in FROM_ROOT.findall(text) + FILE.findall(text) if not path.startswith(ON_AN_ISO)})


def files():
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*")
    yield from ROOT.glob("*.*")


ALL = [f"/{path.relative_to(ROOT)}" for path in files()]


def is_there(path):
    if "/" in path and path.split("/")[0] in FOLDERS:
        return any(ROOT.glob(path.rstrip("/")))
    ending = re.compile(".*/" + re.escape(path).replace(r"\*", "[^/]*"))
    return any(ending.fullmatch(each) for each in ALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_path_that_a_document_names_is_there(document):
    paths = named(document)
    assert len(paths) > 5
    assert [path for path in paths if not is_there(path)] == []


def test_a_path_that_is_not_there_is_noticed():
    assert is_there("stage2/main.c") and is_there("stage2/") and is_there("main.c") and is_there("*.overlay.c")
    assert not is_there("stage2/man.c") and not is_there("ain.c") and not is_there("disc/main.c")
