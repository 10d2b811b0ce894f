# SPDX-License-Identifier: BSD-2-Clause
"""Machines without a firmware: whelk.rom sets up PCI as SeaBIOS does, and finds the disc to boot from."""

import random
import re
import shutil
import subprocess
import zlib

import pytest

from discs import BUILD, CONFIG, file_in_iso, tree
from good_kernels import KERNELS
from make_kernel import KIB
from qemu import Machine

pytestmark = pytest.mark.seabios("names its machine itself")

ROM_BYTES = 256 * KIB
PC, Q35 = {"machine": "pc", "firmware": "rom"}, {"machine": "q35", "firmware": "rom"}
MICROVM = {"machine": "microvm", "firmware": "rom"}
BOTH = pytest.mark.parametrize("machine", [PC, Q35], ids=["pc", "q35"])
RAM_DISK = ["-drive", "if=none,id=more,driver=null-co,size=1M"]
ISO_OF_ANOTHER = "no disc is an ISO of whelk-mkrescue"

DEVICES = {
    "pc": ("pc", []),
    "q35": ("q35", []),
    "pc with a bridge": ("pc", [
        "-device", "pci-bridge,chassis_nr=1,id=b1", "-device", "e1000,bus=b1,addr=3", *RAM_DISK,
        "-device", "virtio-blk-pci,drive=more,bus=b1,addr=4", "-device", "rtl8139"]),
    "pc with bridges behind a bridge": ("pc", [
        "-device", "pci-bridge,chassis_nr=1,id=b1", "-device", "pci-bridge,chassis_nr=2,id=b2,bus=b1,addr=2",
        "-device", "e1000,bus=b2,addr=5", "-device", "pci-bridge,chassis_nr=3,id=b3", "-device", "rtl8139,bus=b3,addr=1",
        "-device", "VGA,bus=b2,addr=7", "-vga", "none"]),
    "q35 with PCI Express": ("q35", [
        "-device", "pcie-root-port,id=r1,chassis=1", "-device", "virtio-net-pci,bus=r1",
        "-device", "pcie-root-port,id=r2,chassis=2", "-device", "ioh3420,id=r3,chassis=3", "-device", "e1000e,bus=r3",
        "-device", "pcie-pci-bridge,id=pb", "-device", "rtl8139,bus=pb,addr=2",
        "-object", "memory-backend-ram,id=m,size=256M", "-device", "ivshmem-plain,memdev=m"]),
    "q35 with more than fits below 4 GiB": ("q35", [
        "-object", "memory-backend-ram,id=m,size=4G", "-device", "ivshmem-plain,memdev=m"]),
}


def placed(region):
    """Above 4 GiB, SeaBIOS 1.16.3 chooses other addresses than 1.16.2: there only the alignment is compared."""
    above = region["address"] > 0xFFFFFFFF
    return {**region, "address": ("above 4 GiB", region["address"] % region["size"]) if above else region["address"]}


def functions_of(buses, found):
    """All functions as {address: what PCI's registers say}, from the monitor's query-pci."""
    for bus in buses:
        for device in bus["devices"]:
            address = f"{device['bus']:02x}:{device['slot']:02x}.{device['function']}"
            bridge = device.get("pci_bridge", {})
            found[address] = [device.get("irq"), [placed(region) for region in device["regions"]], bridge.get("bus")]
            functions_of([bridge], found) if "devices" in bridge else None
    return found


def pci_of(image, machine, extra, firmware):
    with Machine(image, machine=machine, firmware=firmware, memory=128, exit_device=False, extra=extra) as qemu:
        qemu.wait_for("^END$")
        elcr = re.findall(r"elcr=(\w+)", qemu.hmp("info pic"))
        return functions_of(qemu.qmp("query-pci"), {}), elcr


@pytest.fixture(scope="module", name="iso")
def an_iso(discs):
    return discs.make(tree(KERNELS["elf32"].make(), "first"))


@pytest.fixture(scope="module", name="other_iso")
def another_iso(discs):
    return discs.make(tree(KERNELS["elf32"].make(), "second"))


@pytest.fixture(scope="module", name="foreign_iso")
def an_iso_of_another(tmp_path_factory):
    place = tmp_path_factory.mktemp("foreign")
    (place / "tree/boot/grub").mkdir(parents=True)
    (place / "tree" / CONFIG).write_text("set timeout=0\n")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", place / "iso", place / "tree"], check=True)
    return place / "iso"


@pytest.mark.parametrize("name", DEVICES)
def test_pci_has_the_addresses_and_interrupts_that_seabios_gives(iso, name):
    machine, extra = DEVICES[name]
    theirs, ours = (pci_of(iso, machine, extra, firmware) for firmware in (None, "rom"))
    assert len(theirs[0]) > 4
    assert ours == theirs


