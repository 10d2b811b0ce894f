# SPDX-License-Identifier: BSD-2-Clause
"""whelk.elf, started by QEMU as a PVH kernel: the module is an ISO, an archive or a kernel alone. tests/xen has the same
in Xen. make check-boot BOOT_FIRMWARE=pvh runs the other boot tests in this way."""

import random
import subprocess
import zlib

import pytest

from discs import BUILD, CONFIG, tree, write_tree
from good_kernels import KERNELS
from make_kernel import pattern
from multiboot2_kernels import KERNELS as MULTIBOOT2_KERNELS
from qemu import Machine
from report import Report

REPORT, REPORT2 = KERNELS["elf32"].make(), MULTIBOOT2_KERNELS["elf32"].make()
MODULE, LARGE = pattern(100_001, 5), random.Random(3).randbytes(24 << 20)
MACHINES = "microvm", "pc", "q35"
MENU = (b'set timeout=0\nset default=0\nmenuentry "First" {\n multiboot /boot/kernel first\n}\nsubmenu "More" {\n'
        b'menuentry "Its second" --id=second {\n multiboot /boot/kernel second\n}\n}\n')
pytestmark = pytest.mark.seabios("chooses its machines itself")


def cpio(directory, files, names=None):
    """Writes an archive of files ("newc") with these names in it, and returns its path."""
    write_tree(directory / "tree", files)
    image = directory / "archive"
    with image.open("wb") as out:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input="\n".join(names or files).encode(), stdout=out,
                       cwd=directory / "tree", check=True)
    return image


@pytest.fixture
def start():
    """Starts whelk.elf with a module. append: the command line."""
    def run(module, append="", machine="microvm", memory=64):
        return Machine(module, attach="initrd", machine=machine, memory=memory, extra=("-append", append))
    return run


@pytest.fixture
def report(start):
    def run(*arguments, **more):
        with start(*arguments, **more) as machine:
            machine.wait_for("^END$", 30)
            return Report(machine.serial)
    return run


@pytest.mark.parametrize("machine", MACHINES)
def test_an_iso_is_booted_from_memory(discs, report, machine):
    found = report(discs.make(tree(REPORT, "an argument", [("its name", MODULE)])), machine=machine)
    assert found["cmdline"] == b"an argument" and found["regions_wrong"] == 0
    assert [(row["text"], row["adler"]) for row in found.modules] == [(b"its name", zlib.adler32(MODULE))]


@pytest.mark.parametrize("machine", MACHINES)
def test_the_kernel_gets_the_root_pointer_of_the_vmm(discs, report, machine):
    files = tree(REPORT2)
    files[CONFIG] = files[CONFIG].replace(b"multiboot ", b"multiboot2 ")
    types = [tag["type"] for tag in report(discs.make(files), machine=machine).tags]
    assert 14 in types or 15 in types


def test_pieces_go_where_a_bios_boot_puts_them(boot, discs, report):
    files = tree(REPORT, "an argument", [("one", MODULE), ("two", MODULE)])
    ours, theirs = report(discs.make(files), machine="pc"), boot(files).report
    for key in ("ebx", "eax", "cmdline", "mods_addr", "mmap_addr"):
        assert ours[key] == theirs[key], key
    assert [row["start"] for row in ours.modules] == [row["start"] for row in theirs.modules]


def test_a_prepared_iso_is_booted_as_prepared(discs, start):
    files = tree(REPORT)
    files[CONFIG] = b"set whelk_timing=com1\n" + files[CONFIG]
    with start(discs.make(files)) as machine:
        line = machine.wait_for(r"^whelk-timing (\{.*\})$", 30)[1]
    assert '"driver":"memory"' in line and '"prepared":true' in line.replace(" ", "")


# ---- Little memory: a module that is larger than what is left beside the disc

@pytest.mark.parametrize("memory", [56, 40, 30])
def test_a_module_may_be_placed_over_the_disc_that_it_is_on(discs, report, memory):
    files = tree(REPORT, "", [("small", MODULE), ("large", LARGE)])
    found = report(discs.make(files), memory=memory)
    assert [row["adler"] for row in found.modules] == [zlib.adler32(MODULE), zlib.adler32(LARGE)]
    discs.forget(files)


def test_what_does_not_fit_at_all_is_refused_with_a_reason(discs, start):
    files = tree(REPORT, "", [("large", LARGE)])
    files[CONFIG] = files[CONFIG].replace(b"    boot\n", b"    module /boot/module0\n    module /boot/module0\n")
    with start(discs.make(files)) as machine:
        assert machine.wait_for("^whelk: .*does not fit", 30)
    discs.forget(files)


# ---- Archives

def test_a_tree_in_an_archive_is_booted_by_its_config(tmp_path, report):
    files = tree(REPORT, "an argument", [("its name", MODULE)])
    found = report(cpio(tmp_path, files, [".", "boot", *files]))
    assert found["cmdline"] == b"an argument"
    assert [(row["text"], row["adler"]) for row in found.modules] == [(b"its name", zlib.adler32(MODULE))]


def test_without_a_config_the_first_file_is_the_kernel_and_the_others_its_modules(tmp_path, report):
    found = report(cpio(tmp_path, {"kernel": REPORT, "a b": MODULE, "it's": b"x"}), "-- one two")
    assert found["cmdline"] == b"one two"
    assert [(row["text"], row["adler"]) for row in found.modules] == [
        (b"\"a b\"", zlib.adler32(MODULE)), (b"it\\'s", zlib.adler32(b"x"))]


@pytest.mark.parametrize("kernel, magic", [(REPORT, 0x2BADB002), (REPORT2, 0x36D76289)])
def test_a_kernel_alone_is_booted_by_the_protocol_of_its_header(tmp_path, report, kernel, magic):
    (tmp_path / "kernel").write_bytes(kernel)
    found = report(tmp_path / "kernel", "words for nobody -- -uart=io:0x3f8")
    assert found["eax"] == magic and found["cmdline"] == b"-uart=io:0x3f8"


def test_a_cut_archive_is_refused_in_one_line(tmp_path, start):
    image = cpio(tmp_path, {"kernel": REPORT})
    image.write_bytes(image.read_bytes()[:5000])
    with start(image) as machine:
        machine.wait_for("stays halted", 30)
        assert machine.said[0] == "whelk: cpio: the entry at byte 0 ends after the archive, was that cut?"


def test_without_a_module_the_reason_says_what_to_do():
    with Machine(None, attach="none", machine="microvm", extra=("-kernel", str(BUILD / "whelk.elf"))) as machine:
        assert machine.wait_for("^whelk: .*initrd", 30)


# ---- The command line

@pytest.mark.parametrize("words, expected", [
    ("", b"first"), ("entry=0", b"first"), ("entry='More>Its second'", b"second"), ("quiet entry=1>second", b"second"),
    ("entry=First -- more 'with  blanks'", b"first more 'with  blanks'"), ("-- entry=1", b"first entry=1"),
    ("entry=More --", b"second")])
def test_the_command_line_chooses_the_entry_and_adds_arguments(discs, report, words, expected):
    files = {"boot/kernel": REPORT, CONFIG: MENU}
    assert report(discs.make(files), words)["cmdline"] == expected


def test_an_entry_that_does_not_exist_opens_the_menu_with_a_message(discs, start):
    with start(discs.make({"boot/kernel": REPORT, CONFIG: MENU}), "entry=Third") as machine:
        machine.wait_for_terminal("entry=Third: /boot/grub/grub.cfg has no such entry")
        assert machine.wait_for_terminal("First")
