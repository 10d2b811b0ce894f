# SPDX-License-Identifier: BSD-2-Clause
"""Malformed Multiboot 1 kernels, by name, each with the reason for which it must be refused."""

from dataclasses import dataclass

from good_kernels import PLAIN, plain, with_header_at
from make_kernel import (ADDRESS_FIELDS, GIB, HEADER_AT, MIB, PT_NOTE, Payload, Segment, address_fields, elf,
                         multiboot_header, patched, patched_section, patched_segment, standard_sections)

KERNELS = {}
ET_REL, ET_DYN, ET_CORE = 1, 3, 4
EM_ARM = 40
BIG_ENDIAN, NO_CLASS = 2, 3


@dataclass
class Broken:
    contents: bytes
    reason: str  # a regular expression for the end of the line
    at_build: bool = True  # the tool refuses it, too: the reason depends on no machine


def broken(name, contents, reason, at_build=True):
    assert name not in KERNELS
    KERNELS[name] = Broken(contents, reason, at_build)


def with_sections(bits=32):
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment()], payload.entry, bits, standard_sections(payload, bits))


def two_segments(second, bits=32, entry=None):
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment(), second], payload.entry if entry is None else entry, bits)


def identified(position, value):
    kernel = plain()
    return kernel[:position] + bytes([value]) + kernel[position + 1:]


def multiboot_headers():
    none = plain(header=b"")
    broken("no header", none, "no Multiboot header in the first 8192 bytes")
    for offset in (8184, 8188):
        broken(f"header cut at {offset}", with_header_at(offset, PLAIN), "no Multiboot header")
    broken("header at 8192", with_header_at(8192, PLAIN), "no Multiboot header")
    broken("header not aligned", with_header_at(0x802, PLAIN), "no Multiboot header")
    broken("wrong checksum", plain(header=multiboot_header(3, checksum_error=1)), "checksum")
    for flag in (3, 9, 15):
        broken(f"unknown flag {flag}", plain(header=multiboot_header(3 | 1 << flag)), rf"flag {flag}\b")
    broken("empty file", b"", "no Multiboot header|empty")
    broken("11 bytes", multiboot_header(0)[:11], "no Multiboot header")
    broken("only a header", multiboot_header(0), "ELF")
    broken("file ends inside the address fields", multiboot_header(ADDRESS_FIELDS) + bytes(8), "ends inside")


def address_field_images():
    def image(**fields):
        return address_fields(Payload(MIB), **fields)

    size = len(image())
    broken("header_addr below load_addr", image(header=MIB - 4096), "header_addr")
    broken("header_addr far off", image(header=MIB + 16 * MIB), "load_addr|header_addr")
    broken("load_end_addr below load_addr", image(load_end=MIB - 4096), "load_end_addr")
    broken("bss_end_addr below load_end_addr", image(bss_end=MIB + 4096), "bss_end_addr")
    broken("bss_end_addr beyond all memory", image(bss_end=0xF8000000), "does not fit")
    broken("bss_end_addr beyond this memory", image(bss_end=GIB), "does not fit", at_build=False)
    broken("entry_addr outside the image", image(entry=MIB - 16), "entry_addr")
    broken("entry_addr where no bytes are loaded", image(entry=Payload(MIB).memory_end - 64), "entry_addr")
    top = 0xFFFFF000
    broken("load address and size beyond 4 GiB",
           image(header=top + HEADER_AT, load=top, load_end=0, bss_end=0, entry=top), "4 GiB|load_addr")
    for name, address in {"video memory": 0xA0000, "the EBDA": 0x9F000, "the BIOS": 0xF0000}.items():
        broken(f"image over {name}", address_fields(Payload(address)), "does not fit")


