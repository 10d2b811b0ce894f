# SPDX-License-Identifier: BSD-2-Clause
"""First inputs for fuzz_record: records of no file, one and two."""

import struct
import sys
from pathlib import Path


def record(count):
    entries, texts = b"", b""
    start = 32 + 64 * count
    for number in range(count):
        entries += struct.pack("<II8s7sxII32s", 7 + number, 2048, b"", b"P\1\1", start + len(texts), 0, b"")
        texts += b"/boot/kernel%d\0" % number
    texts += bytes(-len(texts) % 8)
    return struct.pack("<8sIIII8s", b"WhelkSum", start + len(texts), count, 1, 0, b"") + entries + texts


for files in range(3):
    (Path(sys.argv[1]) / f"{files}-files").write_bytes(record(files))
