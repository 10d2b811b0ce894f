# SPDX-License-Identifier: BSD-2-Clause
"""What a Multiboot 1 kernel finds when it is entered: as specified (0.6.96, 3.2 and 3.3), and as under GRUB where the
specification leaves a choice."""

import os
import re
import zlib

import pytest

import multiboot2_kernels
from discs import CONFIG, Sparse, tree
from good_kernels import AOUT_STRINGS, AOUT_TABLE, KERNELS, PLAIN, aout, tiny_with_header_at_the_end
from make_kernel import MIB, VIDEO_MODE, Payload, elf, multiboot_header, pattern, standard_sections
from qemu import Machine, expected, has_bios, has_pc_devices, kept_ram, on_uefi
from report import BEYOND_GRUB, EXPLAINED, Report, differences
from test_multiboot2 import tree as multiboot2_tree
from uefi import shapes

ELF32 = KERNELS["elf32"].make
CODE_AT_ONCE = 0xEB, 0xFE  # jmp $
# Flags
BOOT_DEVICE, AOUT_SYMBOLS, DRIVES, CONFIG_TABLE, APM_TABLE, VBE, FRAMEBUFFER = (
    1 << bit for bit in (1, 4, 7, 8, 10, 11, 12))
BIOS_TELLS = pytest.mark.seabios("what only a BIOS tells: its drives, tables and APM")


# ---- machine state, 3.2

def test_general_registers_hold_what_the_specification_says(boot):
    report = boot(tree(ELF32())).report
    assert report["eax"] == 0x2BADB002
    assert report["ebx"] % 4 == 0
    assert [report[name] for name in ("ecx", "edx", "esi", "edi", "ebp")] == [0] * 5
    assert report["esp"] == 0x7FF00


def test_paging_interrupts_and_direction_are_off_and_a20_is_on(boot):
    report = boot(tree(ELF32())).report
    assert (report["cr0"], report["cr4"]) == (0x11, 0)
    assert on_uefi() or report["cr3"] == 0
    assert (report["interrupt_flag"], report["direction_flag"], report["a20"]) == (0, 0, 1)


def entry_state(discs, loader, **machine):
    """QEMU's registers while the kernel's first instruction jumps to itself."""
    payload = Payload(MIB, PLAIN)
    image = bytearray(payload.bytes())
    image[:2] = CODE_AT_ONCE
    segment = payload.segment()
    segment.data = bytes(image)
    disc = discs.make(tree(elf([segment], payload.entry)), loader)
    with Machine(disc, **machine) as qemu:
        qemu.wait_until(lambda: "EIP=00100000" in qemu.registers(), "the kernel's entry", 30)
        return qemu.registers()


@pytest.mark.also_on("ovmf-x64")
def test_segments_are_flat_and_the_descriptor_tables_are_below_1_mib(discs, loader):
    registers = entry_state(discs, loader)
    # Selector, base, limit, attributes (present, ring 0, code or data, 32 bits).
    assert re.search(r"^CS =0010 00000000 ffffffff 00cf9[ab]00 DPL=0 CS32", registers, re.MULTILINE)
    for name in ("DS", "ES", "FS", "GS", "SS"):
        assert re.search(rf"^{name} =0018 00000000 ffffffff 00cf9[23]00 DPL=0 DS", registers, re.MULTILINE)
    table = re.search(r"^GDT= +(\w+) (\w+)", registers, re.MULTILINE)
    assert int(table[1], 16) + int(table[2], 16) < MIB
    assert int(table[2], 16) >= 0x1F
    assert re.search(r"^IDT= +00000000 0*$", registers, re.MULTILINE)


def test_the_processor_is_in_32_bit_mode_without_extensions(discs, loader):
    registers = entry_state(discs, loader)
    assert "CPL=0" in registers and "HLT=0" in registers and "A20=1" in registers
    assert re.search(rf"CR0=00000011 CR2=\w+ CR3={expected('00000000', '.*')} CR4=00000000", registers)
    assert re.search(r"EFER=0+$", registers, re.MULTILINE)


