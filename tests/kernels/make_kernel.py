# SPDX-License-Identifier: BSD-2-Clause
"""Composes kernel files of every shape around the report kernel, byte by byte: ELF32, ELF64 (System V ABI, chapters 4
and 5) and images with address fields (Multiboot 0.6.96, 3.1.3)."""

import os
import struct
import subprocess
import tempfile
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = Path(os.environ.get("WHELK_BUILD", ROOT / "build")).resolve()

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# Multiboot 1 header, 3.1.
HEADER_MAGIC = 0x1BADB002
PAGE_ALIGN, MEMORY_INFO, VIDEO_MODE, ADDRESS_FIELDS = 1, 2, 4, 1 << 16
HEADER_BYTES = 48
HEADER_AT = 8  # offset of the report kernel's own header

# The manifest, as entry.asm has it.
MANIFEST_AT = HEADER_AT + HEADER_BYTES
MANIFEST_HEAD = struct.Struct("<8s5III")
MANIFEST_REGIONS = 64
CODE, DATA, ZERO = 1, 2, 3
START_PROCESSORS, STAY = 1, 2

PT_LOAD, PT_NOTE, PT_GNU_STACK = 1, 4, 0x6474E551
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS = 1, 2, 3, 8
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4


def align(value, to):
    return -(-value // to) * to


def pattern(length, seed=1):
    """Bytes without short periods: data that are misplaced by one byte differ."""
    block = bytearray()
    state = seed * 2654435761 & 0xFFFFFFFF or 1
    for _ in range(min(length, 4099)):
        state = (state * 1103515245 + 12345) & 0xFFFFFFFF
        block.append(state >> 16 & 0xFF)
    repeated = bytes(block) * (length // max(len(block), 1) + 1)
    return repeated[:length]


def multiboot_header(flags, fields=(), video=(), checksum_error=0):
    """A Multiboot 1 header. fields: header_addr to entry_addr (3.1.3); video: mode_type to depth (3.1.4)."""
    checksum = (checksum_error - HEADER_MAGIC - flags) & 0xFFFFFFFF
    words = [HEADER_MAGIC, flags, checksum]
    if fields or video:
        words += list(fields) or [0] * 5
    words += list(video)
    return struct.pack(f"<{len(words)}I", *words)


@lru_cache(maxsize=None)
def _linked(address):
    """The flat binary of the report kernel, linked at an address."""
    payload = BUILD / "kernels" / "report-payload.o"
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / "payload"
        subprocess.run(
            ["ld", "-m", "elf_i386", "--oformat", "binary", "-T", HERE / "report.ld",
             "--defsym", f"ADDRESS={address:#x}", "-o", output, payload], check=True)
        return output.read_bytes()


class Payload:
    """The report kernel in memory from `address` on, with the data that it checks about itself."""

    def __init__(self, address, header=b"", options=0):
        self.address = self.entry = address
        self.header = header
        self.options = options
        self.regions = []
        self._blob = _linked(address)
        magic, base, self.code_start, self.code_end, self.file_end, self.memory_end, _, _ = (
            MANIFEST_HEAD.unpack_from(self._blob, MANIFEST_AT))
        assert magic == b"WHELKMAN" and base == address
        assert self.file_end == address + len(self._blob)
        code = self._blob[self.code_start - address:self.code_end - address]
        self.expect(CODE, self.code_start, code)

    def expect(self, kind, address, data):
        """Makes the kernel check that `data` are at `address`. With kind ZERO, `data` is a count of zeros."""
        if kind == ZERO:
            self.regions.append((kind, address, data, 0))
        else:
            self.regions.append((kind, address, len(data), zlib.adler32(data)))
        assert len(self.regions) <= MANIFEST_REGIONS
        return self

    @property
    def memory_size(self):
        return self.memory_end - self.address

    def bytes(self):
        blob = bytearray(self._blob)
        blob[HEADER_AT:HEADER_AT + len(self.header)] = self.header
        MANIFEST_HEAD.pack_into(blob, MANIFEST_AT, b"WHELKMAN", self.address, self.code_start,
                                self.code_end, self.file_end, self.memory_end, self.options,
                                len(self.regions))
        at = MANIFEST_AT + MANIFEST_HEAD.size
        for region in self.regions:
            struct.pack_into("<4I", blob, at, *region)
            at += 16
        return bytes(blob)

    def segment(self, **overrides):
        return Segment(self.address, self.bytes(), memory_size=self.memory_size, **overrides)

    def cut(self, *offsets):
        """The kernel as several segments, cut at these offsets. The last one has the .bss."""
        whole = self.bytes()
        edges = [0, *offsets, len(whole)]
        parts = [Segment(self.address + a, whole[a:b]) for a, b in zip(edges, edges[1:])]
        parts[-1].memory_size = self.memory_end - parts[-1].address
        return parts


@dataclass
class Segment:
    address: int  # p_paddr
    data: bytes = b""
    memory_size: int = None
    virtual: int = None  # p_vaddr; None: p_paddr
    type: int = PT_LOAD
    flags: int = 7
    align: int = 0x1000
    offset: int = None  # in the file; None: the composer chooses it


@dataclass
class Section:
    name: str
    type: int
    data: bytes = b""
    address: int = 0
    flags: int = 0
    link: int = 0
    info: int = 0
    entry_size: int = 0
    offset: int = None  # None: the composer stores the data
    size: int = None


@dataclass
class _Layout:
    contents: bytearray = field(default_factory=bytearray)

    def put(self, offset, data):
        if len(self.contents) < offset + len(data):
            self.contents.extend(bytes(offset + len(data) - len(self.contents)))
        self.contents[offset:offset + len(data)] = data

    def append(self, data, alignment=16):
        offset = align(len(self.contents), alignment)
        self.put(offset, data)
        return offset


# The headers' fields with their formats, by ELF class.
EHDR = {
    32: [("e_ident", "16s"), ("e_type", "H"), ("e_machine", "H"), ("e_version", "I"), ("e_entry", "I"),
         ("e_phoff", "I"), ("e_shoff", "I"), ("e_flags", "I"), ("e_ehsize", "H"), ("e_phentsize", "H"),
         ("e_phnum", "H"), ("e_shentsize", "H"), ("e_shnum", "H"), ("e_shstrndx", "H")],
    64: [("e_ident", "16s"), ("e_type", "H"), ("e_machine", "H"), ("e_version", "I"), ("e_entry", "Q"),
         ("e_phoff", "Q"), ("e_shoff", "Q"), ("e_flags", "I"), ("e_ehsize", "H"), ("e_phentsize", "H"),
         ("e_phnum", "H"), ("e_shentsize", "H"), ("e_shnum", "H"), ("e_shstrndx", "H")],
}
PHDR = {
    32: [("p_type", "I"), ("p_offset", "I"), ("p_vaddr", "I"), ("p_paddr", "I"), ("p_filesz", "I"),
         ("p_memsz", "I"), ("p_flags", "I"), ("p_align", "I")],
    64: [("p_type", "I"), ("p_flags", "I"), ("p_offset", "Q"), ("p_vaddr", "Q"), ("p_paddr", "Q"),
         ("p_filesz", "Q"), ("p_memsz", "Q"), ("p_align", "Q")],
}
SHDR = {
    32: [("sh_name", "I"), ("sh_type", "I"), ("sh_flags", "I"), ("sh_addr", "I"), ("sh_offset", "I"),
         ("sh_size", "I"), ("sh_link", "I"), ("sh_info", "I"), ("sh_addralign", "I"), ("sh_entsize", "I")],
    64: [("sh_name", "I"), ("sh_type", "I"), ("sh_flags", "Q"), ("sh_addr", "Q"), ("sh_offset", "Q"),
         ("sh_size", "Q"), ("sh_link", "I"), ("sh_info", "I"), ("sh_addralign", "Q"), ("sh_entsize", "Q")],
}


def _size(fields):
    return struct.calcsize("<" + "".join(code for _, code in fields))


def _pack(fields, values):
    mask = {"H": 0xFFFF, "I": 0xFFFFFFFF, "Q": (1 << 64) - 1}
    return struct.pack("<" + "".join(code for _, code in fields),
                       *(values[name] & mask[code] if code in mask else values[name]
                         for name, code in fields))


def patched(kernel, **changes):
    """An ELF file with fields of its ELF header changed."""
    return _patched(kernel, EHDR[_bits(kernel)], 0, changes)


def patched_segment(kernel, index, **changes):
    bits = _bits(kernel)
    table = _read(kernel, EHDR[bits], 0)["e_phoff"]
    return _patched(kernel, PHDR[bits], table + index * _size(PHDR[bits]), changes)


def patched_section(kernel, index, **changes):
    bits = _bits(kernel)
    table = _read(kernel, EHDR[bits], 0)["e_shoff"]
    return _patched(kernel, SHDR[bits], table + index * _size(SHDR[bits]), changes)


def _bits(kernel):
    return {1: 32, 2: 64}[kernel[4]]


def _read(kernel, fields, offset):
    values = struct.unpack_from("<" + "".join(code for _, code in fields), kernel, offset)
    return dict(zip((name for name, _ in fields), values))


def _patched(kernel, fields, offset, changes):
    values = _read(kernel, fields, offset)
    assert set(changes) <= set(values), changes
    values.update(changes)
    head = _pack(fields, values)
    return kernel[:offset] + head + kernel[offset + len(head):]


def elf(segments, entry, bits=32, sections=(), extra=None, data_from=0x1000):
    """An ELF file: headers, the segments' data from `data_from` on in the list's order, then the sections. Without
    sections their table has the null section alone; with None there is no table, which GRUB 2.12 and later refuse.
    `extra` has further bytes by their offset in the file."""
    layout = _Layout()
    program_headers = _size(EHDR[bits])
    layout.put(0, bytes(program_headers + len(segments) * _size(PHDR[bits])))
    layout.put(0, bytes(data_from))
    for offset, data in (extra or {}).items():
        layout.put(offset, data)
    table = b""
    for segment in segments:
        offset = segment.offset
        if offset is None:
            # File offset and address agree within a page, as the ABI asks.
            offset = align(len(layout.contents), 0x1000) + segment.address % 0x1000
            layout.put(offset, segment.data)
        size = len(segment.data)
        table += _pack(PHDR[bits], {
            "p_type": segment.type, "p_offset": offset, "p_paddr": segment.address,
            "p_vaddr": segment.address if segment.virtual is None else segment.virtual,
            "p_filesz": size, "p_flags": segment.flags, "p_align": segment.align,
            "p_memsz": size if segment.memory_size is None else segment.memory_size})
    layout.put(program_headers, table)
    section_table, section_count = (0, 0) if sections is None else _sections(layout, sections, bits)
    ident = b"\x7fELF" + bytes([1 if bits == 32 else 2, 1, 1]) + bytes(9)
    layout.put(0, _pack(EHDR[bits], {
        "e_ident": ident, "e_type": 2, "e_machine": 3 if bits == 32 else 62, "e_version": 1,
        "e_entry": entry, "e_phoff": program_headers, "e_shoff": section_table, "e_flags": 0,
        "e_ehsize": _size(EHDR[bits]), "e_phentsize": _size(PHDR[bits]), "e_phnum": len(segments),
        "e_shentsize": _size(SHDR[bits]) if section_count else 0, "e_shnum": section_count,
        "e_shstrndx": max(section_count - 1, 0)}))
    return bytes(layout.contents)


def _sections(layout, sections, bits):
    """Writes the sections' data and their table: the null section, then, if there are any, the sections and .shstrtab.
    Returns the table's offset and how many sections it has."""
    names = b"\0"
    rows = [dict.fromkeys((name for name, _ in SHDR[bits]), 0)]
    everything = [*sections, Section(".shstrtab", SHT_STRTAB)] if sections else []
    for section in everything:
        name_at, names = len(names), names + section.name.encode() + b"\0"
        if section is everything[-1]:
            section.data = names
        offset = section.offset
        if offset is None:
            offset = layout.append(section.data)
        rows.append({
            "sh_name": name_at, "sh_type": section.type, "sh_flags": section.flags,
            "sh_addr": section.address, "sh_offset": offset, "sh_link": section.link,
            "sh_size": len(section.data) if section.size is None else section.size,
            "sh_info": section.info, "sh_addralign": 16, "sh_entsize": section.entry_size})
    table = layout.append(b"".join(_pack(SHDR[bits], row) for row in rows))
    return table, len(rows)


def standard_sections(payload, bits=32):
    """The sections of a linked kernel: .text and .bss in memory; symbols and a comment outside. .data between .text and
    .bss has no section, as it changes while the kernel runs."""
    strings = b"\0start\0the_end\0"
    if bits == 32:
        symbols = bytes(16) + struct.pack("<IIIBBH", 1, payload.entry, 0, 0x12, 0, 1)
        symbols += struct.pack("<IIIBBH", 7, payload.memory_end, 0, 0x10, 0, 2)
    else:
        symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, payload.entry, 0)
        symbols += struct.pack("<IBBHQQ", 7, 0x10, 0, 2, payload.memory_end, 0)
    return [
        Section(".text", SHT_PROGBITS, address=payload.address, offset=0x1000,
                size=payload.code_end - payload.address, flags=SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE),
        Section(".bss", SHT_NOBITS, address=payload.file_end, offset=0x1000,
                size=payload.memory_end - payload.file_end, flags=SHF_ALLOC | SHF_WRITE),
        Section(".comment", SHT_PROGBITS, b"a comment that is not allocated\0"),
        Section(".symtab", SHT_SYMTAB, symbols, link=5, info=1, entry_size=len(symbols) // 3),
        Section(".strtab", SHT_STRTAB, strings),
    ]


def address_fields(payload, with_load_end=True, with_bss_end=True, flags=PAGE_ALIGN | MEMORY_INFO,
                   prefix=b"", suffix=b"", **overrides):
    """A flat image with address fields. Without a bss_end_addr the .bss is in the file. `overrides` replaces address
    fields (header, load, load_end, bss_end, entry)."""
    body_bytes = len(payload.bytes()) if with_bss_end else payload.memory_size
    fields = {
        "header": payload.address + HEADER_AT, "load": payload.address,
        "load_end": payload.address + body_bytes if with_load_end else 0,
        "bss_end": payload.memory_end if with_bss_end else 0, "entry": payload.entry}
    assert set(overrides) <= set(fields)
    fields.update(overrides)
    payload.header = multiboot_header(flags | ADDRESS_FIELDS, [v & 0xFFFFFFFF for v in fields.values()])
    return prefix + payload.bytes().ljust(body_bytes, b"\0") + suffix
