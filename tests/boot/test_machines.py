# SPDX-License-Identifier: BSD-2-Clause
"""The tree of the blog post that started this project, on the machines and media that people use."""

import subprocess
import zlib

import pytest

from discs import CONFIG
from good_kernels import KERNELS
from make_kernel import MIB, Segment, elf, pattern
from qemu import Machine, expected, on_uefi
from report import differences
from uefi import PC_ALONE

MACHINES = pytest.mark.parametrize("machine", [pytest.param("pc", marks=PC_ALONE), "q35"])
LITTLE = pytest.mark.bios("machines too small for UEFI")
# The config as the post prints it, without the closing brace.
BLOG_CONFIG = b"""set timeout=0
set default=0

menuentry "HermitCore" {
    multiboot /boot/ldhermit.elf -uart=io:0x3f8
    module /boot/hermit_application
    boot
"""
APPLICATION = elf([Segment(0x800000, pattern(4_200_000), memory_size=4_800_000)], 0x800000, 64)


@pytest.fixture(scope="module")
def blog():
    return {CONFIG: BLOG_CONFIG, "boot/ldhermit.elf": KERNELS["hermitcore-loader"].make(),
            "boot/hermit_application": APPLICATION}


@pytest.fixture(scope="module")
def blog_mended(blog):
    """The same tree with the closing brace, which GRUB needs."""
    return {**blog, CONFIG: BLOG_CONFIG + b"}\n"}


def assert_booted(report):
    assert report["regions_wrong"] == 0 and report["bss_zero"] == 1
    assert report["cmdline"] == b"-uart=io:0x3f8"
    application, = report.modules
    assert application["end"] - application["start"] == len(APPLICATION)
    assert application["adler"] == zlib.adler32(APPLICATION)


@MACHINES
@pytest.mark.parametrize("memory", [*(pytest.param(mib, marks=LITTLE) for mib in (32, 64, 128)), 512, 1024, 4096, 8192])
def test_the_tree_of_the_blog_boots_with_this_memory(boot, blog, machine, memory):
    report = boot(blog, machine=machine, memory=memory).report
    assert_booted(report)
    available = sum(e["length"] for e in report.mmap if e["type"] == 1)
    assert memory * MIB - expected(1, 40) * MIB < available < memory * MIB


@MACHINES
@pytest.mark.parametrize("attach", ["cdrom", "hda", "virtio-blk", "usb"])
def test_the_same_iso_boots_when_it_is_attached_as(boot, blog, machine, attach):
    report = boot(blog, machine=machine, attach=attach, memory=128).report
    assert_booted(report)
    if on_uefi():
        return
    drive = report["boot_device"] >> 24
    assert drive >= 0x88 if attach == "cdrom" else drive == 0x80


@MACHINES
@pytest.mark.parametrize("memory", [32, 4096])
def test_the_report_is_the_same_as_under_grub(boot, blog_mended, loader, machine, memory):
    ours = boot(blog_mended, loader, machine=machine, memory=memory).report
    theirs = boot(blog_mended, "grub", machine=machine, memory=memory).report
    assert differences(ours, theirs) == {}


@pytest.mark.parametrize("attach", ["hda", "virtio-blk", "usb"])
def test_the_report_from_a_disk_is_the_same_as_under_grub(boot, blog_mended, loader, attach):
    ours = boot(blog_mended, loader, attach=attach).report
    theirs = boot(blog_mended, "grub", attach=attach).report
    # GRUB's boot_device names the partition of its prefix; Whelk's is the whole disk.
    assert differences(ours, theirs, also={"boot_device"}) == {}
    assert on_uefi() or ours["boot_device"] >> 24 == theirs["boot_device"] >> 24


def test_two_processors_change_nothing_but_the_tables(boot, blog):
    one, two = (boot(blog, cpus=cpus).report for cpus in (1, 2))
    changed = differences(one, two, also={"mp_pointer"})
    if on_uefi():  # UEFI takes memory for each processor, and has no such tables
        assert all(key.startswith("mmap") for key in changed)
    else:
        assert changed == {"mp_processors": (1, 2)}


@pytest.mark.bios("QEMU without Machine")
def test_the_command_of_the_readme_boots_it(discs, blog):
    """The machine has no isa-debug-exit and no monitor; its serial port is on standard output."""
    image = discs.make(blog)
    command = ["qemu-system-x86_64", "-m", "1024", "-cdrom", str(image), "-serial", "stdio", "-display", "none"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as qemu:
        try:
            lines = []
            for line in qemu.stdout:
                lines.append(line.strip())
                if lines[-1] == b"END":
                    break
        finally:
            qemu.kill()
    assert b"END" in lines and b'cmdline: "-uart=io:0x3f8"' in lines
