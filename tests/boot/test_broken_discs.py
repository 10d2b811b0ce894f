# SPDX-License-Identifier: BSD-2-Clause
"""Discs that cannot be booted, or that other tools made: each gives its one line, then the firmware's next
boot device; or it boots."""

import re
import shutil
import struct
import subprocess
import zlib

import pytest

from discs import BUILD, CONFIG, SECTOR, file_in_iso, tree, write_tree
from good_kernels import MIB, plain, with_data
from make_kernel import pattern
from qemu import Machine, expected, on_uefi
from shim.next_device import BOOTED, next_device

MODULE = pattern(100_001, 5)
MEGABYTES = pattern(3_000_000, 6)
PRIMARY = 16 * SECTOR  # the primary volume descriptor, ECMA-119, 8.4
ROOT_RECORD = PRIMARY + 156
# Fields of a directory record, ECMA-119, 9.1.
EXTENT, DATA_LENGTH, FLAGS, NAME_LENGTH, NAME = 2, 10, 25, 32, 33
# Boot information table, mkisofs(8): in the boot image from byte 8 on.
TABLE = struct.Struct("<4I")  # volume descriptor, file's sector, length, checksum
TABLE_AT, TABLE_END = 8, 64
FAT_GEOMETRY = 11, 19  # in the boot sector of the volume for UEFI: bytes per sector, sectors
WHOLE = 65536  # bytes of the boot image: more than there are of stage 2


def boot_tree(**more):
    return tree(plain(), "argument", [("module", MODULE)], **more)


@pytest.fixture
def says(tmp_path):
    """Boots a disc that cannot boot and returns its lines; a key must lead to the next boot device where
    Whelk waits for one."""
    def run(image, waits=True):
        with Machine(image, extra=next_device(tmp_path / "disk")) as machine:
            if waits:
                machine.wait_for("press a key")
                machine.type_serial(" ")
            machine.wait_for(BOOTED)
            lines = machine.said
            screen = machine.screen()
            for line in lines if not on_uefi() else ():  # UEFI has cleared it
                # A line of more than 80 characters goes on in the next row.
                assert "".join(line.split()) in "".join(screen.split()), screen
            if waits:
                assert len(lines) == 2 and "press a key" in lines.pop()
            return lines
    return run


@pytest.fixture(scope="module")
def good(discs):
    return discs.make(boot_tree(**{"boot/big": MEGABYTES}))


@pytest.fixture
def patched(good, tmp_path):
    """A copy of the good disc that a function has changed."""
    def make(change):
        image = tmp_path / "patched.iso"
        data = bytearray(good.read_bytes())
        change(data)
        image.write_bytes(data)
        return image
    return make


@pytest.fixture
def mastered(good, tmp_path):
    """A disc that whelk-mkrescue would refuse to make: xorriso makes it, with Whelk's boot image."""
    volume = good.read_bytes()[file_in_iso(good, "boot/whelk.fat")[0] * SECTOR:]
    sector_bytes, sectors = (struct.unpack_from("<H", volume, at)[0] for at in FAT_GEOMETRY)
    volume = volume[:sectors * sector_bytes]

    def make(files, *options, load_sectors=4, table=True):
        root = tmp_path / "tree"
        shutil.rmtree(root, ignore_errors=True)
        write_tree(root, {**files, "whelk.img": BUILD / "boot.img", "whelk.fat": volume})
        image = tmp_path / "mastered.iso"
        image.unlink(missing_ok=True)
        subprocess.run(["xorriso", "-as", "mkisofs", *options, "-b", "whelk.img", "-no-emul-boot", "-boot-load-size",
                        str(load_sectors), *(["-boot-info-table"] if table else []),
                        *expected([], ["-eltorito-alt-boot", "-e", "whelk.fat", "-no-emul-boot"]),
                        "-o", str(image), str(root)],
                       check=True, capture_output=True, timeout=60)
        return image
    return make


def boot_image_at(data):
    """Offset of the boot image, by El Torito's boot record and initial entry."""
    catalogue, = struct.unpack_from("<I", data, 17 * SECTOR + 0x47)
    return struct.unpack_from("<I", data, catalogue * SECTOR + 32 + 8)[0] * SECTOR


