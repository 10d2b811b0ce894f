# SPDX-License-Identifier: BSD-2-Clause
"""Multiboot 2 kernels (specification 2.0, 3.1) of every shape around the report kernel, by name. Each function returns
a kernel's file, and its docstring says what is special about it."""

import struct

from make_kernel import (BUILD, DATA, KIB, MEMORY_INFO, MIB, PAGE_ALIGN, Payload, Segment, align, elf,
                         multiboot_header, pattern, standard_sections)

MAGIC = 0xE85250D6
OPTIONAL = 1
REQUEST, ADDRESS, ENTRY, CONSOLE, FRAMEBUFFER, MODULE_ALIGN, EFI_SERVICES, ENTRY_EFI32, ENTRY_EFI64, \
    RELOCATABLE = range(1, 11)
EVERYWHERE = 0xFFFFFFFF
NONE, LOW, HIGH = 0, 1, 2
SEARCHED = 32768
HEADER_AT = 0x1000  # the header's offset in ELF files

KERNELS = {}


def tag(kind, *words, flags=0, size=None):
    body = struct.pack(f"<{len(words)}I", *(word & 0xFFFFFFFF for word in words))
    return struct.pack("<HHI", kind, flags, 8 + len(body) if size is None else size) + body


END = tag(0)


def header(*tags, architecture=0, length=None, checksum_error=0, end=END):
    body = b"".join(one.ljust(align(len(one), 8), b"\0") for one in tags) + end
    length = 16 + len(body) if length is None else length
    checksum = checksum_error - MAGIC - architecture - length
    return struct.pack("<4I", MAGIC, architecture, length, checksum & 0xFFFFFFFF) + body


class Kernel:
    def __init__(self, make, memory, grub):
        self.name = make.__name__.replace("_", "-")
        self.make, self.memory, self.grub = make, memory, grub


def kernel(make=None, *, memory=64, grub=True):
    def register(function):
        entry = Kernel(function, memory, grub)
        KERNELS[entry.name] = entry
        return function
    return register(make) if make else register


def plain(*tags, address=MIB, bits=32, at=HEADER_AT, sections=(), **header_options):
    """An ELF file with these tags in its header. sections: True for those of a linked kernel, or as for elf()."""
    payload = Payload(address)
    return elf([payload.segment()], payload.entry, bits, standard_sections(payload, bits) if sections else sections,
               extra={at: header(*tags, **header_options)}, data_from=align(at + 0x1000, 0x1000))


def address_fields(*more, address=2 * MIB, load=0, load_end=True, bss_end=True, entry=True, suffix=b"", fields=None):
    """A flat image with the header in the page before the report kernel. load=None: load_addr is -1; fields: other
    values for the address tag, by name."""
    payload = Payload(address)
    body = payload.bytes() if bss_end else payload.bytes().ljust(payload.memory_size, b"\0")
    values = {"header": address - 0x1000, "load": -1 if load is None else address - 0x1000 + load,
              "load_end": address + len(body) if load_end else 0, "bss_end": payload.memory_end if bss_end else 0}
    values.update(fields or {})
    tags = [tag(ADDRESS, *values.values())] + ([tag(ENTRY, payload.entry)] if entry else [])
    return header(*tags, *more).ljust(0x1000, b"\0") + body + suffix


def relocatable(minimum, maximum, alignment=0, preference=NONE, *, link=2 * MIB, copy_to=48 * MIB, more=()):
    """A relocatable kernel in two segments."""
    data = pattern(0x2345, 7)
    payload = Payload(copy_to)
    second = align(payload.memory_size, 0x1000) + 0x3000
    payload.expect(DATA, copy_to + second, data)
    mover = bytearray((BUILD / "kernels" / "mover.bin").read_bytes())
    struct.pack_into("<2I", mover, len(mover) - 8, copy_to, second + len(data))
    segments = [Segment(link, bytes(mover) + payload.bytes(), memory_size=len(mover) + payload.memory_size),
                Segment(link + len(mover) + second, data)]
    tags = header(tag(RELOCATABLE, minimum, maximum, alignment, preference), *more)
    return elf(segments, link, extra={HEADER_AT: tags}, data_from=0x2000)


@kernel
def elf32():
    """An ELF32 file whose header has no tag but the end."""
    return plain()


@kernel
def elf64():
    """The same as ELF64."""
    return plain(bits=64)


@kernel
def elf32_without_section_headers():
    """An ELF32 file without a table of sections."""
    return plain(sections=None)


@kernel
def elf32_with_sections():
    """An ELF32 file whose symbols and comment are sections outside any segment."""
    return plain(sections=True)


@kernel
def elf64_with_sections():
    """The same as ELF64."""
    return plain(sections=True, bits=64)


@kernel
def at_16_mib():
    """At 16 MiB: the information's place is below it."""
    return plain(address=16 * MIB)


@kernel
def at_0():
    """At address 0."""
    return plain(address=0)


@kernel
def header_at_the_last_place():
    """The header ends at the end of the searched part."""
    return plain(at=SEARCHED - len(header()))


@kernel
def header_length_46():
    """An end tag of 6 bytes, as in a common tutorial: type, flags and size are three words of 16 bits."""
    return plain(tag(FRAMEBUFFER, 80, 25, 0, flags=OPTIONAL), tag(CONSOLE, 2), end=b"\0\0\0\0\x08\0")


@kernel
def end_tag_of_0_bytes():
    """The end tag has size 0: its type is enough."""
    return plain(tag(CONSOLE, 2), end=bytes(8))


@kernel
def tag_after_the_end_tag():
    """An unknown required tag after the end tag: the loader does not read it."""
    return plain(end=END + tag(77))


