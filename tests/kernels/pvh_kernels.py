# SPDX-License-Identifier: BSD-2-Clause
"""Kernels with a PVH entry (Xen, docs/misc/pvh.pandoc) of every shape around the report kernel, by name. Each function
returns a kernel's file, and its docstring says what is special about it. Notes: System V ABI, chapter 5."""

import struct

from make_kernel import (ADDRESS_FIELDS, DATA, GIB, KIB, MEMORY_INFO, MIB, PAGE_ALIGN, PT_NOTE, Payload, Section,
                         Segment, align, elf, multiboot_header, pattern, standard_sections)
from multiboot2_kernels import HEADER_AT as HEADER_2_AT, header as multiboot2_header

PHYS32_ENTRY = 18
SHT_NOTE = 7
ELSEWHERE = 0xDEAD0000  # an entry in the ELF header that leads nowhere

KERNELS = {}  # these boot
REFUSED = {}  # these do not: (function, the reason)


def note(descriptor, kind=PHYS32_ENTRY, name=b"Xen\0", alignment=4):
    """A note, padded to the alignment."""
    head = struct.pack("<3I", len(name), len(descriptor), kind) + name
    return (head.ljust(align(len(head), alignment), b"\0") + descriptor).ljust(
        align(align(len(head), alignment) + len(descriptor), alignment), b"\0")


def entry_note(address, size=4, **options):
    return note(address.to_bytes(size, "little"), **options)


def notes_segment(*notes, alignment=4):
    return Segment(0, b"".join(notes), type=PT_NOTE, align=alignment)


def kernel(function):
    KERNELS[function.__name__.replace("_", "-")] = function
    return function


def refused(reason):
    def register(function):
        REFUSED[function.__name__.replace("_", "-")] = (function, reason)
        return function
    return register


def with_notes(*segments, bits=32, address=MIB, entry=ELSEWHERE, more=(), **options):
    """A kernel at an address with these segments of notes; None in them: the note that it needs."""
    payload = Payload(address)
    segments = [segment or notes_segment(entry_note(payload.entry)) for segment in segments]
    return elf([*segments, payload.segment(), *more], entry, bits, **options)


@kernel
def elf32():
    """An ELF32 file with an address of 4 bytes. The ELF header's own entry point leads nowhere."""
    return with_notes(None)


@kernel
def elf64():
    """An ELF64 file with an address of 8 bytes, as in Linux."""
    return with_notes(notes_segment(entry_note(MIB, 8)), bits=64)


@kernel
def elf64_with_4_bytes():
    """An ELF64 file with an address of 4 bytes, as the ABI has it."""
    return with_notes(None, bits=64)


@kernel
def elf32_with_8_bytes():
    return with_notes(notes_segment(entry_note(MIB, 8)))


@kernel
def sections():
    """Symbols and a comment outside any segment: PVH does not ask for them."""
    return with_notes(None, sections=standard_sections(Payload(MIB)))


@kernel
def notes_after_the_code():
    """The segment of notes is the last one."""
    payload = Payload(MIB)
    return elf([payload.segment(), notes_segment(entry_note(MIB))], ELSEWHERE)


@kernel
def several_notes():
    """The note among others: of other owners, of other types, empty, with a long name."""
    others = [note(b"\x12\0\0\0", PHYS32_ENTRY, b"GNU\0"), note(b"2.6\0", 5), note(b"", 1, b"Linux\0"), note(b"", 2, b""),
              note(bytes(33), 3, b"a name that is not short\0"), note(b"\1\2\3\4", PHYS32_ENTRY, b"Xen")]
    return with_notes(notes_segment(*others, entry_note(MIB), note(b"generic\0", 8)))


@kernel
def several_segments_of_notes():
    """The note in the second of three segments."""
    return with_notes(notes_segment(note(b"x" * 20, 3, b"GNU\0")), None, notes_segment(note(b"", 1, b"Go\0\0")))


@kernel
def alignment_8():
    """Notes that are aligned to 8, as in segments of that alignment."""
    return with_notes(notes_segment(note(b"1", 5, b"GNU\0", 8), entry_note(MIB, alignment=8), alignment=8), bits=64)


@kernel
def alignment_4_in_8():
    """Notes that are aligned to 4 in a segment of alignment 8, as older linkers have merged them."""
    return with_notes(notes_segment(note(bytes(16), 5, b"GNU\0", 8), note(b"abcd", 6), entry_note(MIB), alignment=8), bits=64)


@kernel
def no_alignment():
    """A segment whose p_align is 0."""
    return with_notes(notes_segment(note(b"abcd", 6), entry_note(MIB), alignment=0))


@kernel
def note_in_a_section():
    """The note is in a section only, and in no segment."""
    return with_notes(sections=[Section(".note.Xen", SHT_NOTE, note(b"x", 6) + entry_note(MIB))])


@kernel
def note_in_a_segment_and_another_in_a_section():
    """The segment's note counts."""
    return with_notes(None, sections=[Section(".note.Xen", SHT_NOTE, entry_note(ELSEWHERE))])


