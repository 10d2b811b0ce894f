# SPDX-License-Identifier: BSD-2-Clause
"""The loader reads the disc by bus-master DMA on the PIIX's IDE function if the boot drive is there. It leaves other
drives alone. After any fault it goes on by INT 13h, and the debug port gets the reason."""

import random
import re
import struct
import time
import zlib
from dataclasses import dataclass

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree, twin_of
from good_kernels import DATA, KERNELS, MIB, PLAIN, Payload, Segment, elf, pattern, with_data
from traced import TracedMachine

pytestmark = pytest.mark.seabios("what lies between a BIOS and the loader")

ELF32 = KERNELS["elf32"].make()
MODULE = random.Random(3).randbytes(3 * 1024 * 1024 + 5)
STARTED = 0x09  # bus master command register: start, to memory
FALLBACK = r"whelk: piix-ide: {} at sector \d+; the firmware reads on\n"
WINDOW_SECTORS = 128  # are read at once around a small file (stage2/disc/disc.c)
VOLUME_SPACE_SIZE = 80  # in the primary volume descriptor (ECMA-119, 8.4.8)
CHECK_SECTOR = 16  # without an identifier, both the firmware and the driver read it, for comparison


@dataclass
class Boot:
    serial: str
    transfers: int  # how often DMA was started
    debug: str      # output of the debug port


class Traced(TracedMachine):
    events = ("bmdma_cmd_writeb",)

    def boot(self):
        commands = re.findall(r"bmdma_cmd_writeb val: 0x([0-9a-f]+)", self.trace.read_text())
        return Boot(self.serial, sum(int(command, 16) == STARTED for command in commands), self.debug)


@pytest.fixture
def traced(discs, tmp_path):
    def run(files=None, image=None, **machine):
        image = image or discs.make(files or tree(ELF32, modules=[("module", MODULE)]))
        with Traced(image, tmp_path, **machine) as qemu:
            qemu.wait_for("^END$", 40)
            qemu.wait_exit()
            return qemu.boot()
    return run


PREPARED = tree(ELF32, modules=[("module", MODULE)])
PLANNED = {**PREPARED, CONFIG: PREPARED[CONFIG].replace(b"menuentry", b"echo planned\nmenuentry", 1)}


def module_arrived(boot):
    return f"adler={zlib.adler32(MODULE):#x}" in boot.serial


def fell_back(boot, reason):
    """The debug port got one line, with this reason for falling back to INT 13h, and nothing else."""
    return re.fullmatch(FALLBACK.format(reason), boot.debug) is not None


# ---- Where the driver reads --------------------------------------------------------------------

@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_a_drive_of_the_piix_is_read_by_few_large_transfers(traced, attach):
    boot = traced(attach=attach)
    assert module_arrived(boot) and boot.debug == ""
    assert 2 <= boot.transfers <= 30


REGION = struct.Struct("<IHH")  # a physical region descriptor: address, bytes, flags (PIIX3, 2.7)
REGION_LAST, REGION_BYTES = 0x8000, 0x10000


def regions_at(qemu, table):
    """(address, bytes) of each region in a table of physical region descriptors."""
    regions = []
    for address, length, flags in REGION.iter_unpack(qemu.memory(table, 256 * REGION.size)):
        regions.append((address, length or REGION_BYTES))
        if flags & REGION_LAST:
            break
    return regions


@pytest.mark.parametrize("files", [PREPARED, PLANNED], ids=["prepared", "planned"])
def test_no_region_of_a_transfer_crosses_64_kib(discs, tmp_path, files):
    """QEMU's PIIX reads across the boundary. A real PIIX may go on at the beginning of the same 64 KiB (2.7)."""
    with Traced(discs.make(files), tmp_path, exit_device=False, extra=["-trace", "bmdma_addr_write"]) as qemu:
        qemu.wait_for("^END$", 40)
        tables = {int(table, 16) for table in re.findall("bmdma_addr_write data: 0x(\\w+)", qemu.trace.read_text())}
        transfers = [regions_at(qemu, table) for table in tables]
        assert max(sum(length for _, length in regions) for regions in transfers) > 2 * MIB
        assert all(address % REGION_BYTES + length <= REGION_BYTES
                   for regions in transfers for address, length in regions)


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_the_drive_is_found_on_either_channel_as_master_or_slave(traced, discs, index):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    boot = traced(image=image, attach="none", extra=[
        "-drive", f"if=ide,index={index},media=cdrom,format=raw,readonly=on,file={image}"])
    assert module_arrived(boot) and boot.transfers >= 2


