# SPDX-License-Identifier: BSD-2-Clause
"""UEFI machines go on from a saved state (harness/saved_start.py), in which the firmware knows no disc yet."""

import zlib

import pytest

import saved_start
from discs import tree
from good_kernels import plain
from make_kernel import MIB, pattern
from qemu import FIRMWARES, Machine
from report import Report

pytestmark = pytest.mark.seabios("names its firmware itself")

UEFI = {**FIRMWARES["ovmf-x64"], "memory": 256}


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """No state is saved yet."""
    monkeypatch.setattr(saved_start, "FOLDER", tmp_path / "starts")
    monkeypatch.delenv("WHELK_COLD", raising=False)
    return tmp_path / "starts"


def started_from(machine):
    return "a saved state" if "-incoming" in machine.command else "power-on"


@pytest.mark.parametrize("attach", ["cdrom", "hda", "virtio-blk", "usb"])
def test_another_disc_of_another_size_is_read_after_a_saved_start(discs, attach):
    """The larger disc's module is where the smaller disc has ended."""
    module = pattern(3 * MIB + 5)
    small, large = discs.make(tree(plain(), "small")), discs.make(tree(plain(), "large", modules=[("", module)]))
    assert large.stat().st_size > small.stat().st_size + len(module) // 2
    for image, start, modules in ((small, "power-on", []), (large, "a saved state", [zlib.adler32(module)]),
                                  (small, "a saved state", [])):
        with Machine(image, **UEFI | {"attach": attach}) as machine:
            assert started_from(machine) == start
            machine.wait_for("^END$", 60)
            report = Report(machine.serial)
        assert report["cmdline"] == (b"large" if modules else b"small")
        assert [each["adler"] for each in report.modules] == modules


def test_the_serial_port_says_all_that_it_says_from_power_on(discs):
    image = discs.make(tree(plain()))

    def said():
        with Machine(image, **UEFI) as machine:
            machine.wait_for("^END$", 60)
            return machine.received.split(b"report:")[0]
    assert said() == said()


def test_only_machines_of_the_same_kind_share_a_state(tmp_path, monkeypatch):
    def place(disc="a.iso", **machine):
        return saved_start.place_of(Machine(tmp_path / disc, **UEFI | machine).command)
    first = place()
    assert first == place("b.iso") == place(extra=[]) is not None
    others = [place(memory=512), place(cpus=2), place(attach="hda"), place(machine="pc"), place(firmware="ia32")]
    assert len({first, *others}) == 6
    assert place(extra=["-S"]) is place(extra=["-option-rom", "/x.rom"]) is None
    monkeypatch.setenv("WHELK_COLD", "1")
    assert place() is None


@pytest.mark.parametrize("attach", ["cdrom", "hda", "virtio-blk", "usb"])
def test_a_machine_is_not_saved_once_its_disc_is_in_use(discs, folder, monkeypatch, attach):
    """The machine is stopped too late, as may happen on a busy host."""
    def disc_is_in_use(machine, *_):
        while not saved_start.DISC_IN_USE.search((machine.directory / "stderr").read_text()):
            assert machine.is_running
    monkeypatch.setattr(Machine, "wait_until", disc_is_in_use)
    with Machine(discs.make(tree(plain())), **UEFI | {"attach": attach}) as machine:
        machine.wait_for("^END$", 60)
    assert not folder.exists()
