# SPDX-License-Identifier: BSD-2-Clause
"""What a Multiboot 2 kernel finds when it is entered: as specified (2.0, 3.3 and 3.6), and as under GRUB where the
specification leaves a choice; and which headers (3.1) are refused."""

import re
import struct
import zlib

import pytest

import discs as disc_images
from discs import mkrescue, padded
from good_kernels import PLAIN as PLAIN_HEADER_1, plain as plain_multiboot1
from make_kernel import PAGE_ALIGN, MIB, Payload, Section, elf, multiboot_header, pattern, standard_sections
from multiboot2_kernels import (ADDRESS, CONSOLE, END, ENTRY, EVERYWHERE, FRAMEBUFFER, HEADER_AT, HIGH, KERNELS, LOW,
                                OPTIONAL, RELOCATABLE, REQUEST, SEARCHED, address_fields, header, plain, relocatable, tag)
from qemu import Machine, expected, has_bios, has_pc_devices, kept_ram, on_uefi
from report import Report, differences
from uefi import PC_ALONE, mode_here, shapes

BOOT_MAGIC = 0x36D76289
ELF32 = KERNELS["elf32"].make
ROOM = 64 * 1024
# Explained differences from GRUB, in addition to those for both protocols.
EXPLAINED = {
    "ebx": "the data before the information have other lengths",
    "total_size": "each loader's name has its own length",
    "tags_end": "the same",
    "tag[].size": "the same; the sizes are compared apart from that of tag 2",
    "module[].start": "GRUB may put modules below a kernel with room there, Whelk always after it",
    "module[].end": "the same",
    "eflags": "bit 21 is as the firmware's last call left it",
    "section[].adler": "the sections' data contain the registers",
    "vbe_interface_seg": "GRUB takes over registers that the firmware has not set",
    "vbe_interface_off": "the same",
    "vbe_interface_len": "the same",
}
APM = 10
APM_HERE = [APM] if has_bios() else []
EFI32_HANDLE, EFI64_HANDLE = 19, 20  # tags that Whelk has and GRUB does not


def tree(kernel, arguments="", modules=(), command="2"):
    files = disc_images.tree(kernel, arguments, modules)
    files[disc_images.CONFIG] = re.sub(rb"^ +(multiboot|module)", rb"\g<0>" + command.encode(),
                                       files[disc_images.CONFIG], flags=re.MULTILINE)
    return files


def assert_the_kernel_is_whole(report):
    assert report["regions"] >= 1
    assert report["regions_wrong"] == 0, report.regions


# ---- machine state, 3.3

def test_the_registers_hold_what_the_specification_says(boot):
    report = boot(tree(ELF32())).report
    assert report["eax"] == BOOT_MAGIC
    assert report["ebx"] % 8 == 0
    assert [report[name] for name in ("ecx", "edx", "esi", "edi", "ebp")] == [0] * 5
    assert (report["cr0"], report["interrupt_flag"], report["direction_flag"], report["a20"]) == (0x11, 0, 0, 1)
    assert (report["cs"], report["ds"], report["ss"]) == (0x10, 0x18, 0x18)


# ---- the information, 3.6

def test_the_tags_come_in_grubs_order(boot):
    files = tree(ELF32(), modules=[("", b"a"), ("", b"b")])
    report = boot(files).report
    table, handle = expected((None, None), (12, EFI64_HANDLE), ia32=(11, EFI32_HANDLE))
    screen, acpi = ([8], [14]) if has_pc_devices() else ([], [14, 15])  # a microvm's ACPI is newer
    assert [t["type"] for t in report.tags] == expected(
        [21, 1, 2, *APM_HERE, 3, 3, 6, 9, 4, 5, *screen, *acpi, 0], [21, 1, 2, 3, 3, 6, 9, 4, 8, table, 14, 15, 17, handle, 0])
    assert report["total_size"] == report["tags_end"]
    assert report["info_reserved"] == 0
    theirs = boot(files, "grub").report
    if on_uefi():  # under UEFI the memory map has other pieces, and only Whelk tells the image's handle
        assert [t["type"] for t in report.tags if t["type"] != handle] == [t["type"] for t in theirs.tags]
    else:
        own = {2, APM} - {*APM_HERE}
        assert [t for t in report.tags if t["type"] != 2] == [t for t in theirs.tags if t["type"] not in own]