def test_the_interrupt_controllers_are_as_the_bios_left_them(boot):
    ours = boot(tree(ELF32())).report
    assert ours["pic_masks"] == boot(tree(ELF32()), "grub").report["pic_masks"]


# ---- the information, 3.3

def test_the_flags_promise_just_what_is_there(boot):
    # Of these flags, GRUB sets only BOOT_DEVICE and VBE.
    bios = expected(BOOT_DEVICE | VBE | DRIVES | CONFIG_TABLE | APM_TABLE, 0, rom=BOOT_DEVICE, pvh=BOOT_DEVICE)
    modules = [("", b"x")]
    with_sections = KERNELS["elf32-with-sections"].make()
    screen = FRAMEBUFFER if has_pc_devices() else 0
    assert boot(tree(with_sections, modules=modules)).report["flags"] == 0x26D | bios | screen
    assert boot(tree(with_sections)).report["flags"] == 0x265 | bios | screen
    fields = KERNELS["address-fields-all-set"].make()
    assert boot(tree(fields, modules=modules)).report["flags"] == 0x24D | bios | screen
    assert boot(tree(fields)).report["flags"] == 0x245 | bios | screen
    symbols = KERNELS["aout-omagic"].make()
    assert boot(tree(symbols)).report["flags"] == 0x245 | bios | screen | AOUT_SYMBOLS


@pytest.mark.parametrize("memory", [64, 256])
def test_memory_sizes_are_those_around_the_first_hole(boot, memory):
    report = boot(tree(ELF32()), memory=memory).report
    assert report["mem_lower"] == expected(639, 640, ia32=192)  # ends at the BIOS's data; at system management's
    above = next(e for e in report.mmap if e["base"] == MIB)
    assert report["mem_upper"] == above["length"] // 1024


@BIOS_TELLS
def test_boot_device_is_the_cdrom(boot):
    assert boot(tree(ELF32())).report["boot_device"] == 0xE0FFFFFF


COMMAND_LINES = {
    "nothing": ("", b""),
    "a word": ("one", b"one"),
    "blanks": ("one   two\tthree", b"one two three"),
    "a quoted blank": ("x='a b'", b'"x=a b"'),
    "quotes": ('"say \\"hi\\""', b'"say \\"hi\\""'),
    "an option": ("-uart=io:0x3f8", b"-uart=io:0x3f8"),
    "a backslash": ("back\\\\slash", b"back\\\\slash"),
    "an apostrophe": ("it\\'s", b"it\\'s"),
    "an undefined variable": ("a=$undefined end", b"a= end"),
    "3000 characters": ("x" * 3000, b"x" * 3000),
    "UTF-8": ("umlaut=\u00e4", b"umlaut=\xc3\xa4"),
}


@pytest.mark.parametrize("written, given", COMMAND_LINES.values(), ids=COMMAND_LINES)
def test_the_command_line_is_quoted_as_grub_does(boot, written, given):
    assert boot(tree(ELF32(), written)).report["cmdline"] == given


def test_module_strings_are_the_arguments_without_the_file(boot):
    report = boot(tree(ELF32(), modules=[("", b"a"), ("one  two", b"b"), ("'x y'", b"c")])).report
    assert [m["text"] for m in report.modules] == [b"", b"one two", b'"x y"']


def test_the_memory_map_is_the_firmwares_in_entries_of_20_bytes(boot):
    report = boot(tree(ELF32())).report
    assert {e["size"] for e in report.mmap} == {20}
    assert report["mmap_length"] == 24 * len(report.mmap)
    available = [(e["base"], e["length"]) for e in report.mmap if e["type"] == 1]
    if on_uefi():  # the range ends at the firmware's own memory; test_platforms.py checks the sum
        available = [base for base, _ in available if base in (0, MIB)]
    assert available == expected([(0, 0x9FC00), (MIB, 63 * MIB - kept_ram())], [0, MIB])


