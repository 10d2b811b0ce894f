# SPDX-License-Identifier: BSD-2-Clause
"""The shapes of kernels that must boot, by name. Each function returns a kernel's file, and its docstring says what is
special about it."""

import argparse
import struct
from pathlib import Path

from make_kernel import (BUILD, DATA, GIB, KIB, MEMORY_INFO, MIB, PAGE_ALIGN, PT_GNU_STACK, SHT_PROGBITS, VIDEO_MODE,
                         ZERO, Payload, Section, Segment, address_fields, align, elf, multiboot_header, patched, pattern,
                         standard_sections)

PLAIN = multiboot_header(PAGE_ALIGN | MEMORY_INFO)
KERNELS = {}


# Values of a report that may differ from GRUB's for some kernels, and why.
MODULES_AFTER_KERNEL = {"module[].start": "GRUB takes the lowest hole above 1 MiB, Whelk goes after the kernel",
                        "module[].end": "the same"}
SECTIONS_AFTER_MODULES = {"module[].start": "GRUB puts such sections before the modules, Whelk after them, so that the "
                                            "first module is right after the kernel",
                          "module[].end": "the same", "section[].address": "the same"}
INFORMATION_ON_A_PAGE = {"ebx": "where its page is taken, GRUB takes the next byte and Whelk the next page"}


class Kernel:
    """The maker of a kernel, the memory that its machine needs, whether GRUB boots it, and which values may differ."""

    def __init__(self, make, memory, grub, differs):
        self.name = make.__name__.replace("_", "-")
        self.sentence = make.__doc__
        self.make, self.memory, self.grub, self.differs = make, memory, grub, differs


def kernel(make=None, *, memory=64, grub=True, differs=()):
    def register(function):
        entry = Kernel(function, memory, grub, differs)
        KERNELS[entry.name] = entry
        return function
    return register(make) if make else register


def plain(address=MIB, bits=32, header=PLAIN, options=0, sections=()):
    payload = Payload(address, header, options)
    return elf([payload.segment()], payload.entry, bits, sections)


def with_data(*ranges, address=MIB):
    """A kernel with a segment of patterned data for each range (start, end)."""
    payload = Payload(address, PLAIN)
    segments = []
    for number, (start, end) in enumerate(ranges):
        data = pattern(end - start, number + 1)
        payload.expect(DATA, start, data)
        segments.append(Segment(start, data))
    return elf([payload.segment(), *segments], payload.entry)


@kernel
def elf32():
    """An ELF32 file at 1 MiB."""
    return plain()


@kernel
def elf64():
    """An ELF64 file with a 32-bit entry."""
    return plain(bits=64)


@kernel
def elf32_without_section_headers():
    """An ELF32 file without a table of sections."""
    return plain(sections=None)


@kernel
def elf64_without_section_headers():
    """An ELF64 file without a table of sections."""
    return plain(bits=64, sections=None)


@kernel
def elf32_with_sections():
    """An ELF32 file whose symbols and comment are sections outside any segment."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment()], payload.entry, sections=standard_sections(payload))


@kernel
def elf64_with_sections():
    """An ELF64 file whose symbols and comment are sections outside any segment."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment()], payload.entry, 64, standard_sections(payload, 64))


@kernel
def hermitcore_loader():
    """Shaped like HermitCore's ldhermit.elf: four PT_LOADs and an empty GNU_STACK."""
    payload = Payload(MIB, PLAIN)
    return elf(payload.cut(0x600, 0xA00, 0xC00) + [Segment(0, type=PT_GNU_STACK)], payload.entry)


@kernel(differs=INFORMATION_ON_A_PAGE)
def at_64_kib():
    """At 64 KiB, the information's usual place."""
    return plain(64 * KIB)


@kernel(differs=MODULES_AFTER_KERNEL)
def at_16_mib():
    """At 16 MiB."""
    return plain(16 * MIB)


@kernel(memory=256, differs=MODULES_AFTER_KERNEL)
def above_100_mib():
    """Above 100 MiB."""
    return plain(111 * MIB)


@kernel(memory=1536, differs=MODULES_AFTER_KERNEL)
def at_1_gib():
    """At 1 GiB."""
    return plain(GIB)


@kernel
def at_0():
    """At address 0, over the interrupt vectors and the BIOS data."""
    return plain(0)


@kernel
def at_0x500():
    """Right after the BIOS data."""
    return plain(0x500)


@kernel
def at_0x7c00():
    """At the boot image's own place."""
    return plain(0x7C00)


@kernel
def at_0x8000():
    """At 0x8000."""
    return plain(0x8000)


