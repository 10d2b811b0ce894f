# SPDX-License-Identifier: BSD-2-Clause
"""bzImages around tests/kernels/linux.asm, and what they report."""

import re
import struct
from dataclasses import dataclass

from discs import BUILD

SETUP_BYTES = 5 * 512
# Fields of the setup header and of boot_params (Linux, Documentation/x86/boot.rst, zero-page.rst).
FIELDS = {"setup_sects": (0x1F1, "B"), "vid_mode": (0x1FA, "H"), "root_dev": (0x1FC, "H"), "boot_flag": (0x1FE, "H"),
          "header": (0x202, "4s"), "version": (0x206, "H"), "type_of_loader": (0x210, "B"), "loadflags": (0x211, "B"),
          "setup_move_size": (0x212, "H"), "code32_start": (0x214, "I"), "ramdisk_image": (0x218, "I"),
          "ramdisk_size": (0x21C, "I"), "heap_end_ptr": (0x224, "H"), "cmd_line_ptr": (0x228, "I"),
          "initrd_addr_max": (0x22C, "I"), "kernel_alignment": (0x230, "I"), "relocatable_kernel": (0x234, "B"),
          "min_alignment": (0x235, "B"), "xloadflags": (0x236, "H"), "cmdline_size": (0x238, "I"),
          "setup_data": (0x250, "Q"), "pref_address": (0x258, "Q"), "init_size": (0x260, "I"),
          "handover_offset": (0x264, "I"), "acpi_rsdp_addr": (0x70, "Q"), "efi_signature": (0x1C0, "4s"),
          "e820_entries": (0x1E8, "B"), "cl_magic": (0x20, "H"), "cl_offset": (0x22, "H")}


def bzimage(size=70_000, **fields):
    """The kernel, padded to a size, with other values in its setup header."""
    image = bytearray((BUILD / "kernels/linux.bin").read_bytes().ljust(size, b"\x90"))
    for name, value in fields.items():
        offset, kind = FIELDS[name]
        struct.pack_into(f"<{kind}", image, offset, value)
    return bytes(image)


MOVED_PE = 0x300  # behind the setup header


def application(program, **fields):
    """A UEFI application (tests/kernels/chained.c) with a kernel's setup header: its PE headers go behind that, its
    sections 512 bytes further (Microsoft PE/COFF Specification)."""
    at, = struct.unpack_from("<I", program, 0x3C)
    sections, = struct.unpack_from("<H", program, at + 6)
    optional, = struct.unpack_from("<H", program, at + 20)
    headers = bytearray(program[at:at + 24 + optional + 40 * sections])
    header_bytes, = struct.unpack_from("<I", headers, 24 + 60)
    struct.pack_into("<I", headers, 24 + 60, header_bytes + 512)
    for section in range(24 + optional, len(headers), 40):
        start, = struct.unpack_from("<I", headers, section + 20)
        struct.pack_into("<I", headers, section + 20, start + 512)
    image = bytearray(bzimage(MOVED_PE, setup_sects=1, **fields)[:MOVED_PE]) + headers
    image[:2], image[0x3C:0x40] = b"MZ", struct.pack("<I", MOVED_PE)
    assert len(image) <= header_bytes + 512
    return bytes(image.ljust(header_bytes + 512, b"\0") + program[header_bytes:])


def initrd_sum(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


@dataclass
class LinuxReport:
    registers: tuple
    params: bytes  # boot_params, or the real-mode block's start
    command_line: str
    initrd_sum: int

    def __getitem__(self, name):
        offset, kind = FIELDS[name]
        return struct.unpack_from(f"<{kind}", self.params, offset)[0]

    def e820(self):
        return [struct.unpack_from("<QQI", self.params, 0x2D0 + 20 * i) for i in range(self["e820_entries"])]


REPORT = re.compile(r"^((?:[0-9a-f]+ )+)\n([0-9a-f]{1312,})\n(.*)\n(?:([0-9a-f]{8}) \n)?", re.MULTILINE)


def parse(said):
    found = REPORT.search(said)
    assert found, said
    return LinuxReport(tuple(int(word, 16) for word in found[1].split()), bytes.fromhex(found[2]), found[3],
                       int(found[4], 16) if found[4] else None)
