# SPDX-License-Identifier: BSD-2-Clause
"""The disc by bus-master DMA on the PIIX's IDE function: used where it is the drive that we boot from,
left alone where it is not, and whatever goes wrong there, the boot goes on by INT 13h."""

import random
import re
import zlib

import pytest

from discs import file_in_iso, tree
from good_kernels import KERNELS
from qemu import Machine

ELF32 = KERNELS["elf32"].make()
MODULE = random.Random(3).randbytes(3 * 1024 * 1024 + 5)
STARTED = 0x09  # bus master command register: start, to memory


@pytest.fixture
def traced(discs, tmp_path):
    """Boots with QEMU's trace of the bus master; returns the serial text and how often DMA was started."""
    def run(files=None, image=None, **machine):
        image = image or discs.make(files or tree(ELF32, modules=[("module", MODULE)]))
        trace = tmp_path / "trace"
        extra = [*machine.pop("extra", ()), "-trace", "bmdma_cmd_writeb", "-D", str(trace)]
        with Machine(image, extra=extra, **machine) as qemu:
            qemu.wait_for("^END$", 40)
            serial = qemu.serial
            qemu.wait_exit()
        commands = re.findall(r"bmdma_cmd_writeb val: 0x([0-9a-f]+)", trace.read_text())
        return serial, sum(int(command, 16) == STARTED for command in commands)
    return run


def module_arrived(serial):
    return f"adler={zlib.adler32(MODULE):#x}" in serial


@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_a_drive_of_the_piix_is_read_by_few_large_transfers(traced, attach):
    serial, transfers = traced(attach=attach)
    assert module_arrived(serial)
    assert 3 <= transfers <= 30


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_the_drive_is_found_on_either_channel_as_master_or_slave(traced, discs, index):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    serial, transfers = traced(image=image, attach="none", extra=[
        "-drive", f"if=ide,index={index},media=cdrom,format=raw,readonly=on,file={image}"])
    assert module_arrived(serial) and transfers >= 3


def test_the_drive_that_we_boot_from_is_found_beside_others(traced, discs, tmp_path):
    other = discs.make(tree(ELF32, "another disc"))
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    serial, transfers = traced(image=image, attach="none", extra=[
        "-drive", f"if=none,id=other,media=cdrom,format=raw,readonly=on,file={other}",
        "-device", "ide-cd,drive=other,bus=ide.0,unit=0,bootindex=2",
        "-drive", f"if=none,id=ours,media=cdrom,format=raw,readonly=on,file={image}",
        "-device", "ide-cd,drive=ours,bus=ide.1,unit=1,bootindex=1"])
    assert module_arrived(serial) and transfers >= 3


@pytest.mark.parametrize("machine, attach", [("q35", "cdrom"), ("isapc", "cdrom"), ("pc", "virtio-blk")])
def test_other_controllers_are_left_to_the_firmware(traced, machine, attach):
    """A PIIX beside them is asked once whether it has our disc."""
    serial, transfers = traced(machine=machine, attach=attach, extra=["-cpu", "qemu64"])
    assert module_arrived(serial) and transfers <= (machine == "pc")


def failing_drive(image, sector_of_2048, attach, times):
    """A drive whose reads fail where they touch a sector; QEMU counts in sectors of 512 bytes."""
    faults = []
    for number in range(times):
        faults += [f"inject-error.{number}.event=read_aio", f"inject-error.{number}.sector={sector_of_2048 * 4}",
                   f"inject-error.{number}.errno=5", f"inject-error.{number}.once=on"]
    media = "cdrom" if attach == "cdrom" else "disk"
    return ["-drive", ",".join([f"if=ide,index=0,media={media},format=raw,readonly=on" if media == "cdrom" else
                                f"if=ide,index=0,media={media},format=raw,snapshot=on", "file.driver=blkdebug",
                                "file.image.driver=file", f"file.image.filename={image}",
                                *(f"file.{fault}" for fault in faults), "rerror=report"])]


@pytest.mark.parametrize("what", ["boot/kernel", "boot/module0"])
def test_after_an_error_of_a_transfer_the_boot_goes_on_by_int_13h(traced, discs, what):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    sector, size = file_in_iso(image, what)
    serial, transfers = traced(image=image, attach="none",
                               extra=failing_drive(image, sector + size // 4096, "cdrom", 1))
    assert module_arrived(serial)
    assert 1 <= transfers <= 20


def test_the_piix_is_left_as_the_firmware_had_it(discs):
    """PCI command register, bus master's command: equal to what GRUB leaves, which never touches them."""
    found = {}
    files = tree(ELF32, modules=[("module", b"module")])
    for loader in ("whelk", "grub"):
        with Machine(discs.make(files, loader), exit_device=False) as qemu:
            qemu.wait_for("^END$", 40)
            device = re.search(r"PCI device 8086:7010.*?(?=\n {2}Bus|\Z)", qemu.hmp("info pci"), re.DOTALL)[0]
            qemu.hmp("o/4x 0xcf8 0x80000904")
            found[loader] = (device, qemu.hmp("i/2x 0xcfc"))
    assert found["whelk"] == found["grub"]