@kernel(differs=INFORMATION_ON_A_PAGE)
def at_0x9000():
    """At 0x9000; it ends above 64 KiB."""
    return plain(0x9000)


@kernel
def data_at_0_0x8000_and_0x9000():
    """Segments at 0x0, 0x8000 and 0x9000 besides the one at 1 MiB."""
    return with_data((0, 0x500), (0x8000, 0x8800), (0x9000, 0xA001))


@kernel
def data_over_the_loader():
    """A segment over the whole boot image, 0x7c00 to 0x10000."""
    return with_data((0x7C00, 0x10000))


@kernel
def data_over_conventional_memory():
    """Nearly all conventional memory except the information's page."""
    return with_data((0x600, 0x10000), (0x12000, 0x9F000))


@kernel(grub=False)
def data_over_all_conventional_memory():
    """0x600 to 0x9f000 without a gap; GRUB has no place left for the information."""
    return with_data((0x600, 0x9F000))


@kernel(differs=INFORMATION_ON_A_PAGE)
def data_over_64_kib_to_128_kib():
    """A segment over the information's usual page."""
    return with_data((0x10000, 0x20000))


@kernel
def higher_half():
    """Linked at 0xc0100000, entry virtual."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment(virtual=0xC0100000)], 0xC0100000)


@kernel
def higher_half_elf64():
    """Linked at the top of the 64-bit address space, entry virtual."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment(virtual=0xFFFFFFFF80100000)], 0xFFFFFFFF80100000, 64)


@kernel(grub=False)
def higher_half_with_physical_entry():
    """Linked at 0xc0100000, entry already physical; GRUB: "entry point isn't in a segment"."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment(virtual=0xC0100000)], payload.entry)


@kernel
def segments_in_any_order():
    """Segments neither in the order of their addresses nor in that of their data in the file."""
    payload = Payload(MIB, PLAIN)
    a, b, c, d = payload.cut(0x600, 0xA00, 0xC00)
    return elf([a, d, b, c], payload.entry)


@kernel
def elf_header_in_the_bios_rom():
    """The ELF header is a segment of its own below the code at 1 MiB, as gold links it."""
    payload = Payload(MIB, PLAIN)
    return elf([Segment(MIB - 0x1000, bytes(0xB4), offset=0), payload.segment()], payload.entry)


@kernel
def code_after_elf_header_in_the_bios_rom():
    """One segment: a page with the ELF header, and after it the code at 1 MiB."""
    payload = Payload(MIB, PLAIN)
    everything = Segment(MIB - 0x1000, bytes(0x1000) + payload.bytes(), 0x1000 + payload.memory_size, offset=0)
    return elf([everything], payload.entry, extra={0x1000: payload.bytes()})


@kernel(differs=MODULES_AFTER_KERNEL)
def unaligned_addresses():
    """Segments that start and end at odd physical addresses."""
    data = pattern(0x4321)
    payload = Payload(MIB, PLAIN).expect(DATA, 3 * MIB + 0x123, data)
    return elf([*payload.cut(0x7B1, 0xA13), Segment(3 * MIB + 0x123, data)], payload.entry)


@kernel(differs=MODULES_AFTER_KERNEL)
def bss_only_segment():
    """A segment that has no bytes in the file."""
    payload = Payload(MIB, PLAIN).expect(ZERO, 5 * MIB + 1, 0x12345)
    return elf([payload.segment(), Segment(5 * MIB + 1, memory_size=0x12345)], payload.entry)


@kernel(grub=False)
def empty_segment_at_anothers_address():
    """An empty PT_LOAD at another's address; GRUB: "overlap detected"."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment(), Segment(MIB, memory_size=0)], payload.entry)


@kernel(differs=MODULES_AFTER_KERNEL)
def segment_of_29_mb():
    """A segment of 29 MB."""
    return with_data((2 * MIB, 2 * MIB + 29_000_001))


@kernel(memory=512, differs=MODULES_AFTER_KERNEL)
def bss_of_262_mib():
    """A .bss of 262 MiB."""
    payload = Payload(MIB, PLAIN).expect(ZERO, 2 * MIB, 262 * MIB)
    return elf([payload.segment(), Segment(2 * MIB, memory_size=262 * MIB)], payload.entry)


@kernel
def address_fields_all_set():
    """Address fields; bytes after load_end_addr do not belong to the image."""
    return address_fields(Payload(MIB), suffix=b"\xff" * 5000)


