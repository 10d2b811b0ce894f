# SPDX-License-Identifier: BSD-2-Clause
"""Makes disc images with a partition table and FAT volumes, by mkfs.fat and mtools."""

import itertools
import os
import struct
import subprocess
import uuid
import zlib

from discs import write_tree

BLOCK = 512
MIB = 1 << 20
FIRST = MIB // BLOCK  # the first partition's block
BASIC_DATA = uuid.UUID("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7").bytes_le
EXTENDED, PROTECTIVE, FAT = 0x05, 0xee, 0x0c
numbers = itertools.count()


def make_fat(directory, files, mib=34, options=(), label="STICK", serial="1234abcd"):
    """A FAT volume with these files. options: of mkfs.fat."""
    image, tree = (directory / f"fat-{next(numbers)}{suffix}" for suffix in (".img", ""))
    subprocess.run(["/usr/sbin/mkfs.fat", "-C", "-n", label, "-i", serial, *options, image, str(mib * 1024)],
                   check=True, capture_output=True, timeout=60)
    write_tree(tree, files)
    subprocess.run(["mcopy", "-i", image, "-s", "-Q", *sorted(tree.iterdir()), "::/"], check=True, capture_output=True,
                   timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"})
    return image


def _entry(kind, start, count, active=0):
    return struct.pack("<B3sB3sII", active, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start, count)


def _put(file, block, data):
    file.seek(block * BLOCK)
    file.write(data)


def _table(*entries):
    return b"".join(entries).ljust(64, b"\0") + b"\x55\xaa"


def _starts(volumes):
    """Each volume with its first block and its number of blocks; two MiB are free in front of each."""
    at = FIRST
    for volume in volumes:
        count = volume.stat().st_size // BLOCK
        yield volume, at, count
        at += count + 2 * FIRST


def write_volumes(image, volumes):
    """Writes the volumes after the image's start, which may have something already. Returns the partitions' places."""
    placed = list(_starts(volumes))
    with open(image, "r+b") as file:
        for volume, start, _ in placed:
            _put(file, start, volume.read_bytes())
        file.truncate(max(file.seek(0, 2), (placed[-1][1] + placed[-1][2] + FIRST) * BLOCK))
    return [(start, count) for _, start, count in placed]


def partition_by_mbr(image, *volumes, logical=()):
    """Puts the volumes into primary partitions, and `logical` into logical ones after them."""
    image.touch()
    places = write_volumes(image, [*volumes, *logical])
    primary, inner = places[:len(volumes)], places[len(volumes):]
    entries = [_entry(FAT, *place, 0x80 if number == 0 else 0) for number, place in enumerate(primary)]
    with open(image, "r+b") as file:
        if inner:
            first, end = inner[0][0] - 1, inner[-1][0] + inner[-1][1]
            entries.append(_entry(EXTENDED, first, end - first))
            for (start, count), follower in itertools.zip_longest(inner, inner[1:]):
                chain = [_entry(EXTENDED, follower[0] - 1 - first, follower[1] + 1)] if follower else []
                file.seek((start - 1) * BLOCK + 446)
                file.write(_table(_entry(FAT, 1, count), *chain))
        file.seek(440)
        file.write(b"WLK1\0\0" + _table(*entries))
    return image


def partition_by_gpt(image, *volumes):
    """Puts the volumes into partitions 2, 3, … of a GPT: the first entry is empty."""
    image.touch()
    places = write_volumes(image, volumes)
    blocks = image.stat().st_size // BLOCK
    entries = bytes(128)
    for number, (start, count) in enumerate(places):
        entries += struct.pack("<16s16sQQQ72s", BASIC_DATA, bytes([number + 1]) * 16, start, start + count - 1, 0, b"")
    entries = entries.ljust(128 * 128, b"\0")

    def header(here, other, table):
        fields = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, other, 34, blocks - 34,
                             bytes(range(16)), table, 128, 128, zlib.crc32(entries))
        return fields[:16] + struct.pack("<I", zlib.crc32(fields)) + fields[20:]

    with open(image, "r+b") as file:
        file.seek(446)
        file.write(_table(_entry(PROTECTIVE, 1, blocks - 1)))
        _put(file, 1, header(1, blocks - 1, 2))
        _put(file, 2, entries)
        _put(file, blocks - 33, entries)
        _put(file, blocks - 1, header(blocks - 1, 1, blocks - 33))
    return image
