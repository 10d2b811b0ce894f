# SPDX-License-Identifier: BSD-2-Clause
"""Paths, folders, tests, kernels and refusals that documents name exist, and sizes are about
right."""

import os
import pathlib
import re
import subprocess

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
ROOT = TESTS.parent
BUILD = os.environ.get("BUILD", "build")
DOCUMENTS = sorted([*ROOT.glob("*.md"), ROOT / "packaging/README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").glob("*.1")])
DOCUMENT = (ROOT / "docs" / "multiboot.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for folder in ("boot", "tools", "unit")
                    for path in sorted((TESTS / folder).rglob("*")) if path.suffix in (".py", ".c"))
ROWS = [line for line in DOCUMENT.splitlines() if line.startswith("| ")]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`((?:test_)?\w+_\w+_\w+_\w+)`", row)})


@pytest.mark.parametrize("name", NAMES)
def test_a_test_that_the_document_names_exists(name):
    assert re.search(rf"^(def|static void) {name}\(", SOURCES, re.MULTILINE)


def test_every_row_of_the_items_names_a_test():
    items = DOCUMENT.split("## What it costs")[0]
    for row in (line for line in items.splitlines() if line.startswith("| ") and not line.startswith(("| item", "| flag", "| tag"))):
        last = row.rstrip("| ").split(" | ")[-1]
        assert re.search(r"Shapes|Refused|`\w+`|the same", last), row


def kernels(module):
    text = (TESTS / "kernels" / module).read_text(encoding="utf-8")
    return {name.replace("_", "-") for name in re.findall(r"^@kernel.*\ndef (\w+)\(", text, re.MULTILINE)}


def test_the_shapes_that_the_document_names_exist():
    there = kernels("good_kernels.py") | kernels("multiboot2_kernels.py")
    named = [name.strip() for names in re.findall(r"Shapes \(([^)]*)\)", DOCUMENT) for name in names.split(",")]
    assert len(named) > 20
    for name in named:
        assert any(re.fullmatch(name.replace("…", ".*"), kernel) for kernel in there), name


def test_the_refusals_that_the_document_names_exist():
    there = (TESTS / "kernels" / "broken_kernels.py").read_text(encoding="utf-8") + SOURCES
    for name in re.findall(r"Refused \(([^)]*)\)", DOCUMENT):
        assert f'"{name.rstrip(" …")}' in there, name


# ---- Every document: the paths in it

FOLDERS = ("boot", "debian", "docs", "findings", "iso", "linker", "loader", "packaging", "stage2", "tests", "tools")
# A path from the root. A path on an ISO (/boot/…) or in a build directory is none.
FROM_ROOT = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/(?:[\w.*/-]*[\w*/])?")
# Files of a user's tree and of gnu-efi.
NOT_OURS = ("boot/grub/", "boot/initrd", "boot/kernel", "iso/boot", "ia32/efibind.h")
# A file's name alone, or the end of its path.
FILE = re.compile(r"`([\w.*/-]+\.(?:asm|c|h|inc|ld|md|mk|py|sh))`")
FILES = [f"/{path.relative_to(ROOT)}" for path in
         [*ROOT.glob("*.*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]]


def named_paths(text):
    return sorted({path for path in FROM_ROOT.findall(text) + FILE.findall(text) if not path.startswith(NOT_OURS)})


def is_there(path):
    if "/" in path and path.split("/")[0] in FOLDERS:
        return any(ROOT.glob(path.rstrip("/")))
    ending = re.compile(".*/" + re.escape(path).replace(r"\*", "[^/]*"))
    return any(ending.fullmatch(file) for file in FILES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_path_that_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8").replace(r"\-", "-")  # a manual page's hyphen
    paths = named_paths(text)
    assert [path for path in paths if not is_there(path)] == []


def test_paths_are_recognised_in_a_text():
    text = "See stage2/main.c, `disc/`, /boot/grub/grub.cfg, `ahci.h` and build/boot/x.o; docs/uefi.md."
    assert named_paths(text) == ["ahci.h", "docs/uefi.md", "stage2/main.c"]


def test_a_path_that_is_not_there_is_noticed():
    assert is_there("stage2/main.c") and is_there("stage2/") and is_there("main.c") and is_there("*.overlay.c")
    assert not is_there("stage2/man.c") and not is_there("ain.c") and not is_there("disc/main.c")


# ---- docs/architecture.md: "Which folder is what"

def folder_rows():
    """{folder: whether the table calls it pure}."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = re.search(r"^## Which folder is what\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return {name: pure == "pure" for name, pure in re.findall(r"^\| `([\w/-]+)/` \| (pure)? ?\|", part, re.MULTILINE)}


def folders(pattern):
    """The folders that have files themselves."""
    return {str(path.parent.relative_to(ROOT)) for path in ROOT.glob(pattern)
            if path.is_file() and path.parent.name != "__pycache__"}


def test_every_folder_has_a_row_and_every_row_a_folder():
    deep = folders("stage2/**/*") | folders("tools/**/*")
    flat = folders("loader/*") | folders("linker/*") | folders("boot/*/*") | folders("tests/*/*")
    flat |= folders("findings/*")
    unit_tests = {"tests/unit"}  # mirrors the sources
    rows = folder_rows()
    assert sorted((deep | flat | unit_tests) - set(rows)) == []
    assert sorted(folder for folder in rows if not (ROOT / folder).is_dir()) == []


def test_the_pure_folders_of_the_table_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    folders = {name: re.search(rf"^{name} := (.*)$", makefile, re.MULTILINE)[1]
               for name in ("PURE_FOLDERS", "VENDORED_FOLDERS")}
    words = re.sub(r"\$\(addprefix (\S+)/,([^)]*)\)",
                   lambda found: " ".join(f"{found[1]}/{name}" for name in found[2].split()),
                   " ".join(folders.values()))
    pure = [word.rstrip("/") for word in words.split()]
    assert {folder for folder, is_pure in folder_rows().items() if is_pure} == set(pure)


# ---- docs/uefi.md: "What is tested on it"

def test_every_suite_of_boot_tests_is_in_the_table_for_uefi():
    text = (ROOT / "docs" / "uefi.md").read_text(encoding="utf-8")
    part = re.search(r"^\| suites (.*?)^$", text, re.MULTILINE | re.DOTALL)[1]
    named = [name for row in part.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(path.stem.removeprefix("test_") for path in (TESTS / "boot").glob("test_*.py"))


# ---- docs/iso-layout.md: "Size"

@pytest.mark.parametrize("name, images", [("boot image", ["boot.img"]),
                                          ("volume for UEFI", ["BOOTX64.EFI", "BOOTIA32.EFI"])])
def test_the_sizes_in_the_layout_are_within_a_tenth_of_the_build(name, images):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["make", f"BUILD={BUILD}", *(f"{BUILD}/{image}" for image in images)], cwd=ROOT, check=True,
                   capture_output=True, env=environment)
    size = sum((ROOT / BUILD / image).stat().st_size for image in images)
    text = " ".join((ROOT / "docs" / "iso-layout.md").read_text(encoding="utf-8").split())
    told = 1000 * int(re.search(rf"{name} \((\d+) KB\)", text)[1])
    assert abs(told - size) <= size / 10
