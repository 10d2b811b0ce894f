# SPDX-License-Identifier: BSD-2-Clause
"""Tests the parts of an ISO for UEFI machines: the catalog's entry, the FAT volume and its files,
and which of the user's files replace ours."""

import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

from discs import BUILD, file_in_iso
from place import good_tree, kernel
from test_mkrescue import BLOCK, SECTOR, catalog_entry, partitions

pytestmark = pytest.mark.bios("the tool alone")

X64, IA32 = "EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTIA32.EFI"
HEAD = "boot/whelk.fat"
PLATFORM_EFI = 0xEF
EFI_SYSTEM = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"


def built(name):
    return (BUILD / Path(name).name).read_bytes()


def sections(iso):
    """For each section of the boot catalog: whether it is the last, its platform, and block and
    sectors of its entries."""
    data = iso.read_bytes()
    at = struct.unpack_from("<I", data, 17 * BLOCK + 0x47)[0] * BLOCK + 64
    found = []
    while data[at] in (0x90, 0x91):
        kind, platform, count = struct.unpack_from("<BBH", data, at)
        entries = [struct.unpack_from("<BBHBxHI", data, at + 32 * (1 + i)) for i in range(count)]
        assert all(entry[:4] == (0x88, 0, 0, 0) for entry in entries)
        found.append((kind == 0x91, platform, [(entry[5], entry[4]) for entry in entries]))
        at += 32 * (1 + count)
    assert not any(data[at:at + 32])
    return found


def volume(iso, place):
    """The FAT volume of the catalog's entry, as a file for mtools."""
    [(block, sectors)] = sections(iso)[-1][2]
    image = place.path / "volume"
    image.write_bytes(iso.read_bytes()[block * BLOCK:block * BLOCK + sectors * SECTOR])
    return image


