# SPDX-License-Identifier: BSD-2-Clause
"""Small kernel files: seeds of the fuzzers that read kernels. Formats: ELF32 and ELF64 (System V
ABI, chapters 4 and 5), address fields (Multiboot 0.6.96, 3.1.3)."""

import pathlib
import struct

MIB = 1 << 20
HEADER_AT = 0xc0  # offset of the Multiboot header in the file
SIZE = 0x300
NOTE_AT = 0x2c0
PT_NOTE, SHT_NOTE = 4, 7
TEXT = (0x200, MIB, MIB, 0x80, 0x100)
ZEROS = (0x300, 2 * MIB, 2 * MIB, 0, 0x4000)
NOTES = (NOTE_AT, 0, 0, 0x40, 0x40)
HIGH = (0x200, 0xc0100000, MIB, 0x80, 0x100)
LOW = (0x280, 0x7000, 0x7000, 0x40, 0x2000)
SECTIONS = [(0, 0, 0, 0, 0, 0), (1, 2, MIB, 0x200, 0x80, 16), (8, 2, MIB + 0x80, 0x280, 0x80, 1),
            (2, 0, 0, 0x280, 0x20, 4), (3, 0, 0, 0x2a0, 0x31, 1)]


def multiboot1(flags, fields=()):
    return struct.pack(f"<{3 + len(fields)}I", 0x1BADB002, flags,
                       (-0x1BADB002 - flags) & 0xFFFFFFFF, *fields)


def multiboot2(*tags):
    """A Multiboot 2 header with these tags: (type, flags, words…). Adds the end tag."""
    body = b""
    for kind, flags, *words in [*tags, (0, 0)]:
        tag = struct.pack(f"<HHI{len(words)}I", kind, flags, 8 + 4 * len(words), *words)
        body += tag + bytes(-len(tag) % 8)
    length = 16 + len(body)
    return struct.pack("<4I", 0xE85250D6, 0, length, (-0xE85250D6 - length) & 0xFFFFFFFF) + body


def note(descriptor, kind=18, name=b"Xen\0", alignment=4):
    """A note, by default with PVH's entry (XEN_ELFNOTE_PHYS32_ENTRY)."""
    head = struct.pack("<3I", len(name), len(descriptor), kind) + name
    head += bytes(-len(head) % alignment)
    return head + descriptor + bytes(-len(descriptor) % alignment)


def with_note(kernel, entry_bytes, in_section=False):
    """The kernel with the note at NOTE_AT, where its last segment or section is."""
    data = bytearray(kernel)
    notes = note(b"2.6\0", 5) + note(MIB.to_bytes(entry_bytes, "little"))
    data[NOTE_AT:NOTE_AT + len(notes)] = notes
    is_64 = data[4] == 2
    if in_section:
        table, = struct.unpack_from("<Q" if is_64 else "<I", data, 40 if is_64 else 32)
        count, = struct.unpack_from("<H", data, 60 if is_64 else 48)
        struct.pack_into("<I", data, table + (count - 1) * (64 if is_64 else 40) + 4, SHT_NOTE)
    else:
        count, = struct.unpack_from("<H", data, 56 if is_64 else 44)
        struct.pack_into("<I", data, 64 + (count - 1) * (56 if is_64 else 32), PT_NOTE)
    return bytes(data)


def elf(is_64, segments, entry=MIB, sections=(), header=multiboot1(3)):
    word, wide = ("Q", 1) if is_64 else ("I", 0)
    table_at = SIZE
    ident = b"\x7fELF" + bytes([2 if is_64 else 1, 1, 1]) + bytes(9)
    start = ident + struct.pack(
        f"<HHI{word}{word}{word}I6H", 2, 62 if is_64 else 3, 1, entry, 64, table_at, 0,
        64 if is_64 else 52, 56 if is_64 else 32, len(segments), 64 if is_64 else 40,
        len(sections), max(len(sections) - 1, 0))
    data = start.ljust(64, b"\0")
    for offset, vaddr, paddr, filesz, memsz in segments:
        values = (offset, vaddr, paddr, filesz, memsz)
        data += (struct.pack("<II6Q", 1, 7, *values, 1) if wide
                 else struct.pack("<8I", 1, *values, 7, 1))
    data = data.ljust(HEADER_AT, b"\0") + header if len(segments) < 3 else data + bytes(
        -len(data) % 8) + header
    data = data.ljust(SIZE, b"\xa5")
    for kind, flags, address, offset, size, alignment in sections:
        data += struct.pack(f"<II4{word}II2{word}", 0, kind, flags, address, offset, size, 0, 0,
                            alignment, 0)
    return data


def address_fields(load_end=0, bss_end=0, video=()):
    fields = (MIB + HEADER_AT, MIB, load_end, bss_end, MIB + 0x200)
    return bytes(HEADER_AT) + multiboot1(0x10003 | (4 if video else 0), fields + video) + bytes(0x200)


KERNELS = {
    "elf32": elf(False, [TEXT]),
    "elf64": elf(True, [TEXT]),
    "higher-half": elf(False, [HIGH], entry=0xc0100010),
    "higher-half-64": elf(True, [(0x200, 0xffffffff80100000, MIB, 0x80, 0x100)],
                          entry=0xffffffff80100010),
    "physical-entry": elf(False, [HIGH]),
    "sections": elf(False, [TEXT, ZEROS], sections=SECTIONS),
    "sections-64": elf(True, [TEXT, ZEROS], sections=SECTIONS),
    "low": elf(False, [LOW, (0x200, 0, 0, 0x10, 0x10)], entry=0x7004),
    "three": elf(False, [TEXT, LOW, ZEROS, (0x200, 0x10000, 0x10000, 4, 4)]),
    "fields": address_fields(),
    "fields-bss": address_fields(MIB + 0x280, 3 * MIB),
    "fields-video": address_fields(video=(0, 1024, 768, 32)),
    "multiboot2": elf(False, [TEXT], header=multiboot2()),
    "multiboot2-tags": elf(False, [TEXT], header=multiboot2(
        (1, 0, 6, 8), (3, 0, MIB + 4), (4, 1, 3), (6, 0))),
    "multiboot2-relocatable": elf(True, [TEXT, ZEROS], header=multiboot2(
        (10, 0, 0x200000, 0x1000000, 4096, 2))),
    "pvh": with_note(elf(False, [TEXT, NOTES], header=b""), 4),
    "pvh-64": with_note(elf(True, [TEXT, NOTES], header=b""), 8),
    "pvh-section": with_note(elf(True, [TEXT], header=b"", sections=[
        SECTIONS[0], (7, 0, 0, NOTE_AT, 0x40, 4)]), 4, True),
    "pvh-and-multiboot": with_note(elf(False, [TEXT, NOTES]), 4),
    "multiboot2-fields": bytes(HEADER_AT) + multiboot2(
        (2, 0, MIB + HEADER_AT, MIB, 0, 0), (3, 0, MIB + 0x200)) + bytes(0x200),
}


def write_seeds(folder, seeds):
    for name, data in seeds.items():
        (pathlib.Path(folder) / name).write_bytes(data)
