# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_linux: a command line with its length, then a kernel's start. Usage: make_seeds_linux.py FOLDER"""

import struct
import sys

from kernel_files import write_seeds

START_BYTES = 4096
LINE = b'BOOT_IMAGE=/k quiet "a b" vga=0x317 mem=64M'


def kernel(version, loadflags=1, pe=False):
    start = bytearray(START_BYTES)
    if pe:
        start[:2] = b"MZ"
        struct.pack_into("<I", start, 0x3C, 0x40)
        struct.pack_into("<4sH", start, 0x40, b"PE\0\0", 0x8664)
        struct.pack_into("<H", start, 0x40 + 68, 1)
    start[0x1F1] = 4
    struct.pack_into("<HBB4sH", start, 0x1FE, 0xAA55, 0xEB, 0x6A, b"HdrS" if version else bytes(4), version)
    start[0x211] = loadflags
    struct.pack_into("<I", start, 0x214, 0x100000)
    struct.pack_into("<2IBBHI", start, 0x22C, 0x7FFFFFFF, 0x200000, 1, 21, 0x7F, 2047)
    struct.pack_into("<Q2I", start, 0x258, 0x1000000, 0x3000000, 0x190)
    return bytes(start)


def main(folder):
    kernels = {f"{version:x}": kernel(version) for version in (0, 0x200, 0x202, 0x203, 0x205, 0x209, 0x20F)}
    kernels["pe"] = kernel(0x20F, pe=True)
    kernels["zimage"] = kernel(0x203, loadflags=0)
    write_seeds(folder, {name: struct.pack("<H", len(LINE)) + LINE + start for name, start in kernels.items()})


if __name__ == "__main__":
    main(sys.argv[1])
