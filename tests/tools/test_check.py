# SPDX-License-Identifier: BSD-2-Clause
"""Tests what whelk check says of kernels, and that the loader does the same. Compares its answers
under the name and the options of grub-file with grub-file's."""

import gzip
import re
import struct
import subprocess

import pytest

import multiboot2_kernels
import pvh_kernels
from broken_kernels import KERNELS as BROKEN
from discs import BUILD, tree
from good_kernels import KERNELS, PLAIN, plain
from linux_kernel import SETUP_BYTES, bzimage
from make_kernel import ADDRESS_FIELDS, MIB, VIDEO_MODE, Payload, address_fields, elf, multiboot_header, pattern
from multiboot2_kernels import (CONSOLE, EFI_SERVICES, ENTRY_EFI32, ENTRY_EFI64, FRAMEBUFFER, MODULE_ALIGN, OPTIONAL,
                                REQUEST, SEARCHED, header, tag)
from test_multiboot2 import BROKEN as BROKEN_2

pytestmark = pytest.mark.bios("the tool alone")

WHELK, WHELK_FILE = BUILD / "whelk", BUILD / "whelk-file"
ELF32 = KERNELS["elf32"].make
YES, NO, USAGE = 0, 1, 2


@pytest.fixture
def check(tmp_path):
    def run(*arguments, program=(WHELK, "check"), **files):
        """Writes the files, which the arguments may name, and runs whelk check."""
        for name, contents in files.items():
            (tmp_path / name).write_bytes(contents)
        return subprocess.run([*map(str, program), *map(str, arguments)], stdin=subprocess.DEVNULL, cwd=tmp_path,
                              capture_output=True, text=True, timeout=60)
    run.path = tmp_path
    return run


def placed(said):
    """The lines about memory as {what: (start, end)}."""
    found = re.findall(r"^  0x([0-9a-f]+) to 0x([0-9a-f]+)  ([^:\n]+)", said, re.MULTILINE)
    return {what: (int(start, 16), int(end, 16)) for start, end, what in found}


# ---- what it says

def test_a_multiboot_1_header_is_explained_flag_by_flag(check):
    flags = 3 | VIDEO_MODE
    run = check("kernel", kernel=elf([Payload(MIB).segment()], MIB, extra={
        0x400: multiboot_header(flags, video=(0, 1024, 768, 32))}))
    assert run.returncode == YES, run.stderr
    assert run.stdout.splitlines()[1:7] == [
        "Multiboot 1 header at 0x400, flags 0x00000007", "  flag 0: modules on page boundaries",
        "  flag 1: memory information", "  flag 2: video mode",
        "    mode_type 0, width 1024, height 768, depth 32", "no Multiboot 2 header in the first 32768 bytes"]


def test_a_linux_kernel_is_explained_and_placed_with_its_initrd(check):
    run = check("kernel", "initrd", kernel=bzimage(xloadflags=5), initrd=bytes(5000))
    assert run.returncode == YES, run.stderr
    assert run.stdout.splitlines()[1:5] == [
        "Linux, boot protocol 2.15, bzImage", "  64-bit", "  handover entry for 32-bit UEFI",
        "By Linux's boot protocol in 128 MiB of memory, entered at 0x1000000:"]
    places = placed(run.stdout)
    assert places["kernel"] == (16 * MIB, 16 * MIB + 70_000 - SETUP_BYTES)
    assert places["initrd 1"] == (128 * MIB - 8192, 128 * MIB - 8192 + 5000)


def test_a_zimage_is_placed_as_by_linux16(check):
    run = check("kernel", kernel=bzimage(loadflags=0))
    assert run.returncode == YES, run.stderr
    assert "zImage\nBy Linux's 16-bit boot protocol" in run.stdout
    assert placed(run.stdout)["kernel"][0] == 0x10000
    cut = check("kernel", kernel=bzimage()[:2560])
    assert (cut.returncode, cut.stderr) == (NO, "whelk: error: is cut: it has 2560 bytes, and 2560 of real-mode code alone\n")