def fat_files(image):
    """Every file of a FAT volume, read by mtools. dosfstools checks the volume first."""
    checked = subprocess.run(["fsck.fat", "-n", image], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    names = subprocess.run(["mdir", "-i", image, "-/", "-b", "::"], capture_output=True, text=True, check=True).stdout
    return {name.removeprefix("::").lstrip("/"): subprocess.run(["mtype", "-i", image, name], capture_output=True, check=True).stdout
            for name in names.splitlines() if not name.endswith("/")}


def signed(image):
    """A PE image with a certificate table, which only firmware would check."""
    data = bytearray(image)
    optional = struct.unpack_from("<I", data, 0x3C)[0] + 24
    directories = optional + (112 if struct.unpack_from("<H", data, optional) == (0x20B,) else 96)
    struct.pack_into("<II", data, directories + 4 * 8, len(data), 8)
    return bytes(data) + b"\x08\0\0\0\0\2\2\0"


def in_iso(iso, name):
    block, size = file_in_iso(iso, name)
    return iso.read_bytes()[block * BLOCK:block * BLOCK + size]


# ---- as it is

def test_the_catalog_has_one_more_section_with_an_entry_for_uefi(place):
    iso = place.make(place.write(good_tree()))
    [(last, platform, [(block, _)])] = sections(iso)
    assert (last, platform) == (True, PLATFORM_EFI)
    assert block == file_in_iso(iso, HEAD)[0]
    assert catalog_entry(iso)[4:] == (4, file_in_iso(iso, "boot/whelk.img")[0])


def test_the_volume_is_the_efi_system_partition_too(place):
    iso = place.make(place.write(good_tree()))
    [(_, _, [(block, sectors)])] = sections(iso)
    kind, _, first, last, _, _ = partitions(iso.read_bytes())[1]
    assert (str(kind), first, last) == (EFI_SYSTEM, block * 4, block * 4 + sectors - 1)


def test_the_volume_has_both_loaders_and_so_has_the_iso(place):
    iso = place.make(place.write(good_tree()))
    assert fat_files(volume(iso, place)) == {name: built(name) for name in (X64, IA32)}
    assert {name: in_iso(iso, name) for name in (X64, IA32)} == {name: built(name) for name in (X64, IA32)}


def test_the_loaders_are_there_once(place):
    iso = place.make(place.write(good_tree()))
    assert [iso.read_bytes().count(built(name)) for name in (X64, IA32)] == [1, 1]


def test_an_iso_is_at_most_300_kib_larger_than_without_what_is_for_uefi(place):
    """Compares with an ISO in which a volume of one block, the user's own, replaces Whelk's."""
    files = good_tree(**{"boot/kernel": kernel(size=1 << 20)})
    larger = place.make(place.write(files)).stat().st_size
    assert 0 < larger - place.make(place.write({**files, "efi.img": b"x"}, "other")).stat().st_size <= 360 * 1024


def test_what_is_for_uefi_stands_after_all_other_files(place):
    iso = place.make(place.write(good_tree(zz=os.urandom(100_000))))
    [(_, _, [(block, _)])] = sections(iso)
    others = subprocess.run(["xorriso", "-indev", iso, "-find", "/", "-type", "f", "-exec", "report_lba"],
                            capture_output=True, text=True, check=True).stdout
    ends = {path: int(start) + int(blocks) for start, blocks, path in
            re.findall(r"lba: +\d+ , +(\d+) , +(\d+) , +\d+ , '/(.*)'", others)}
    assert len(ends) == 8
    assert all(end <= block for path, end in ends.items() if path not in (X64, IA32, HEAD))


@pytest.mark.parametrize("volume_size", [None, 1, 100 * BLOCK])
def test_128_kib_after_the_trees_files_and_32_kib_after_all_files_are_free(place, volume_size):
    files = good_tree(**{"boot/kernel": kernel(size=1 << 20), "zz": b"last"})
    if volume_size is not None:
        files["efi.img"] = bytes(volume_size)
    iso = place.make(place.write(files))
    block, size = file_in_iso(iso, "zz")
    end = iso.stat().st_size
    assert end - block * BLOCK - size >= (128 + 32) * 1024
    if volume_size is None:
        [(_, _, [(block, sectors)])] = sections(iso)
        assert end - block * BLOCK - sectors * SECTOR >= 32 * 1024


@pytest.mark.parametrize("options", ["-J", "-iso-level 1", "-U", f"--sort-weight 5 /EFI --sort-weight -2000 {HEAD}"])
def test_the_volume_is_whole_with(place, options):
    run = place.run("-o", place.iso, *options.split(), place.write(good_tree(a=b"a", b=b"b")), "--", "-volid", "X")
    assert (run.returncode, run.stderr) == (0, "")
    assert fat_files(volume(place.iso, place)) == {name: built(name) for name in (X64, IA32)}


@pytest.mark.parametrize("options", ["", "-J", "-J -iso-level 1", "-iso-level 4"])
def test_the_volume_is_a_file_of_all_trees(place, options):
    run = place.run("-o", place.iso, *options.split(), place.write(good_tree()))
    assert run.returncode == 0, run.stderr
    [(_, _, [(block, sectors)])] = sections(place.iso)
    record = struct.pack("<I", block) + struct.pack(">I", block)
    lengths = {place.iso.read_bytes()[at.end():at.end() + 4] for at in re.finditer(re.escape(record), place.iso.read_bytes())}
    assert lengths == {struct.pack("<I", sectors * SECTOR)}


def test_a_volume_of_the_users_keeps_its_length(place):
    iso = place.make(place.write(good_tree(**{"efi.img": b"x" * 5000})))
    assert file_in_iso(iso, "efi.img")[1] == 5000


@pytest.mark.parametrize("boot_images", ["keep", "replay"])
def test_the_volume_is_whole_in_an_iso_that_xorriso_makes_of_ours(place, boot_images):
    iso, changed = place.make(place.write(good_tree())), place.path / "changed.iso"
    subprocess.run(["xorriso", "-indev", iso, "-outdev", changed, "-boot_image", "any", boot_images, "-map", "tree/boot",
                    "/a/copy"], check=True, capture_output=True, stdin=subprocess.DEVNULL, cwd=place.path)
    assert fat_files(volume(changed, place)) == {name: built(name) for name in (X64, IA32)}


# ---- the loaders themselves (Microsoft's PE format, UEFI's memory protection)

NX_COMPAT = 0x100
EXECUTE, WRITE = 0x20000000, 0x80000000


@pytest.mark.parametrize("name, machine, magic", [(X64, 0x8664, 0x20B), (IA32, 0x14C, 0x10B)])
def test_a_loader_is_a_pe_image_with_relocations_sbat_and_no_section_to_write_and_execute(name, machine, magic):
    image = built(name)
    pe, = struct.unpack_from("<I", image, 0x3C)
    kind, count = struct.unpack_from("<4xHH", image, pe)
    optional = pe + 24
    entry, = struct.unpack_from("<I", image, optional + 16)
    alignment, file_alignment = struct.unpack_from("<II", image, optional + 32)
    image_size, headers_size, _, subsystem, flags = struct.unpack_from("<IIIHH", image, optional + 56)
    assert (image[pe:pe + 4], kind, struct.unpack_from("<H", image, optional)[0]) == (b"PE\0\0", machine, magic)
    assert alignment == 4096 and subsystem == 10 and flags & NX_COMPAT and image_size % alignment == 0
    rows = [struct.unpack_from("<8sIIIIIIHHI", image, optional + struct.unpack_from("<H", image, pe + 20)[0] + 40 * i)
            for i in range(count)]
    end, file_end = headers_size, headers_size
    for _, size, address, file_size, file_start, _, _, _, _, rights in rows:
        assert address % alignment == 0 and address >= end and file_start % file_alignment == 0
        assert file_start == file_end and not (rights & EXECUTE and rights & WRITE)
        assert (rights & EXECUTE != 0) == (address <= entry < address + size)
        end, file_end = address + max(size, file_size), file_start + file_size
    assert end <= image_size and file_end == len(image)
    data = {row[0].rstrip(b"\0"): image[row[4]:row[4] + row[1]] for row in rows}
    directory = struct.unpack_from("<II", image, optional + (112 if magic == 0x20B else 96) + 5 * 8)
    assert directory == next((row[2], row[1]) for row in rows if row[0].startswith(b".reloc"))
    assert struct.unpack_from("<I", data[b".reloc"], 4)[0] == len(data[b".reloc"])
    assert data[b".sbat"].startswith(b"sbat,1,") and b"\nwhelk,1,Whelk,whelk," in data[b".sbat"]


# ---- the user's own

def test_the_users_loader_replaces_ours_in_iso_and_volume_and_is_named(place):
    mine = os.urandom(5000)
    run = place.run("-o", place.iso, place.write(good_tree(**{X64: mine})))
    assert run.returncode == 0
    assert run.stderr == f"whelk: warning: /{X64}: starts on UEFI machines, not Whelk ({place.path}/tree/{X64})\n"
    assert fat_files(volume(place.iso, place)) == {X64: mine, IA32: built(IA32)}
    assert in_iso(place.iso, X64) == mine


def test_a_signed_whelk_of_the_users_replaces_ours_silently(place):
    files = {name: signed(built(name)) for name in (X64, IA32)}
    run = place.run("-o", place.iso, place.write(good_tree(**files)))
    assert (run.returncode, run.stderr) == (0, "")
    assert fat_files(volume(place.iso, place)) == files


def test_an_unsigned_whelk_of_an_older_iso_is_replaced(place):
    older = {name: built(name) + b"older" for name in (X64, IA32)}
    run = place.run("-o", place.iso, place.write(good_tree(**older, **{HEAD: bytes(3) + b"WHELK   " + bytes(2048)})))
    assert (run.returncode, run.stderr) == (0, "")
    assert fat_files(volume(place.iso, place)) == {name: built(name) for name in (X64, IA32)}


@pytest.mark.parametrize("folder, name", [("efi/boot", "bootx64.efi"), ("EFI/boot", "BOOTX64.EFI"),
                                          ("EFI/BOOT", "bootx64.efi")])
def test_the_users_loader_may_be_spelled_in_lower_case(place, folder, name):
    iso = place.iso
    place.run("-o", iso, place.write(good_tree(**{f"{folder}/{name}": b"mine"})))
    assert fat_files(volume(iso, place)) == {X64: b"mine", IA32: built(IA32)}
    assert in_iso(iso, f"{folder}/{name}") == b"mine"
    assert in_iso(iso, f"{folder}/BOOTIA32.EFI") == built(IA32)


def test_what_shim_starts_is_in_the_volume_as_well(place):
    files = {X64: b"shim", "EFI/BOOT/GRUBX64.EFI": b"signed", "EFI/BOOT/mmx64.efi": b"manager", "EFI/BOOT/x": b"x"}
    place.run("-o", place.iso, place.write(good_tree(**files)))
    assert fat_files(volume(place.iso, place)) == {X64: b"shim", IA32: built(IA32), "EFI/BOOT/GRUBX64.EFI": b"signed",
                                                   "EFI/BOOT/MMX64.EFI": b"manager"}


def test_a_loader_that_is_a_link_is_copied(place):
    tree = place.write(good_tree(**{"elsewhere": b"linked", X64: b""}))
    (tree / X64).unlink()
    os.link(tree / "elsewhere", tree / X64)
    place.run("-o", place.iso, tree)
    assert fat_files(volume(place.iso, place))[X64] == b"linked"


@pytest.mark.parametrize("sizes", [(1, 1), (2048, 2049), (340 * 2048, 3), (341 * 2048, 3), (5_000_000, 3_000_001),
                                   (4082 * 2048 - 2048, 2048)])
def test_the_volume_is_valid_with_files_of(place, sizes):
    files = {name: os.urandom(size) for name, size in zip((X64, IA32), sizes)}
    place.run("-o", place.iso, place.write(good_tree(**files)))
    assert fat_files(volume(place.iso, place)) == files


def test_a_volume_of_the_users_replaces_ours_as_with_grub(place):
    image = os.urandom(70_001)
    run = place.run("-o", place.iso, place.write(good_tree(**{"efi.img": image})))
    assert run.returncode == 0 and "/efi.img: starts on UEFI machines, not Whelk" in run.stderr
    [(_, _, [(block, sectors)])] = sections(place.iso)
    assert (block, sectors) == (file_in_iso(place.iso, "efi.img")[0], 35 * 4)
    assert built(X64) not in place.iso.read_bytes()


def test_an_entry_for_uefi_that_an_option_makes_stays_the_only_one(place):
    tree = place.write(good_tree(**{"my.img": os.urandom(100 * 2048)}))
    run = place.run("-o", place.iso, tree, "-eltorito-alt-boot", "-e", "my.img", "-no-emul-boot")
    assert run.returncode == 0, run.stderr
    [(_, _, [(block, sectors)])] = sections(place.iso)
    assert (block, sectors) == (file_in_iso(place.iso, "my.img")[0], 400)
    assert [entry[2:4] for entry in partitions(place.iso.read_bytes())][1] == (block * 4, block * 4 + 399)


def test_another_boot_entry_of_the_users_stays_first(place):
    tree = place.write(good_tree(**{"other.img": os.urandom(2048)}))
    run = place.run("-o", place.iso, tree, "-eltorito-alt-boot", "-b", "other.img", "-no-emul-boot")
    assert run.returncode == 0, run.stderr
    (first, _, [(block, _)]), (last, platform, _) = sections(place.iso)
    assert (first, last, platform) == (False, True, PLATFORM_EFI)
    assert block == file_in_iso(place.iso, "other.img")[0]


REFUSED = {
    "our file's name": ({HEAD: b"mine"}, f"/{HEAD}: Whelk's own file for UEFI has this name"),
    "an empty loader": ({X64: b""}, f"/{X64}: not a file of 1 byte to 8 MiB"),
    "a loader that is a folder": ({X64 + "/x": b""}, f"/{X64}: not a file of 1 byte to 8 MiB"),
    "loaders of more than 8 MiB": ({X64: bytes(5 << 20), IA32: bytes(4 << 20)}, "more than 8 MiB"),
    "an empty volume": ({"efi.img": b""}, "/efi.img: not a file that UEFI could boot from"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_tree_is_refused_for(place, name):
    files, reason = REFUSED[name]
    said = place.refuse(place.write(good_tree(**files)))
    assert reason in said and said.endswith(f"whelk: {place.iso} was not written\n")