def drive(image, name, media="cdrom"):
    return ["-drive", f"if=none,id={name},format=raw,media={media},readonly={'on' if media == 'cdrom' else 'off'},"
            f"snapshot=on,file={image}"]


def booted(extra, **machine):
    """What the kernel says that was booted: its command line."""
    with Machine(None, attach="none", extra=extra, **machine) as qemu:
        return qemu.wait_for(r'^cmdline: "(.*)"$')[1]


@BOTH
def test_the_disc_with_the_lowest_bootindex_is_booted(iso, other_iso, machine):
    discs = [*drive(iso, "a"), *drive(other_iso, "b")]
    for first, second, wanted in ((1, 2, "first"), (2, 1, "second")):
        assert booted([*discs, "-device", f"ide-cd,bus=ide.0,drive=a,bootindex={first}",
                       "-device", f"ide-cd,bus=ide.1,drive=b,bootindex={second}"], **machine) == wanted


@pytest.mark.parametrize("device", [
    "virtio-blk-pci", "virtio-blk-pci,disable-legacy=on,disable-modern=off",
    "virtio-blk-pci,disable-modern=on"])  # QEMU 10.0.13 gives this one a queue of 1024
@BOTH
def test_the_order_holds_for_virtio_disks_as_well(iso, other_iso, machine, device):
    discs = [*drive(iso, "a", "disk"), *drive(other_iso, "b", "disk")]
    for first, second, wanted in ((1, 2, "first"), (2, 1, "second")):
        assert booted([*discs, "-device", f"{device},drive=a,bootindex={first}",
                       "-device", f"ide-hd,bus=ide.1,drive=b,bootindex={second}"], **machine) == wanted


def test_microvm_boots_the_disc_with_the_lowest_bootindex_or_else_the_first(iso, other_iso):
    discs = [*drive(iso, "a", "disk"), *drive(other_iso, "b", "disk")]
    for first, second, wanted in (("", "", "first"), (",bootindex=1", ",bootindex=2", "first"),
                                  (",bootindex=2", ",bootindex=1", "second")):
        assert booted([*discs, "-device", f"virtio-blk-device,drive=a{first}",
                       "-device", f"virtio-blk-device,drive=b{second}"], **MICROVM) == wanted


def test_microvm_without_acpi_has_its_disc_in_another_slot(iso):
    assert booted([*drive(iso, "a", "disk"), "-device", "virtio-blk-device,drive=a"],
                  machine="microvm,acpi=off", firmware="rom") == "first"


@pytest.mark.parametrize("cpus", [1, 2])
def test_a_microvms_mp_tables_list_its_processors(iso, cpus):
    with Machine(None, attach="none", extra=[*drive(iso, "a", "disk"), "-device", "virtio-blk-device,drive=a"], cpus=cpus,
                 **MICROVM) as qemu:
        assert qemu.wait_for(r"^mp_processors: (\w+)$")[1] == f"{cpus:#x}"


@pytest.mark.parametrize("command", ["halt", "reboot"])
@pytest.mark.parametrize("machine", [PC, Q35, {**MICROVM, "attach": "virtio-mmio"}], ids=["pc", "q35", "microvm"])
def test_the_machine_ends(discs, machine, command):
    """On a microvm the registers for this are those of hardware-reduced ACPI, and ACPI has an XSDT only."""
    image = discs.make({CONFIG: f"set timeout=0\nmenuentry e {{\n{command}\n}}\n".encode()})
    with Machine(image, **machine) as qemu:
        assert qemu.wait_exit() == 0


@pytest.mark.parametrize("words, masks", [("microvm", ["0xff", "0xff"]), ("microvm,acpi=off", ["0xb8", "0x8e"])])
def test_where_acpi_has_no_interrupt_controllers_all_their_lines_are_masked(discs, words, masks):
    """Linux never masks them there. The timer's interrupt would come as an exception: a double fault."""
    image = discs.make(tree((BUILD / "kernels/machine.elf").read_bytes(), "masks"))
    with Machine(image, machine=words, firmware="rom", attach="virtio-mmio") as qemu:
        qemu.wait_for("^END$")
        assert re.findall(r"^port 0x(?:21|a1): (\w+)$", qemu.serial, re.MULTILINE) == masks


