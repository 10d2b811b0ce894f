# SPDX-License-Identifier: BSD-2-Clause
"""Whelk on firmware with faults, which shim/shim.asm causes between Whelk and SeaBIOS. If Whelk can survive a fault,
the report kernel boots with the right modules and memory map; else one line and INT 18h end the boot."""

import re
import struct
import zlib
from dataclasses import dataclass

import pytest

from atapi_trace import READ_10, READ_12, sectors_read, trace_packets
from conftest import Boot
from discs import BUILD, CONFIG, SECTOR, file_in_iso, tree
from good_kernels import plain
from make_kernel import pattern
from qemu import Machine
from report import Report
from shim import shim
from shim.shim import (APM_ABSENT, APM_CONNECTED, A20_OFF_KEYBOARD, A20_OFF_PORT_92, ALWAYS, AVAILABLE, FAILS, GARBAGE_DIRECTION,
                       GARBAGE_INTERRUPT, GARBAGE_SEGMENTS, GARBAGE_UPPER, GARBAGE_VIDEO, LIES, RESERVED)

pytestmark = pytest.mark.seabios("what lies between a BIOS and the loader")

MEMORY_MIB = 64
MODULES = (pattern(300_001, 7), b"tiny", pattern(70_000, 8))
ACPI_RECLAIMABLE, ACPI_NVS = 3, 4
KIB, MIB = 1 << 10, 1 << 20
TOP = shim.MEMORY_KIB << 10  # end of conventional memory

STANDARD = shim.memory_map(MEMORY_MIB)
ALL_GARBAGE = GARBAGE_UPPER | GARBAGE_SEGMENTS | GARBAGE_DIRECTION | GARBAGE_INTERRUPT | GARBAGE_VIDEO
A20_OFF = A20_OFF_PORT_92 | A20_OFF_KEYBOARD
VOLUME_DESCRIPTOR = 16  # sector
LEFT_OUT = slice(1, 16)  # sectors of the boot image after the first; more than 32 KiB of it are always read
BOOT_SECTOR_BYTES = 512  # of the boot image: they run before the check, and are never read again
ONLY_2048_BYTES, ONLY_512_BYTES = {"load_sectors": 4}, {"load_sectors": 1}
HARD_DISK_SECTORS = {"drive": 0x80, "sector_size": 512, "reported_size": 512}


@pytest.fixture(scope="module")
def iso(discs):
    return discs.make(tree(plain(), "one two", [(f"module {i}", data) for i, data in enumerate(MODULES)]))


@pytest.fixture
def floppy(tmp_path):
    """QEMU's arguments for a machine that starts the shim."""
    def make(ranges=STANDARD, **faults):
        image = shim.floppy(tmp_path / "shim.img", ranges, **faults)
        return ["-drive", f"if=floppy,format=raw,snapshot=on,file={image}", "-boot", "a"]
    return make


@dataclass
class Booted:
    result: Boot
    by_firmware: list  # sectors that the drive was asked for, in order, with repetitions
    by_driver: list

    @property
    def report(self):
        return self.result.report

    @property
    def serial(self):
        return self.result.serial


@pytest.fixture
def boots(boot, iso, floppy, tmp_path):
    """Boots the report kernel under a faulty firmware."""
    def run(ranges=STANDARD, extra=(), **faults):
        log = tmp_path / "packets"
        result = boot(iso, timeout=12, memory=MEMORY_MIB, extra=[*floppy(ranges, **faults), *trace_packets(log), *extra])
        assert "SHIM: start\n" in result.serial
        return Booted(result, sectors_read(log, READ_10), sectors_read(log, READ_12))
    return run


def assert_arrived(booted):
    """The kernel got everything."""
    report = booted.report
    assert report["cmdline"] == b"one two"
    assert report["regions_wrong"] == 0
    assert [m["adler"] for m in report.modules] == [zlib.adler32(data) for data in MODULES]
    assert report["a20"] == 1


