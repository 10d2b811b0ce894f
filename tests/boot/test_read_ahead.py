# SPDX-License-Identifier: BSD-2-Clause
"""What the boot image starts to read before stage 2 runs (image_dma.asm: read_ahead): it arrives whole, or is left."""

import re
import struct
import zlib

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree
from good_kernels import plain
from make_kernel import MIB, pattern
from qemu import Machine
from report import Report
from shim import shim
from test_menu import STOPPED, hold
from test_prepared import BLOCK, said_prepared, timed

pytestmark = pytest.mark.bios("what the boot image for a BIOS reads")

KIB = 1024
MEMORY_MIB = 64
AHEAD = 36  # struct prepared: lba, address, sectors


def modules_of(*lengths):
    return [(f"m{i}", pattern(length, i + 1)) for i, length in enumerate(lengths)]


def read_ahead(image):
    return struct.unpack_from("<3I", image.read_bytes(), BLOCK + AHEAD)


def timing(result, name):
    return int(re.search(rf'"{name}":(\d+)', result.serial)[1])


def assert_arrived(result, modules):
    assert [(m["adler"], m["end"] - m["start"]) for m in result.report.modules] == [
        (zlib.adler32(contents), len(contents)) for _, contents in modules]


LENGTHS = {
    "shortest": [64 * KIB], "odd": [64 * KIB + 1], "up-to-a-sector": [64 * KIB + SECTOR - 1], "even": [123_456],
    "more-than-a-command": [17 * MIB + 3], "first-of-three": [300_001, 5, 5000], "last-of-three": [70_000, 5, 300_001],
    "two-alike": [100_000, 100_000], "with-an-empty-one": [0, 100_000, 0],
}


@pytest.mark.parametrize("name", LENGTHS)
def test_what_is_read_ahead_arrives_whole(boot, discs, name):
    modules = modules_of(*LENGTHS[name])
    files = timed(tree(plain(), "x", modules))
    longest = max(LENGTHS[name])
    lba, address, sectors = read_ahead(discs.make(files))
    assert lba == file_in_iso(discs.make(files), f"boot/module{LENGTHS[name].index(longest)}")[0]
    assert address >= MIB and sectors == min(-(-longest // SECTOR), 127 * 64)
    result = boot(files)
    assert said_prepared(result)
    assert_arrived(result, modules)


def test_a_boot_with_one_long_file_takes_two_commands(boot):
    modules = modules_of(MIB + 5)
    result = boot(timed(tree(plain(), "x", modules)))
    assert_arrived(result, modules)
    assert timing(result, "transfers") == 2 and '"driver":"piix-ide"' in result.serial


@pytest.mark.parametrize("memory", [5, 6, 8])
def test_where_memory_ends_too_soon_it_is_planned_anew(boot, memory):
    """With 5 MiB the module just fits, but not what the plan asks for behind it."""
    modules = modules_of(3 * MIB)
    assert_arrived(boot(timed(tree(plain(), "x", modules)), memory=memory), modules)


HOLE, HOLE_BYTES = 2 * MIB, 64 * KIB
RAM = shim.memory_map(MEMORY_MIB)
OVER_IT = [*RAM, (HOLE, HOLE_BYTES, shim.RESERVED)]
AROUND_IT = [entry for base, length, kind in RAM for entry in (
    [(base, HOLE - base, kind), (HOLE, HOLE_BYTES, shim.RESERVED),
     (HOLE + HOLE_BYTES, base + length - HOLE - HOLE_BYTES, kind)] if base <= HOLE < base + length
    else [(base, length, kind)])]


@pytest.mark.parametrize("ranges", [OVER_IT, AROUND_IT, OVER_IT[::-1]], ids=["over", "around", "in-front"])
def test_what_the_firmware_keeps_is_not_read_over(discs, tmp_path, ranges):
    modules = modules_of(3 * MIB)
    image = discs.make(tree(plain(), "x", modules))
    floppy = shim.floppy(tmp_path / "shim.img", ranges, load_sectors=4, dma=1)
    extra = ["-drive", f"if=floppy,format=raw,snapshot=on,file={floppy}", "-boot", "a"]
    with Machine(image, memory=MEMORY_MIB, extra=extra, exit_device=False) as machine:
        machine.wait_for("^END$", 30)
        assert machine.memory(HOLE, HOLE_BYTES) == bytes(HOLE_BYTES)
        assert [m["adler"] for m in Report(machine.serial).modules] == [zlib.adler32(data) for _, data in modules]


def test_while_it_comes_somebody_chooses_another_entry(discs):
    """A held Shift opens the menu; what is under way then is waited for, and no one's any more."""
    files = tree(plain(), "x", modules_of(12 * MIB, 2 * MIB))
    files[CONFIG] += b"menuentry other {\nmultiboot /boot/kernel other\nmodule /boot/module1\n}\n"
    assert read_ahead(discs.make(files))[2] > 0
    with Machine(discs.make(files), extra=STOPPED, exit_device=False) as machine:
        hold(machine, "shift")
        machine.wait_for("Esc", 30)
        machine.press("down", "ret")
        machine.wait_for("^END$", 30)
        report = Report(machine.serial)
        assert report["cmdline"] == b"other"
        assert [m["adler"] for m in report.modules] == [zlib.adler32(pattern(2 * MIB, 2))]


def test_a_file_that_is_somewhere_else_by_now_is_read_from_there(boot, discs, tmp_path):
    """The block tells so, as its sum is wrong; what it has read ahead is not the kernel's module."""
    modules = modules_of(200_000)
    files = timed(tree(plain(), "x", modules))
    data = bytearray(discs.make(files).read_bytes())
    lba, _ = file_in_iso(discs.make(files), "boot/module0")
    struct.pack_into("<I", data, BLOCK + AHEAD, lba + 1)
    image = tmp_path / "moved.iso"
    image.write_bytes(data)
    result = boot(image)
    assert not said_prepared(result)
    assert_arrived(result, modules)
