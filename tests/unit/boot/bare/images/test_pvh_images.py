# SPDX-License-Identifier: BSD-2-Clause
"""whelk.elf and whelk-hvm.elf keep the rules of the loaders that start them."""

import os
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]
BUILD = ROOT / os.environ.get("BUILD", "build")
PT_LOAD, PT_NOTE, ENTRY_NOTE, MIB = 1, 4, 18, 1 << 20
HEADER64, SEGMENT64 = struct.Struct("<16s2HI3QI6H"), struct.Struct("<2I6Q")
HEADER32, SEGMENT32 = struct.Struct("<16s2H5I6H"), struct.Struct("<8I")


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", f"BUILD={BUILD}", f"{BUILD}/whelk.elf", f"{BUILD}/whelk-hvm.elf"], cwd=ROOT, check=True,
                   capture_output=True,
                   env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")})


@pytest.fixture
def image():
    return (BUILD / "whelk.elf").read_bytes()


@pytest.fixture
def hvm_image():
    return (BUILD / "whelk-hvm.elf").read_bytes()


def segments64(data):
    """The header's fields by name, and (type, offset, physical address, bytes in the file, in memory, alignment)."""
    (ident, kind, machine, _, entry, at, _, _, size, each, count, *_) = HEADER64.unpack_from(data)
    assert (size, each) == (HEADER64.size, SEGMENT64.size)
    rows = [SEGMENT64.unpack_from(data, at + i * each) for i in range(count)]
    return ident, kind, machine, entry, [(row[0], row[2], row[4], *row[5:]) for row in rows]


def test_the_image_is_a_64_bit_executable_for_x86_64(image):
    """Cloud Hypervisor and Firecracker (rust-vmm's linux-loader) take nothing else."""
    ident, kind, machine, entry, _ = segments64(image)
    assert ident[:7] == b"\x7fELF\x02\x01\x01" and (kind, machine) == (2, 62)
    assert entry >= MIB  # they refuse an entry point below their "high memory"


def test_all_of_it_is_loaded_from_1_mib_on(image):
    *_, segments = segments64(image)
    load, = [segment for segment in segments if segment[0] == PT_LOAD]
    assert load[1:5] == (0, MIB, len(image), len(image))


def test_the_note_has_the_32_bit_entry_point(image):
    """QEMU pads the name to the segment's alignment, and reads eight bytes after it."""
    _, _, _, entry, segments = segments64(image)
    (_, offset, _, size, _, alignment), = [segment for segment in segments if segment[0] == PT_NOTE]
    name_bytes, value_bytes, kind = struct.unpack_from("<3I", image, offset)
    assert alignment == 4 and size == 12 + 4 + 8
    assert (name_bytes, value_bytes, kind) == (4, 8, ENTRY_NOTE)
    assert image[offset + 12:offset + 16] == b"Xen\0"
    assert struct.unpack_from("<Q", image, offset + 16)[0] == entry < 1 << 32


@pytest.mark.parametrize("name", ["whelk.elf", "whelk-hvm.elf"])
def test_there_is_no_multiboot_header_which_qemu_would_prefer(name):
    words = struct.unpack("<2048I", (BUILD / name).read_bytes()[:8192])
    assert not [i for i in range(2046) if words[i] == 0x1BADB002 and sum(words[i:i + 3]) % (1 << 32) == 0]


def test_the_image_for_hvmloaders_place_is_32_bit_and_without_a_note(hvm_image):
    """With a note Xen's toolstack loads no module, and without one it takes only 32 bits."""
    ident, kind, machine, _, entry, at, _, _, size, each, count, *_ = HEADER32.unpack_from(hvm_image)
    assert ident[:7] == b"\x7fELF\x01\x01\x01" and (kind, machine, size, each, count) == (2, 3, 52, 32, 1)
    kind, offset, _, address, in_file, in_memory, *_ = SEGMENT32.unpack_from(hvm_image, at)
    assert (kind, offset, address, in_file, in_memory) == (PT_LOAD, 0, MIB, len(hvm_image), len(hvm_image))
    assert MIB < entry < MIB + len(hvm_image)


def test_both_images_have_the_same_code(image, hvm_image):
    assert image[-100_000:] == hvm_image[-100_000:]


def test_they_are_small(image, hvm_image):
    assert len(hvm_image) < len(image) < 224 * 1024
