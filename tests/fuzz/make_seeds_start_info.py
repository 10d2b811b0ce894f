# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_start_info: memory as PVH loaders leave it, of versions 0 and 1."""

import struct
import sys
from pathlib import Path

MAGIC, INFO, MODULES, MAP, TEXT, MODULE = 0x336EC578, 8, 64, 96, 168, 240


def memory(version, command_line, modules=1):
    info = struct.pack("<4I4Q2I", MAGIC, version, 0, modules, MODULES, TEXT, 0, MAP, 3, 0)
    ranges = [(0, 0x9FC00, 1), (0xF0000, 0x10000, 2), (0x100000, 0x6000000, 1)]
    parts = {0: struct.pack("<I", INFO), INFO: info, MODULES: struct.pack("<4Q", MODULE, 16, 0, 0),
             MAP: b"".join(struct.pack("<2Q2I", *row, 0) for row in ranges), TEXT: command_line + b"\0",
             MODULE: bytes(16)}
    image = bytearray(MODULE + 16)
    for offset, data in parts.items():
        image[offset:offset + len(data)] = data
    return bytes(image)


def main(directory):
    for name, data in {"version0": memory(0, b""), "version1": memory(1, b"entry='a b' -- c d"),
                       "none": memory(1, b"entry=1 x", 0)}.items():
        (directory / name).write_bytes(data)


main(Path(sys.argv[1]))
