# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_table_loader: a byte, then a script as QEMU makes it.
Usage: make_seeds_table_loader.py FOLDER"""

import struct
import sys
from pathlib import Path


def command(kind, layout, *values):
    return (struct.pack("<I", kind) + struct.pack("<" + layout, *values)).ljust(128, b"\0")


RSDP, TABLES = b"etc/acpi/rsdp", b"etc/acpi/tables"
SCRIPT = [
    command(1, "56sIB", RSDP, 16, 2),
    command(1, "56sIB", TABLES, 64, 1),
    command(2, "56s56sIB", TABLES, TABLES, 36, 4),
    command(3, "56sIII", TABLES, 9, 0, 40),
    command(2, "56s56sIB", RSDP, TABLES, 24, 8),
    command(3, "56sIII", RSDP, 8, 0, 20),
    command(4, "56s56sIIB", b"etc/vmgenid_addr", TABLES, 0, 40, 8),
]

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "qemu").write_bytes(b"\x04" + b"".join(SCRIPT))
    for number, one in enumerate(SCRIPT):
        (folder / f"command-{number}").write_bytes(b"\x04" + SCRIPT[1] + one)