@pytest.mark.parametrize("media", ["cdrom", "hda"])
def test_isapc_boots_a_drive_without_a_bus_master(discs, media):
    """The module is longer than what a drive gives at once."""
    module = random.Random(8).randbytes(300 * KIB + 77)
    image = discs.make(tree(KERNELS["elf32"].make(), modules=[("", module)]))
    with Machine(image, attach=media, machine="isapc", firmware="rom", extra=["-cpu", "qemu64"]) as qemu:
        assert qemu.wait_for(r"^module.0.: .* adler=0x(\w+) ")[1] == f"{zlib.adler32(module):x}"


@BOTH
def test_without_a_bootindex_disks_come_before_cds(iso, other_iso, machine):
    assert booted([*drive(iso, "a"), *drive(other_iso, "b", "disk"), "-device", "ide-cd,bus=ide.0,drive=a",
                   "-device", "ide-hd,bus=ide.1,drive=b"], **machine) == "second"


@BOTH
def test_discs_without_a_whelk_iso_are_passed_over(iso, foreign_iso, machine):
    assert booted([*drive(foreign_iso, "a", "disk"), *drive(iso, "b"), *RAM_DISK,
                   "-device", "ide-hd,bus=ide.0,drive=a,bootindex=1", "-device", "ide-cd,bus=ide.1,drive=b,bootindex=3",
                   "-device", f"ide-hd,bus=ide.{'0,unit=1' if machine is PC else 2},drive=more,bootindex=2"],
                  **machine) == "first"


@BOTH
def test_an_iso_without_a_prepared_block_is_booted_as_well(discs, machine):
    files = tree(KERNELS["elf32"].make(), "by-menu")
    image = discs.make({**files, CONFIG: b"x=1\n" + files[CONFIG].replace(b"by-menu", b"$x")})
    assert b"Whelk\x06\r\n" not in image.read_bytes()[15 * 2048:16 * 2048]
    with Machine(image, **machine) as qemu:
        assert qemu.wait_for(r'^cmdline: "(.*)"$')[1] == "1"


@BOTH
def test_without_a_whelk_iso_one_line_says_what_was_looked_at_and_what_to_do(foreign_iso, machine):
    name = "IDE secondary master" if machine is PC else "SATA 00:1f.2 port 2"
    with Machine(foreign_iso, **machine) as qemu:
        qemu.wait_for("^whelk: nothing else to boot; the machine stays halted$")
        assert qemu.said[0] == f"whelk: no disc is an ISO of whelk-mkrescue, looked at: {name}; attach one"


@BOTH
def test_without_any_disc_one_line_says_so(machine):
    with Machine(None, attach="none", extra=["-nodefaults"], **machine) as qemu:
        qemu.wait_for("^whelk: nothing else to boot; the machine stays halted$")
        assert qemu.said[0] == ("whelk: there is no disc; attach an ISO of whelk-mkrescue as an IDE, SATA or virtio-blk "
                                "disc")


@BOTH
def test_a_drive_whose_medium_was_changed_is_read_all_the_same(iso, other_iso, tmp_path, machine):
    """The drive then refuses the first command (unit attention)."""
    extra = [*drive(iso, "a"), "-device", "ide-cd,bus=ide.1,drive=a,id=cd", "-S"]
    copy = tmp_path / "iso"
    shutil.copyfile(other_iso, copy)
    with Machine(None, attach="none", extra=extra, **machine) as qemu:
        qemu.qmp("blockdev-change-medium", id="cd", filename=str(copy), format="raw")
        qemu.qmp("cont")
        assert qemu.wait_for(r'^cmdline: "(.*)"$')[1] == "second"


@BOTH
def test_a_sector_that_cannot_be_read_is_named(discs, machine):
    image = discs.make(tree(KERNELS["elf32"].make(), modules=[("", b"m" * 300 * KIB)]))
    first, _ = file_in_iso(image, "boot/module0")
    faulty = ",".join(["if=none,id=bad,format=raw,readonly=on,file.driver=blkdebug,file.image.driver=file",
                       f"file.image.filename={image}", "file.inject-error.0.event=read_aio",
                       f"file.inject-error.0.sector={(first + 100) * 4}", "file.inject-error.0.errno=5",
                       "rerror=report"])
    extra = ["-drive", faulty, "-device", "ide-cd,bus=ide.1,drive=bad"]
    with Machine(None, attach="none", extra=extra, **machine) as qemu:
        qemu.wait_for("press a key")
        name = "IDE secondary master" if machine is PC else "SATA 00:1f.2 port 1"
        assert qemu.said[0] == f"whelk: /boot/module0: sector {first + 100} of {name} cannot be read"


def test_the_rom_has_its_size_and_starts_with_the_reset_vector():
    rom = (BUILD / "whelk.rom").read_bytes()
    assert len(rom) == ROM_BYTES
    assert rom[-16] in (0xE9, 0xEB)  # a jump