def test_the_drive_that_we_boot_from_is_found_beside_others(traced, discs):
    other = discs.make(tree(ELF32, "another disc"))
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    boot = traced(image=image, attach="none", extra=[
        "-drive", f"if=none,id=other,media=cdrom,format=raw,readonly=on,file={other}",
        "-device", "ide-cd,drive=other,bus=ide.0,unit=0,bootindex=2",
        "-drive", f"if=none,id=ours,media=cdrom,format=raw,readonly=on,file={image}",
        "-device", "ide-cd,drive=ours,bus=ide.1,unit=1,bootindex=1"])
    assert module_arrived(boot) and boot.transfers >= 2


@pytest.mark.parametrize("ours, theirs", [("ide.0", "ide.1"), ("ide.1", "ide.0")])
def test_of_two_discs_that_look_alike_the_firmwares_is_read(traced, discs, tmp_path, ours, theirs):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    twin = twin_of(image, tmp_path / "twin.iso", "boot/module0", bytes(len(MODULE)))
    boot = traced(image=image, attach="none", extra=[
        "-drive", f"if=none,id=twin,media=cdrom,format=raw,readonly=on,file={twin}",
        "-device", f"ide-cd,drive=twin,bus={theirs},unit=0,bootindex=2",
        "-drive", f"if=none,id=ours,media=cdrom,format=raw,readonly=on,file={image}",
        "-device", f"ide-cd,drive=ours,bus={ours},unit=0,bootindex=1"])
    assert module_arrived(boot) and fell_back(boot, "two drives with the same data")


def odd_kernel():
    """A kernel with a segment at an odd address, where DMA cannot write."""
    payload, data = Payload(MIB, PLAIN), pattern(100 * 1024, 7)
    payload.expect(DATA, 2 * MIB + 1, data)
    return elf([payload.segment(), Segment(2 * MIB + 1, data)], payload.entry)


def test_a_segment_at_an_odd_address_arrives_and_the_rest_comes_by_dma(traced):
    files = tree(odd_kernel(), modules=[("module", MODULE)])
    boot = traced(files)
    assert module_arrived(boot) and boot.debug == ""
    assert "regions_wrong: 0x0" in boot.serial
    assert boot.transfers >= 2


# ---- The boot image itself (image_dma.asm) -------------------------------------------------------

DISC_ID = slice(40, 56)  # in the image's first sector


def changed(image, tmp_path, change):
    path = tmp_path / "changed.iso"
    data = bytearray(image.read_bytes())
    change(data, file_in_iso(image, "boot/whelk.img")[0] * SECTOR)
    path.write_bytes(data)
    return path


def sectors_that_the_firmware_reads(image, directory):
    """The sectors that the CD drive gave by READ(10): our drivers use READ(12)."""
    with Traced(image, directory, extra=["-trace", "ide_atapi_cmd_packet"]) as qemu:
        qemu.wait_for("^END$", 40)
        boot = qemu.boot()
        assert module_arrived(boot) and boot.transfers >= 2 and boot.debug == ""
        read_10 = re.findall(r"packet: 28 00 ((?:\w\w ){4})00 (\w\w \w\w)", qemu.trace.read_text())
    return [sector for lba, count in read_10
            for sector in range(int(lba.replace(" ", ""), 16),
                                int(lba.replace(" ", ""), 16) + int(count.replace(" ", ""), 16))]


def test_the_firmware_reads_one_sector_of_the_image_and_a_check_sector_only_without_an_identifier(discs, tmp_path):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    first, _ = file_in_iso(image, "boot/whelk.img")
    known = sectors_that_the_firmware_reads(image, tmp_path)
    assert known.count(first) == 1 and max(known) == first

    def clear(data, at):
        data[at + DISC_ID.start:at + DISC_ID.stop] = bytes(16)
    unknown = sectors_that_the_firmware_reads(changed(image, tmp_path, clear), tmp_path)
    assert sorted(unknown) == sorted([*known, CHECK_SECTOR])


