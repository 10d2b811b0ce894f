# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_plan: the machine and the entry (struct setting of fuzz_plan.c), then the kernel.
Usage: make_seeds_plan.py FOLDER"""

import struct
import sys

from kernel_files import KERNELS, write_seeds

UNCOMPRESSED, WITHOUT_FIELDS, PROTOCOL_2, PVH = 1, 2, 4, 16


def setting(options, modules, ranges):
    """The bytes of a struct setting. modules: sizes; ranges: (page, pages, type), instead of a PC's
    map."""
    sizes = list(modules) + [0] * (4 - len(modules))
    head = struct.pack("<4B4I", options, len(modules), len(ranges), 0, *sizes)
    rows = [struct.pack("<IIHH", page, pages, kind, 0) for page, pages, kind in ranges]
    return (head + b"".join(rows)).ljust(20 + 8 * 12, b"\0")


def main(folder):
    little = [(0, 0x9f, 1), (0x9f, 1, 2), (0x100, 0x40, 1), (0x200, 0x1000, 1), (0x180, 0x100, 3)]
    seeds = {}
    for name, kernel in KERNELS.items():
        protocol = PROTOCOL_2 if "multiboot2" in name else PVH if "pvh" in name else 0
        seeds[name] = setting(protocol, [0x1234, 0], []) + kernel
        seeds[name + "-little"] = setting(protocol | UNCOMPRESSED, [1, 5000, 0x10000], little) + kernel
        if "pvh" in name:
            seeds[name + "-instead"] = setting(0, [5], []) + kernel
    seeds["without-fields"] = setting(WITHOUT_FIELDS, [], []) + KERNELS["fields"]
    write_seeds(folder, seeds)


if __name__ == "__main__":
    main(sys.argv[1])