def boot_error(code):
    return f"Whelk: boot error {code} (whelk help boot-errors)"


def records(data, sector, size):
    """Offset and name of each record of a directory."""
    at, end = sector * SECTOR, sector * SECTOR + size
    while at < end:
        if data[at] == 0:
            at = (at // SECTOR + 1) * SECTOR
            continue
        yield at, bytes(data[at + NAME:at + NAME + data[at + NAME_LENGTH]])
        at += data[at]


def record(data, *path):
    """Offset of a path's directory record; the path's names have no version numbers."""
    at = ROOT_RECORD
    for name in path:
        sector, size = (struct.unpack_from("<I", data, at + field)[0] for field in (EXTENT, DATA_LENGTH))
        at = next(offset for offset, other in records(data, sector, size) if other.split(b";")[0].rstrip(b".").upper() == name)
    return at


def set_both_endian(data, at, value):
    struct.pack_into("<I", data, at, value)
    struct.pack_into(">I", data, at + 4, value)


# ---- Boot information table --------------------------------------------------------------------

def change_table(index, difference):
    def change(data):
        at = boot_image_at(data) + TABLE_AT
        fields = list(TABLE.unpack_from(data, at))
        fields[index] += difference
        TABLE.pack_into(data, at, *fields)
    return change


def clear_table(data):
    at = boot_image_at(data)
    data[at + TABLE_AT:at + TABLE_END] = bytes(TABLE_END - TABLE_AT)


def damage_image(offset):
    def change(data):
        data[boot_image_at(data) + offset] ^= 1
    return change


def damage_bit_31(*offsets):
    """A sum modulo 2^32 does not see two of these."""
    def change(data):
        for offset in offsets:
            data[boot_image_at(data) + offset | 3] ^= 0x80
    return change


BOOT_IMAGE = pytest.mark.seabios("the boot image for a BIOS")


@BOOT_IMAGE
@pytest.mark.parametrize("code, change", [
    (1, clear_table), (2, change_table(2, 2048)), (2, change_table(2, -4)), (6, change_table(3, 1)),
    (6, damage_image(2047)), (6, damage_image(2048)), (6, damage_image(20_000)), (6, damage_bit_31(20_000, 20_008)),
    (6, damage_bit_31(2000, 50_000)),
], ids=["empty table", "longer", "shorter", "checksum", "first sector", "second sector", "stage 2", "two bits", "far apart"])
def test_a_boot_image_that_is_not_as_its_table_says_gives_one_line_with_a_code(patched, says, code, change):
    assert says(patched(change), waits=False) == [boot_error(code)]


@BOOT_IMAGE
@pytest.mark.parametrize("change", [damage_bit_31(80_000, 80_008), damage_image(100_000)], ids=["two bits", "one bit"])
def test_a_damaged_overlay_gives_one_line(discs, tmp_path, says, change):
    """The menu is in it."""
    data = bytearray(discs.make({"boot/kernel": plain(), CONFIG: b"menuentry a { multiboot /boot/kernel }\n" * 2}).read_bytes())
    change(data)
    image = tmp_path / "damaged.iso"
    image.write_bytes(data)
    line, = says(image)
    assert re.fullmatch(r"whelk: the boot image is damaged after its first \d+ sectors", line)


@BOOT_IMAGE
def test_a_boot_image_that_was_moved_after_patching_boots_where_the_firmware_loads_it_whole(patched, boot):
    def change(data):
        change_table(1, 50)(data)
        catalogue, = struct.unpack_from("<I", data, 17 * SECTOR + 0x47)
        struct.pack_into("<H", data, catalogue * SECTOR + 32 + 6, WHOLE // 512)  # sector count
    assert boot(patched(change)).report["cmdline"] == b"argument"


@BOOT_IMAGE
@pytest.mark.parametrize("load_sectors", [1, 4, 8])
def test_a_boot_image_without_a_table_gives_one_line_with_a_code(mastered, says, load_sectors):
    assert says(mastered(boot_tree(), load_sectors=load_sectors, table=False), waits=False) == [boot_error(1)]


@BOOT_IMAGE
def test_a_disc_that_ends_inside_the_boot_image_gives_one_line_with_a_code(mastered, says):
    image = mastered(boot_tree())
    cut(image, boot_image_at(image.read_bytes()) // SECTOR + 6)
    assert says(image, waits=False) == [boot_error(5)]


# ---- Discs of other tools ----------------------------------------------------------------------

@BOOT_IMAGE
@pytest.mark.parametrize("load_sectors", [1, 2, 4, 64, 66, WHOLE // 512])
def test_any_load_size_of_the_catalogue_boots(mastered, boot, load_sectors):
    report = boot(mastered(boot_tree(), "-R", load_sectors=load_sectors)).report
    assert [m["adler"] for m in report.modules] == [zlib.adler32(MODULE)]


@pytest.mark.parametrize("options", [
    ("-R",), ("-J",), ("-R", "-J"), ("-iso-level", "1"), ("-iso-level", "2"), ("-iso-level", "3", "-U"),
], ids=" ".join)
def test_names_of_every_kind_are_found(mastered, boot, options):
    report = boot(mastered(boot_tree(), *options)).report
    assert report["cmdline"] == b"argument"
    assert [m["adler"] for m in report.modules] == [zlib.adler32(MODULE)]


# ---- Config ------------------------------------------------------------------------------------

NAMED_CONFIG = r"^whelk: /boot/grub/grub\.cfg\b"


def without_config(**more):
    files = boot_tree(**more)
    del files[CONFIG]
    return files


@pytest.mark.parametrize("files, reason", [
    (without_config(), "no such file"),
    (without_config(**{f"{CONFIG}/file": b"x"}), "is a directory"),
    (without_config(**{CONFIG: b""}), "."),
    (without_config(**{CONFIG: b"# nothing but\n\n# comments\n"}), "."),
    (without_config(**{CONFIG: b"set timeout=0\n"}), "."),
    (without_config(**{CONFIG: bytes(1000)}), "."),
    ({"file": b"x"}, "no such file"),
], ids=["absent", "a directory", "empty", "comments", "no entry", "zeros", "nothing on the disc"])
def test_a_disc_without_a_config_gives_one_line(mastered, says, files, reason):
    line, = says(mastered(files, "-R"))
    assert re.search(NAMED_CONFIG, line) and re.search(reason, line), line


@pytest.mark.parametrize("options", [("-J",), ("-iso-level", "1"), ("-R", "-J")], ids=" ".join)
def test_a_missing_config_is_named_whatever_the_disc_calls_its_files(mastered, says, options):
    line, = says(mastered(without_config(), *options))
    assert re.search(NAMED_CONFIG + ".*no such file", line), line


# ---- Discs that end too early ------------------------------------------------------------------

NO_VOLUME = pytest.mark.bios("discs without the volume that UEFI finds the loader by")
UNKNOWN = pytest.mark.firmware("discs that the loader does not know for its own")
CUT = pytest.mark.bios("discs cut before the volume for UEFI, which stands after all files")
LARGE = 0x10000  # bytes: a file of this size never comes before the boot image on the disc
LARGE_KERNEL = with_data((2 * MIB, 2 * MIB + LARGE))


def cut(image, sectors):
    with open(image, "r+b") as file:
        file.truncate(sectors * SECTOR)


@CUT
@pytest.mark.parametrize("name", ["boot/kernel", "boot/module0"])
@pytest.mark.parametrize("part", ["before", "inside"])
def test_a_disc_that_ends_too_early_gives_one_line_that_names_the_file(discs, tmp_path, says, name, part):
    whole = discs.make(tree(LARGE_KERNEL, "argument", [("module", MODULE)] if name == "boot/module0" else []))
    sector, size = file_in_iso(whole, name)
    image = shutil.copyfile(whole, tmp_path / "cut.iso")
    cut(image, sector + (size // SECTOR // 2 if part == "inside" else 0))
    line, = says(image)
    assert line.startswith("whelk: ") and f"/{name}" in line, line


@CUT
def test_a_disc_that_ends_before_its_config_gives_one_line(discs, tmp_path, says):
    files = boot_tree()
    whole = discs.make({**files, CONFIG: files[CONFIG] + b"#" * LARGE})
    image = shutil.copyfile(whole, tmp_path / "cut.iso")
    cut(image, file_in_iso(whole, CONFIG)[0])
    line, = says(image)
    assert re.search(NAMED_CONFIG, line), line


# ---- Damaged file systems ----------------------------------------------------------------------

def spoil_identifier(data):
    data[PRIMARY + 1:PRIMARY + 6] = b"CD002"


def no_primary_descriptor(data):
    data[PRIMARY] = 255


def small_blocks(data):
    struct.pack_into("<H", data, PRIMARY + 128, 1024)
    struct.pack_into(">H", data, PRIMARY + 130, 1024)


def root_outside(data):
    set_both_endian(data, ROOT_RECORD + EXTENT, len(data) // SECTOR + 1000)


def root_is_zeros(data):
    sector, = struct.unpack_from("<I", data, ROOT_RECORD + EXTENT)
    data[sector * SECTOR:(sector + 1) * SECTOR] = bytes(SECTOR)


def record_too_short(data):
    data[record(data, b"BOOT")] = 20


def record_across_sectors(data):
    at = record(data, b"BOOT", b"GRUB")
    data[at] = 255
    data[at + NAME_LENGTH] = 250


def directory_in_itself(data):
    root = data[ROOT_RECORD + EXTENT:ROOT_RECORD + EXTENT + 16]
    at = record(data, b"BOOT") + EXTENT
    data[at:at + 16] = root


def directory_outside(data):
    set_both_endian(data, record(data, b"BOOT", b"GRUB") + EXTENT, 0x7FFFFFF0)


def config_outside(data):
    set_both_endian(data, record(data, b"BOOT", b"GRUB", b"GRUB.CFG") + EXTENT, 0x10000000)


def config_enormous(data):
    set_both_endian(data, record(data, b"BOOT", b"GRUB", b"GRUB.CFG") + DATA_LENGTH, 0xFFFFFFFF)


def flip_little_endian(field, *path):
    """Flips bit 0 of the little-endian half of a record's number; the other half is right."""
    def change(data):
        data[record(data, *path) + field] ^= 1
    return change


def kernel_outside(data):
    set_both_endian(data, record(data, b"BOOT", b"KERNEL") + EXTENT, len(data) // SECTOR)


@pytest.mark.parametrize("change, reason", [
    pytest.param(spoil_identifier, "no ISO 9660 file system.* not a volume descriptor", marks=[NO_VOLUME, UNKNOWN]),
    pytest.param(no_primary_descriptor, "no ISO 9660 file system.* none is primary", marks=NO_VOLUME),
    (small_blocks, "blocks of 1024 bytes"),
    (root_outside, "root directory.*disc ends before"),
    (root_is_zeros, r"/boot/grub/grub\.cfg.*damaged directory"),
    (record_too_short, r"/boot/grub/grub\.cfg.*damaged directory"),
    (record_across_sectors, r"/boot/grub/grub\.cfg.*damaged directory"),
    (directory_in_itself, r"/boot/grub/grub\.cfg.*no such file"),
    (directory_outside, r"/boot/grub/grub\.cfg.*disc ends before"),
    (config_outside, r"/boot/grub/grub\.cfg.*disc ends before"),
    (config_enormous, r"/boot/grub/grub\.cfg.*disc ends before"),
    (kernel_outside, r"/boot/kernel.*disc ends before"),
    (flip_little_endian(EXTENT, b"BOOT", b"KERNEL"), r"/boot/kernel: damaged: a number in sector \d+ is (\d+) in one .* order and \d+ in the other"),
    (flip_little_endian(DATA_LENGTH, b"BOOT", b"MODULE0"), r"/boot/module0: damaged: a number in sector \d+ is 100000 in one .* and 100001 in"),
    (flip_little_endian(EXTENT, b"BOOT", b"GRUB"), r"/boot/grub/grub\.cfg: damaged: a number in sector"),
    (flip_little_endian(EXTENT), "root directory: damaged: a number in sector 16 is"),
])
def test_a_damaged_file_system_gives_one_line(patched, says, change, reason):
    line, = says(patched(change))
    assert line.startswith("whelk: ") and re.search(reason, line), line
