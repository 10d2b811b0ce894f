# SPDX-License-Identifier: BSD-2-Clause
"""Under UEFI the loader reads the disc by DMA through the ICH9's AHCI function if the firmware uses that for the boot
disc. It leaves the AHCI as the firmware had it. After any fault it goes on by the firmware's Block I/O."""

import random
import re

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree
from good_kernels import with_data
from make_kernel import MIB
from test_ahci import (COMMAND, ELF32, MODULE, NO_DRIVES, Traced, boot_past_a_time_out, disc_to_time_out, fell_back,
                       module_arrived, registers, sata, twin)  # noqa: F401
from test_uefi_faults import files_with

pytestmark = pytest.mark.seabios("names its firmware itself")

FEW = 10  # commands for kernel and MODULE; the firmware takes 25 or more for a disk, and one by PIO for a CD
TIMED = b"set whelk_timing=debugcon\n"
INTERRUPT_ENABLE = 0x14  # offset of a port's register
START, LIST_RUNNING = 0x0001, 0x8000  # bits of COMMAND
BOTH = pytest.mark.parametrize("firmware", ["x64", "ia32"])


def with_line(files, line):
    return {**files, CONFIG: line + files[CONFIG]}


@pytest.fixture
def image(discs):
    return discs.make(tree(ELF32, modules=[("module", MODULE)]))


@pytest.fixture
def uefi(tmp_path):
    def machine(image, attach="none", firmware="x64", **more):
        return Traced(image, tmp_path, attach=attach, firmware=firmware, **{"memory": 256, **more})
    return machine


@pytest.fixture
def traced(uefi):
    def run(*arguments, **machine):
        with uefi(*arguments, **machine) as qemu:
            if qemu.wait_for("^END$|press a key", 60)[0] != "END":
                qemu.fail("the loader refused")
            qemu.wait_exit()
            return qemu.boot()
    return run


def driver(boot):
    return re.search(r'"driver":"([^"]+)"', boot.debug)[1]


# ---- Where it is used --------------------------------------------------------------------------

@BOTH
@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_a_drive_is_read_by_few_large_transfers(uefi, discs, attach, firmware):
    files = tree(ELF32, modules=[("module", MODULE)])
    files[CONFIG] = files[CONFIG].replace(b"timeout=0", b"timeout=1000")
    with uefi(discs.make(with_line(files, TIMED)), attach, firmware, extra=["-trace", "ahci_pio_transfer"]) as qemu:
        qemu.wait_for("1000", 60)
        before = qemu.boot()
        qemu.type_serial("\r")
        qemu.wait_for("^END$", 60)
        qemu.wait_exit()
        boot = qemu.boot()
    assert module_arrived(boot) and driver(boot) == "ahci"
    assert boot.commands - before.commands < FEW
    assert boot.trace.count("ahci_pio_transfer") - before.trace.count("ahci_pio_transfer") < FEW


@pytest.mark.parametrize("ours, theirs", [(0, 3), (3, 0)])
@pytest.mark.parametrize("media", ["cd", "hd"])
def test_of_two_discs_that_look_alike_the_firmwares_is_read(traced, image, twin, ours, theirs, media):  # noqa: F811
    """The device path tells which disc the firmware reads."""
    boot = traced(image, extra=[*NO_DRIVES, *sata(image, ours, 1, media), *sata(twin, theirs, 2, media)])
    assert module_arrived(boot) and boot.debug == ""


def test_what_goes_to_an_odd_address_is_read_by_the_firmware_in_between(traced, discs):
    """The firmware's commands and ours take turns on one port."""
    kernel = with_data((0x300001, 0x350000), (0x400002, 0x480000), (0x500003, 0x550001), (0x600000, 0x600801))
    files = with_line(tree(kernel, modules=[("module", MODULE)]), TIMED)
    boot = traced(discs.make(files), "cdrom")
    assert "regions_wrong: 0x0\n" in boot.serial and module_arrived(boot) and driver(boot) == "ahci"


def test_a_module_larger_than_a_command_takes_arrives_whole(traced, discs):
    large = random.Random(6).randbytes(17 * MIB + 1)
    files = with_line(tree(ELF32, modules=[("module", large), ("after", MODULE)]), TIMED)
    boot = traced(discs.make(files), "cdrom")
    discs.forget(files)
    assert module_arrived(boot, large) and module_arrived(boot) and driver(boot) == "ahci"