def test_a_kernel_without_a_header_is_told_what_it_is(check):
    run = check("kernel", kernel=b"PK\3\4" + bytes(5000))
    assert (run.returncode, run.stdout.splitlines()[1:]) == (NO, [
        "no Multiboot header in the first 8192 bytes: it is a zip archive",
        "no Multiboot 2 header in the first 32768 bytes: it is a zip archive"])


def test_a_header_beyond_the_limit_is_told_with_its_offset(check):
    run = check("kernel", kernel=bytes(40000) + header())
    assert run.returncode == NO
    for line in run.stdout.splitlines()[1:]:
        assert ": a Multiboot 2 header at offset 0x9c40 is beyond the first 32768: in the linker script" in line


@pytest.mark.parametrize("tags, reason", [
    ([tag(EFI_SERVICES), tag(ENTRY_EFI32, MIB)], "not on 64-bit UEFI"),
    ([tag(EFI_SERVICES), tag(ENTRY_EFI32, MIB, flags=OPTIONAL)], ""),
    ([tag(EFI_SERVICES), tag(ENTRY_EFI32, MIB), tag(ENTRY_EFI64, Payload(MIB).entry)], ""),
    ([tag(ENTRY_EFI32, MIB)], "")])
def test_a_kernel_with_boot_services_and_an_i386_entry_alone_is_refused(check, tags, reason):
    kernel = multiboot2_kernels.plain(*tags)
    config = b"menuentry a {\n multiboot2 /kernel\n}\n"
    (tree_folder := check.path / "tree" / "boot" / "grub").mkdir(parents=True)
    (tree_folder / "grub.cfg").write_bytes(config)
    (check.path / "tree" / "kernel").write_bytes(kernel)
    for run in (check("kernel", kernel=kernel), check("tree")):
        assert run.returncode == (NO if reason else YES)
        assert reason in run.stdout + run.stderr and ("UEFI" in run.stdout + run.stderr) == bool(reason)


def test_address_fields_are_shown_and_followed(check):
    payload = Payload(MIB)
    run = check("kernel", kernel=address_fields(payload))
    assert run.returncode == YES, run.stderr
    assert "not ELF" in run.stdout and f"flags {ADDRESS_FIELDS | 3:#010x}" in run.stdout
    assert f"header_addr {MIB + 8:#x}, load_addr {MIB:#x}, load_end_addr {payload.file_end:#x}" in run.stdout
    assert placed(run.stdout)["segment 0"] == (MIB, payload.memory_end)


def test_a_multiboot_2_header_is_explained_tag_by_tag(check):
    tags = [tag(REQUEST, 6, 13, flags=OPTIONAL), tag(CONSOLE, 3), tag(FRAMEBUFFER, 800, 600, 16),
            tag(MODULE_ALIGN), tag(ENTRY_EFI32, 0x1234), tag(ENTRY_EFI64, 0x5678)]
    run = check("kernel", kernel=multiboot2_kernels.plain(*tags, bits=64))
    assert run.returncode == YES, run.stderr
    said = run.stdout.splitlines()
    assert re.search("kernel: ELF64, ", said[0])
    assert said[1:-3] == [
        "no Multiboot header in the first 8192 bytes", "Multiboot 2 header at 0x1000",
        "  tag 1: information request", "    6 memory map", "    13 SMBIOS",
        "  tag 4: console flags", "    console required, EGA text supported",
        "  tag 5: framebuffer", "    width 800, height 600, depth 16", "  tag 6: module alignment",
        "  tag 8: EFI i386 entry address", "    entry_addr 0x1234",
        "  tag 9: EFI amd64 entry address", "    entry_addr 0x5678"]
    assert said[-3] == "By Multiboot 2 in 128 MiB of memory, entered at 0x100000:"


