# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_pvh: the alignment, then notes. Usage: make_seeds_pvh.py FOLDER"""

import struct
import sys

from kernel_files import MIB, note, write_seeds

OTHERS = note(b"2.6\0", 5) + note(bytes(20), 3, b"GNU\0") + note(b"", 1, b"Linux\0")


def main(folder):
    entries = {"4": struct.pack("<I", MIB), "8": struct.pack("<Q", MIB), "high": struct.pack("<Q", 1 << 32),
               "2": b"\0\x10"}
    seeds = {name: b"\4" + OTHERS + note(entry) for name, entry in entries.items()}
    seeds["aligned-8"] = b"\x08" + note(b"1", 5, b"GNU\0", 8) + note(entries["4"], alignment=8)
    seeds["aligned-4-in-8"] = b"\x08" + note(b"1", 5, b"GNU\0") + note(entries["8"])
    seeds["two"] = b"\4" + note(entries["4"]) + note(entries["8"])
    seeds["long-name"] = b"\4" + struct.pack("<3I", 0xFFFFFFFF, 4, 18) + note(entries["4"])
    write_seeds(folder, seeds)


if __name__ == "__main__":
    main(sys.argv[1])