@pytest.mark.parametrize("bits", [32, 64])
def test_every_elf_section_is_loaded_and_described(boot, bits):
    payload = Payload(MIB, PLAIN)
    sections = standard_sections(payload, bits)
    report = boot(tree(elf([payload.segment()], payload.entry, bits, sections))).report
    assert (report["elf_num"], report["elf_size"], report["elf_shndx"]) == (7, 40 if bits == 32 else 64, 6)
    assert report.section(".text")["address"] == MIB
    assert report.section(".bss")["address"] == payload.file_end
    for section in sections[2:]:
        row = report.section(section.name)
        assert row["adler"] == zlib.adler32(section.data)
        assert row["address"] >= payload.memory_end
    assert report.section(".symtab")["link"] == 5


def test_the_loader_gives_its_name(boot, loader):
    name = boot(tree(ELF32())).report["boot_loader_name"]
    assert (b"Whelk" if loader == "whelk" else b"GRUB") in name


@pytest.mark.pc("the screen")
def test_the_screen_is_described_as_it_is(boot):
    """VGA text under a BIOS, a frame buffer under UEFI."""
    report = boot(tree(ELF32())).report
    assert [report["framebuffer_" + part] for part in ("pitch", "width", "height", "bpp", "type")] == expected(
        [160, 80, 25, 16, 2], [1280 * 4, 1280, 800, 32, 1])
    if on_uefi():
        return
    assert report["framebuffer_addr"] == 0xB8000
    if has_bios():
        assert report["vbe_mode"] == 3
        assert report["vbe_signature"] == int.from_bytes(b"VESA", "little")


# ---- what the firmware knows, 3.3: GRUB does not tell it

CD_DRIVE = {"size": 32, "number": 0xE0, "mode": 1, "cylinders": 0, "heads": 0, "sectors": 0}
PRIMARY = {"ports": 9, "first_port": 0x1F0, "last_port": 0x3F6}
SECONDARY = {"ports": 9, "first_port": 0x170, "last_port": 0x376}
NO_PORTS = {"ports": 0, "first_port": 0, "last_port": 0}


@BIOS_TELLS
def test_the_cd_is_a_drive_with_ports_but_without_geometry(boot):
    report = boot(tree(ELF32())).report
    assert report.drives == [{**CD_DRIVE, **SECONDARY}]
    assert report["drives_length"] == 32


@BIOS_TELLS
def test_hard_disks_have_the_geometry_that_the_bios_gives_them(boot, tmp_path):
    disks = []
    # The second disk is too large for EDD's geometry. AH=08h's geometry ends at 8 GB, and lacks the last cylinder.
    for name, mib, kind in (("a", 600, "ide,index=0"), ("b", 20_000, "ide,index=1"), ("c", 20, "virtio")):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, mib * MIB)
        disks += ["-drive", f"if={kind},media=disk,format=raw,snapshot=on,file={tmp_path / name}"]
    report = boot(tree(ELF32()), extra=[*disks, "-boot", "d"]).report
    assert report.drives == [
        {"size": 32, "number": 0x80, "mode": 1, "cylinders": 1219, "heads": 16, "sectors": 63, **PRIMARY},
        {"size": 32, "number": 0x81, "mode": 1, "cylinders": 1023, "heads": 255, "sectors": 63, **PRIMARY},
        {"size": 32, "number": 0x82, "mode": 1, "cylinders": 40, "heads": 16, "sectors": 63, **NO_PORTS},
        {**CD_DRIVE, **SECONDARY}]


@BIOS_TELLS
def test_the_disk_that_we_boot_from_is_there_once(boot):
    report = boot(tree(ELF32()), attach="hda").report
    assert [(d["number"], d["mode"], d["heads"], d["sectors"]) for d in report.drives] == [(0x80, 1, 16, 63)]
    assert report["boot_device"] == 0x80FFFFFF


@BIOS_TELLS
def test_of_twenty_disks_the_first_eight_are_described(boot, tmp_path):
    (tmp_path / "disk").write_bytes(bytes(MIB))
    disks = []
    for number in range(20):
        disks += ["-drive", f"if=none,id=d{number},format=raw,readonly=on,file={tmp_path / 'disk'}",
                  "-device", f"virtio-blk-pci,drive=d{number}"]
    report = boot(tree(ELF32()), extra=[*disks, "-boot", "d"]).report
    assert [d["number"] for d in report.drives] == [*range(0x80, 0x88), 0xE0]