@kernel
def address_fields_no_load_end():
    """load_end_addr 0: the image goes to the end of the file."""
    return address_fields(Payload(MIB), with_load_end=False)


@kernel
def address_fields_no_bss_end():
    """bss_end_addr 0: the image has no .bss."""
    return address_fields(Payload(MIB), with_bss_end=False, suffix=b"\xff" * 5000)


@kernel(grub=False)
def address_fields_load_end_beyond_the_file():
    """load_end_addr is where the .bss ends: what there is in the file is loaded; GRUB leaves other bytes after it."""
    payload = Payload(MIB)
    return address_fields(payload, load_end=payload.memory_end)


@kernel
def address_fields_no_ends():
    """load_end_addr and bss_end_addr are 0."""
    return address_fields(Payload(MIB), with_load_end=False, with_bss_end=False)


@kernel
def address_fields_after_other_bytes():
    """The image starts in the middle of the file."""
    return address_fields(Payload(MIB), prefix=b"\xee" * 4096)


@kernel(differs=INFORMATION_ON_A_PAGE)
def address_fields_at_64_kib():
    """Address fields that load to 64 KiB."""
    return address_fields(Payload(64 * KIB))


@kernel
def address_fields_without_low_flags():
    """Address fields, and no other flag."""
    return address_fields(Payload(MIB), flags=0)


@kernel
def elf_with_address_fields_too():
    """An ELF file with address fields: they count, not the program headers."""
    payload = Payload(MIB)
    image = address_fields(payload)
    return elf([Segment(3 * MIB, image, memory_size=payload.memory_size)], 3 * MIB)


# a.out's nlist structures and string table.
AOUT_STRINGS = struct.pack("<I", 4 + 12) + b"start\0_end0\0\0"[:12]
AOUT_TABLE = struct.pack("<IBBHI", 4, 4, 0, 0, MIB) + struct.pack("<IBBHI", 10, 8, 0, 0, 2 * MIB)


def aout(magic, text_offset, table=AOUT_TABLE, strings=AOUT_STRINGS):
    """An a.out file with address fields."""
    payload = Payload(MIB)
    text = len(payload.bytes()) + (32 if text_offset == 0 else 0)
    head = struct.pack("<8I", magic, text, 0, payload.memory_end - payload.file_end, len(table), payload.entry, 0, 0)
    return address_fields(payload, prefix=head.ljust(text_offset, b"\0"), suffix=table + strings)


@kernel
def aout_omagic():
    """An a.out file with symbols, its text right after its header."""
    return aout(0o407, 32)


@kernel
def aout_zmagic():
    """An a.out file with symbols, its text from offset 1024 on, as Linux had them."""
    return aout(0o64 << 16 | 0o413, 1024)


@kernel
def aout_qmagic():
    """An a.out file with symbols, its header part of the text."""
    return aout(0o314, 0)


def with_header_at(offset, header, before=None):
    """An ELF file with its header at an offset between the program headers and the data."""
    payload = Payload(MIB)
    return elf([payload.segment()], payload.entry, extra={offset: header, **(before or {})},
               data_from=0x3000)


@kernel
def header_at_8180():
    """The header at the last place that the specification allows."""
    return with_header_at(8180, PLAIN)


@kernel
def decoy_header_first():
    """A header with a wrong checksum stands before the right one."""
    decoy = multiboot_header(PAGE_ALIGN | MEMORY_INFO, checksum_error=1)
    return with_header_at(0x800, PLAIN, {0x400: decoy})


@kernel
def decoy_header_directly_before():
    """A wrong header directly before the right one: its checksum field is the right header's magic."""
    decoy = PLAIN[:8]
    return with_header_at(0x808, PLAIN, {0x800: decoy})


@kernel
def unknown_optional_flags():
    """Flags 17 to 31 are set: no loader may refuse them."""
    return plain(header=multiboot_header(0xFFFE0000 | PAGE_ALIGN | MEMORY_INFO))


@kernel
def no_flags():
    """A header without any flag."""
    return plain(header=multiboot_header(0))


@kernel
def video_flag_text_mode():
    """Asks for text mode."""
    return plain(header=multiboot_header(VIDEO_MODE, video=(1, 80, 25, 0)))


@kernel(grub=False)
def video_flag_after_the_search_window():
    """Flag 2, with video fields after the first 8192 bytes; GRUB reads past its buffer."""
    fields = multiboot_header(VIDEO_MODE | PAGE_ALIGN, video=(1, 80, 25, 0))
    return with_header_at(8180, fields)