@pytest.fixture
def gives_back(iso, floppy):
    """Starts Whelk under a firmware that it cannot survive. Returns its text up to INT 18h, which must be on the screen
    as well."""
    def run(ranges=STANDARD, extra=(), key=False, image=None, **faults):
        with Machine(image or iso, memory=MEMORY_MIB, extra=[*floppy(ranges, **faults), *extra]) as machine:
            machine.wait_for("^SHIM: start$")
            if key:
                machine.wait_for("press a key")
                machine.type_serial("x")
            machine.wait_for("^SHIM: INT 18h$")
            said = machine.serial.split("SHIM: start\n")[1].split("SHIM: INT 18h")[0]
            lines = [line for line in said.split("\n") if line and not line.startswith("SHIM: ")]
            screen = machine.screen().split("\n")
            for line in lines:
                # A line of more than 80 characters goes on in the next row.
                assert line[:80].rstrip() in screen, machine.screen()
            return lines
    return run


def el_torito_image(iso):
    """Sector of the boot image: El Torito 2.0, boot record and initial entry."""
    data = iso.read_bytes()
    catalogue, = struct.unpack_from("<I", data, 17 * SECTOR + 0x47)
    return struct.unpack_from("<I", data, catalogue * SECTOR + 32 + 8)[0]


