# SPDX-License-Identifier: BSD-2-Clause
"""Makes floppy images of the hostile firmware (shim.asm) with the faults that a test asks for."""

import struct
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from assembler import assemble

SOURCE = Path(__file__).resolve().parent / "shim.asm"
FLOPPY_BYTES = 1440 * 1024
MAGIC = b"WHELKSHM"
CONFIG_AT, E820_AT, RESIDENT_BYTES = 0x1000, 0x1100, 0x4000  # in the part after the boot sector
E820_ENTRY = struct.Struct("<QQII")
E820_ENTRIES = (RESIDENT_BYTES - E820_AT) // E820_ENTRY.size
MEMORY_KIB = 639 - 20  # SeaBIOS's INT 12h, less the shim's memory

NEVER = 0xFFFFFFFF
ALWAYS = 0xFFFF
GARBAGE_UPPER, GARBAGE_SEGMENTS, GARBAGE_DIRECTION, GARBAGE_INTERRUPT, GARBAGE_VIDEO = 1, 2, 4, 8, 16
A20_OFF_PORT_92, A20_OFF_KEYBOARD = 1, 2
WORKS, FAILS, LIES = 0, 1, 2  # a20_call
APM_ABSENT, APM_CONNECTED = 1, 2

AVAILABLE, RESERVED = 1, 2


@dataclass
class Faults:
    """The fields of shim.asm's `struc config`, in its order. Without arguments, a firmware without faults."""
    drive: "B" = 0xE0
    entry: "B" = 0
    load_sectors: "H" = 128  # all of stage 2; 0: as the catalogue says
    sector_size: "H" = 2048
    reported_size: "H" = 2048
    fail_first: "H" = 0
    fail_skip: "H" = 0
    fail_period: "H" = 0
    max_sectors: "H" = 0
    short_sectors: "H" = 0
    short_carry: "B" = 0
    empty_sectors: "H" = 0
    status: "B" = 0x04
    fail_from: "I" = NEVER
    flip_lba: "I" = NEVER
    flip_offset: "H" = 0
    flip_count: "H" = 0
    refuse_cross: "B" = 0
    no_parameters: "B" = 0
    no_extensions: "B" = 0
    garbage: "B" = 0
    e820_count: "H" = 0
    e820_bytes: "B" = 20
    e820_end: "B" = 0
    e801_present: "H" = 0
    e801_ax: "H" = 0
    e801_bx: "H" = 0
    e801_cx: "H" = 0
    e801_dx: "H" = 0
    int88_present: "H" = 0
    int88_ax: "H" = 0
    a20_off: "B" = 0
    a20_call: "B" = WORKS
    load_flip: "I" = NEVER
    no_config: "B" = 0
    apm: "B" = 0
    dma: "B" = 0

    def pack(self):
        layout = "<8s" + "".join(field.type for field in fields(self))
        return struct.pack(layout, MAGIC, *(getattr(self, field.name) for field in fields(self)))


def memory_map(memory_mib):
    """SeaBIOS's memory map on `-M pc` with this much memory, less the shim's: a list of (base, length, type)."""
    conventional, end = MEMORY_KIB << 10, memory_mib << 20
    return [(0, conventional, AVAILABLE), (conventional, 0xA0000 - conventional, RESERVED),
            (0xF0000, 0x10000, RESERVED), (0x100000, end - 0x120000, AVAILABLE),
            (end - 0x20000, 0x20000, RESERVED), (0xFFFC0000, 0x40000, RESERVED)]


@lru_cache(maxsize=None)
def _assembled(directory):
    output = Path(directory) / "shim.bin"
    assemble(SOURCE, output)
    return output.read_bytes()


def floppy(path, ranges, **faults):
    """Writes a floppy image; ranges: E820h's list of (base, length, type[, attributes]), empty: no E820h."""
    image = bytearray(_assembled(str(path.parent)))
    assert len(image) == 512 + RESIDENT_BYTES and len(ranges) <= E820_ENTRIES
    config = Faults(e820_count=len(ranges), **faults).pack()
    at = 512 + CONFIG_AT
    assert image[at:at + len(MAGIC)] == MAGIC and len(config) <= E820_AT - CONFIG_AT
    image[at:at + len(config)] = config
    for index, (base, length, kind, *attributes) in enumerate(ranges):
        entry = E820_ENTRY.pack(base, length, kind, attributes[0] if attributes else 1)
        at = 512 + E820_AT + index * E820_ENTRY.size
        image[at:at + len(entry)] = entry
    path.write_bytes(bytes(image).ljust(FLOPPY_BYTES, b"\0"))
    return path
