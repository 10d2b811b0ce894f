# SPDX-License-Identifier: BSD-2-Clause
"""ISOs with a partition of the user's after them (-append_partition) boot as a CD, as a disk and as a USB stick."""

import subprocess

import pytest

from discs import MKRESCUE, tree, write_tree
from good_kernels import plain
from make_kernel import pattern
from qemu import Machine
from report import Report


@pytest.mark.seabios("names its firmware itself")
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("attach", ["cdrom", "virtio-blk", "usb"])
@pytest.mark.parametrize("machine", [{}, {"firmware": "x64", "machine": "q35", "memory": 256}], ids=["seabios", "ovmf-x64"])
def test_an_iso_with_an_appended_partition_boots(tmp_path, machine, attach, number):
    write_tree(tmp_path / "tree", tree(plain(), "words", [("module", pattern(300_001, 7))]))
    (tmp_path / "part").write_bytes(pattern(500_001, 3))
    run = subprocess.run([MKRESCUE, "-o", tmp_path / "iso", tmp_path / "tree", "--", "-append_partition", str(number), "0x83",
                          tmp_path / "part"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    with Machine(tmp_path / "iso", attach=attach, **machine) as qemu:
        qemu.wait_for("^END$", 60)
        assert Report(qemu.serial)["regions_wrong"] == 0