def module_sectors(iso):
    """Sectors of the largest module, which is not read along with the directories."""
    first, length = file_in_iso(iso, "boot/module0")
    return range(first, first + length // SECTOR)


def assert_read_again(boots, sector, usual, **fault):
    """Boots with a fault: everything arrives, and the sector is read once more than the usual number of times."""
    booted = boots(**usual, **fault)
    assert_arrived(booted)
    assert booted.by_firmware.count(sector) == boots(**usual).by_firmware.count(sector) + 1
    return booted


def image_sectors(iso):
    """Sectors of the boot image."""
    first, length = file_in_iso(iso, "boot/whelk.img")
    return range(first, first + -(-length // SECTOR))


def ranges_of(booted):
    return [(entry["base"], entry["length"], entry["type"]) for entry in booted.report.mmap]


# ---- Drives and how the firmware loads ---------------------------------------------------------

def test_a_firmware_without_faults_boots(boots):
    booted = boots()
    assert_arrived(booted)
    assert ranges_of(booted) == STANDARD


@pytest.mark.parametrize("loaded", [{}, ONLY_2048_BYTES], ids=["whole image", "first 2048 bytes"])
@pytest.mark.parametrize("drive", [0x00, 0x80, 0x9F, 0xE0, 0xFF], ids=hex)
def test_any_drive_number_boots_and_is_passed_on(boots, drive, loaded):
    booted = boots(drive=drive, **loaded)
    assert_arrived(booted)
    assert booted.report["boot_device"] == drive << 24 | 0xFFFFFF


def test_a_piix_whose_ports_are_switched_off_is_left_alone(boots):
    """The drive's own ports still answer: the drive would take a command, and its transfer would never end."""
    booted = boots(**ONLY_2048_BYTES)
    assert_arrived(booted)
    assert booted.by_driver == []


@pytest.mark.parametrize("loaded", [ONLY_2048_BYTES, ONLY_512_BYTES], ids=["2048", "512"])
def test_the_boot_sector_reads_what_the_firmware_left_out(boots, iso, loaded):
    booted = boots(**loaded)
    assert_arrived(booted)
    assert set(image_sectors(iso)[LEFT_OUT]) <= set(booted.by_firmware)  # the firmware loads at most one itself


@pytest.mark.parametrize("loaded", [{}, ONLY_2048_BYTES], ids=["whole image", "first 2048 bytes"])
def test_firmware_may_enter_at_07c0_0(boots, loaded):
    booted = boots(entry=1, **loaded)
    assert "SHIM: entry at 07c0:0\n" in booted.serial
    assert_arrived(booted)


# ---- Reading -----------------------------------------------------------------------------------

ODD_DRIVES = {
    "sectors of 512 bytes": HARD_DISK_SECTORS,
    "sectors of 2048 bytes on a hard disk's number": {"drive": 0x80},
    "sector size said to be 0": {"reported_size": 0},
    "no INT 13h AH=48h": {"no_parameters": 1},
    "no INT 13h AH=48h, sectors of 512 bytes": {**HARD_DISK_SECTORS, "no_parameters": 1},
    "at most 127 sectors of 512 bytes": {"max_sectors": 127, **HARD_DISK_SECTORS},
    "no reads across 64 KiB": {"refuse_cross": 1},
}
READING_FAULTS = {
    "the first read fails": {"fail_first": 1},
    "the first 3 reads fail": {"fail_first": 3},
    "the first 4 reads fail with a time-out": {"fail_first": 4, "status": 0x80},
    "every second read fails": {"fail_period": 2},
    "two of three reads fail": {"fail_period": 3},
    "at most 1 sector": {"max_sectors": 1},
    "at most 16 sectors": {"max_sectors": 16},
    "at most 31 sectors": {"max_sectors": 31},
    "at most 7 sectors of 512 bytes": {"max_sectors": 7, **HARD_DISK_SECTORS},
    "at most 1 sector of 512 bytes": {"max_sectors": 1, **HARD_DISK_SECTORS},
    "short reads with the carry flag": {"short_sectors": 3, "short_carry": 1},
    "short reads of 1 sector with the carry flag": {"short_sectors": 1, "short_carry": 1},
    "short reads without the carry flag": {"short_sectors": 3},
    "long reads succeed and read nothing": {"empty_sectors": 16},
    "long reads of 512-byte sectors succeed and read nothing": {"empty_sectors": 7, **HARD_DISK_SECTORS},
    "short reads of 512-byte sectors": {"short_sectors": 10, "short_carry": 1, **HARD_DISK_SECTORS},
}
FAULT = "SHIM: a read goes wrong\n"


@pytest.mark.parametrize("loaded", [{}, ONLY_2048_BYTES], ids=["whole image", "first 2048 bytes"])
@pytest.mark.parametrize("drive", ODD_DRIVES)
def test_a_drive_is_read_with(boots, drive, loaded):
    assert_arrived(boots(**ODD_DRIVES[drive], **loaded))


@pytest.mark.parametrize("loaded", [{}, ONLY_2048_BYTES], ids=["whole image", "first 2048 bytes"])
@pytest.mark.parametrize("fault", READING_FAULTS)
def test_reading_survives(boots, fault, loaded):
    booted = boots(**READING_FAULTS[fault], **loaded)
    assert FAULT in booted.serial
    assert_arrived(booted)


def test_after_a_bad_spot_the_transfers_grow_to_what_they_were(boot, discs, floppy):
    """Read errors in the middle of a file shrink the transfers to 2 sectors."""
    module = pattern(6 * MIB, 9)
    files = tree(plain(), modules=[("", module)])
    files[CONFIG] = b"set whelk_timing=com1\n" + files[CONFIG]
    image = discs.make(files)
    transfers = {}
    for failures in (0, 8):
        result = boot(image, timeout=12, memory=MEMORY_MIB, extra=floppy(fail_skip=30, fail_first=failures))
        assert result.report.modules[0]["adler"] == zlib.adler32(module)
        transfers[failures] = int(re.search(r'"transfers":(\d+)', result.serial)[1])
    assert transfers[0] > 96
    assert transfers[0] < transfers[8] < transfers[0] + 60  # more than 1,000 if they did not grow


def test_a_wrong_byte_in_the_first_read_of_the_rest_is_noticed_and_read_again(boots, iso):
    wrong = image_sectors(iso)[1]
    booted = assert_read_again(boots, wrong, ONLY_2048_BYTES, flip_lba=wrong, flip_offset=777, flip_count=1)
    assert FAULT in booted.serial


@pytest.mark.parametrize("offset", [BOOT_SECTOR_BYTES, 2047, 2048, 5000])
def test_a_wrong_byte_in_what_the_firmware_loaded_is_noticed_and_read_again(boots, iso, offset):
    assert_read_again(boots, image_sectors(iso)[offset // SECTOR], {}, load_flip=offset)


def test_with_the_ide_function_switched_on_a_cd_is_read_by_dma(boots, iso):
    booted = boots(dma=1)
    assert_arrived(booted)
    assert set(module_sectors(iso)) <= set(booted.by_driver)


def test_with_the_ide_function_switched_on_a_cd_that_is_said_to_be_a_disk_is_left_to_the_firmware(boots, iso):
    booted = boots(dma=1, **HARD_DISK_SECTORS)
    assert_arrived(booted)
    assert booted.by_driver == []
    assert set(module_sectors(iso)) <= set(booted.by_firmware)


def test_a_drive_that_reads_another_sector_than_the_firmware_is_left_to_it(boots, iso, tmp_path):
    """The firmware returns a wrong byte in the volume descriptor, by which the drive is found."""
    debug = tmp_path / "debug"
    booted = boots(dma=1, flip_lba=VOLUME_DESCRIPTOR, flip_offset=1500, flip_count=1, extra=["-debugcon", f"file:{debug}"])
    assert FAULT in booted.serial
    assert_arrived(booted)
    assert set(booted.by_driver) == {VOLUME_DESCRIPTOR}
    assert set(module_sectors(iso)) <= set(booted.by_firmware)
    assert debug.read_text() == "whelk: piix-ide: no drive with the same data at sector 16; the firmware reads on\n"


# ---- Registers ---------------------------------------------------------------------------------

GARBAGE = {
    "upper halves of registers": GARBAGE_UPPER,
    "segment registers": GARBAGE_SEGMENTS,
    "the direction flag set": GARBAGE_DIRECTION,
    "interrupts off": GARBAGE_INTERRUPT,
    "SI, DI and BP after INT 10h": GARBAGE_VIDEO,
    "all of them": ALL_GARBAGE,
}


@pytest.mark.parametrize("loaded", [{}, ONLY_2048_BYTES], ids=["whole image", "first 2048 bytes"])
@pytest.mark.parametrize("kind", GARBAGE)
def test_calls_may_leave_behind(boots, kind, loaded):
    booted = boots(garbage=GARBAGE[kind], **loaded)
    assert_arrived(booted)
    assert ranges_of(booted) == STANDARD


# ---- Memory map --------------------------------------------------------------------------------

REST = STANDARD[4:]
MAPS = {
    # name: (the ranges that the firmware lists, the ranges that the kernel must get)
    "unsorted": (STANDARD[::-1], STANDARD),
    "with empty ranges": (
        [(0, 0, AVAILABLE), *STANDARD[:3], (0x200000, 0, RESERVED), *STANDARD[3:], (0x5000, 0, 7)], STANDARD),
    "with ranges in pieces": (
        [(0, 0x1000, AVAILABLE), (0x1000, TOP - 0x1000, AVAILABLE), *STANDARD[1:]], STANDARD),
    "with a reserved range inside an available one": (
        [*STANDARD, (0x1000000, 0x1000, RESERVED)],
        [*STANDARD[:3], (MIB, 0xF00000, AVAILABLE), (0x1000000, 0x1000, RESERVED),
         (0x1001000, 0x3FE0000 - 0x1001000, AVAILABLE), *REST]),
    "with ranges that overlap at their ends": (
        [*STANDARD[:3], (MIB, 0x3EF0000, AVAILABLE), (0x3FD0000, 0x30000, RESERVED), REST[-1]],
        [*STANDARD[:3], (MIB, 0x3FD0000 - MIB, AVAILABLE), (0x3FD0000, 0x30000, RESERVED), REST[-1]]),
    "with an available range over the BIOS": (
        [(0, 0x3FE0000, AVAILABLE), *STANDARD[1:3], *REST],
        [(0, TOP, AVAILABLE), STANDARD[1], (0xA0000, 0x50000, AVAILABLE), STANDARD[2],
         (MIB, 0x3EE0000, AVAILABLE), *REST]),
    "with ACPI memory": (
        [*STANDARD[:3], (MIB, 0x3EC0000, AVAILABLE), (0x3FC0000, 0x10000, ACPI_RECLAIMABLE),
         (0x3FD0000, 0x10000, ACPI_NVS), *REST],
        [*STANDARD[:3], (MIB, 0x3EC0000, AVAILABLE), (0x3FC0000, 0x10000, ACPI_RECLAIMABLE),
         (0x3FD0000, 0x10000, ACPI_NVS), *REST]),
    "of more than 128 ranges": (
        [*STANDARD[:3], *((MIB + i * 0x40000, 0x40000, RESERVED if i >= 64 and i % 2 else AVAILABLE)
                          for i in range(200)), *REST],
        [*STANDARD[:3], (MIB, 65 * 0x40000, AVAILABLE),
         *((MIB + i * 0x40000, 0x40000, RESERVED if i % 2 else AVAILABLE) for i in range(65, 200)), *REST]),
}


@pytest.mark.parametrize("entry_bytes", [20, 24])
@pytest.mark.parametrize("name", MAPS)
def test_a_memory_map_is_put_in_order(boots, name, entry_bytes):
    listed, expected = MAPS[name]
    booted = boots(listed, e820_bytes=entry_bytes)
    assert_arrived(booted)
    assert ranges_of(booted) == expected


def test_ranges_that_acpi_3_says_to_ignore_are_ignored(boots):
    listed = [*STANDARD, (MIB, 0x1000000, RESERVED, 0), (0x10000000, 0x1000000, AVAILABLE, 0)]
    assert ranges_of(boots(listed, e820_bytes=24)) == STANDARD


def test_a_memory_map_may_end_with_the_carry_flag(boots):
    assert ranges_of(boots(e820_end=1)) == STANDARD


@pytest.mark.parametrize("attributes", [1, 0], ids=["to be taken", "to be ignored"])
def test_a_memory_map_may_never_end(boots, attributes):
    listed = [*STANDARD, (MIB, 0x1000, AVAILABLE, attributes)]
    assert ranges_of(boots(listed, e820_bytes=24, e820_end=2)) == STANDARD


def test_mem_lower_and_mem_upper_follow_the_memory_map(boots):
    report = boots().report
    assert (report["mem_lower"], report["mem_upper"]) == (shim.MEMORY_KIB, (0x3FE0000 - MIB) // KIB)


ONE_HOLE = [(0, TOP, AVAILABLE), (MIB, 0x3FE0000 - MIB, AVAILABLE)]
BLOCKS = (0x3FE0000 - 16 * MIB) // (64 * KIB)
SIZES = {
    "E801h in AX and BX": ({"e801_present": 1, "e801_ax": 15 * KIB, "e801_bx": BLOCKS}, ONE_HOLE),
    "E801h in CX and DX": ({"e801_present": 1, "e801_cx": 15 * KIB, "e801_dx": BLOCKS}, ONE_HOLE),
    "E801h in both": ({"e801_present": 1, "e801_ax": 15 * KIB, "e801_bx": BLOCKS, "e801_cx": 15 * KIB,
                       "e801_dx": BLOCKS}, ONE_HOLE),
    "E801h with a hole at 15 MiB": (
        {"e801_present": 1, "e801_ax": 14 * KIB, "e801_bx": BLOCKS},
        [(0, TOP, AVAILABLE), (MIB, 14 * MIB, AVAILABLE), (16 * MIB, 0x3FE0000 - 16 * MIB, AVAILABLE)]),
    "88h": ({"int88_present": 1, "int88_ax": 31 * KIB}, [(0, TOP, AVAILABLE), (MIB, 31 * MIB, AVAILABLE)]),
}


@pytest.mark.parametrize("garbage", [0, ALL_GARBAGE], ids=["clean", "garbage"])
@pytest.mark.parametrize("name", SIZES)
def test_without_e820h_memory_is_known_from(boots, name, garbage):
    faults, expected = SIZES[name]
    booted = boots([], garbage=garbage, **faults)
    assert_arrived(booted)
    assert ranges_of(booted) == expected


def test_without_any_memory_size_one_line_says_so(gives_back):
    lines = gives_back([], key=True)
    assert lines[0].startswith("whelk: ") and "INT 15h" in lines[0] and "memory" in lines[0]
    assert len(lines) == 2 and "press a key" in lines[1]


LAST_PAGE = 0xFFFFFFFFFFFFF000
ABSURD_MAPS = {
    "has 64 KiB": [(0, 64 * KIB, AVAILABLE)],
    "has memory above 4 GiB only": [(0, TOP, AVAILABLE), (1 << 32, 64 * MIB, AVAILABLE)],
    "is all reserved": [(0, 1 << 32, RESERVED)],
    "ends beyond 2^64": [*STANDARD, (LAST_PAGE, 64 * KIB, AVAILABLE)],
    "is all of 2^64 bytes, reserved on top": [*STANDARD, (0, (1 << 64) - 1, RESERVED)],
    "lists each range twice, once reserved": [*STANDARD, *((base, length, RESERVED) for base, length, _ in STANDARD)],
    "is one byte": [(0, 1, AVAILABLE)],
    "has odd addresses": [(1, TOP - 1, AVAILABLE), (MIB + 3, 0x3EE0000 - 7, AVAILABLE)],
    "has unknown types only": [(base, length, 0xFFFFFFFF) for base, length, _ in STANDARD],
}


@pytest.mark.parametrize("name", ABSURD_MAPS)
def test_an_absurd_memory_map_ends_in_a_right_boot_or_in_one_line(iso, floppy, name):
    with Machine(iso, memory=MEMORY_MIB, extra=floppy(ABSURD_MAPS[name])) as machine:
        if machine.wait_for("^END$|press a key")[0] == "END":
            assert [module["adler"] for module in Report(machine.serial).modules] == [zlib.adler32(data) for data in MODULES]
        else:
            said = machine.serial.split("SHIM: start\n")[1].split("whelk: press a key")[0]
            lines = [line for line in said.split("\n") if line and not line.startswith("SHIM: ")]
            assert len(lines) == 1 and lines[0].startswith("whelk: ")


# ---- A20 ---------------------------------------------------------------------------------------

def dead_port(number, value):
    """QEMU's arguments for a device that takes over an I/O port and does nothing."""
    return ["-chardev", "null,id=dead", "-device",
            f"isa-debugcon,chardev=dead,iobase={number:#x},readback={value:#x}"]


NO_PORT_92 = dead_port(0x92, 0xFF)
A20 = {
    "INT 15h": ({"a20_off": A20_OFF}, ()),
    "INT 15h, the first read failing": ({"a20_off": A20_OFF, "fail_first": 1, **ONLY_2048_BYTES}, ()),
    "the keyboard controller or port 92h": ({"a20_off": A20_OFF, "a20_call": FAILS}, ()),
    "the keyboard controller or port 92h, INT 15h lying": ({"a20_off": A20_OFF, "a20_call": LIES}, ()),
    "the keyboard controller alone": ({"a20_off": A20_OFF_KEYBOARD, "a20_call": FAILS}, NO_PORT_92),
    "the keyboard controller alone, INT 15h lying": (
        {"a20_off": A20_OFF_KEYBOARD, "a20_call": LIES}, NO_PORT_92),
    "port 92h alone": ({"a20_off": A20_OFF_PORT_92, "a20_call": FAILS}, dead_port(0x64, 0xFF)),
    "port 92h alone, the keyboard controller never ready": (
        {"a20_off": A20_OFF_PORT_92, "a20_call": FAILS}, dead_port(0x64, 0x02)),
}


@pytest.mark.parametrize("how", A20)
def test_a20_is_enabled_by(boots, how):
    faults, extra = A20[how]
    booted = boots(extra=extra, **faults)
    assert "SHIM: A20 off\n" in booted.serial
    assert_arrived(booted)


# ---- What cannot be survived -------------------------------------------------------------------

def boot_error(code):
    return f"Whelk: boot error {code} (whelk help boot-errors)"


FATAL = {
    "no INT 13h extensions": (3, {"no_extensions": 1}),
    "sectors of 4096 bytes": (4, {"reported_size": 4096}),
    "every read fails": (5, {"fail_first": 0xFFFF}),
    "every read fails with a time-out": (5, {"fail_first": 0xFFFF, "status": 0x80}),
}


@pytest.mark.parametrize("garbage", [0, ALL_GARBAGE], ids=["clean", "garbage"])
@pytest.mark.parametrize("fault", FATAL)
def test_the_boot_sector_gives_up_on(gives_back, fault, garbage):
    code, faults = FATAL[fault]
    assert gives_back(**ONLY_2048_BYTES, garbage=garbage, **faults) == [boot_error(code)]


def test_the_boot_sector_gives_up_on_an_image_that_cannot_be_read_to_its_end(gives_back, iso):
    assert gives_back(**ONLY_2048_BYTES, fail_from=el_torito_image(iso) + 5) == [boot_error(5)]


def test_the_boot_sector_gives_up_on_a_byte_that_is_always_wrong(gives_back, iso):
    faults = {"flip_lba": el_torito_image(iso) + 1, "flip_offset": 777, "flip_count": ALWAYS}
    assert gives_back(**ONLY_2048_BYTES, **faults) == [boot_error(6)]


def test_the_boot_sector_gives_up_on_an_image_that_was_moved_after_patching(gives_back, iso, tmp_path):
    data = bytearray(iso.read_bytes())
    table = el_torito_image(iso) * SECTOR + 8
    data[table + 4:table + 8] = struct.pack("<I", el_torito_image(iso) - 7)
    moved = tmp_path / "moved.iso"
    moved.write_bytes(data)
    assert gives_back(**ONLY_2048_BYTES, image=moved) == [boot_error(6)]


def test_the_boot_sector_reads_itself_again_after_a_wrong_byte_in_it(boots, iso):
    unused = (BUILD / "boot.img").read_bytes().index(b"\xcd\x18\xf4") + 2  # HLT after INT 18h
    assert unused < BOOT_SECTOR_BYTES
    assert_read_again(boots, image_sectors(iso)[0], {}, load_flip=unused)


def test_stage_2_names_the_sector_that_it_cannot_read(gives_back):
    lines = gives_back(key=True, fail_from=16)
    assert lines[0].startswith("whelk: ") and "sector 16" in lines[0] and "0x04" in lines[0]
    assert len(lines) == 2


def test_stage_2_names_the_file_that_it_cannot_read(gives_back, iso):
    lines = gives_back(key=True, fail_from=file_in_iso(iso, "boot/module2")[0] + 5)
    assert lines[0].startswith("whelk: ") and "/boot/module2" in lines[0] and "0x04" in lines[0]


def test_stage_2_without_int_13h_extensions_says_so(gives_back):
    lines = gives_back(key=True, no_extensions=1)
    assert lines[0].startswith("whelk: ") and "INT 13h" in lines[0]
    assert len(lines) == 2


# ---- The firmware's data that Multiboot 1 passes on ---------------------------------------------

DRIVES, CONFIG_TABLE, APM_TABLE = 1 << 7, 1 << 8, 1 << 10


def test_what_the_firmware_does_not_have_is_not_announced(boots):
    report = boots(no_config=1, apm=APM_ABSENT).report
    assert report["flags"] & (DRIVES | CONFIG_TABLE | APM_TABLE) == DRIVES


def test_apm_is_connected_even_if_somebody_else_was(boots):
    report = boots(apm=APM_CONNECTED).report
    assert report["flags"] & APM_TABLE and report["apm_version"] == 0x102


def test_a_drive_without_edd_is_described_by_its_number_alone(boots):
    drive, = boots(no_parameters=1).report.drives
    assert (drive["number"], drive["mode"], drive["cylinders"], drive["ports"]) == (0xE0, 0, 0, 0)