@kernel
def two_entries():
    """Two notes with an entry: the second counts, as in Xen."""
    return with_notes(notes_segment(entry_note(ELSEWHERE), entry_note(MIB)))


@kernel
def broken_notes_after_the_entry():
    """What follows the note is none."""
    return with_notes(notes_segment(entry_note(MIB), struct.pack("<3I", 4, 0xFFFFFFFF, 1)))


@kernel
def high_virtual_addresses():
    """The segments' virtual addresses are those of a 64-bit kernel, the entry in the ELF header, too."""
    payload = Payload(MIB)
    segment = payload.segment(virtual=0xFFFFFFFF80000000 + MIB)
    return elf([segment, notes_segment(entry_note(MIB, 8))], 0xFFFFFFFF80000000 + MIB, 64)


@kernel
def virtual_address_of_another_segment():
    """The entry, taken as a virtual address, would be in another segment."""
    payload = Payload(MIB)
    data = pattern(0x3000)
    payload.expect(DATA, 4 * MIB, data)
    segments = [Segment(4 * MIB, data, virtual=MIB), payload.segment(virtual=8 * MIB)]
    return elf([*segments, notes_segment(entry_note(MIB))], ELSEWHERE)


@kernel
def at_0():
    """At address 0: all of it is moved by the last instructions."""
    payload = Payload(0)
    return elf([payload.segment(), notes_segment(entry_note(0))], ELSEWHERE)


@kernel
def at_64_kib():
    """Where the start info usually is."""
    payload = Payload(64 * KIB)
    return elf([payload.segment(), notes_segment(entry_note(64 * KIB))], ELSEWHERE)


@kernel
def several_segments():
    """Code and data in four segments, which are not in the order of their addresses."""
    payload = Payload(3 * MIB)
    data = pattern(70_001, 3)
    payload.expect(DATA, 2 * MIB, data)
    parts = payload.cut(0x600, 0xA00)
    return elf([parts[2], Segment(2 * MIB, data), parts[0], parts[1], notes_segment(entry_note(3 * MIB))], 0)


@kernel
def multiboot_1_as_well():
    payload = Payload(MIB, multiboot_header(PAGE_ALIGN | MEMORY_INFO))
    return elf([payload.segment(), notes_segment(entry_note(MIB))], MIB)


@kernel
def multiboot_2_as_well():
    payload = Payload(MIB)
    return elf([payload.segment(), notes_segment(entry_note(MIB))], MIB, extra={HEADER_2_AT: multiboot2_header()},
               data_from=0x2000)


# ---- Kernels that are refused

NO_NOTE = "has no PVH entry: no note XEN_ELFNOTE_PHYS32_ENTRY"


@refused(NO_NOTE)
def no_notes():
    return with_notes(entry=MIB)


@refused(NO_NOTE)
def notes_of_others_only():
    return with_notes(notes_segment(entry_note(MIB, name=b"GNU\0"), entry_note(MIB, name=b"Xen"), note(b"\0\0\x10\0", 1)))


@refused(NO_NOTE)
def note_is_cut():
    """The last byte of the address is not in the segment."""
    return with_notes(Segment(0, entry_note(MIB)[:-1], type=PT_NOTE))


@refused(NO_NOTE)
def a_notes_name_is_longer_than_the_notes():
    return with_notes(notes_segment(struct.pack("<3I", 0xFFFFFFFF, 4, PHYS32_ENTRY), b"Xen\0", entry_note(MIB)))


@refused(NO_NOTE)
def empty_entry():
    return with_notes(notes_segment(note(b"")))


@refused("the note with its PVH entry has 2 bytes, neither 4 nor 8")
def entry_of_2_bytes():
    return with_notes(notes_segment(note(b"\0\x10")))


@refused("its PVH entry 0x100100000 does not lie below 4 GiB")
def entry_above_4_gib():
    return with_notes(notes_segment(entry_note(4 * GIB + MIB, 8)), bits=64)


@refused("entry point 0xdead0000 lies in no segment")
def entry_in_no_segment():
    return with_notes(notes_segment(entry_note(ELSEWHERE)), entry=MIB)


@refused("entry point 0x300100 lies where the file has no bytes (.bss)")
def entry_in_bss():
    return with_notes(notes_segment(entry_note(3 * MIB + 0x100)), entry=MIB, more=[Segment(3 * MIB, b"", 0x1000)])


@refused("notes (0x14 bytes at offset 0x7fff0000) lie beyond the end of the file")
def notes_beyond_the_file():
    return with_notes(Segment(0, entry_note(MIB), type=PT_NOTE, offset=0x7FFF0000))


@refused("not an ELF file")
def not_elf():
    """A flat image with a Multiboot header."""
    payload = Payload(MIB)
    payload.header = multiboot_header(ADDRESS_FIELDS, [MIB + 8, MIB, 0, 0, MIB])
    return payload.bytes()