def tiny_with_header_at_the_end(header):
    """The header's last byte is the file's last byte."""
    code = (BUILD / "kernels" / "tiny.bin").read_bytes()
    return elf([Segment(MIB, code, offset=0x100)], MIB, sections=None,
               extra={0x100: code, align(0x100 + len(code), 4): header}, data_from=0x100)


@kernel(grub=False)
def video_flag_reserved_mode_type():
    """An unknown mode type, which asks for nothing; GRUB: "unsupported graphical mode type"."""
    return plain(header=multiboot_header(VIDEO_MODE, video=(2, 80, 25, 0)))


@kernel(grub=False)
def video_flag_absurd_size():
    """An impossible mode: the kernel gets another one."""
    return plain(header=multiboot_header(VIDEO_MODE, video=(0, 0xFFFFFFFF, 0xFFFFFFFF, 999)))


@kernel(grub=False)
def program_headers_at_the_end():
    """Program headers after the first 8192 bytes; GRUB: "program header at a too high offset"."""
    whole = plain()
    start = int.from_bytes(whole[28:32], "little")
    return patched(whole, e_phoff=len(whole)) + whole[start:start + 32]


@kernel(differs=MODULES_AFTER_KERNEL)
def program_headers_of_48_bytes():
    """Program headers with gaps between them."""
    data = pattern(3000, 2)
    payload = Payload(MIB, PLAIN).expect(DATA, 3 * MIB, data)
    whole = elf([payload.segment(), Segment(3 * MIB, data)], payload.entry)
    first, second = 52, 52 + 32
    apart = whole[:second].ljust(first + 48, b"\0") + whole[second:second + 32]
    return patched(apart + whole[len(apart):], e_phentsize=48)


@kernel
def forty_segments():
    """The kernel cut into forty PT_LOADs."""
    payload = Payload(MIB, PLAIN)
    return elf(payload.cut(*range(0x100, 0x100 * 40, 0x100)), payload.entry, data_from=0x1000)


@kernel
def bss_only_segment_first():
    """The first segment has no bytes in the file, and its place is below the code."""
    payload = Payload(MIB, PLAIN).expect(ZERO, 0x30000, 0x5000)
    return elf([Segment(0x30000, memory_size=0x5000), payload.segment()], payload.entry)


@kernel(differs=MODULES_AFTER_KERNEL)
def bss_only_segment_with_an_offset_beyond_the_file():
    """A segment without bytes in the file, at an offset beyond the file's end."""
    payload = Payload(MIB, PLAIN).expect(ZERO, 4 * MIB, 100)
    return elf([payload.segment(), Segment(4 * MIB, memory_size=100, offset=0x70000000)], payload.entry)


@kernel(grub=False)
def empty_segment_where_no_memory_is():
    """An empty PT_LOAD at an address without RAM; GRUB: "out of memory"."""
    payload = Payload(MIB, PLAIN)
    return elf([payload.segment(), Segment(0xF0000000, memory_size=0)], payload.entry)


@kernel
def higher_half_at_0():
    """Linked at 0xc0000000, with load address 0."""
    payload = Payload(0, PLAIN)
    return elf([payload.segment(virtual=0xC0000000)], 0xC0000000)


@kernel
def shared_object():
    """ET_DYN, loaded at the addresses that it is linked at."""
    return patched(plain(), e_type=3)


@kernel(grub=False)
def elf32_for_x86_64():
    """A 32-bit file for the 64-bit machine; GRUB: "invalid arch-dependent ELF magic"."""
    return patched(plain(), e_machine=62)


@kernel
def identified_with_another_version():
    """Another version in e_ident than in e_version; GRUB checks only e_version."""
    whole = plain()
    return whole[:6] + b"\0" + whole[7:]


@kernel
def elf_header_of_0_bytes():
    """e_ehsize is 0: no loader reads it."""
    return patched(plain(), e_ehsize=0)


@kernel(differs=SECTIONS_AFTER_MODULES)
def elf32_with_larger_sections():
    """A section outside any segment that does not fit into the rest of the kernel's last page."""
    payload = Payload(MIB, PLAIN)
    debug = Section(".debug", SHT_PROGBITS, pattern(0x5001))
    return elf([payload.segment()], payload.entry, sections=[*standard_sections(payload), debug])


@kernel
def section_count_0():
    """A section table's offset, but no sections."""
    return patched(plain(sections=None), e_shoff=0x7FFFFFF0, e_shentsize=40)


def main():
    parser = argparse.ArgumentParser(description="Writes every kernel that must boot to a directory.")
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, entry in KERNELS.items():
        (directory / name).write_bytes(entry.make())


if __name__ == "__main__":
    main()
