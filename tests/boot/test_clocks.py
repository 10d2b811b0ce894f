# SPDX-License-Identifier: BSD-2-Clause
"""Machines without an interrupt controller (8259A) or timer (8254) boot all the same: no wait is for an interrupt that
never comes, and countdowns end."""

import time
import zlib

import pytest

from discs import CONFIG, tree
from faulty_disc import ALL, FaultyDisc
from good_kernels import KERNELS
from make_kernel import MIB, pattern
from qemu import Machine

pytestmark = pytest.mark.seabios("names its firmware itself")

MODULE = pattern(3 * MIB + 5, 3)
MISSING = {"8259A": ",pic=off", "8254": ",pit=off", "8254 and 8259A": ",pic=off,pit=off"}
MACHINES = {"pc, SeaBIOS": ("pc", None), "q35, SeaBIOS": ("q35", None), "pc, no firmware": ("pc", "rom"),
            "q35, no firmware": ("q35", "rom")}


def files(timeout):
    made = tree(KERNELS["elf32"].make(), modules=[("module", MODULE)])
    return {**made, CONFIG: made[CONFIG].replace(b"timeout=0", b"timeout=%d" % timeout)}


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("where", MACHINES)
def test_a_machine_boots_without_an(boot, where, missing):
    machine, firmware = MACHINES[where]
    booted = boot(files(0), machine=machine + MISSING[missing], firmware=firmware)
    assert booted.report.modules[0]["adler"] == zlib.adler32(MODULE)


@pytest.mark.parametrize("missing, processor", [("8259A", "qemu64"), ("8254", "qemu64"), ("8254", "486")])
@pytest.mark.parametrize("where", ["pc, SeaBIOS", "pc, no firmware"])
def test_a_countdown_ends_without_an(discs, where, missing, processor):
    """A 486 has no time stamp counter. The report kernel does not run on one, but begins to."""
    machine, firmware = MACHINES[where]
    with Machine(discs.make(files(3)), machine=machine + MISSING[missing], firmware=firmware,
                 extra=["-cpu", processor]) as qemu:
        qemu.wait_for_terminal(r"Boots in \d s")
        start = time.monotonic()
        qemu.wait_for("report: 0x", 20)
        assert 1 < time.monotonic() - start


@pytest.mark.parametrize("where", ["pc, SeaBIOS", "pc, no firmware"] if ALL else ["pc, SeaBIOS"])
def test_a_disc_that_never_answers_gives_a_line_without_a_timer(discs, tmp_path, where):
    machine, firmware = MACHINES[where]
    with FaultyDisc(discs.make(files(-1)), tmp_path) as disc:
        extra = ["-nodefaults", "-vga", "std", *disc.blockdev(), "-device", "ide-cd,drive=disc,bus=ide.1"]
        with Machine(None, attach="none", machine=machine + ",pit=off", firmware=firmware, extra=extra) as qemu:
            qemu.wait_for_terminal("Enter or digit")
            disc.spoil("silent")
            qemu.type_serial("\r")
            assert qemu.wait_for("whelk: the disc does not answer at sector", 20)
