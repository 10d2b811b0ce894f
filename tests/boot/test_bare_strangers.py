# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Linux and Xen on machines without a firmware (make check-bare). What Linux says is compared with what it says
after SeaBIOS on the same machine. GNU Mach and a GRUB core are in test_debian_kernels.py."""

import hashlib
import re

import pytest

import test_debian_kernels as debian
from qemu import Machine
from test_debian_kernels import DEBIAN, LINUX_ARGUMENTS, PAYLOAD, kernels  # noqa: F401 (a fixture)

# On a microvm Linux has the PIT alone to measure its clock by, and hangs if a busy host makes that fail. What it needs
# there of the loader is in test_bare.py (the masks of interrupts).
pytestmark = [pytest.mark.bare("kernels that test_debian_kernels.py boots by firmware"),
              pytest.mark.pc("Linux on a microvm hangs if the host is busy"),
              pytest.mark.drive("tried with whelk.rom only")]

SHA256 = hashlib.sha256(PAYLOAD).hexdigest()

# In Linux's log: clocks and what was measured by them, addresses of the firmware's tables, its name, and the order of
# what Linux does at once.
LINUX_NOISE = re.compile(
    r"tsc: |clocksource|BogoMIPS|sched_clock|PM-Timer|audit: |setting system clock|deferred pages|unpack rootfs|"
    r"cycles|MHz|Lost \d+ RTC|hrtimer: |Memory: |DMI: |found SMP MP-table|ACPI: RSDP|Freeing |\d+ ?us\b|random: |parameters ")
# The page that SeaBIOS keeps at the end of q35's RAM moves the end of what is free, and all that is placed there.
ADDRESS = re.compile(r"\b(?:0x)?[0-9a-f]{8,16}\b|\b\d+ pages|pfn = 0x[0-9a-f]+|pages: \d+|\d+K")
TIME = re.compile(r"^\[ *\d+\.\d+\] ")


def lines_of_linux(said):
    """What Linux says until its init runs, each line once, without what differs from boot to boot."""
    start = said.index("Linux version")
    lines = (TIME.sub("", line) for line in said[start:said.index("linux: arguments")].split("\n")[1:])
    return {ADDRESS.sub("*", line) for line in lines if not LINUX_NOISE.search(line)}


def boot_linux(image, **machine):
    return debian.boot_linux(image, memory=512, exit_device=False, **machine)


def after_seabios():
    return {"firmware": "seabios", "machine": Machine.on["machine"]}


@pytest.fixture
def talkative(monkeypatch):
    monkeypatch.setattr(debian, "LINUX_ARGUMENTS", LINUX_ARGUMENTS.replace("panic=-1", "panic=-1 loglevel=8"))


def test_linux_boots_with_its_initrds_and_says_what_it_says_after_seabios(discs, talkative):
    image = discs.make(debian.bzimage_tree())
    said = boot_linux(image)
    debian.assert_linux_is_whole(said)
    ours, theirs = lines_of_linux(said), lines_of_linux(boot_linux(image, **after_seabios()))
    assert len(ours) > 200 and ours ^ theirs == set()


def test_linux_boots_by_pvh_from_the_iso_that_other_firmware_boots(discs):
    said = boot_linux(discs.make(debian.linux_tree()))
    assert f"linux: arguments {LINUX_ARGUMENTS}\n" in said and f"linux: payload {SHA256} " in said


def test_xen_boots_a_dom0(discs):
    files = debian.tree(f"    multiboot2 /boot/xen.gz {debian.XEN_ARGUMENTS}",
                        f"    module2 /boot/vmlinuz {debian.DOM0_ARGUMENTS}", "    module2 /boot/initrd",
                        **{"xen.gz": DEBIAN / "xen.gz", "vmlinuz": DEBIAN / "vmlinuz", "initrd": debian.initrd()})
    log = debian.boot_xen(discs.make(files))
    assert f"dom0: payload {SHA256} " in log and f"dom0: arguments {debian.DOM0_ARGUMENTS}\n" in log
