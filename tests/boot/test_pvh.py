# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that are entered as PVH says (Xen, docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h): what they find,
and which are refused."""

import gzip
import re
import zlib

import pytest

import discs as disc_images
from discs import CONFIG, SECTOR, mkrescue
from good_kernels import plain as plain_multiboot1
from make_kernel import MIB, STAY, Payload, elf, pattern
from multiboot2_kernels import KERNELS as KERNELS_2
from pvh_kernels import ELSEWHERE, KERNELS, REFUSED, entry_note, notes_segment
from qemu import Machine
from report import Report, differences
from uefi import shapes

START_MAGIC = 0x336EC578
RSDP_SIGNATURE = int.from_bytes(b"RSD PTR ", "little")
PAGE = 4096
ELF32, ELF64 = KERNELS["elf32"], KERNELS["elf64"]
MODULES = [("first 1", pattern(123_457)), ("", b""), ('"second module" x', pattern(5000, 2))]
INSTEAD = "whelk: /boot/kernel: no Multiboot header: it is started by its PVH entry, as by the command pvh"


def tree(kernel, arguments="", modules=(), command="pvh", module="module"):
    files = disc_images.tree(kernel, arguments, modules)
    files[CONFIG] = files[CONFIG].replace(b"    multiboot", b"    " + command.encode()).replace(
        b"    module", b"    " + module.encode())
    return files


def timed(files):
    return {**files, CONFIG: b"whelk_timing=1\n" + files[CONFIG]}


def assert_the_kernel_is_whole(report):
    assert report["start_magic"] == START_MAGIC
    assert report["regions"] >= 1
    assert (report["regions_wrong"], report["bss_zero"]) == (0, 1), report.regions


# ---- The kernel's file

@pytest.mark.parametrize("name", shapes(KERNELS))
def test_kernels_of_every_shape_boot(boot, name):
    report = boot(tree(KERNELS[name](), "an argument 'a b'", MODULES)).report
    assert_the_kernel_is_whole(report)
    assert report["cmdline"] == b'an argument "a b"'
    assert [m["text"] for m in report.modules] == [b"first 1", b"", b'"second module" x']


def test_a_compressed_kernel_boots(boot):
    assert_the_kernel_is_whole(boot(tree(gzip.compress(ELF64()), "", MODULES)).report)


@pytest.mark.parametrize("name", REFUSED)
def test_other_kernels_are_refused_with_the_reason(name, tmp_path):
    make, reason = REFUSED[name]
    run, image = mkrescue(tree(make()), tmp_path)
    assert run.returncode != 0 and not image.exists()
    assert run.stderr.splitlines()[0].startswith(f"whelk: error: boot/grub/grub.cfg:3: /boot/kernel: {reason}")


def test_the_loader_itself_refuses_a_kernel_without_the_note(discs):
    make, reason = REFUSED["no-notes"]
    image = discs.make_unchecked(tree(ELF32()), {"boot/kernel": make()})
    with Machine(image) as machine:
        machine.wait_for("press a key", 30)
        assert f"whelk: /boot/grub/grub.cfg:3: /boot/kernel: {reason}" in machine.said


# ---- The machine's state

def test_the_registers_hold_what_the_abi_says(boot):
    report = boot(tree(ELF32())).report
    assert (report["cr0"], report["cr4"], report["a20"]) == (0x11, 0, 1)  # PE, and ET, which is not writable
    assert report["eflags"] & (1 << 17 | 1 << 9 | 1 << 8 | 1 << 10) == 0
    assert report["ebx"] % PAGE == 0


def test_the_segments_are_flat_and_there_is_a_task(discs):
    payload = Payload(MIB, options=STAY)
    kernel = elf([payload.segment(), notes_segment(entry_note(MIB))], ELSEWHERE)
    with Machine(discs.make(tree(kernel))) as machine:
        machine.wait_for("^END$", 30)
        registers = machine.registers()
    cached = {name: [int(word, 16) for word in re.search(rf"(?m)^{name} ?=(\w+) (\w+) (\w+) (\w+)", registers).groups()]
              for name in ("CS", "DS", "ES", "SS", "TR")}
    for name in ("CS", "DS", "ES", "SS"):
        _, base, limit, flags = cached[name]
        assert (base, limit) == (0, 0xFFFFFFFF)
        assert flags & (1 << 22 | 1 << 15) == 1 << 22 | 1 << 15  # 32 bits, present
    assert cached["CS"][3] >> 9 & 0xD == 0xD  # code that can be read
    assert all(cached[name][3] >> 9 & 0xD == 0x9 for name in ("DS", "ES", "SS"))  # data that can be written
    _, base, limit, flags = cached["TR"]
    assert (base, limit) == (0, 0x67)
    assert flags >> 8 & 0xF in (0x9, 0xB)  # a 32-bit TSS; QEMU sets the bit "busy" in memory only


# ---- The start info

def test_the_start_info_is_of_version_1(boot):
    report = boot(tree(ELF32())).report
    assert [report["start_" + name] for name in ("magic", "version", "flags", "reserved")] == [START_MAGIC, 1, 0, 0]


@pytest.mark.parametrize("written, given", [
    ("", b""),
    ("one   two", b"one two"),
    ("console=ttyS0 x='a b'", b'console=ttyS0 "x=a b"'),
    ("x" * 3000, b"x" * 3000),
])
def test_the_command_line_has_the_arguments_alone(boot, written, given):
    assert boot(tree(ELF32(), written)).report["cmdline"] == given


def test_start_info_command_line_and_memory_map_share_one_page(boot):
    report = boot(tree(ELF32(), "x" * 1000, MODULES)).report
    ends = [report["ebx"] + 56, report["cmdline_addr"] + 1001, report["mmap_addr"] + 24 * report["mmap_count"]]
    assert {(end - 1) // PAGE for end in ends} == {report["ebx"] // PAGE} == {0x10}


def test_the_modules_are_page_aligned_and_in_order(boot):
    report = boot(tree(ELF32(), "", MODULES)).report
    last = 0
    for module, (_, data) in zip(report.modules, MODULES, strict=True):
        assert module["start"] % PAGE == 0 and module["start"] >= last and module["end"] - module["start"] == len(data)
        assert (module["adler"], module["reserved"]) == (zlib.adler32(data), 0)
        last = module["end"]


def test_without_modules_there_is_no_list(boot):
    report = boot(tree(ELF32())).report
    assert (report["mods_count"], report["mods_addr"]) == (0, 0)


def test_the_memory_map_is_that_of_multiboot(boot):
    mine = boot(tree(ELF32())).report
    other = boot(disc_images.tree(plain_multiboot1())).report
    keys = ("base", "length", "type")
    assert {row["reserved"] for row in mine.mmap} == {0}
    same = [[tuple(row[key] for key in keys) for row in report.mmap] for report in (mine, other)]
    assert same[0] == same[1]


def test_the_root_pointer_is_acpis(boot):
    report = boot(tree(ELF32())).report
    other = boot(tree(KERNELS_2["elf32"].make(), command="multiboot2")).report
    assert report["rsdp_signature"] == RSDP_SIGNATURE
    assert report["rsdp_adler"] in (other.get("acpi_old_adler"), other.get("acpi_new_adler"))


@pytest.mark.bios("a machine without ACPI")
def test_without_acpi_the_root_pointer_is_0(boot):
    assert boot(tree(ELF32()), machine="pc,acpi=off").report["rsdp_addr"] == 0


# ---- pvh, multiboot and multiboot2 of the same files

@pytest.mark.parametrize("command, module", [("multiboot", "module"), ("multiboot2", "module2")])
def test_multiboot_starts_a_kernel_with_a_pvh_entry_alone_and_says_so(discs, boot, command, module):
    result = boot(tree(ELF64(), "x y", MODULES, command, module))
    assert_the_kernel_is_whole(result.report)
    assert INSTEAD in result.serial.split("\n")
    assert (result.report["cmdline"], result.report["mods_count"]) == (b"x y", 3)
    assert INSTEAD not in boot(tree(ELF64())).serial


def test_a_multiboot_header_wins_with_its_own_command_only(boot):
    kernels = {1: KERNELS["multiboot-1-as-well"](), 2: KERNELS["multiboot-2-as-well"]()}
    magic = {command: boot(tree(kernels[number], command=command)).report["eax"]
             for number, command in ((1, "multiboot"), (2, "multiboot2"))}
    assert magic == {"multiboot": 0x2BADB002, "multiboot2": 0x36D76289}
    for kernel in kernels.values():
        assert_the_kernel_is_whole(boot(tree(kernel)).report)


@pytest.mark.parametrize("name, command, hint", [
    ("multiboot-1-as-well", "multiboot2", "has a Multiboot 1 header, not a Multiboot 2 one: use multiboot"),
    ("multiboot-2-as-well", "multiboot", "has a Multiboot 2 header, not a Multiboot 1 one: use multiboot2"),
])
def test_the_other_multiboots_header_is_not_passed_over(name, command, hint, tmp_path):
    run, _ = mkrescue(tree(KERNELS[name](), command=command), tmp_path)
    assert run.returncode != 0 and hint in run.stderr


def test_modules_of_pvh_are_not_those_of_multiboot_2(tmp_path):
    run, _ = mkrescue(tree(ELF32(), "", MODULES, "pvh", "module2"), tmp_path)
    assert "grub.cfg:4: multiboot and pvh go with module, multiboot2 with module2" in run.stderr


def test_it_boots_from_the_menus_command_line(discs):
    config = b"set timeout=-1\nmenuentry one { pvh /boot/kernel }\nmenuentry two { pvh /boot/kernel }\n"
    with Machine(discs.make({CONFIG: config, "boot/kernel": ELF64(), "boot/module": b"a module"})) as machine:
        machine.wait_for("c: command line")
        machine.type_serial("c")
        machine.wait_for("whelk> ")
        machine.type_serial("pvh /boot/kernel typed 'a b'\rmodule /boot/module more\rboot\r")
        machine.wait_for("^END$", 30)
        report = Report(machine.serial)
    assert_the_kernel_is_whole(report)
    assert report["cmdline"] == b'typed "a b"'
    assert [(m["text"], m["adler"]) for m in report.modules] == [(b"more", zlib.adler32(b"a module"))]


# ---- The prepared block

def said_prepared(result):
    return re.search(r'"prepared":(true|false)', result.serial)[1] == "true"


@pytest.mark.parametrize("name", shapes(["elf32", "elf64", "several-segments", "note-in-a-section"]))
def test_the_kernel_finds_the_same_with_and_without_the_prepared_block(boot, discs, tmp_path, name):
    files = timed(tree(KERNELS[name](), 'a "b c"', MODULES))
    data = bytearray(discs.make(files).read_bytes())
    has_plan = data[15 * SECTOR + 28] != 0
    data[15 * SECTOR:16 * SECTOR] = bytes(SECTOR)
    (tmp_path / "plain.iso").write_bytes(data)
    prepared, found_out = boot(files), boot(tmp_path / "plain.iso")
    assert has_plan and said_prepared(prepared) and not said_prepared(found_out)
    assert not differences(found_out.report, prepared.report)
