# SPDX-License-Identifier: BSD-2-Clause
"""Each controller with a disc whose reads fail once or for ever, are slow, are never answered or are wrong, or that is
removed: the kernel gets the right bytes, or one line says why not, within its time. `make check-faults` tries all
controllers (WHELK_ALL_FAULTS=1), `make check` some."""

import random
import time
import zlib
from dataclasses import dataclass

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree
from faulty_disc import ALL, FaultyDisc
from good_kernels import KERNELS
from make_kernel import MIB
from qemu import Machine

pytestmark = pytest.mark.seabios("names its firmware itself")

ELF32 = KERNELS["elf32"].make()
MODULE = random.Random(11).randbytes(3 * MIB + 5)
LINE_SECONDS = 20  # up to the line about a disc that does not answer
SLOW = 600_000  # bytes a second: the module takes more than five


@dataclass(frozen=True)
class Controller:
    machine: str
    device: tuple
    firmware: str = None  # SeaBIOS; "x64": OVMF; "rom": none
    always: bool = False  # in make check as well
    writes: bool = False  # QEMU wants a disc that can be written

    def arguments(self, disc):
        return {"machine": self.machine, "firmware": self.firmware, "attach": "none",
                "memory": 256 if self.firmware == "x64" else 64,
                "extra": ["-nodefaults", "-vga", "std", *disc.blockdev(read_only=not self.writes), *self.device]}


def ide(kind):
    return "-device", f"ide-{kind},drive=disc,bus=ide.1,id=drive"


VIRTIO = "-device", "virtio-blk-pci,drive=disc"
USB = "-device", "qemu-xhci", "-device", "usb-storage,drive=disc,id=drive"
SCSI = "-device", "virtio-scsi-pci", "-device", "scsi-cd,drive=disc,id=drive"
CONTROLLERS = {
    "PIIX CD": Controller("pc", ide("cd"), always=True),
    "PIIX disk": Controller("pc", ide("hd"), writes=True),
    "AHCI CD": Controller("q35", ide("cd"), always=True),
    "AHCI disk": Controller("q35", ide("hd"), writes=True),
    "virtio": Controller("pc", VIRTIO, always=True),
    "USB by INT 13h": Controller("q35", USB, always=True),
    "SCSI CD by INT 13h": Controller("pc", SCSI),
    "NVMe by INT 13h": Controller("q35", ("-device", "nvme,drive=disc,serial=1")),
    "UEFI, AHCI CD": Controller("q35", ide("cd"), "x64"),
    "UEFI, virtio": Controller("q35", VIRTIO, "x64", always=True),
    "UEFI, USB": Controller("q35", USB, "x64"),
    "UEFI, SCSI CD": Controller("q35", SCSI, "x64"),
    "no firmware, PIIX CD": Controller("pc", ide("cd"), "rom", always=True),
    "no firmware, PIIX disk": Controller("pc", ide("hd"), "rom", writes=True),
    "no firmware, AHCI CD": Controller("q35", ide("cd"), "rom"),
    "no firmware, AHCI disk": Controller("q35", ide("hd"), "rom", writes=True),
    "no firmware, virtio": Controller("pc", VIRTIO, "rom", always=True),
}
CHOSEN = [name for name, controller in CONTROLLERS.items() if ALL or controller.always]


def on(*names, quick=CHOSEN):
    """The controllers of a test: these, or all. quick: those that make check tries, if they are fewer."""
    chosen = (names or CONTROLLERS) if ALL else [name for name in names or CHOSEN if name in CHOSEN and name in quick]
    return pytest.mark.parametrize("controller", chosen)


def files(timeout):
    made = tree(ELF32, modules=[("module", MODULE)])
    return {**made, CONFIG: made[CONFIG].replace(b"timeout=0", b"timeout=%d" % timeout)}