@pytest.mark.parametrize("name", ["demo", "long_mode"])
def test_sections_are_shown_by_the_names_that_readelf_gives_them(check, name):
    kernel = BUILD / f"kernels/{name}.elf"
    listed = subprocess.run(["readelf", "-SW", kernel], capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"^ +\[ *(\d+)\] (\.\S+)", listed, re.MULTILINE))
    shown = dict(re.findall(r"section (\d+) \((.*)\)$", check(kernel).stdout, re.MULTILINE))
    assert {".symtab", ".strtab", ".shstrtab"} <= set(shown.values())
    assert shown == {number: names[number] for number in shown}


def test_a_section_whose_name_lies_outside_of_the_file_is_shown_by_its_number(check):
    kernel = bytearray((BUILD / "kernels/demo.elf").read_bytes())
    headers, size, names = *struct.unpack_from("<I", kernel, 32), *struct.unpack_from("<HxxH", kernel, 46)
    struct.pack_into("<I", kernel, headers + names * size, 0x7fffffff)
    run = check("kernel", kernel=bytes(kernel))
    assert run.returncode == YES
    assert re.search(rf"  section {names}$", run.stdout, re.MULTILINE) and "(.symtab)" in run.stdout


@pytest.mark.parametrize("name", ["elf32", "elf64", "note-in-a-section"])
def test_a_pvh_entry_is_shown_with_the_boot_by_it(check, name):
    run = check("kernel", "module", kernel=pvh_kernels.KERNELS[name](), module=bytes(5000))
    assert run.returncode == YES, run.stderr
    assert run.stdout.splitlines()[1:5] == [
        "no Multiboot header in the first 8192 bytes", "no Multiboot 2 header in the first 32768 bytes",
        "PVH entry at 0x100000", "By PVH in 128 MiB of memory, entered at 0x100000:"]
    said = placed(run.stdout)
    assert said["module 1"][0] % 4096 == 0 and said["module 1"][0] >= MIB and said["boot information"][0] == 0x10000


def test_a_kernel_with_three_headers_boots_by_each(check):
    kernel = elf([Payload(MIB).segment(), pvh_kernels.notes_segment(pvh_kernels.entry_note(MIB))], MIB,
                 extra={0x400: PLAIN, multiboot2_kernels.HEADER_AT: header()}, data_from=0x2000)
    run = check("kernel", kernel=kernel)
    assert run.returncode == YES, run.stderr
    assert re.findall("^By (.*) in 128", run.stdout, re.MULTILINE) == ["Multiboot 1", "Multiboot 2", "PVH"]


@pytest.mark.parametrize("name", [name for name in pvh_kernels.REFUSED if name != "not-elf"])
def test_a_broken_pvh_entry_is_told_with_the_loaders_reason(check, name):
    make, reason = pvh_kernels.REFUSED[name]
    run = check("kernel", kernel=make())
    assert run.returncode == NO and f"\n{reason}\n" in run.stdout


def test_a_pvh_kernel_that_does_not_fit_is_refused_with_the_place(check):
    run = check("-m", 2, "kernel", kernel=pvh_kernels.KERNELS["several-segments"]())
    assert run.returncode == NO
    assert re.search("^whelk: error: command line:1: .*/kernel: segment .* does not fit: there is no RAM at 0x300a00$", run.stderr,
                     re.MULTILINE)


def test_the_question_for_a_pvh_entry_is_answered(check):
    cases = {**pvh_kernels.KERNELS, **{name: make for name, (make, _) in pvh_kernels.REFUSED.items()}, "plain": ELF32}
    for name, make in cases.items():
        for program in ((WHELK, "check"), (WHELK_FILE,)):
            run = check("--is-x86-pvh", "file", program=program, file=make())
            wanted = YES if name in pvh_kernels.KERNELS else NO
            assert (name, run.returncode, run.stdout, run.stderr) == (name, wanted, "", "")


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_boot_is_said_with_the_loaders_reason(check, name):
    run = check("-m", 64, "kernel", kernel=BROKEN[name].contents)
    assert run.returncode == NO
    assert re.search(BROKEN[name].reason, run.stdout + run.stderr), run


