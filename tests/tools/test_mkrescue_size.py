# SPDX-License-Identifier: BSD-2-Clause
"""Compares time and size of whelk-mkrescue and grub-mkrescue on the sample tree, without options.
grub-mkrescue is as on a machine with the packages of tests/dependencies, so with grub-pc-bin,
grub-efi-amd64-bin and mtools. Also tests how small an ISO may be."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from discs import BUILD, MKRESCUE, ROOT
from qemu import Machine

pytestmark = pytest.mark.bios("the tool alone")

RUNS = 5
CYLINDER = 16 * 63 * 512
PLATFORMS = [Path("/usr/lib/grub") / name / "modinfo.sh" for name in ("i386-pc", "x86_64-efi")]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A directory with the sample tree in it."""
    directory = tmp_path_factory.mktemp("sample")
    shutil.copytree(ROOT / "iso", directory / "iso")
    shutil.copyfile(BUILD / "kernels/demo.elf", directory / "iso/boot/demo.elf")
    return directory


@pytest.fixture(scope="module")
def both(sample):
    """The shortest time of each, measured in turn, and the size of its ISO. A busy machine only
    adds to times."""
    assert all(mark.exists() for mark in PLATFORMS) and shutil.which("mformat")
    seconds, size = {}, {}
    for _ in range(RUNS):
        for program in ("grub-mkrescue", str(MKRESCUE)):
            start = time.monotonic()
            subprocess.run([program, "-o", "out.iso", "iso"], cwd=sample, check=True, capture_output=True, timeout=120)
            seconds.setdefault(program, []).append(time.monotonic() - start)
            size[program] = (sample / "out.iso").stat().st_size
            (sample / "out.iso").unlink()
    return [(min(seconds[program]), size[program]) for program in seconds]


def test_making_the_iso_takes_less_than_a_fifth_of_grubs_time(both):
    (grub, _), (whelk, _) = both
    assert 5 * whelk < grub


def test_the_iso_is_less_than_a_twentieth_of_grubs(both):
    (_, grub), (_, whelk) = both
    assert 20 * whelk < grub


@pytest.mark.parametrize("attach", ["cdrom", "hda", "virtio-blk", "usb"])
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_an_iso_of_one_cylinder_boots_as(sample, machine, attach):
    """SeaBIOS boots no smaller ISO from a virtio, SCSI, SATA or USB disk."""
    subprocess.run([MKRESCUE, "-o", "whole.iso", "iso"], cwd=sample, check=True)
    iso = sample / "cylinder.iso"
    iso.write_bytes((sample / "whole.iso").read_bytes()[:CYLINDER])
    with Machine(iso, machine=machine, attach=attach) as qemu:
        assert qemu.wait_for("loaded by +Whelk", timeout=30)
