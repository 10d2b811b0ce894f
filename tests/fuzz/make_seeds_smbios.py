# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_smbios: structures with strings and the end marker.
Usage: make_seeds_smbios.py FOLDER"""

import sys
from pathlib import Path

SYSTEM = bytes([1, 8, 0, 1, 1, 2, 0, 0]) + b"QEMU\0Q35\0\0"
PORT = bytes([8, 9, 0, 2, 0, 0, 0, 0, 0]) + b"\0\0"
END = bytes([127, 4, 0, 127]) + b"\0\0"

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system").write_bytes(SYSTEM + PORT + END)
    (folder / "end").write_bytes(END)
