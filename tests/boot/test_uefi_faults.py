# SPDX-License-Identifier: BSD-2-Clause
"""Whelk on UEFI firmware with faults, which a program (shim/uefi.c) causes between the firmware and the loader."""

import struct
import zlib

import pytest

from discs import BUILD, CONFIG, file_in_iso, tree
from good_kernels import KERNELS
from make_kernel import MIB, pattern
from qemu import Machine
from test_multiboot2 import tree as tree_2

pytestmark = pytest.mark.seabios("names its firmware itself")

# Only Block I/O reads a disc on this controller, so the program's faults of Block I/O count.
OVMF = {"firmware": "x64", "machine": "q35", "memory": 256, "attach": "virtio-blk"}
FAULTS = ("map_changes", "gop", "most_bytes", "io_align", "bad_lba", "io_mmu", "no_execute", "no_input",
          "full_bytes")
GOP_ABSENT, GOP_BLT_ONLY = 1, 2
FRAMEBUFFER = 1 << 12
MODULES = [("", pattern(3 * MIB + 5, 3)), ("", b"m" * 5000)]
EVER = 1 << 30


def files_with(kernel, make_tree=tree, **faults):
    """A tree whose loader for UEFI is the program with these faults, which then starts Whelk."""
    shim = (BUILD / "shim.efi").read_bytes()
    at = shim.index(b"FAULTS\0\0") + 8
    values = struct.pack(f"<{len(FAULTS)}I", *(faults.get(name, 0) for name in FAULTS))
    return {**make_tree(kernel, "", MODULES), "EFI/BOOT/BOOTX64.EFI": shim[:at] + values + shim[at + len(values):],
            "EFI/BOOT/GRUBX64.EFI": (BUILD / "BOOTX64.EFI").read_bytes()}


@pytest.fixture
def boots(boot):
    """Boots the report kernel to its end, with these faults."""
    def run(kernel="elf32", **faults):
        booted = boot(files_with(KERNELS[kernel].make(), **faults), timeout=60, **OVMF)
        assert "SHIM: start\n" in booted.serial
        return booted
    return run


def assert_arrived(booted):
    assert booted.report["regions_wrong"] == 0
    assert [module["adler"] for module in booted.report.modules] == [zlib.adler32(data) for _, data in MODULES]


def test_a_map_that_changes_is_read_again_and_the_watchdog_is_off(boots):
    booted = boots(map_changes=3)
    assert booted.serial.count("SHIM: the map has changed\n") == 3
    assert "SHIM: watchdog off\n" in booted.serial
    assert_arrived(booted)


def test_a_map_that_never_stays_the_same_is_said_in_one_line(discs):
    with Machine(discs.make(files_with(KERNELS["elf32"].make(), map_changes=EVER)), **OVMF) as machine:
        assert machine.wait_for("^whelk: the firmware does not end its boot services$", 60)


@pytest.mark.parametrize("gop", [GOP_ABSENT, GOP_BLT_ONLY], ids=["absent", "without a frame buffer"])
def test_a_kernel_boots_without_a_frame_buffer_where_the_gop_is(boots, gop):
    booted = boots("video-flag-absurd-size", gop=gop)
    assert_arrived(booted)
    assert booted.report["flags"] & FRAMEBUFFER == 0


@pytest.mark.parametrize("most_bytes", [64 << 10, 2048])
def test_a_disc_that_takes_no_large_reads_is_read_in_pieces(boots, most_bytes):
    booted = boots(most_bytes=most_bytes)
    assert "SHIM: too many bytes\n" in booted.serial
    assert_arrived(booted)


def test_a_disc_that_says_it_has_read_and_has_not_is_read_in_pieces(boots):
    booted = boots(full_bytes=64 << 10)
    assert "SHIM: nothing is read\n" in booted.serial
    assert_arrived(booted)


@pytest.mark.parametrize("most_bytes", [0, 2048])
def test_a_disc_that_wants_aligned_memory_gets_it(boots, most_bytes):
    booted = boots("unaligned-addresses", io_align=4096, most_bytes=most_bytes)
    assert "SHIM: not aligned" not in booted.serial
    assert_arrived(booted)


def test_a_machine_without_a_keyboard_waits_for_the_timeout_and_boots(boot):
    files = files_with(KERNELS["elf32"].make(), no_input=1)
    files[CONFIG] = files[CONFIG].replace(b"set timeout=0", b"set timeout=1")
    assert_arrived(boot(files, timeout=60, **OVMF))


def test_a_sector_that_cannot_be_read_is_named_with_its_file(discs):
    kernel = KERNELS["elf32"].make()
    bad = file_in_iso(discs.make(files_with(kernel)), "boot/module0")[0] + 700
    image = discs.make(files_with(kernel, bad_lba=bad))
    with Machine(image, **OVMF) as machine:
        assert machine.wait_for(rf"^whelk: .*/boot/module0: sector {bad} of the disc cannot be read \(EFI status 7\)", 60)


def test_a_machine_whose_discs_cannot_be_read_at_all_says_so(discs):
    with Machine(discs.make(files_with(KERNELS["elf32"].make(), most_bytes=1)), **OVMF) as machine:
        assert machine.wait_for("^whelk: no disc with an ISO 9660 volume is found", 60)


def test_code_runs_although_the_firmware_lets_none_run_in_memory(boots):
    booted = boots(no_execute=1)
    assert "SHIM: no code in memory\n" in booted.serial
    assert_arrived(booted)


def test_a_kernel_that_wants_boot_services_runs_although_the_firmware_lets_no_code_run_in_memory(discs):
    files = files_with((BUILD / "kernels/services.bin").read_bytes(), tree_2, no_execute=1)
    with Machine(discs.make(files), **OVMF) as machine:
        assert machine.wait_for(r"^services 64 \w+A$", 60)
