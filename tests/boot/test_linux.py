# SPDX-License-Identifier: BSD-2-Clause
"""Linux's boot protocols (Documentation/x86/boot.rst), with a small kernel that reports what it was given, beside
GRUB. tests/boot/test_debian_kernels.py boots Debian's Linux."""

import gzip
import re

import pytest

from discs import BUILD, CONFIG, mkrescue
from good_kernels import plain
from linux_kernel import application, bzimage, initrd_sum, parse
from make_kernel import MIB, pattern
from qemu import Machine, has_bios, on_uefi

ARGUMENTS = "ro 'a b' c\\'d $nothing x=\"1 2\" quiet"
ONE, TWO, MEMBER = pattern(70_001), pattern(5, 2), pattern(999, 3)
PAGE = 4096
LOADED_HIGH, QUIET, CAN_USE_HEAP = 1, 0x20, 0x80
GRUB_LOADER = 0x72
EXIT_DONE = 33


def tree(*lines, kernel=None, **files):
    config = "\n".join(["set timeout=0", 'menuentry "test" {', *(f"    {line}" for line in lines), "}", ""])
    return {CONFIG: config.encode(), "boot/kernel": kernel or bzimage(),
            **{f"boot/{name}": contents for name, contents in files.items()}}


@pytest.fixture
def report(discs, loader):
    """Boots a tree and returns what the kernel reports."""
    def run(files, by=None, **machine):
        with Machine(discs.make(files, by or loader), **machine) as qemu:
            status = qemu.wait_exit(15)
            assert status == EXIT_DONE, qemu.said
            return parse(qemu.serial)
    return run


def without_places(found):
    """What does not depend on where a loader's own memory is: header, screen, memory map."""
    params = bytearray(found.params)
    for start, length in ((0x00, 2),         # the cursor
                          (0x70, 8),         # acpi_rsdp_addr, which GRUB leaves out
                          (0x1FE, 2),        # boot_flag, which GRUB clears
                          (0x218, 4), (0x228, 4)):
        params[start:start + length] = bytes(length)
    return params


# ---- linux

def test_the_kernel_gets_what_grub_gives_it(report):
    files = tree(f"linux (cd)/boot/kernel {ARGUMENTS}", "initrd /boot/one /boot/two", one=ONE, two=TWO)
    found = report(files)
    assert found["type_of_loader"] == GRUB_LOADER and found["loadflags"] == LOADED_HIGH | QUIET | CAN_USE_HEAP
    assert found["code32_start"] == found.registers[8]
    assert found["ramdisk_image"] % PAGE == 0
    assert (found["ramdisk_size"], found.initrd_sum) == (70_009, initrd_sum(ONE + bytes(3) + TWO))
    cs, ds, ss, ebx, ebp, edi, cr0, esi, _ = found.registers
    assert (cs, ds, ss, ebx, ebp, edi, cr0) == (0x10, 0x18, 0x18, 0, 0, 0, 0x11)
    assert found["acpi_rsdp_addr"] != 0 and esi % PAGE == 0
    if not on_uefi() and has_bios():
        grub = report(files, "grub")
        assert found.command_line == grub.command_line
        assert without_places(found)[:0x1F0] == without_places(grub)[:0x1F0]
        assert without_places(found)[0x1F0:0x21C] == without_places(grub)[0x1F0:0x21C]
        assert without_places(found)[0x220:0x290] == without_places(grub)[0x220:0x290]
        assert found.e820() == grub.e820()


def test_a_member_of_an_archive_has_its_headers_before_it(report):
    found = report(tree("linux /boot/kernel", "initrd newc:a/b:/boot/member /boot/two", member=MEMBER, two=TWO))
    def header(name, mode, size):
        fields = (0, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0)
        text = b"070701" + b"".join(b"%08x" % field for field in fields) + name + b"\0"
        return text + bytes(-len(text) % 4)
    expected = (header(b"a", 0o40777, 0) + header(b"a/b", 0o100777, len(MEMBER)) + MEMBER + bytes(1) +
                header(b"TRAILER!!!", 0, 0) + TWO)
    assert (found["ramdisk_size"], found.initrd_sum) == (len(expected), initrd_sum(expected))


def test_a_compressed_kernel_boots_and_an_initrd_stays_compressed(report):
    packed = gzip.compress(ONE, mtime=0)
    found = report(tree("linux /boot/kernel", "initrd /boot/one", kernel=gzip.compress(bzimage()), one=packed))
    assert found.initrd_sum == initrd_sum(packed)


def test_a_kernel_that_cannot_move_is_at_1_mib(report):
    assert report(tree("linux /boot/kernel", kernel=bzimage(relocatable_kernel=0))).registers[8] == MIB


def test_mem_limits_the_initrd(report):
    found = report(tree("linux /boot/kernel mem=40M", "initrd /boot/one", one=ONE))
    assert 20 * MIB <= found["ramdisk_image"] < 40 * MIB - 0x10000 - len(ONE)


@pytest.mark.bios("under UEFI there is always a frame buffer")
@pytest.mark.parametrize("lines", [("set gfxpayload=1024x768x32", "linux /boot/kernel"),
                                   ("linux /boot/kernel vga=0x318",),
                                   ("insmod all_video", "set gfxpayload=800x600", "linux /boot/kernel")],
                         ids=["gfxpayload", "vga", "driver"])
def test_a_video_mode_is_described_as_by_grub(report, lines):
    found = report(tree(*lines))
    assert found.params[0x0F] in (0x23, 0x70) and found.params[0x12:0x16] != bytes(4)
    if has_bios():
        assert found.params[:0x3A] == report(tree(*lines), "grub").params[:0x3A]