@kernel
def header_length_of_no_multiple_of_8():
    """header_length is four bytes more than the tags have."""
    return plain(tag(CONSOLE, 2), end=END + bytes(4))


@kernel
def odd_tags():
    """Odd tags: all flags set, an empty request, one of 14 bytes, one for type 0, and a tag with an unexpected body."""
    return plain(tag(77, flags=0xFFFF), tag(REQUEST), tag(REQUEST, 1, 6, size=14), tag(REQUEST, 0), tag(MODULE_ALIGN, 4096),
                 tag(CONSOLE, 0))


@kernel
def two_entry_addresses():
    """Two entry address tags: the last one counts."""
    entry = Payload(MIB).entry
    return plain(tag(ENTRY, entry + 5), tag(ENTRY, entry))


@kernel
def address_tags_in_an_elf_file():
    """An ELF file with an address tag: the tag counts, not the program headers."""
    return elf([Segment(3 * MIB, address_fields())], 3 * MIB)


@kernel
def header_without_end_tag():
    """The header ends after the last tag, without an end tag; zeros follow."""
    return plain(tag(CONSOLE, 2), end=b"")


@kernel
def header_length_16():
    """header_length counts only the four words before the tags."""
    return plain(tag(FRAMEBUFFER, 800, 600, 32), length=16)


@kernel
def header_length_8():
    """header_length is less than that of the four words; GRUB does not look at it."""
    return plain(tag(FRAMEBUFFER, 800, 600, 32), length=8)


@kernel
def header_length_beyond_the_file():
    """header_length is more than the file has."""
    return plain(tag(FRAMEBUFFER, 800, 600, 32), length=0x1000000)


@kernel
def header_length_in_a_tag():
    """header_length ends in the first tag."""
    return plain(tag(FRAMEBUFFER, 800, 600, 32), length=30)


@kernel
def known_requests():
    """Requires all information that a BIOS has, or that GRUB knows."""
    return plain(tag(REQUEST, *range(1, 13), *range(14, 22)))


@kernel
def unknown_optional_request():
    """Has an optional request for unknown information."""
    return plain(tag(REQUEST, 1, 6, 1000, flags=OPTIONAL))


@kernel
def unknown_optional_tag():
    """Has an unknown optional tag."""
    return plain(tag(77, 1, 2, 3, flags=OPTIONAL), tag(CONSOLE, 2))


@kernel
def module_alignment():
    """Asks for modules on page boundaries."""
    return plain(tag(MODULE_ALIGN))


@kernel
def efi_tags():
    """Has tags that only matter under UEFI."""
    return plain(tag(EFI_SERVICES), tag(ENTRY_EFI64, 0x12345678), tag(ENTRY_EFI32, 0x12345678, flags=OPTIONAL))


@kernel
def entry_address():
    """An entry address tag: it counts, not the ELF header's entry."""
    payload = Payload(MIB)
    return elf([payload.segment()], payload.entry + 0x777, extra={HEADER_AT: header(tag(ENTRY, payload.entry))},
               data_from=0x2000)


@kernel
def higher_half():
    """Linked at 0xc0100000, entry virtual."""
    payload = Payload(MIB)
    return elf([payload.segment(virtual=0xC0100000)], 0xC0100000, extra={HEADER_AT: header()}, data_from=0x2000)


@kernel
def with_multiboot_1_header_too():
    """Both headers; Multiboot 1's is broken, which does not matter."""
    payload = Payload(MIB)
    broken = multiboot_header(PAGE_ALIGN | MEMORY_INFO | 0x8000)
    return elf([payload.segment()], payload.entry, extra={HEADER_AT: header(), HEADER_AT + 0x100: broken},
               data_from=0x2000)


@kernel
def address_fields_all_set():
    """Address and entry address tags; bytes after load_end_addr do not belong to the image."""
    return address_fields(suffix=b"\xff" * 5000)


@kernel
def address_fields_no_load_end():
    """load_end_addr 0: the image goes to the end of the file."""
    return address_fields(load_end=False)


@kernel
def address_fields_no_bss_end():
    """bss_end_addr 0: the image has no .bss."""
    return address_fields(bss_end=False)


@kernel(grub=False)
def address_fields_load_end_beyond_the_file():
    """load_end_addr is where the .bss ends: what there is in the file is loaded; GRUB leaves other bytes after it."""
    return address_fields(fields={"load_end": Payload(2 * MIB).memory_end})


@kernel(grub=False)
def address_fields_from_the_start_of_the_file():
    """load_addr -1: the image is the file from its beginning; GRUB computes its size with -1 as an address."""
    return address_fields(load=None)


@kernel
def address_fields_from_the_start_to_the_end_of_the_file():
    """load_addr -1 and load_end_addr 0: the image is the whole file."""
    return address_fields(load=None, load_end=False)


@kernel
def relocatable_anywhere():
    """May be loaded anywhere."""
    return relocatable(0, EVERYWHERE, 4096)


@kernel
def relocatable_without_alignment():
    """Alignment 0: any address will do."""
    return relocatable(8 * MIB, 16 * MIB)


@kernel
def relocatable_low():
    """Prefers the lowest place."""
    return relocatable(4 * MIB, 40 * MIB, 2 * MIB, LOW)


@kernel
def relocatable_high():
    """Prefers the highest place."""
    return relocatable(4 * MIB, 40 * MIB, 2 * MIB, HIGH)


@kernel
def relocatable_with_an_unknown_preference():
    """Preference 3 is unknown, and counts as none."""
    return relocatable(6 * MIB, 40 * MIB, MIB, 3)


@kernel
def relocatable_with_an_entry_address():
    """Relocatable; its entry address tag has the address that it is linked for."""
    return relocatable(6 * MIB, 40 * MIB, MIB, LOW, more=[tag(ENTRY, 2 * MIB)])