@BIOS_TELLS
def test_the_config_table_is_the_roms(boot):
    report = boot(tree(ELF32())).report
    assert 0xF0000 <= report["config_table"] < 0x100000
    assert (report["config_table_length"], report["config_table_model"]) == (8, 0xFC)


@BIOS_TELLS
def test_the_apm_table_is_what_grub_tells_multiboot_2_kernels(boot):
    def apm(report):
        return {key: value for key, value in report.items() if key.startswith("apm_")}
    theirs = multiboot2_tree(multiboot2_kernels.KERNELS["elf32"].make())
    found = apm(boot(tree(ELF32()), "whelk").report)
    assert len(found) == 9
    assert found == apm(boot(theirs, "grub").report) == apm(boot(theirs, "whelk").report)


@pytest.mark.parametrize("name", ["aout-omagic", "aout-zmagic", "aout-qmagic"])
def test_symbols_of_an_aout_kernel_stand_between_their_sizes(boot, name):
    report = boot(tree(KERNELS[name].make(), modules=[("", b"m")])).report
    assert report["aout_tabsize"] == report["aout_table_size_word"] == len(AOUT_TABLE)
    assert report["aout_strsize"] == report["aout_string_size_word"] == len(AOUT_STRINGS)
    assert report["aout_table_adler"] == zlib.adler32(AOUT_TABLE)
    assert report["aout_strings_adler"] == zlib.adler32(AOUT_STRINGS)
    assert (report["aout_addr"] % 4, report["aout_reserved"]) == (0, 0)
    assert_the_kernel_is_whole(report)


def test_an_aout_kernel_without_symbols_has_none(boot):
    for kernel in (aout(0o407, 32, table=b""), aout(0o407, 32, strings=AOUT_STRINGS + b"more")):
        assert boot(tree(kernel)).report["flags"] & AOUT_SYMBOLS == 0


# ---- modules