@pytest.fixture
def served(discs, tmp_path):
    """A disc that boots at once, or one that waits in the menu, where the loader has the disc and the firmware has done."""
    def make(waits):
        image = discs.make(files(-1 if waits else 0))
        disc = FaultyDisc(image, tmp_path)
        first, length = file_in_iso(image, "boot/module0")
        disc.module = range(first, first + -(-length // SECTOR))
        return disc
    return make


def at_the_menu(disc, controller):
    """A machine whose loader waits for a key."""
    return Machine(None, **CONTROLLERS[controller].arguments(disc))


def choose(machine, spoil):
    """Boots the entry after the disc has been spoiled. Returns when that was."""
    machine.wait_for_terminal("Enter or digit", 40)
    spoil()
    machine.type_serial("\r")
    return time.monotonic()


def assert_arrived(machine, seconds=20):
    machine.wait_for("^END$", seconds)
    assert f"adler={zlib.adler32(MODULE):#x}" in machine.serial


# ---- Reads that fail ----------------------------------------------------------------------------

@on()
def test_every_read_fails_once_and_the_boot_is_right(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        choose(machine, lambda: disc.spoil("error", each_once=True))
        assert_arrived(machine)
        assert disc.faults >= 1


@on("PIIX CD", "PIIX disk", "AHCI CD", "AHCI disk", "virtio", "no firmware, PIIX CD", "no firmware, AHCI CD",
    "no firmware, virtio")
def test_every_read_of_the_loader_itself_fails_once_and_the_boot_is_right(served, controller):
    """From the first read on that the firmware does not need to start the loader."""
    with served(waits=False) as disc:
        disc.spoil("error", each_once=True, least=SECTOR + 1)
        with at_the_menu(disc, controller) as machine:
            assert_arrived(machine)
            assert disc.faults >= 1


@on()
def test_a_sector_that_can_never_be_read_is_named_with_its_file(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        bad = disc.module[len(disc.module) // 2]
        choose(machine, lambda: disc.spoil("error", [bad]))
        # A disk's firmware counts in sectors of 512 bytes. OVMF tries a USB stick's sector again for so long that Whelk
        # does not look for it in the read that has failed.
        sector = r"\d+" if controller == "UEFI, USB" else f"({bad}|{bad * 4})"
        assert machine.wait_for(rf"whelk: .*/boot/module0: sector {sector} of .* cannot be read", LINE_SECONDS)


@on()
def test_a_disc_whose_reads_all_fail_gives_one_line(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        choose(machine, lambda: disc.spoil("error"))
        assert machine.wait_for(r"whelk: .*cannot be read", LINE_SECONDS)


# ---- Discs that are slow or gone ------------------------------------------------------------------

@on(quick=("PIIX CD", "UEFI, virtio"))
def test_a_slow_disc_boots_and_the_user_sees_that_it_is_read(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        def slow():
            disc.rate = SLOW
        choose(machine, slow)
        assert_arrived(machine, 40)
        assert "whelk: the disc is slow, reading on " in machine.serial
        assert len(disc.reads) < 200
        assert sum(length for sector, length in disc.reads if sector in disc.module) < len(MODULE) + MIB  # once


# OVMF waits for a USB stick with its timers off, and QEMU then waits for the stick.
@on(*(name for name in CONTROLLERS if name != "UEFI, USB"), quick=("virtio",))
def test_a_disc_that_never_answers_gives_a_line_in_time(served, controller):
    """What comes after it is the firmware's: some never returns from a read, and neither does QEMU's reset of a device."""
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        start = choose(machine, lambda: disc.spoil("silent"))
        machine.wait_for(r"whelk: .*(does not answer|has not answered|cannot be read)", 2 * LINE_SECONDS)
        assert time.monotonic() - start < LINE_SECONDS
        assert disc.faults >= 1


@on("PIIX CD", "no firmware, PIIX CD", quick=("PIIX CD",))
def test_a_transfer_that_never_ends_is_given_up_and_the_boot_is_right(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        choose(machine, lambda: disc.spoil("silent", times=1))
        assert_arrived(machine, 40)
        assert machine.serial.count("does not answer") == 1


@on("USB by INT 13h", "UEFI, USB")
def test_a_stick_that_is_pulled_gives_a_line_in_time(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        start = choose(machine, lambda: machine.qmp("device_del", id="drive"))
        machine.wait_for(r"whelk: .*/boot/module0: .*cannot be read.*(it is gone|does not answer)", 2 * LINE_SECONDS)
        assert time.monotonic() - start < LINE_SECONDS


@on("PIIX CD", "AHCI CD", "SCSI CD by INT 13h", "UEFI, AHCI CD", "UEFI, SCSI CD", "no firmware, PIIX CD",
    "no firmware, AHCI CD")
def test_a_disc_that_is_taken_out_gives_a_line_in_time(served, controller):
    with served(waits=True) as disc, at_the_menu(disc, controller) as machine:
        def take_out():
            machine.qmp("blockdev-open-tray", id="drive", force=True)
            machine.qmp("blockdev-remove-medium", id="drive")
        choose(machine, take_out)
        assert machine.wait_for(r"whelk: .*cannot be read", LINE_SECONDS)


# ---- Discs that lie -----------------------------------------------------------------------------

PREPARED_BLOCK, DIRECTORIES = [15], range(18, 30)


@on("PIIX CD", "PIIX disk", "AHCI CD", "virtio", "USB by INT 13h", "no firmware, PIIX CD", "no firmware, AHCI disk",
    "no firmware, virtio")
def test_garbage_in_what_the_tool_has_prepared_leads_to_the_config(served, controller):
    with served(waits=False) as disc:
        disc.spoil("garbage", PREPARED_BLOCK)
        with at_the_menu(disc, controller) as machine:
            assert_arrived(machine)
            assert disc.faults >= 1


@on()
def test_garbage_in_the_directories_gives_one_line(served, controller):
    """Under UEFI the firmware needs them as well, and may find no loader."""
    with served(waits=False) as disc:
        disc.spoil("garbage", DIRECTORIES)
        with at_the_menu(disc, controller) as machine:
            assert machine.wait_for("whelk: .*damaged|whelk: no disc is an ISO|BdsDxe: failed", 40)
            assert "END" not in machine.serial