def test_the_memory_of_the_machine_decides_what_fits(check):
    big = bytes(40 * MIB)
    assert check("kernel", "module", kernel=ELF32(), module=big).returncode == YES
    run = check("-m", "32", "kernel", "module")
    assert run.returncode == NO
    assert re.search("^whelk: error: command line:2: .*/module: ", run.stderr), run.stderr


@pytest.mark.parametrize("make, protocol", [(ELF32, 1), (KERNELS["at-16-mib"].make, 1),
                                            (KERNELS["elf32-with-sections"].make, 1),
                                            (multiboot2_kernels.KERNELS["relocatable-high"].make, 2),
                                            (pvh_kernels.KERNELS["several-segments"], "pvh")])
def test_the_loader_puts_things_where_the_check_says(check, boot, make, protocol):
    modules = [("", pattern(5000)), ("", pattern(70_000, 2))]
    files = tree(make(), modules=modules)
    if protocol == "pvh":
        files = {**files, "boot/grub/grub.cfg": files["boot/grub/grub.cfg"].replace(b"multiboot", b"pvh")}
    if protocol == 2:
        files = {**files, "boot/grub/grub.cfg": re.sub(rb"(multiboot|module) ", rb"\g<1>2 ", files["boot/grub/grub.cfg"])}
    run = check("-m", 64, "kernel", "one", "two", kernel=make(), one=modules[0][1], two=modules[1][1])
    assert run.returncode == YES, run.stderr
    report = boot(files, "whelk", memory=64).report
    said = placed(run.stdout)
    assert [(m["start"], m["end"]) for m in report.modules] == [said["module 1"], said["module 2"]]
    assert report["ebx"] == said["boot information"][0]
    if protocol == 2:
        assert report["load_base"] == said["segment 0"][0]


@pytest.mark.parametrize("arguments", [[], ["-m", "1", "kernel"], ["-m", "64kB", "kernel"], ["--nonsense", "kernel"],
                                       ["--is-x86-multiboot", "kernel", "kernel"],
                                       ["--is-x86-multiboot", "--is-x86-multiboot2", "kernel"],
                                       ["--is-x86-linux", "kernel"]])
def test_a_wrong_command_line_ends_with_2_and_a_reason(check, arguments):
    run = check(*arguments, kernel=ELF32())
    assert run.returncode == USAGE and not run.stdout
    assert re.fullmatch(r"whelk: error: .+\n", run.stderr)


# ---- grub-file's questions

FILES = {
    "nothing": b"",
    "a header in 12 bytes": PLAIN,
    "a header in 31 bytes": PLAIN.ljust(31, b"\0"),
    "a header in 32 bytes": PLAIN.ljust(32, b"\0"),
    "a header at 8180, the end": bytes(8180) + PLAIN,
    "a header at 8180": bytes(8180) + PLAIN + bytes(5000),
    "a header at 8184": bytes(8184) + PLAIN + bytes(5000),
    "a header at 2": bytes(2) + PLAIN + bytes(5000),
    "a wrong checksum": multiboot_header(3, checksum_error=1) + bytes(5000),
    "a wrong header before a right one": multiboot_header(3, checksum_error=1) + PLAIN + bytes(5000),
    "unknown flags": multiboot_header(0xFFF0) + bytes(5000),
    "Multiboot 1": ELF32(),
    "Multiboot 1, gzip": gzip.compress(ELF32()),
    "Multiboot 2": multiboot2_kernels.plain(),
    "Multiboot 2, gzip": gzip.compress(multiboot2_kernels.plain()),
    "both": multiboot2_kernels.KERNELS["with-multiboot-1-header-too"].make(),
    "a header 2 in 24 bytes": header(),
    "a header 2 at 4": bytes(4) + header() + bytes(5000),
    "a header 2 with a wrong checksum": header(checksum_error=4) + bytes(5000),
    "a header 2 of 15 bytes": header(length=15) + bytes(5000),
    "a header 2 at the last place": bytes(SEARCHED - 24) + header() + bytes(5000),
    "a header 2 of which 16 bytes are in the searched part": bytes(SEARCHED - 16) + header() + bytes(5000),
    "a header 2 of which 8 bytes are in the searched part": bytes(SEARCHED - 8) + header() + bytes(5000),
    "text": b"text\n" * 5000,
}
QUESTIONS = ("--is-x86-multiboot", "--is-x86-multiboot2")


