# SPDX-License-Identifier: BSD-2-Clause
"""Tests stage2/fs/fat.overlay.c on volumes that mkfs.fat and mtools write: every file of a tree must
be found by its path and have its contents. Then on volumes that these tests damage."""

import itertools
import os
import pathlib
import re
import struct
import subprocess
import zlib

import pytest

CAT = pathlib.Path(os.environ["BUILD"]).resolve() / "unit" / "fat_cat"

# name: FAT bits, image KiB, and options of mkfs.fat: size of a sector, sectors in a cluster, …
VOLUMES = {
    "fat12-floppy": (12, 1440, []),
    "fat12-512": (12, 2000, ["-s", "1"]),
    "fat16-2048": (16, 20000, ["-F", "16", "-s", "4"]),
    "fat16-sector-2048": (16, 65536, ["-F", "16", "-S", "2048"]),
    "fat32-512": (32, 40000, ["-F", "32", "-s", "1"]),
    "fat32-4096": (32, 300000, ["-F", "32", "-s", "8"]),
    "fat32-sector-4096": (32, 300000, ["-F", "32", "-S", "4096", "-s", "1"]),
}
FILES = {
    "EFI/BOOT/BOOTX64.EFI": 70001,
    "boot/grub/grub.cfg": 512,
    "boot/grub/a rather long name, with blanks.cfg": 513,
    "boot/kernel": 40960,
    "boot/empty": 0,
    "boot/Grüße aus Köln.txt": 3,
    "boot/" + "n" * 200: 17,
}


numbers = itertools.count()