def test_an_image_that_dma_cannot_read_comes_by_int_13h(traced, discs):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    sector, _ = file_in_iso(image, "boot/whelk.img")
    boot = traced(image=image, attach="none", extra=drive(image, "cdrom", *failing_reads(sector + 3, 1)))
    assert module_arrived(boot) and boot.transfers >= 2 and boot.debug == ""


# ---- Where the driver does not read --------------------------------------------------------------

@pytest.mark.parametrize("machine", ["q35", "isapc"])
def test_without_a_piix_the_debug_port_says_nothing_about_one(traced, machine):
    boot = traced(machine=machine, extra=["-cpu", "qemu64"])
    assert module_arrived(boot) and boot.transfers == 0
    assert "piix" not in boot.debug


def test_a_disc_on_another_controller_is_left_to_the_firmware(traced):
    """The driver asks the PIIX's CD drive once: it is empty."""
    boot = traced(attach="usb")
    assert module_arrived(boot) and boot.transfers <= 1
    assert fell_back(boot, "no drive with the same data")


def test_a_piix_without_drives_is_left_alone(traced):
    boot = traced(attach="usb", extra=["-nodefaults", "-vga", "std"])
    assert module_arrived(boot) and boot.transfers == 0
    assert fell_back(boot, "no drive with the same data")


def beside_usb(image, ide):
    """The firmware boots the image from a USB stick; `ide` is the file of a disk at the PIIX."""
    return ["-drive", f"if=none,id=ours,format=raw,snapshot=on,file={image}",
            "-device", "qemu-xhci", "-device", "usb-storage,drive=ours,bootindex=1",
            "-drive", f"if=none,id=other,format=raw,snapshot=on,{ide}",
            "-device", "ide-hd,drive=other,bus=ide.0,unit=0,bootindex=2"]


def test_a_drive_that_differs_in_one_bit_of_the_images_first_sector_is_not_used(traced, discs, tmp_path):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    other = bytearray(image.read_bytes())
    same = tmp_path / "same.iso"
    same.write_bytes(other)
    boot = traced(image=image, attach="none", extra=beside_usb(image, f"file={same}"))
    assert module_arrived(boot) and boot.transfers >= 2 and boot.debug == ""  # an unchanged sector is accepted
    other[(file_in_iso(image, "boot/whelk.img")[0] + 1) * SECTOR - 1] ^= 1
    different = tmp_path / "different.iso"
    different.write_bytes(other)
    boot = traced(image=image, attach="none", extra=beside_usb(image, f"file={different}"))
    assert module_arrived(boot) and 1 <= boot.transfers <= 2
    assert fell_back(boot, "no drive with the same data")


def test_a_drive_that_cannot_read_the_images_first_sector_is_not_used(traced, discs):
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    check, _ = file_in_iso(image, "boot/whelk.img")
    faulty = (f"file.driver=blkdebug,file.image.driver=file,file.image.filename={image},rerror=report,"
              f"file.inject-error.0.event=read_aio,file.inject-error.0.sector={check * 4},"
              "file.inject-error.0.errno=5")
    boot = traced(image=image, attach="none", extra=beside_usb(image, faulty))
    assert module_arrived(boot) and 1 <= boot.transfers <= 2
    assert fell_back(boot, "no drive with the same data")


def test_nothing_after_the_volumes_end_is_read(traced, discs, tmp_path):
    """The drive would report an error, after which the driver is not used any more."""
    last = "data/last"
    image = discs.make({**PLANNED, last: b"the last file", CONFIG: b"cat /data/last\n" + PLANNED[CONFIG]})
    end = file_in_iso(image, last)[0] + WINDOW_SECTORS // 2  # cuts off the volume for UEFI, which comes after it
    data = bytearray(image.read_bytes())
    assert end * SECTOR < len(data)
    struct.pack_into("<I", data, CHECK_SECTOR * SECTOR + VOLUME_SPACE_SIZE, end)
    short = tmp_path / "short.iso"
    short.write_bytes(data[:end * SECTOR])
    boot = traced(image=short)
    assert "the last file" in boot.serial and module_arrived(boot)
    assert boot.debug == ""