def test_a_machine_with_memory_above_4_gib_boots(traced, discs):
    boot = traced(discs.make(with_line(tree(ELF32, modules=[("module", MODULE)]), TIMED)), "cdrom", memory=6144)
    assert module_arrived(boot) and driver(boot) == "ahci"


# ---- Where it is not ---------------------------------------------------------------------------

@pytest.mark.parametrize("attach", ["virtio-blk", "usb"])
def test_other_devices_are_read_by_the_firmware(traced, discs, attach):
    files = with_line(tree(ELF32, modules=[("module", MODULE)]), TIMED)
    boot = traced(discs.make(files), attach, extra=["-nodefaults", "-vga", "std"])
    assert module_arrived(boot) and driver(boot) == "block-io" and "firmware reads on" not in boot.debug


def test_behind_an_iommu_the_firmware_reads(traced, discs):
    """Behind an IOMMU, a device may need other addresses than the processor."""
    boot = traced(discs.make(with_line(files_with(ELF32, io_mmu=1), TIMED)), "cdrom")
    assert "SHIM: start\n" in boot.serial and driver(boot) == "block-io"


# ---- What fails --------------------------------------------------------------------------------

@pytest.mark.parametrize("media", ["cd", "hd"])
@pytest.mark.parametrize("what", ["boot/kernel", "boot/module0"])
def test_after_an_error_of_a_transfer_the_boot_goes_on_by_block_io(traced, image, what, media):
    first, size = file_in_iso(image, what)
    sector = (first + size // SECTOR // 2) * 4  # in sectors of 512 bytes
    drive = ",".join(["if=none,id=disc,format=raw" + (",readonly=on" if media == "cd" else ""),
                      "file.driver=blkdebug", "file.image.driver=file", f"file.image.filename={image}",
                      "file.inject-error.0.event=read_aio", f"file.inject-error.0.sector={sector}",
                      "file.inject-error.0.errno=5", "file.inject-error.0.once=on", "rerror=report"])
    boot = traced(image, extra=[*NO_DRIVES, "-drive", drive, "-device", f"ide-{media},drive=disc,bus=ide.1"])
    assert module_arrived(boot) and fell_back(boot, "read error")


def test_after_a_time_out_the_boot_goes_on_by_block_io(uefi, discs):
    image = disc_to_time_out(discs)
    with uefi(image, extra=[*NO_DRIVES, *sata(image, 0, media="hd")]) as qemu:
        boot = boot_past_a_time_out(qemu, 60, 90)
    assert module_arrived(boot) and fell_back(boot, "time-out")


# ---- What the kernel finds -----------------------------------------------------------------------

@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_the_ahci_is_left_as_the_firmware_had_it(discs, uefi, attach):
    """The registers are as under GRUB, which reads by Block I/O. Only the addresses of the firmware's lists may differ,
    which the firmware writes. No port runs."""
    found = {}
    files = tree(ELF32, modules=[("module", MODULE)])
    for loader in ("whelk", "grub-efi"):
        with uefi(discs.make(files, loader), attach, exit_device=False) as qemu:
            qemu.wait_for("^END$", 60)
            device, pci, host, ports = registers(qemu)
            written = re.findall(r"port write \[reg:(PxCLB|PxCLBU|PxFB|PxFBU|PXIE|PxSCTL)\]", qemu.boot().trace)
        assert not any(port[COMMAND // 4] & (START | LIST_RUNNING) for port in ports)
        found[loader] = (device, pci, host, [port[INTERRUPT_ENABLE // 4:] for port in ports], sorted(written))
    assert found["whelk"] == found["grub-efi"]


@BOTH
def test_the_firmware_boots_the_next_disc_after_we_have_read_ours(discs, traced, image, firmware):
    """`exit` returns to the firmware, whose command list must be as it was."""
    back = discs.make({"boot/grub/grub.cfg": b"set timeout=0\nmenuentry x {\n exit\n}\n"})
    boot = traced(image, firmware=firmware, extra=[*NO_DRIVES, *sata(back, 0, 1), *sata(image, 1, 2)])
    assert module_arrived(boot) and boot.debug == ""
