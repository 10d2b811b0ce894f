# SPDX-License-Identifier: BSD-2-Clause
"""The hybrid MBR on real and on faulty firmware (shim/shim.asm). It boots the report kernel from disks with sectors of
512 or 2048 bytes, or ends with one line and INT 18h."""

import shutil
import struct
import zlib

import pytest

from discs import SECTOR, tree
from good_kernels import plain
from make_kernel import pattern
from qemu import Machine
from shim import shim
from shim.shim import (GARBAGE_DIRECTION, GARBAGE_INTERRUPT, GARBAGE_SEGMENTS, GARBAGE_UPPER, GARBAGE_VIDEO)

pytestmark = pytest.mark.seabios("what lies between a BIOS and the loader")

MEMORY_MIB = 64
MODULE = pattern(300_001, 7)
ALL_GARBAGE = GARBAGE_UPPER | GARBAGE_SEGMENTS | GARBAGE_DIRECTION | GARBAGE_INTERRUPT | GARBAGE_VIDEO
DISK = {"drive": 0x80, "load_sectors": 1, "sector_size": 512, "reported_size": 512}
DISK_2048 = {"drive": 0x80, "load_sectors": 4}
IMAGE_BLOCK = 0x1B0  # the MBR's field: sectors of 512 bytes before the boot image, plus 4


@pytest.fixture(scope="module")
def iso(discs):
    return discs.make(tree(plain(), "one two", [("module", MODULE)]))


def catalog_of(data):
    return struct.unpack_from("<I", data, 17 * SECTOR + 0x47)[0] * SECTOR


@pytest.fixture
def disk(iso, tmp_path):
    """The ISO, with a catalog that leads to sector 0, so that the shim starts the MBR. other_block replaces the boot
    image's place in the MBR."""
    def make(other_block=None):
        image = tmp_path / "disk.iso"
        shutil.copyfile(iso, image)
        data = bytearray(image.read_bytes())
        struct.pack_into("<I", data, catalog_of(data) + 32 + 8, 0)
        if other_block is not None:
            struct.pack_into("<Q", data, IMAGE_BLOCK, other_block)
        image.write_bytes(data)
        return image
    return make


@pytest.fixture
def floppy(tmp_path):
    """QEMU's arguments for a machine that starts the shim."""
    def make(**faults):
        image = shim.floppy(tmp_path / "shim.img", shim.memory_map(MEMORY_MIB), **faults)
        return ["-drive", f"if=floppy,format=raw,snapshot=on,file={image}", "-boot", "a"]
    return make


@pytest.fixture
def boots(boot, disk, floppy):
    def run(**faults):
        result = boot(disk(), timeout=12, memory=MEMORY_MIB, extra=floppy(**faults))
        assert "SHIM: start\n" in result.serial
        return result
    return run


@pytest.fixture
def gives_back(disk, floppy):
    """The text before INT 18h, which must be on the screen as well."""
    def run(other_block=None, **faults):
        with Machine(disk(other_block), memory=MEMORY_MIB, extra=floppy(**faults)) as machine:
            machine.wait_for("^SHIM: INT 18h$")
            said = machine.serial.split("SHIM: start\n")[1].split("SHIM: INT 18h")[0]
            said = "\n".join(line for line in said.split("\n") if line and not line.startswith("SHIM: "))
            assert said in machine.screen()
            return said
    return run


def boot_error(code):
    return f"Whelk: boot error {code} (whelk help boot-errors)"


@pytest.mark.parametrize("attach", ["hda", "virtio-blk", "usb"])
def test_the_smallest_iso_boots_as_a_disk(boot, attach):
    assert boot(tree(plain()), attach=attach, timeout=40).report.modules == []


BOOTS = {
    "sectors of 512 bytes": {},
    "sectors of 2048 bytes": DISK_2048,
    "another drive number": {"drive": 0x81},
    "entry at 07c0:0": {"entry": 1},
    "4 reads that fail": {"fail_first": 4},
    "every second read failing": {"fail_period": 2},
    "at most 1 sector a read": {"max_sectors": 1},
    "at most 1 sector of 2048 bytes": {"max_sectors": 1, **DISK_2048},
    "garbage after each call": {"garbage": ALL_GARBAGE},
    "garbage and failing reads": {"garbage": ALL_GARBAGE, "fail_period": 2, **DISK_2048},
}


@pytest.mark.parametrize("kind", BOOTS)
def test_the_mbr_boots_with(boots, kind):
    faults = {**DISK, **BOOTS[kind]}
    result = boots(**faults)
    assert [m["adler"] for m in result.report.modules] == [zlib.adler32(MODULE)]
    assert result.report["boot_device"] == faults["drive"] << 24 | 0xFFFFFF


GIVES_UP = {
    "no INT 13h extensions": ("M1", {"no_extensions": 1}),
    "sectors of 4096 bytes": ("M2", {"reported_size": 4096}),
    "every read fails": ("M3", {"fail_first": 0xFFFF}),
    "the image after the end of the disk": ("M3", {"other_block": 1 << 40}),
    "something else where the image should be": ("M4", {"other_block": 64 + 4}),
}


@pytest.mark.parametrize("garbage", [0, ALL_GARBAGE], ids=["clean", "garbage"])
@pytest.mark.parametrize("fault", GIVES_UP)
def test_the_mbr_gives_up_with_its_line_on(gives_back, fault, garbage):
    code, faults = GIVES_UP[fault]
    assert gives_back(**{**DISK, "garbage": garbage, **faults}) == boot_error(code)
