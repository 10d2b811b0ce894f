# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_xz: each check, filter and number of blocks. Usage: make_seeds_xz.py FOLDER"""

import pathlib
import sys

from compressed_files import code, noise, pack, text


def xz(data, *options):
    return pack(data, "xz", "-c", *options)


def main(folder):
    none = "--check=none"  # without checksums, which would find most changes before the decoder does
    seeds = {
        "empty": xz(b""),
        "text": xz(text(), none),
        "text-lc": xz(text(), none, "--lzma2=preset=9e,lc=0,lp=2,pb=0"),
        "noise": xz(noise(3000) + text(), none),
        "blocks": xz(text(), none, "-T1", "--block-size=3000"),
        "sized-blocks": xz(text(), none, "-T2", "--block-size=5000"),
        "x86": xz(code(2000), none, "--x86", "--lzma2"),
        "arm": xz(code(2000), none, "--arm", "--lzma2"),
        "delta": xz(code(2000), none, "--delta=dist=4", "--lzma2"),
        "crc32": xz(text(), "--check=crc32"),
        "crc64": xz(text(), "--check=crc64"),
        "sha256": xz(text(), "--check=sha256"),
        "streams": xz(text(), none) + bytes(8) + xz(noise(10), none) + bytes(4),
        "bomb": xz(bytes(100000), none),
    }
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