# ---- linux16

@pytest.mark.seabios("calls the BIOS")
def test_linux16_runs_the_kernels_real_mode_code_as_grub_does(report):
    files = tree(f"linux16 /boot/kernel {ARGUMENTS} vga=0x317", "initrd16 /boot/one", one=ONE)
    found, grub = report(files), report(files, "grub")
    cs, ds, es, ss, fs, gs, sp, flags, kib, cr0 = found.registers
    assert (cs, sp, flags, cr0 & 1) == (ds + 0x20, 0x9000, 0, 0)
    assert {ds} == {es, ss, fs, gs} and 600 <= kib <= 640
    assert found.registers == grub.registers
    assert found.command_line == grub.command_line
    assert (found["vid_mode"], found["loadflags"]) == (0x317, LOADED_HIGH | CAN_USE_HEAP)
    different = {at for at in range(0x1F1, 0x26C) if found.params[at] != grub.params[at]}
    assert different <= set(range(0x218, 0x220))  # where the initrd is, and its padding


@pytest.mark.seabios("calls the BIOS")
def test_linux16_boots_kernels_of_every_protocol(report):
    for fields in ({"version": 0x201}, {"version": 0x200, "setup_sects": 0}, {"header": bytes(4)}):
        found = report(tree("linux16 /boot/kernel", kernel=bzimage(**fields)))
        assert found.registers[1] == 0x9000, fields
        assert (found["cl_magic"], found["cl_offset"]) == (0xA33F, 0x9000)


def test_linux16_without_a_bios_is_refused(discs):
    if has_bios() and not on_uefi():
        pytest.skip("this machine has a BIOS")
    with Machine(discs.make(tree("linux16 /boot/kernel"), "whelk")) as machine:
        machine.wait_for("linux16 needs a BIOS: use linux", 30)
        assert any(line.endswith("/boot/kernel: linux16 needs a BIOS: use linux") for line in machine.said)


# ---- What does not start under UEFI

def broken_application():
    """To Whelk a UEFI application, but the firmware finds no optional header."""
    return application((BUILD / "chained-x64.efi").read_bytes()).replace(b"\x0b\x02", b"\0\0", 1)


NOT_STARTED = {"returns": (lambda name: application((BUILD / f"chained-{name}.efi").read_bytes()),
                           "it returned with status 0x7", "^chained: END"),
               "not loaded": (lambda name: broken_application(), "the firmware cannot load it \\(status 0x", None)}


@pytest.mark.seabios("names its firmware itself")
@pytest.mark.parametrize("firmware, why", [("x64", "returns"), ("ia32", "returns"), ("x64", "not loaded")])
def test_when_a_kernel_does_not_start_under_uefi_the_menu_comes_again_and_all_works(discs, firmware, why):
    """The config is long, so its text is in memory that the loader must not give to the kernel."""
    kernel, reason, said = NOT_STARTED[why]
    config = "\n".join([*("# " + "x" * 70 for _ in range(500)), "set timeout=0",
                        'menuentry "test" {', "linux /boot/kernel a", "initrd /boot/one", "}",
                        'menuentry "other" {', "multiboot /boot/other", "module /boot/one b", "}", ""])
    files = {**tree(kernel=kernel(firmware), other=plain(), one=ONE * 100), CONFIG: config.encode()}
    with Machine(discs.make(files), memory=256, firmware=firmware, machine="q35") as machine:
        end = 0
        for _ in range(2):
            machine.wait_for(f"/boot/kernel: {reason}", 40, after=end)
            machine.wait_for("Enter or digit", after=end)
            assert said is None or re.search(said, machine.serial[end:], re.MULTILINE)
            assert "chained: memory no" not in machine.serial
            end = len(machine.serial)
            machine.type_serial("\r")
        machine.wait_for(f"/boot/kernel: {reason}", 40, after=end)
        machine.wait_for("Enter or digit", after=end)
        machine.type_serial("2")
        machine.wait_for("^END$", 40)


# ---- What is refused when the ISO is made

REFUSED = {
    "no kernel": (bytes(4096), "is no Linux kernel: no boot signature at offset 0x1fe"),
    "cut": (lambda: bzimage()[:2000], "is cut: it has 2000 bytes, and 2560 of real-mode code alone"),
    "old": (lambda: bzimage(version=0x202), "its boot protocol is too old for a 32-bit entry: use linux16"),
    "zimage": (lambda: bzimage(loadflags=0), "a zImage has no 32-bit entry: use linux16"),
    "entry": (lambda: bzimage(code32_start=0), "its 32-bit entry lies outside of it: it is made for linux16"),
    "sectors": (lambda: bzimage(setup_sects=65), "its real-mode code has 65 sectors, more than 64"),
    "large": (lambda: bzimage(init_size=0xF0000000), "it needs 0xf0000000 bytes of memory in one piece"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_kernel_that_cannot_boot_is_refused_with_its_line(name, tmp_path):
    kernel, reason = REFUSED[name]
    run, image = mkrescue(tree("linux /boot/kernel", kernel=kernel() if callable(kernel) else kernel), tmp_path)
    assert run.returncode != 0 and not image.exists()
    assert run.stderr.splitlines()[0] == f"whelk: error: boot/grub/grub.cfg:3: /boot/kernel: {reason}"


def test_an_initrd_that_is_missing_is_refused_with_its_line(tmp_path):
    run, _ = mkrescue(tree("linux /boot/kernel", "initrd /boot/nothing"), tmp_path)
    assert run.stderr.splitlines()[0] == "whelk: error: boot/grub/grub.cfg:4: /boot/nothing: no such file"
