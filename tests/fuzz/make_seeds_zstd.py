# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_zstd: each kind of block, of literals and of tables. Usage: make_seeds_zstd.py FOLDER"""

import pathlib
import random
import struct
import sys

from compressed_files import code, noise, pack, text


def zstd(data, *options):
    return pack(data, "zstd", "-c", *options)


def letters(size):
    """Data with few different bytes and hardly a match, for Huffman-coded literals."""
    return bytes(random.Random(3).choices(b"etaoinshrdlu ", range(13, 0, -1), k=size))


def main(folder):
    skippable = struct.pack("<II", 0x184D2A57, 5) + b"skip!"
    none = "--no-check"  # without checksums, which would find most changes before the decoder does
    seeds = {
        "empty": zstd(b""),
        "text": zstd(text(), none),
        "text-19": zstd(text(), none, "-19"),
        "text-fast": zstd(text(), none, "--fast=9"),
        "noise": zstd(noise(300), none),
        "mixed": zstd(noise(300) + text() + noise(300), none),
        "letters": zstd(letters(200), none),
        "more-letters": zstd(letters(20000), none),
        "code": zstd(code(3000), none, "-19"),
        "small-window": zstd(text(), none, "-19", "--zstd=wlog=10"),
        "same-tables": zstd(letters(9000) + text() + letters(9000), none, "--zstd=wlog=10"),
        "sum": zstd(text(), "--check"),
        "frames": zstd(text(), none) + skippable + zstd(noise(9)) + zstd(b"", none),
        "zeros": zstd(bytes(9000), none),
        "bomb": zstd(bytes(100000), none),
    }
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