@pytest.mark.parametrize("written, given", [
    ("", b""),
    ("one   two", b"one two"),
    ("x='a b'", b'"x=a b"'),
    ("x" * 3000, b"x" * 3000),
])
def test_the_command_line_is_quoted_as_grub_does(boot, written, given):
    assert boot(tree(ELF32(), written)).report["cmdline"] == given


def test_memory_is_described_in_entries_of_24_bytes(boot):
    report = boot(tree(ELF32())).report
    assert (report["mmap_entry_size"], report["mmap_entry_version"]) == (24, 0)
    available = [(e["base"], e["length"]) for e in report.mmap if e["type"] == 1]
    assert available[:2] == expected([(0, 0x9FC00), (MIB, 63 * MIB - kept_ram())], [(0, 0xA0000), available[1]],
                                     ia32=[(0, 0x30000), available[1]])  # then memory of system management
    assert {e["reserved"] for e in report.mmap} == {0}
    above, = (length for base, length in available if base == MIB)
    assert (report["mem_lower"], report["mem_upper"]) == (expected(639, 640, ia32=192), above // 1024)


@pytest.mark.seabios("drive numbers")
def test_the_boot_device_is_the_cdrom_without_partitions(boot):
    report = boot(tree(ELF32())).report
    assert (report["biosdev"], report["slice"], report["part"]) == (0xE0, 0xFFFFFFFF, 0xFFFFFFFF)


def test_the_loader_gives_its_name(boot, loader):
    name = boot(tree(ELF32())).report["boot_loader_name"]
    assert name.startswith(b"Whelk " if loader == "whelk" else b"GRUB ")


@pytest.mark.pc("the screen")
def test_the_screen_is_described_as_it_is(boot):
    """VGA text under a BIOS, a frame buffer under UEFI."""
    report = boot(tree(ELF32())).report
    assert [report["framebuffer_" + part] for part in ("addr", "pitch", "width", "height", "bpp", "type")] == expected(
        [0xB8000, 160, 80, 25, 16, 2], [0xC0000000, 1280 * 4, 1280, 800, 32, 1])


@pytest.mark.parametrize("bits", [32, 64])
def test_every_elf_section_is_loaded_and_described(boot, bits):
    payload = Payload(MIB)
    sections = standard_sections(payload, bits)
    kernel = elf([payload.segment()], payload.entry, bits, sections, extra={0x800: header()}, data_from=0x1000)
    report = boot(tree(kernel)).report
    assert (report["elf_num"], report["elf_size"], report["elf_shndx"]) == (7, 40 if bits == 32 else 64, 6)
    assert report.section(".text")["address"] == MIB
    for section in sections[2:]:
        row = report.section(section.name)
        assert row["adler"] == zlib.adler32(section.data)
        assert row["address"] >= payload.memory_end


# ---- video, 3.1.10: the framebuffer tag, and gfxpayload

INDEXED, RGB, EGA_TEXT = 0, 1, 2
TEXT_ONLY = tag(CONSOLE, 2)
VIDEO = {
    "1024x768x32": ([tag(FRAMEBUFFER, 1024, 768, 32)], None, (1024, 768, 32, RGB)),
    "800x600x16, text is supported": ([TEXT_ONLY, tag(FRAMEBUFFER, 800, 600, 16)], None, (800, 600, 16, RGB)),
    "640x480x8": ([tag(FRAMEBUFFER, 640, 480, 8)], None, (640, 480, 8, INDEXED)),  # GRUB resets the machine
    "any": ([tag(FRAMEBUFFER, 0, 0, 0)], None, (1280, 800, 32, RGB)),
    "an optional tag": ([tag(FRAMEBUFFER, 1024, 768, 24, flags=OPTIONAL)], None, (1024, 768, 24, RGB)),
    "no such mode": ([tag(FRAMEBUFFER, 1023, 767, 32)], None, (1280, 800, 32, RGB)),
    "no such mode, required": ([tag(CONSOLE, 1), tag(FRAMEBUFFER, 1023, 767, 32)], None, (1280, 800, 32, RGB)),
    "gfxpayload=800x600x32": ([tag(FRAMEBUFFER, 1024, 768, 32)], "800x600x32", (800, 600, 32, RGB)),
    "gfxpayload=text": ([tag(FRAMEBUFFER, 1024, 768, 32)], "text", (80, 25, 16, EGA_TEXT)),
    "gfxpayload=keep": ([tag(FRAMEBUFFER, 1024, 768, 32)], "keep", (80, 25, 16, EGA_TEXT)),
    "gfxpayload without the tag": ([TEXT_ONLY], "800x600x32", expected((80, 25, 16, EGA_TEXT), (800, 600, 32, RGB))),
    "nothing": ([], None, (80, 25, 16, EGA_TEXT)),
}


@pytest.mark.pc("video modes")
@pytest.mark.parametrize("tags, payload, mode", VIDEO.values(), ids=VIDEO)
def test_a_kernel_gets_the_mode_that_grub_sets_and_the_same_description(boot, tags, payload, mode):
    files = tree(plain(*tags))
    if payload is not None:
        kernel_line = b"    multiboot2 /boot/kernel\n"
        assert kernel_line in files[disc_images.CONFIG]
        files[disc_images.CONFIG] = files[disc_images.CONFIG].replace(
            kernel_line, kernel_line + f"    set gfxpayload={payload}\n".encode())
    ours = boot(files, "whelk").report
    assert tuple(ours["framebuffer_" + part] for part in ("width", "height", "bpp", "type")) == mode_here(*mode)
    assert (7 in [t["type"] for t in ours.tags]) == (has_bios() and mode[3] != EGA_TEXT)  # VBE
    if mode[3] == expected(INDEXED, None):
        assert ours["framebuffer_colours"] == 16
        return
    grubs = boot(files, "grub").report
    if payload in expected((), ("text", "keep")):  # then GRUB tells of no screen, Whelk of the one that is there
        assert all(key.startswith("framebuffer_") for key in differences(ours, grubs, EXPLAINED))
        return
    assert differences(ours, grubs, EXPLAINED) == {}


@pytest.mark.parametrize("tags", [[], [tag(FRAMEBUFFER, 1024, 768, 32)], [tag(CONSOLE, 1), tag(FRAMEBUFFER, 1024, 768, 32)]])
def test_without_a_video_bios_no_screen_is_described_as_under_grub(boot, tags):
    ours = boot(tree(plain(*tags)), "whelk", extra=["-vga", "none"]).report
    assert not {7, 8} & {t["type"] for t in ours.tags}
    assert [t["type"] for t in ours.tags if t["type"] not in (EFI32_HANDLE, EFI64_HANDLE)] == [
        t["type"] for t in boot(tree(plain(*tags)), "grub", extra=["-vga", "none"]).report.tags
        if has_bios() or on_uefi() or t["type"] != APM]


# ---- tags on request, which GRUB does not have

@pytest.mark.parametrize("flags", [0, OPTIONAL])
@pytest.mark.parametrize("machine, version", [
    pytest.param("pc", 0x0208, marks=PC_ALONE), ("q35", 0x0208),
    pytest.param("pc,smbios-entry-point-type=64", 0x0300, marks=PC_ALONE)])
def test_smbios_is_copied_for_a_kernel_that_asks_for_it(boot, flags, machine, version):
    report = boot(tree(plain(tag(REQUEST, 13, flags=flags))), "whelk", machine=machine).report
    assert [t["type"] for t in report.tags if t["type"] in (8, 13, 14)] == [8, 13, 14]
    assert on_uefi() or [t["type"] for t in report.tags] == [21, 1, 2, *APM_HERE, 6, 9, 4, 5, 8, 13, 14, 0]
    assert (report["smbios_version"], report["smbios_reserved"]) == (version, 0)
    assert report["smbios_bytes"] > 200
    # QEMU's first structure is of type 0, OVMF's of type 1; type 127 ends the table.
    assert (report["smbios_first_type"], report["smbios_last_type"]) == (expected(0, 1), 127)


SMBIOS_ENTRY = {"pc": (b"_SM_", "<22xHI"), "pc,smbios-entry-point-type=64": (b"_SM3_", "<12xIQ")}  # length, address


@pytest.mark.bios("SMBIOS in the BIOS's ROM")
@pytest.mark.parametrize("machine", SMBIOS_ENTRY)
def test_smbios_is_copied_byte_for_byte(discs, machine):
    anchor, fields = SMBIOS_ENTRY[machine]
    with Machine(discs.make(tree(plain(tag(REQUEST, 13)))), machine=machine, exit_device=False) as qemu:
        qemu.wait_for("^END$")
        report = Report(qemu.serial)
        rom = qemu.memory(0xF0000, 0x10000)
        entry = next(at for at in range(0, len(rom), 16) if rom.startswith(anchor, at))
        length, address = struct.unpack_from(fields, rom, entry)
        table = qemu.memory(address, length)
    assert (report["smbios_bytes"], report["smbios_adler"]) == (length, zlib.adler32(table))


@pytest.mark.bios("what a BIOS does not have")
def test_network_information_and_what_only_uefi_has_are_left_out_even_if_required(boot):
    files = tree(plain(tag(REQUEST, 11, 12, 16, 17, 18, 19, 20)))
    ours = boot(files, "whelk").report
    assert not {11, 12, 16, 17, 18, 19, 20} & {t["type"] for t in ours.tags}
    assert differences(ours, boot(files, "grub").report, EXPLAINED) == {}


# ---- both headers in one file

def both_headers(first=PLAIN_HEADER_1, second=header()):
    payload = Payload(MIB)
    return elf([payload.segment()], payload.entry, extra={HEADER_AT: first, HEADER_AT + 0x100: second}, data_from=0x2000)


@pytest.mark.parametrize("command, magic", [("", 0x2BADB002), ("2", BOOT_MAGIC)])
def test_each_command_takes_its_own_header(boot, command, magic):
    kernel = both_headers()
    assert boot(tree(kernel, modules=[("", b"m")], command=command), "whelk").report["eax"] == magic
    assert boot(tree(kernel, modules=[("", b"m")], command=command), "grub").report["eax"] == magic


@pytest.mark.parametrize("command, broken", [
    ("", {"second": header(tag(77))}),
    ("", {"second": header(checksum_error=1)}),
    ("2", {"first": multiboot_header(PAGE_ALIGN | 0x8000)}),
    ("2", {"first": multiboot_header(PAGE_ALIGN, checksum_error=1)}),
])
def test_a_fault_in_the_other_header_does_not_matter(boot, command, broken):
    assert_the_kernel_is_whole(boot(tree(both_headers(**broken), command=command)).report)


# ---- modules

@pytest.mark.parametrize("count", [0, 1, 50])
def test_modules_arrive_whole_and_in_order_on_pages(boot, count):
    modules = [(f"number {n}", pattern(1 + 977 * n, n + 1)) for n in range(count)]
    report = boot(tree(ELF32(), modules=modules)).report
    assert [m["text"].decode() for m in report.modules] == [words for words, _ in modules]
    assert [m["adler"] for m in report.modules] == [zlib.adler32(data) for _, data in modules]
    assert all(m["start"] % 4096 == 0 and m["start"] >= MIB for m in report.modules)


@pytest.mark.also_on("ovmf-ia32")
def test_500_modules_with_long_strings_arrive(boot):
    modules = [(f"{n} " + "x" * 200, b"%d" % n) for n in range(500)]
    report = boot(tree(ELF32(), modules=modules), timeout=60).report
    assert [m["text"].decode() for m in report.modules] == [words for words, _ in modules]
    assert [m["adler"] for m in report.modules] == [zlib.adler32(data) for _, data in modules]


# ---- kernels of every shape

@pytest.mark.parametrize("name", shapes(KERNELS))
def test_a_kernel_of_this_shape_boots_whole_and_as_under_grub(boot, loader, name):
    kernel = KERNELS[name]
    files = tree(kernel.make(), "a command line", [("a module", pattern(5000))])
    if loader == "grub" and not kernel.grub:
        pytest.skip("beyond GRUB")
    ours = boot(files, memory=kernel.memory).report
    assert_the_kernel_is_whole(ours)
    assert ours.modules[0]["adler"] == zlib.adler32(pattern(5000))
    if kernel.grub:
        theirs = boot(files, "grub", memory=kernel.memory).report
        assert_the_kernel_is_whole(theirs)
        assert differences(ours, theirs, EXPLAINED) == {}


@pytest.mark.parametrize("memory", [16, 3994, 6144])
def test_in_a_machine_of_this_many_mib_all_is_as_under_grub(boot, memory):
    files = tree(plain(sections=True), "words", [("a module", pattern(5000)), ("empty", b""), ("", pattern(70_000, 2))])
    ours, theirs = (boot(files, loader, memory=memory).report for loader in ("whelk", "grub"))
    assert_the_kernel_is_whole(ours)
    assert differences(ours, theirs, EXPLAINED) == {}
    assert (4 << 30 in [e["base"] for e in ours.mmap]) == (memory > 3072)


@pytest.mark.parametrize("minimum, maximum, alignment, preference, base", [
    (0, EVERYWHERE, 4096, LOW, MIB),
    (0, MIB, 4096, LOW, 0),  # only conventional memory: GRUB cannot do this
    (3 * MIB + 1, EVERYWHERE, 16, LOW, 3 * MIB + 16),
    (0, 32 * MIB, 4 * MIB, LOW, 4 * MIB),
    (0, 32 * MIB, 4 * MIB, HIGH, 28 * MIB),
])
def test_a_relocatable_kernel_stands_where_its_header_wants_it(boot, minimum, maximum, alignment, preference, base):
    report = boot(tree(relocatable(minimum, maximum, alignment, preference))).report
    assert_the_kernel_is_whole(report)
    assert report["load_base"] == base


# ---- headers that are refused

def with_section(kind):
    payload = Payload(MIB)
    sections = standard_sections(payload) + [Section(".rel.text", kind, bytes(8), entry_size=8)]
    return elf([payload.segment()], payload.entry, sections=sections, extra={0x800: header()}, data_from=0x1000)


BROKEN = {
    "no header": (lambda: elf([Payload(MIB).segment()], MIB), "no Multiboot 2 header in the first 32768 bytes"),
    "a header that begins in the searched part, but ends after it": (
        lambda: plain(at=SEARCHED - 16), "no end tag"),
    "a header after the searched part": (lambda: plain(at=SEARCHED), "no Multiboot 2 header"),
    "a header on a multiple of 4": (lambda: plain(at=HEADER_AT + 4), "no Multiboot 2 header"),
    "a header for MIPS": (lambda: plain(architecture=4), "not for the PC"),
    "a wrong checksum": (lambda: plain(checksum_error=1), "checksum"),
    "no end tag": (lambda: plain(*[tag(77, flags=OPTIONAL)] * 2, at=SEARCHED - 32, end=b""), "no end tag"),
    "a tag of 0 bytes": (lambda: plain(tag(CONSOLE, size=0)), "tag 4 cannot have 0 bytes"),
    "a tag of 7 bytes": (lambda: plain(tag(77, flags=OPTIONAL, size=7)), "tag 77 cannot have 7 bytes"),
    "a tag that runs past the searched part": (
        lambda: plain(tag(CONSOLE, 2, size=SEARCHED)), "tag 4 cannot have 32768 bytes"),
    "a tag that is not padded": (
        lambda: plain(tag(FRAMEBUFFER, 1024, 768, 32) + END, end=b""), "the tag after tag 5, of 20 bytes"),
    "a tag that is too short for its fields": (lambda: plain(tag(RELOCATABLE, 0)), "tag 10 cannot have 12 bytes"),
    "an optional tag of 0 bytes": (lambda: plain(tag(77, flags=OPTIONAL, size=0)), "tag 77 cannot have 0 bytes"),
    "a tag with all flags except \"optional\"": (lambda: plain(tag(77, flags=0xFFFE)), "tag 77 is required"),
    "an unknown required tag": (lambda: plain(tag(77)), "tag 77 is required"),
    "an unknown required request": (lambda: plain(tag(REQUEST, 1, 6, 1000)), "information 1000 is required"),
    "a required console, but none supported": (lambda: plain(tag(CONSOLE, 1)), "console"),
    "an address tag without an entry address tag": (lambda: address_fields(entry=False), "without an entry address"),
    "load_end_addr before load_addr": (lambda: address_fields(fields={"load_end": 2 * MIB - 0x2000}), "load_end_addr"),
    "bss_end_addr before load_end_addr": (lambda: address_fields(fields={"bss_end": 2 * MIB - 0x1000 + 4}), "bss_end_addr"),
    "an entry address outside the address fields' image": (
        lambda: header(tag(ADDRESS, MIB, MIB, 0, 0), tag(ENTRY, 9 * MIB)).ljust(4096, b"\0"), "entry_addr 0x900000"),
    "an entry address in no segment": (lambda: plain(tag(ENTRY, 9 * MIB)), "0x900000 lies where the file has no bytes"),
    "an alignment that is no power of two": (lambda: relocatable(0, EVERYWHERE, 0x3000), "0x3000 is not a power of two"),
    "an alignment of 1 GiB in a machine of 64 MiB": (lambda: relocatable(0, EVERYWHERE, 1 << 30), "do not fit"),
    "min_addr above max_addr": (lambda: relocatable(32 * MIB, 16 * MIB), "do not fit"),
    "a range that is smaller than the image": (lambda: relocatable(4 * MIB, 4 * MIB + 0x1000), "do not fit"),
    "a relocatable image that is neither ELF nor has an address tag": (
        lambda: header(tag(RELOCATABLE, 0, EVERYWHERE, 4096, LOW)).ljust(4096, b"\0"), "no ELF file"),
    "an entry address in the .bss": (
        lambda: plain(tag(ENTRY, Payload(MIB).memory_end - 64)), "where the file has no bytes"),
    "a range without free memory": (lambda: relocatable(0xF0000000, EVERYWHERE, 0, HIGH), "do not fit"),
    "relocations": (lambda: with_section(9), "relocations"),
    "relocations with addends": (lambda: with_section(4), "relocations"),
    "neither ELF nor address fields": (lambda: header().ljust(4096, b"\0"), "ELF"),
}


def assert_refused_at_boot(image, pattern_of_line):
    with Machine(image) as qemu:
        qemu.wait_for("press a key", timeout=10)
        said = [line for line in qemu.said if line.startswith("whelk: ")]
        assert len(said) == 2, qemu.serial
        assert re.search(pattern_of_line, said[0]), said[0]
        assert qemu.is_running


KERNEL_LINE = r"^whelk: /boot/grub/grub\.cfg:3: /boot/kernel: .*"


@pytest.mark.parametrize("name", BROKEN)
def test_the_loader_refuses_a_kernel_with(discs, name):
    make, reason = BROKEN[name]
    good = tree(padded(ELF32(), ROOM))
    assert_refused_at_boot(discs.make_unchecked(good, {"boot/kernel": make()}), KERNEL_LINE + reason)


def test_the_tool_refuses_the_same_kernels_with_the_same_line(tmp_path):
    make, reason = BROKEN["an unknown required tag"]
    run, image = mkrescue(tree(make()), tmp_path)
    assert run.returncode == 1
    assert re.search(r"^whelk: error: /?boot/grub/grub\.cfg:3: /boot/kernel: .*" + reason, run.stderr), run.stderr
    assert not image.exists()


@pytest.mark.parametrize("command, kernel, wanted", [
    ("2", plain_multiboot1, "has a Multiboot 1 header, not a Multiboot 2 one: use multiboot$"),
    ("", ELF32, "has a Multiboot 2 header, not a Multiboot 1 one: use multiboot2$"),
    ("", lambda: plain(at=0x5000), "has a Multiboot 2 header, not a Multiboot 1 one: use multiboot2$"),
])
def test_a_kernel_for_the_other_command_is_refused_with_the_right_one(discs, command, kernel, wanted):
    good = tree(padded(plain_multiboot1() if command == "" else ELF32(), ROOM), command=command)
    assert_refused_at_boot(discs.make_unchecked(good, {"boot/kernel": kernel()}), KERNEL_LINE + wanted)