def contents_of(name, size):
    return (name.encode() * (size // len(name.encode()) + 1))[:size]


def mtools(image, *command):
    subprocess.run(command, check=True, capture_output=True, timeout=60,
                   env={**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1",
                        "MTOOLS_DATE_STRING": "dd-mm-yyyy"})
    return image


def make_volume(folder, name, label="STICK"):
    _, kib, options = VOLUMES[name]
    image = folder / f"{name}.img"
    subprocess.run(["/usr/sbin/mkfs.fat", "-C", "-n", label, "-i", "1234abcd", *options, image,
                    str(kib)], check=True, capture_output=True, timeout=60)
    return image


def fill(folder, image, files):
    tree = folder / f"tree-{next(numbers)}"
    for path, size in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(contents_of(path, size))
    return mtools(image, "mcopy", "-i", image, "-s", "-Q", *tree.iterdir(), "::/")


def cat(image, *paths, options=()):
    done = subprocess.run([CAT, *options, image], input="".join(f"{path}\n" for path in paths),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module", params=sorted(VOLUMES))
def volume(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, fill(folder, make_volume(folder, request.param), FILES)


def test_every_file_is_found_and_has_its_contents(volume):
    name, image = volume
    lines = cat(image, *(f"/{path}" for path in FILES))
    assert lines[0] == f"FAT {VOLUMES[name][0]} STICK 1234abcd"
    for line, (path, size) in zip(lines[1:], FILES.items(), strict=True):
        crc = zlib.crc32(contents_of(path, size))
        assert re.fullmatch(rf"file {size} {crc:08x} \d+", line), (path, line)


def test_names_of_a_directory_are_listed(volume):
    line = cat(volume[1], "/boot")[1]
    for path, size in FILES.items():
        if path.startswith("boot/") and path.count("/") == 1:
            assert f" {path.removeprefix('boot/')}/{size}" in line
    assert " grub/0" in line and " ./" not in line and " ../" not in line
    assert cat(volume[1], "/EFI/BOOT")[1] == "directory BOOTX64.EFI/70001".replace(
        "BOOTX64.EFI", "bootx64.efi")


def test_upper_and_lower_case_and_dots_lead_to_the_same_file(volume):
    same = cat(volume[1], "/boot/kernel", "/BOOT/Kernel", "//boot/./grub/../kernel", "/../boot/kernel",
               "/boot/grub/../../efi/../boot//kernel")[1:]
    assert len(set(same)) == 1 and same[0].startswith("file 40960 ")


def test_what_is_not_there_is_absent(volume):
    assert cat(volume[1], "/boot/none", "/none/kernel", "/boot/kernel/x", "/boot/kern")[1:] == [
        'absent no such file or directory "none"',
        'absent no such file or directory "none"',
        'absent "kernel" is not a directory',
        'absent no such file or directory "kern"']


def test_a_fragmented_file_has_its_contents(tmp_path):
    image = make_volume(tmp_path, "fat12-512")
    for number in range(40):
        fill(tmp_path, image, {f"f{number}": 5000})
    for number in range(0, 40, 2):
        mtools(image, "mdel", "-i", image, f"::/f{number}")
    fill(tmp_path, image, {"large": 90000})
    line = cat(image, "/large")[1]
    assert line.startswith(f"file 90000 {zlib.crc32(contents_of('large', 90000)):08x} ")
    assert int(line.split()[-1]) > 5


def test_a_directory_of_many_clusters_is_read_to_its_end(tmp_path):
    image = make_volume(tmp_path, "fat32-512")
    fill(tmp_path, image, {f"d/a long name of file {number}": number for number in range(200)})
    line = cat(image, "/d/a long name of file 199", "/d/none")
    assert line[1].startswith("file 199 ") and line[2].startswith("absent ")


def first_sector(name, at, value):
    sector = bytearray(512)
    sector[510:] = b"\x55\xaa"
    sector[3:11] = name
    sector[at:at + len(value)] = value
    return bytes(sector)


@pytest.mark.parametrize("name, told", [
    (b"EXFAT   ", "the volume is exFAT, which is not supported: format it as FAT32"),
    (b"NTFS    ", "the volume is NTFS, which is not supported: format it as FAT32"),
    (b"mkfs.xyz", "the volume is neither FAT nor ISO 9660")])
def test_other_file_systems_are_refused_by_name(tmp_path, name, told):
    image = tmp_path / "image"
    image.write_bytes(first_sector(name, 11, b"\0\2\1"))
    assert cat(image) == [f"error {told}"]


def damage(image, at, value):
    with open(image, "r+b") as file:
        file.seek(at)
        file.write(value)


def fat_of(image):
    """Byte position of a FAT16 volume's table."""
    return struct.unpack_from("<H", image.read_bytes(), 14)[0] * 512


@pytest.mark.parametrize("next_cluster", [0, 1, 0xfff7, 0xffff])
def test_a_chain_that_ends_before_the_file_does_is_damage(tmp_path, next_cluster):
    image = make_volume(tmp_path, "fat16-2048")
    fill(tmp_path, image, {"kernel": 9000})
    damage(image, fat_of(image) + 2 * 3, struct.pack("<H", next_cluster))
    assert cat(image, "/kernel")[1].startswith(
        f"error damaged FAT volume: it goes on in cluster {next_cluster}, of ")


def test_a_directory_that_leads_back_to_itself_is_damage(tmp_path):
    image = make_volume(tmp_path, "fat16-2048")
    fill(tmp_path, image, {f"d/f{number}": 1 for number in range(62)})
    damage(image, fat_of(image) + 2 * 2, struct.pack("<H", 2))
    assert cat(image, "/d/f61", "/d/none")[2] == (
        "error damaged FAT volume: a directory has more than 65536 entries")


def test_a_long_name_of_another_entry_is_not_used(tmp_path):
    image = make_volume(tmp_path, "fat16-2048")
    fill(tmp_path, image, {"A rather long name": 5})
    data = image.read_bytes()
    at = data.index(b"ARATHE~1   ")
    damage(image, at, b"OTHER   TXT")
    lines = cat(image, "/A rather long name", "/other.txt")
    assert lines[1].startswith("absent ") and lines[2].startswith("file 5 ")


def test_a_surrogate_pair_is_one_character(tmp_path):
    image = make_volume(tmp_path, "fat16-2048")
    fill(tmp_path, image, {"A name 12": 5})  # mtools writes no pairs
    damage(image, image.read_bytes().index("12".encode("utf-16-le")),
           "\U0001f40c".encode("utf-16-le"))
    assert cat(image, "/A name \U0001f40c")[1].startswith("file 5 ")


def test_a_second_fat_is_used_if_the_volume_says_so(tmp_path):
    image = make_volume(tmp_path, "fat32-512")
    fill(tmp_path, image, {"kernel": 9000})
    data = image.read_bytes()
    reserved, sectors = struct.unpack_from("<H", data, 14)[0], struct.unpack_from("<I", data, 36)[0]
    damage(image, reserved * 512, bytes(sectors * 512))
    assert cat(image, "/kernel")[1].startswith("error damaged FAT volume: ")
    damage(image, 40, struct.pack("<H", 0x81))
    assert cat(image, "/kernel")[1].startswith("file 9000 ")
    damage(image, 40, struct.pack("<H", 0x82))
    assert cat(image) == ["error damaged FAT volume: it has no cluster"]