@pytest.mark.parametrize("name", FILES)
def test_the_answers_are_those_of_grub_file(check, name):
    for question in QUESTIONS:
        theirs = check(question, "file", program=["grub-file"], file=FILES[name]).returncode
        assert theirs in (YES, NO)
        for program in ((WHELK, "check"), (WHELK_FILE,)):
            run = check(question, "file", program=program)
            assert (run.returncode, run.stdout, run.stderr) == (theirs, "", "")


# What the loader does with a file decides, not what GRUB would do.
ANSWERS_DIFFER = {"a header for MIPS"}


@pytest.mark.parametrize("kernels", [
    {name: kernel.make for name, kernel in KERNELS.items() if kernel.memory <= 64},
    {name: kernel.make for name, kernel in multiboot2_kernels.KERNELS.items()},
    {name: lambda contents=broken.contents: contents for name, broken in BROKEN.items()},
    {name: make for name, (make, _) in BROKEN_2.items() if name not in ANSWERS_DIFFER},
], ids=["good", "good 2", "broken", "broken 2"])
def test_the_answers_are_those_of_grub_file_for_every_kernel_of_the_tests(check, kernels):
    for name, make in kernels.items():
        contents = make()
        for question in QUESTIONS:
            theirs = check(question, "file", program=["grub-file"], file=contents).returncode
            assert (name, question, check(question, "file", program=[WHELK_FILE]).returncode) == (name, question, theirs)


def compressed(command):
    return subprocess.run(command.split(), input=plain(sections=None), capture_output=True, check=True).stdout


# Each file with grub-file's answer and ours.
COMPRESSED = {
    "xz": (lambda: compressed("xz -c"), YES, YES),
    "two gzip members, of which GRUB takes the second one's size": (
        lambda: gzip.compress(ELF32()) + gzip.compress(b"more"), NO, YES),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(ELF32())), NO, NO),
    "lz4, which GRUB does not decompress": (lambda: compressed("lz4 -c"), NO, YES),
    "zstd, which GRUB does not decompress": (lambda: compressed("zstd -c"), NO, YES),
    "gzip with a wrong checksum after what GRUB looks at": (
        lambda: gzip.compress(ELF32())[:-8] + bytes(4) + gzip.compress(ELF32())[-4:], YES, NO),
}


@pytest.mark.parametrize("make, theirs, ours", COMPRESSED.values(), ids=COMPRESSED)
def test_the_answers_for_compressed_files_are_what_the_loader_does(check, make, theirs, ours):
    assert check(QUESTIONS[0], "file", program=["grub-file"], file=make()).returncode == theirs
    assert check(QUESTIONS[0], "file", program=[WHELK_FILE]).returncode == ours


def test_a_header_for_mips_is_not_for_x86_where_grub_file_says_it_is(check):
    kernel = header(architecture=4) + bytes(5000)
    assert check(QUESTIONS[1], "file", program=["grub-file"], file=kernel).returncode == YES
    assert check(QUESTIONS[1], "file").returncode == NO


def test_what_cannot_be_read_is_no_kernel_for_whelk_and_grub_file(check, tmp_path):
    for path in ("missing", tmp_path):
        for program in (["grub-file"], [WHELK_FILE]):
            run = check(QUESTIONS[0], path, program=program)
            assert run.returncode != YES and run.stderr
