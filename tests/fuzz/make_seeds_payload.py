# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_payload: archives as cpio(1) writes them, and kernels alone."""

import struct
import sys
from pathlib import Path

FILE, DIRECTORY, LINK = 0o100644, 0o40755, 0o120777


def entry(mode, name, data=b"", links=1, magic=b"070701"):
    numbers = (7, mode, 0, 0, links, 0, len(data), 8, 1, 0, 0, len(name) + 1, 0)
    text = magic + "".join(f"{number:08X}" for number in numbers).encode() + name + b"\0"
    text += bytes(-len(text) % 4) + data
    return text + bytes(-len(text) % 4)


END = entry(0, b"TRAILER!!!")
TREE = (entry(DIRECTORY, b".") + entry(DIRECTORY, b"./boot") + entry(FILE, b"./boot/kernel", b"kernel")
        + entry(FILE, b"./boot/grub/grub.cfg", b"set timeout=0") + entry(LINK, b"link", b"../boot/./kernel") + END)
SEEDS = {
    "tree": TREE,
    "files": entry(FILE, b"it's", b"k", magic=b"070702") + entry(FILE, b"b", b"", links=2) + entry(FILE, b"c", b"x", 2),
    "kernel1": bytes(32) + struct.pack("<3I", 0x1BADB002, 0, -0x1BADB002 & 0xFFFFFFFF),
    "kernel2": bytes(8) + struct.pack("<4I", 0xE85250D6, 0, 16, -(0xE85250D6 + 16) & 0xFFFFFFFF),
}

for seed, contents in SEEDS.items():
    (Path(sys.argv[1]) / seed).write_bytes(contents)