def module_set(count):
    return [(f"number {n}", pattern(1 + 977 * n, n + 1)) for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_modules_arrive_whole_and_in_order(boot, count):
    modules = module_set(count)
    report = boot(tree(ELF32(), modules=modules)).report
    assert report["flags"] >> 3 & 1 == (count > 0)
    assert [m["text"].decode() for m in report.modules] == [words for words, _ in modules]
    assert [m["end"] - m["start"] for m in report.modules] == [len(data) for _, data in modules]
    assert [m["adler"] for m in report.modules] == [zlib.adler32(data) for _, data in modules]


def test_modules_stand_on_pages_and_overlap_nothing(boot):
    report = boot(tree(ELF32(), modules=module_set(50))).report
    ranges = sorted((m["start"], m["end"]) for m in report.modules)
    assert all(start % 4096 == 0 and start >= MIB for start, _ in ranges)
    assert all(end <= start for (_, end), (start, _) in zip(ranges, ranges[1:]))


def test_an_empty_module_has_no_bytes_and_a_place_among_the_others(boot, loader):
    report = boot(tree(ELF32(), modules=[("a", b"first"), ("empty", b""), ("b", b"last"), ("end", b"")])).report
    first, empty, last, end = report.modules
    assert (empty["text"], end["text"]) == (b"empty", b"end")
    assert (first["adler"], last["adler"]) == (zlib.adler32(b"first"), zlib.adler32(b"last"))
    assert empty["start"] == empty["end"] and end["start"] == end["end"]
    if loader == "grub":
        assert empty["start"] == end["start"] == 0
    else:
        assert [m["start"] % 4096 for m in report.modules] == [0] * 4
        assert first["end"] <= empty["start"] <= last["start"] and last["end"] <= end["start"]


def test_a_module_of_300_mib_arrives_whole(boot, discs, loader):
    size = 300 * MIB + 17
    blocks = tuple((at, pattern(4096, at)) for at in range(0, size - 4096, 7 * MIB))
    blocks += ((size - 100, pattern(100)),)
    module = Sparse(size, blocks)
    files = tree(ELF32(), modules=[("big", module), ("small", b"after it")])
    try:
        # From a virtio disk: the emulated CD drive would take half a minute.
        report = boot(files, attach="virtio-blk", memory=1024, timeout=120).report
    finally:
        discs.forget(files, loader)
    big, small = report.modules
    assert big["end"] - big["start"] == size
    assert big["adler"] == module.adler32()
    assert small["adler"] == zlib.adler32(b"after it")


def test_500_modules_with_long_strings_arrive(boot):
    modules = [(f"{n} " + "x" * 200, b"%d" % n) for n in range(500)]
    report = boot(tree(ELF32(), modules=modules), timeout=60).report
    assert [m["text"].decode() for m in report.modules] == [words for words, _ in modules]
    assert [m["adler"] for m in report.modules] == [zlib.adler32(data) for _, data in modules]


def test_a_config_of_5200_short_lines_for_modules_boots(boot):
    """What the config becomes in memory is several times longer than its text."""
    files = tree(ELF32(), modules=[("", b"a module")])
    line = b"    module /boot/module0\n"
    assert files[CONFIG].count(line) == 1
    files[CONFIG] = files[CONFIG].replace(line, 5200 * line)
    report = boot(files, timeout=60).report
    assert [m["adler"] for m in report.modules] == 5200 * [zlib.adler32(b"a module")]


def test_a_command_line_of_60_kib_arrives(boot):
    words = " ".join(f"word{n:05}" for n in range(6000))
    assert boot(tree(ELF32(), words)).report["cmdline"] == words.encode()


# ---- kernels of every shape

def assert_the_kernel_is_whole(report):
    assert report["regions"] >= 1
    assert report["regions_wrong"] == 0, report.regions
    assert report["bss_zero"] == 1


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
        assert differences(ours, theirs, kernel.differs) == {}


@pytest.mark.parametrize("memory", [16, 3994, 6144])
def test_in_a_machine_of_this_many_mib_all_is_as_under_grub(boot, memory):
    files = tree(KERNELS["elf32-with-sections"].make(), "words", [("a module", pattern(5000)), ("", pattern(70_000, 2))])
    ours, theirs = (boot(files, loader, memory=memory).report for loader in ("whelk", "grub"))
    assert_the_kernel_is_whole(ours)
    assert differences(ours, theirs) == {}
    assert (4 << 30 in [e["base"] for e in ours.mmap]) == (memory > 3072)


@pytest.mark.seabios("a test of the comparison, with the table for a BIOS")
@pytest.mark.parametrize("entry, kernels", [(tree, KERNELS), (multiboot2_tree, multiboot2_kernels.KERNELS)], ids=[1, 2])
def test_every_difference_from_grub_without_an_explanation_is_noticed(boot, entry, kernels):
    """Changes each value of a report in turn."""
    files = entry(kernels["elf32-with-sections"].make(), "words", [("a module", b"m")])
    serial = boot(files).serial
    report, changed = Report(serial), Report(serial)
    rows = [("", changed)] + [(f"{name}[].", row) for name, rows in changed.lists.items() for row in rows]
    beyond_grub = BEYOND_GRUB if "flags" in report else ()  # in Multiboot 2 GRUB tells APM, too
    assert len(rows) > 15 and differences(report, changed) == {}
    for prefix, row in rows:
        for key, value in list(row.items()):
            row[key] = value + b"x" if isinstance(value, bytes) else (value or 0) + 64
            explained = prefix + key in EXPLAINED or key.startswith(beyond_grub) or prefix.startswith(beyond_grub)
            assert (differences(report, changed) != {}) != explained, prefix + key
            row[key] = value


def test_a_header_at_the_end_of_the_file_needs_no_video_fields(discs, loader):
    kernel = tiny_with_header_at_the_end(multiboot_header(VIDEO_MODE))
    with Machine(discs.make(tree(kernel), loader)) as qemu:
        assert qemu.wait_for("The tiny kernel runs.")
