# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_lz4: each kind of frame and of block. Usage: make_seeds_lz4.py FOLDER"""

import pathlib
import struct
import sys

from compressed_files import noise, pack, text


def lz4(data, *options):
    return pack(data, "lz4", "-c", *options)


def main(folder):
    skippable = struct.pack("<II", 0x184D2A57, 5) + b"skip!"
    none = "--no-frame-crc"  # without checksums, which would find most changes before the decoder does
    seeds = {
        "empty": lz4(b""),
        "text": lz4(text(), none),
        "text-9": lz4(text(), none, "-9"),
        "linked": lz4(text() * 20, none, "-BD", "-B4"),
        "independent": lz4(text() * 20, none, "-BI", "-B4"),
        "noise": lz4(noise(300) + text() + noise(300), none),
        "incompressible": lz4(noise(300), none),
        "sums": lz4(text(), "-BX"),
        "zeros": lz4(bytes(9000), none),
        "old": lz4(text(), "-l"),
        "frames": lz4(text(), none) + skippable + lz4(noise(9), none) + lz4(text(), "-l") + lz4(text(), none),
        "bomb": lz4(bytes(100000), none),
    }
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
