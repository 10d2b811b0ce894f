# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_gzip: files with every kind of block and field. Usage: make_seeds_gzip.py FOLDER"""

import pathlib
import struct
import sys
import zlib


def member(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY, flags=0, fields=b""):
    """One gzip member (RFC 1952) with these header fields."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    header = bytes([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255]) + fields
    if flags & 2:
        header += struct.pack("<H", zlib.crc32(header) & 0xffff)
    trailer = struct.pack("<II", zlib.crc32(data), len(data))
    return header + deflate.compress(data) + deflate.flush() + trailer


def main(folder):
    text = b"".join(b"%d times %d is %d\n" % (i, i, i * i) for i in range(60))
    seeds = {
        "empty": member(b""),
        "stored": member(text, level=0),
        "fixed": member(text, strategy=zlib.Z_FIXED),
        "dynamic": member(text),
        "huffman": member(text, strategy=zlib.Z_HUFFMAN_ONLY),
        "fields": member(text, flags=31, fields=b"\x02\0exname\0comment\0"),
        "members": member(text) + member(b"and more") + bytes(20),
        "bomb": member(bytes(100000)),
    }
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