def elf_headers():
    kernel = plain()
    broken("ELF class", identified(4, NO_CLASS), "class")
    broken("big-endian", identified(5, BIG_ENDIAN), "little-endian")
    broken("ELF version", patched(kernel, e_version=2), "version")
    broken("ARM", patched(kernel, e_machine=EM_ARM), "machine")
    broken("relocatable file", patched(kernel, e_type=ET_REL), "type|executable")
    broken("core file", patched(kernel, e_type=ET_CORE), "type|executable")
    broken("e_phentsize 0", patched(kernel, e_phentsize=0), "program headers")
    broken("e_phentsize 31", patched(kernel, e_phentsize=31), "program headers")
    broken("e_phoff beyond the file", patched(kernel, e_phoff=0x7FFFFFF0), "beyond the end")
    broken("e_phnum 0", patched(kernel, e_phnum=0), "no program headers|no segment")
    broken("e_phnum 65535", patched(kernel, e_phnum=65535), "program headers")
    kernel64 = plain(bits=64)
    broken("e_phoff at the end of 64 bits", patched(kernel64, e_phoff=(1 << 64) - 56), "beyond the end")


def elf_segments():
    kernel, kernel64 = plain(), plain(bits=64)
    broken("no PT_LOAD", patched_segment(kernel, 0, p_type=PT_NOTE), "no segment")
    broken("p_filesz above p_memsz", patched_segment(kernel, 0, p_memsz=16), "more bytes in the file")
    broken("segment beyond the file", patched_segment(kernel, 0, p_offset=len(kernel) - 16),
           "beyond the end of the file")
    broken("p_offset wraps", patched_segment(kernel, 0, p_offset=0xFFFFF000), "beyond the end of the file")
    broken("p_offset wraps 64 bits", patched_segment(kernel64, 0, p_offset=(1 << 64) - 4096),
           "beyond the end of the file")
    broken("segment wraps 4 GiB", two_segments(Segment(0xFFFFF000, memory_size=0x2000)), "4 GiB")
    broken("segment wraps 64 bits", two_segments(Segment((1 << 64) - 4096, memory_size=0x2000), 64), "4 GiB")
    broken("segment above 4 GiB", two_segments(Segment(4 * GIB, memory_size=16), 64), "4 GiB")
    broken("segment beyond this memory", two_segments(Segment(2 * GIB, memory_size=16)), "does not fit",
           at_build=False)
    broken("segment between memory and devices", two_segments(Segment(0xE0000000, memory_size=16)),
           "does not fit")
    broken("segment over video memory", two_segments(Segment(0xB8000, memory_size=4000)), "does not fit")
    broken("segment over the BIOS", two_segments(Segment(0xFFFF0, memory_size=0x10)), "does not fit")
    broken("overlapping segments", two_segments(Segment(MIB + 0x100, b"overlap")), "overlaps")
    broken("entry in no segment", two_segments(Segment(2 * MIB, b"x"), entry=3 * MIB), "entry point")
    broken("entry above 4 GiB", two_segments(Segment(2 * MIB, b"x"), 64, 4 * GIB + MIB), "entry point")
    payload = Payload(MIB, PLAIN)
    broken("entry where no bytes are loaded", patched(plain(), e_entry=payload.memory_end - 64), "entry point")


def elf_sections():
    kernel = with_sections()
    broken("e_shoff beyond the file", patched(kernel, e_shoff=0x7FFFFFF0), "section headers")
    broken("e_shentsize 0", patched(kernel, e_shentsize=0), "section headers")
    broken("e_shnum 65535", patched(kernel, e_shnum=65535), "section headers")
    broken("e_shstrndx out of range", patched(kernel, e_shstrndx=99), "section name")
    broken("section of 4 GiB", patched_section(kernel, 3, sh_size=0xFFFFFFFF), "section 3")
    broken("section beyond 64 bits", patched_section(with_sections(64), 3, sh_offset=(1 << 64) - 16), "section 3")


multiboot_headers()
address_field_images()
elf_headers()
elf_segments()
elf_sections()