# ---- Where it fails on the way -------------------------------------------------------------------

def drive(image, attach, *faults):
    """The disc as the PIIX's first drive, under QEMU's fault injection."""
    kind = {"cdrom": "media=cdrom,readonly=on", "hda": "media=disk,snapshot=on"}[attach]
    return ["-drive", ",".join([f"if=ide,index=0,id=ours,format=raw,{kind},rerror=report,file.driver=blkdebug",
                                f"file.image.driver=file,file.image.filename={image}", *faults])]


def failing_reads(sector_of_2048, times):
    """QEMU's options with which reads of a sector fail; QEMU counts in sectors of 512 bytes."""
    return [f"file.inject-error.{number}.{fault}" for number in range(times)
            for fault in ("event=read_aio", f"sector={sector_of_2048 * 4}", "errno=5", "once=on")]


@pytest.mark.parametrize("attach", ["cdrom", "hda"])
@pytest.mark.parametrize("what", ["boot/kernel", "boot/module0"])
def test_after_an_error_of_a_transfer_the_boot_goes_on_by_int_13h(traced, discs, what, attach):
    large = with_data((2 * MIB, 2 * MIB + 0x10000))  # does not come with the boot image
    image = discs.make(tree(large, modules=[("module", MODULE)]))
    sector, size = file_in_iso(image, what)
    boot = traced(image=image, attach="none", extra=drive(image, attach, *failing_reads(sector + size // 4096, 1)))
    assert module_arrived(boot)
    assert 1 <= boot.transfers <= 20
    assert fell_back(boot, "read error")


def waiting_disc(discs, loader="whelk"):
    """A disc that waits for a key. By then the driver has read from it."""
    files = tree(ELF32, modules=[("module", MODULE), ("another", MODULE[:MIB])])
    files[CONFIG] = files[CONFIG].replace(b"timeout=0", b"timeout=-1")
    return discs.make(files, loader)


@pytest.fixture
def waiting(discs):
    return waiting_disc(discs)


def go_on(qemu, seconds=40):
    start = time.monotonic()
    qemu.press("ret")
    qemu.wait_for("^END$", seconds)
    return time.monotonic() - start


def test_a_cd_drive_that_never_answers_is_given_up_after_seconds(waiting, tmp_path):
    with Traced(waiting, tmp_path, attach="none", extra=drive(waiting, "cdrom"), exit_device=False) as qemu:
        qemu.wait_for("Esc")
        qemu.hmp('qemu-io ours "break read_aio hanging"')
        assert go_on(qemu) > 3
        boot = qemu.boot()
    assert module_arrived(boot) and fell_back(boot, "time-out")


def test_a_disk_that_answers_much_too_late_is_given_up_after_seconds(waiting, tmp_path):
    """Under QEMU's throttling, the first read ends at once, and the next one waits for more than a minute."""
    with Traced(waiting, tmp_path, attach="none", extra=drive(waiting, "hda"), exit_device=False) as qemu:
        qemu.wait_for("Esc")
        limits = {"bps": 0, "bps_rd": 32, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0}
        qemu.qmp("block_set_io_throttle", device="ours", **limits)
        start = time.monotonic()
        qemu.press("ret")
        qemu.wait_until(lambda: "time-out" in qemu.debug, "the driver gives up", 40)
        assert time.monotonic() - start > 3
        qemu.qmp("block_set_io_throttle", device="ours", **{**limits, "bps_rd": 0})
        qemu.wait_for("^END$", 40)
        boot = qemu.boot()
    assert module_arrived(boot) and fell_back(boot, "time-out")


# ---- What the kernel finds -----------------------------------------------------------------------

PCI_COMMAND = 0x80000904  # configuration address: QEMU's PIIX3 is device 1, function 1
CHANNELS = {"primary": (0x1F0, 0), "secondary": (0x170, 8)}  # the drives' ports, offset in the bus master's registers


IDE_INTERRUPTS = 0xC0  # bits of the second PIC: interrupts 14 and 15


def look(qemu, port, size="b"):
    return re.search(r"= (0x[0-9a-f]+)", qemu.hmp(f"i/x{size} {port:#x}"))[1]


def set_pci_command(qemu, value):
    qemu.hmp(f"o/xw 0xcf8 {PCI_COMMAND:#x}")
    qemu.hmp(f"o/xh 0xcfc {value}")


def state(qemu):
    """The state of the function, its bus masters, its drives and their interrupts, as a kernel sees it. Looking does
    not change it."""
    device = re.search(r"PCI device 8086:7010.*?(?=\n {2}Bus|\Z)", qemu.hmp("info pci"), re.DOTALL)[0]
    qemu.hmp(f"o/xw 0xcf8 {PCI_COMMAND:#x}")
    found = {"device": device, "PCI command": look(qemu, 0xCFC, "h")}
    bus_master = re.search(r"I/O at 0x([0-9a-f]{4}) ", device)  # None if it is switched off
    for name, (ports, offset) in CHANNELS.items():
        found[f"{name} status"] = look(qemu, ports + 0x206)
        found[f"{name} device"] = look(qemu, ports + 6)
        found[f"{name} bus master"] = bus_master and [look(qemu, int(bus_master[1], 16) + offset + register)
                                                      for register in (0, 2)]
    requested, masked, served = re.search(r"pic1: irr=(\w+) imr=(\w+) isr=(\w+)", qemu.hmp("info pic")).groups()
    found["interrupts"] = [int(bits, 16) & IDE_INTERRUPTS for bits in (requested, masked, served)]
    return found


def nothing(qemu):
    pass


def bus_master_is_off(qemu):
    set_pci_command(qemu, 1)


def ports_are_gone(qemu):
    set_pci_command(qemu, 0)


def never_answers(qemu):
    qemu.hmp('qemu-io ours "break read_aio hanging"')


@pytest.mark.parametrize("attach, change, debug", [
    ("cdrom", nothing, ""), ("hda", nothing, ""), ("cdrom", bus_master_is_off, ""), ("hda", bus_master_is_off, ""),
    ("cdrom", ports_are_gone, "time-out"), ("hda", ports_are_gone, "time-out"),
    ("cdrom", never_answers, "time-out"),
])
def test_a_kernel_finds_the_piix_as_under_grub(discs, waiting, tmp_path, attach, change, debug):
    """GRUB reads by INT 13h only. The test makes its changes at the menu, unseen by the driver."""
    found = {}
    for loader in ("whelk", "grub"):
        image = waiting_disc(discs, loader)
        with Traced(image, tmp_path, attach="none", extra=drive(image, attach), exit_device=False) as qemu:
            qemu.wait_for_screen("test")
            if loader == "whelk" or change is not never_answers:
                change(qemu)
            go_on(qemu)
            found[loader] = state(qemu)
            if loader == "whelk":
                boot = qemu.boot()
    assert module_arrived(boot)
    assert fell_back(boot, debug) if debug else boot.debug == "" and boot.transfers >= 2
    assert found["whelk"] == found["grub"]


@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_a_kernel_finds_the_piix_as_under_grub_after_a_read_error(discs, tmp_path, attach):
    found = {}
    for loader in ("whelk", "grub"):
        image = waiting_disc(discs, loader)
        sector, size = file_in_iso(image, "boot/module0")
        faults = failing_reads(sector + size // 4096, 1) if loader == "whelk" else []
        with Traced(image, tmp_path, attach="none", extra=drive(image, attach, *faults), exit_device=False) as qemu:
            qemu.wait_for_screen("test")
            go_on(qemu)
            found[loader] = state(qemu)
            if loader == "whelk":
                boot = qemu.boot()
    assert module_arrived(boot) and fell_back(boot, "read error")
    assert found["whelk"] == found["grub"]


@pytest.mark.parametrize("timing", [b"", b"set whelk_timing=1\n"], ids=["prepared", "and-timed"])
def test_a_kernel_finds_the_piix_as_under_grub_after_a_boot_without_a_menu(discs, tmp_path, timing):
    """The timeline's line is in the overlay, which is read after all else."""
    found = {}
    for loader in ("whelk", "grub"):
        files = tree(ELF32, modules=[("module", MODULE)])
        files[CONFIG] = timing + files[CONFIG]
        with Traced(discs.make(files, loader), tmp_path, exit_device=False) as qemu:
            qemu.wait_for("^END$", 30)
            found[loader] = state(qemu)
    assert found["whelk"] == found["grub"]
