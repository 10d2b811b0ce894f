# SPDX-License-Identifier: BSD-2-Clause
"""The loader reads the disc by DMA through the ICH9's AHCI function (`-M q35`) if only one drive there can be the one
that it boots from. It leaves the AHCI as the firmware had it. After any fault it goes on by INT 13h."""

import random
import re
import zlib
from collections import Counter
from dataclasses import dataclass

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree, twin_of
from good_kernels import KERNELS, with_data
from make_kernel import KIB, MIB
from shim import shim
from traced import TracedMachine

pytestmark = pytest.mark.seabios("what lies between a BIOS and the loader")

ELF32 = KERNELS["elf32"].make()
MODULE = random.Random(4).randbytes(3 * MIB + 5)
OTHER_MODULE = random.Random(5).randbytes(len(MODULE))
# SATA commands of a boot of MODULE, including the firmware's. INT 13h takes 48 or more for the module alone.
FEW, MANY = 45, 60
INTERRUPT_STATUS, COMMAND = 0x10, 0x18  # offsets of a port's registers
NO_DRIVE = "no drive with the same data"
NO_DRIVES = ["-nodefaults", "-vga", "std"]
TIME_OUT_BYTES = 256 * KIB
ALWAYS = 0xffff  # what goes wrong every time


@dataclass
class Boot:
    serial: str
    trace: str  # QEMU's trace of the AHCI
    debug: str  # output of the debug port

    @property
    def commands(self):
        return self.trace.count("ahci_cmd_done")

    @property
    def by_dma(self):
        return self.commands < FEW and self.debug == ""


class Traced(TracedMachine):
    events = ("ahci_cmd_done", "ahci_reset_port", "ahci_port_write")

    def __init__(self, image, directory, machine="q35", **more):
        super().__init__(image, directory, machine=machine, **more)

    def boot(self):
        return Boot(self.serial, self.trace.read_text(), self.debug)


def module_arrived(boot, module=MODULE):
    return f"adler={zlib.adler32(module):#x}" in boot.serial


def fell_back(boot, reason):
    """The debug port got one line, with this reason for falling back to INT 13h, and nothing else."""
    return re.fullmatch(rf"whelk: ahci: {reason} at sector \d+; the firmware reads on\n", boot.debug) is not None


def sata(image, port, boot=None, media="cd"):
    """QEMU's arguments for a drive on a port of q35's AHCI."""
    drive = f"if=none,id=disc{port},format=raw,snapshot=on,file={image}"
    return ["-drive", drive, "-device", f"ide-{media},drive=disc{port},bus=ide.{port},id=drive{port}" +
            (f",bootindex={boot}" if boot is not None else "")]


@pytest.fixture
def image(discs):
    return discs.make(tree(ELF32, modules=[("module", MODULE)]))


@pytest.fixture
def twin(image, tmp_path):
    """An ISO that differs from `image` only in the module's bytes: same descriptors, same directories."""
    return twin_of(image, tmp_path / "twin.iso", "boot/module0", OTHER_MODULE)


@pytest.fixture
def traced(tmp_path):
    def run(image, attach="none", **machine):
        with Traced(image, tmp_path, attach=attach, **machine) as qemu:
            qemu.wait_for("^END$", 40)
            qemu.wait_exit()
            return qemu.boot()
    return run


# ---- Where it is used --------------------------------------------------------------------------

@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_a_drive_is_read_by_few_large_transfers(traced, image, attach):
    boot = traced(image, attach)
    assert module_arrived(boot)
    assert boot.by_dma


@pytest.mark.parametrize("media", ["cd", "hd"])
@pytest.mark.parametrize("port", [0, 1, 5])
def test_the_drive_is_found_on_any_port(traced, image, port, media):
    boot = traced(image, extra=[*NO_DRIVES, *sata(image, port, media=media)])
    assert module_arrived(boot)
    assert boot.by_dma


@pytest.mark.parametrize("ours, theirs", [(0, 3), (3, 0)])
@pytest.mark.parametrize("media", ["cd", "hd"])
def test_the_drive_that_we_boot_from_is_found_beside_others(traced, discs, image, ours, theirs, media):
    other = discs.make(tree(ELF32, modules=[("module", OTHER_MODULE)]))
    boot = traced(image, extra=[*NO_DRIVES, *sata(other, theirs, 2, media), *sata(image, ours, 1, media),
                                         *sata(other, 4, 3, "hd" if media == "cd" else "cd")])
    assert module_arrived(boot)
    assert boot.by_dma


@pytest.mark.parametrize("ours, theirs", [(0, 3), (3, 0)])
def test_of_two_discs_that_look_alike_the_firmwares_is_read(traced, image, twin, ours, theirs):
    boot = traced(image, extra=[*NO_DRIVES, *sata(image, ours, 1), *sata(twin, theirs, 2)])
    assert module_arrived(boot) and fell_back(boot, "two drives with the same data")


def test_a_module_larger_than_a_command_takes_arrives_whole(traced, discs):
    large = random.Random(6).randbytes(17 * MIB + 1)
    files = tree(ELF32, modules=[("module", large), ("after", MODULE)])
    boot = traced(discs.make(files), "cdrom", memory=128)
    discs.forget(files)
    assert module_arrived(boot, large) and module_arrived(boot)
    assert boot.by_dma


def test_what_goes_to_an_odd_address_is_read_by_the_firmware_in_between(traced, discs):
    """The firmware's commands and ours take turns on one port."""
    kernel = with_data((0x300001, 0x350000), (0x400002, 0x480000), (0x500003, 0x550001), (0x600000, 0x600801))
    boot = traced(discs.make(tree(kernel, modules=[("module", MODULE)])), "cdrom")
    assert "regions_wrong: 0x0\n" in boot.serial and module_arrived(boot)
    assert boot.commands < MANY


def test_the_ahci_is_found_on_another_machine_too(traced, image):
    extra = ["-device", "ich9-ahci,id=sata", "-drive", f"if=none,id=disc,format=raw,snapshot=on,file={image}",
             "-device", "ide-cd,drive=disc,bus=sata.2"]
    boot = traced(image, machine="pc", extra=extra)
    assert module_arrived(boot)
    assert boot.by_dma


# ---- Where it is not ---------------------------------------------------------------------------

def test_without_a_drive_the_firmware_reads(traced, image):
    boot = traced(image, "virtio-blk", extra=["-nodefaults", "-vga", "std"])
    assert module_arrived(boot)
    assert boot.commands == 0


@pytest.mark.parametrize("medium", ["none", "other"])
def test_drives_that_do_not_have_our_disc_are_left_alone(traced, discs, image, medium):
    """The drive at the AHCI has another disc, or none, so that its reads fail."""
    other = discs.make(tree(ELF32, modules=[("module", OTHER_MODULE)]))
    drive = sata(other, 2, 2) if medium == "other" else ["-device", "ide-cd,bus=ide.2"]
    boot = traced(image, extra=[
        *NO_DRIVES, "-drive", f"if=none,id=disc,format=raw,readonly=on,file={image}", "-device", "virtio-scsi-pci",
        "-device", "scsi-cd,drive=disc,bootindex=1", *drive])
    assert module_arrived(boot)


def test_an_empty_drive_beside_ours_changes_nothing(traced, image):
    boot = traced(image, extra=[*NO_DRIVES, "-device", "ide-cd,bus=ide.0", *sata(image, 1, 1)])
    assert module_arrived(boot)
    assert boot.by_dma


@pytest.mark.parametrize("proof", ["the boot image's first sector", "the volume descriptor"])
def test_a_drive_that_reads_another_sector_than_the_firmware_is_left_to_it(traced, image, tmp_path, proof):
    """The firmware returns a wrong byte: in the disc's identifier, or, if it has loaded the whole image without a call
    of INT 13h, in the descriptor."""
    faults = {"load_sectors": 4, "flip_lba": file_in_iso(image, "boot/whelk.img")[0], "flip_offset": 45,
              "flip_count": ALWAYS} if "image" in proof else {"flip_lba": 16, "flip_offset": 1500, "flip_count": 1}
    floppy = shim.floppy(tmp_path / "shim.img", shim.memory_map(64), **faults)
    boot = traced(image, "cdrom", memory=64, extra=[
        "-drive", f"if=floppy,format=raw,snapshot=on,file={floppy}", "-boot", "a"])
    assert "SHIM: start\n" in boot.serial and module_arrived(boot)
    assert boot.commands > MANY and fell_back(boot, NO_DRIVE)


# ---- What fails --------------------------------------------------------------------------------

@pytest.mark.parametrize("media", ["cd", "hd"])
@pytest.mark.parametrize("what", ["boot/kernel", "boot/module0"])
def test_after_an_error_of_a_transfer_the_boot_goes_on_by_int_13h(traced, image, what, media):
    first, size = file_in_iso(image, what)
    sector = (first + size // SECTOR // 2) * 4  # in sectors of 512 bytes
    drive = ",".join(["if=none,id=disc,format=raw,readonly=on" if media == "cd" else "if=none,id=disc,format=raw",
                      "snapshot=on", "file.driver=blkdebug", "file.image.driver=file",
                      f"file.image.filename={image}", "file.inject-error.0.event=read_aio",
                      f"file.inject-error.0.sector={sector}", "file.inject-error.0.errno=5",
                      "file.inject-error.0.once=on", "rerror=report"])
    boot = traced(image, extra=[*NO_DRIVES, "-drive", drive.replace(",snapshot=on", ""), "-device",
                                         f"ide-{media},drive=disc,bus=ide.1"])
    assert module_arrived(boot)
    assert boot.commands > MANY and fell_back(boot, "read error")


def disc_to_time_out(discs):
    """A disc that waits for a key. Under QEMU's throttling its first module comes at once, its second one half a minute
    later."""
    files = tree(ELF32, modules=[("first", bytes(TIME_OUT_BYTES)), ("second", MODULE)])
    files[CONFIG] = files[CONFIG].replace(b"timeout=0", b"timeout=1000")
    return discs.make(files)


def boot_past_a_time_out(qemu, start_seconds, give_up_seconds):
    limits = {"id": "drive0", "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0}
    qemu.wait_for("1000", start_seconds)
    before = qemu.boot().trace.count("ahci_reset_port")
    qemu.qmp("block_set_io_throttle", bps=TIME_OUT_BYTES // 28, **limits)
    qemu.type_serial("\r")
    qemu.wait_until(lambda: qemu.boot().trace.count("ahci_reset_port") > before, "the driver gives up", give_up_seconds)
    qemu.qmp("block_set_io_throttle", bps=0, **limits)
    qemu.wait_for("^END$", 60)
    qemu.wait_exit()
    return qemu.boot()


def test_after_a_time_out_the_boot_goes_on_by_int_13h(discs, tmp_path):
    image = disc_to_time_out(discs)
    with Traced(image, tmp_path, attach="none", extra=[*NO_DRIVES, *sata(image, 0, media="hd")]) as qemu:
        boot = boot_past_a_time_out(qemu, 20, 60)
    assert module_arrived(boot) and fell_back(boot, "time-out")


# ---- What the kernel finds -----------------------------------------------------------------------

def registers(qemu):
    """The PCI command and status, the host's registers, and all ports' registers as numbers."""
    device = re.search(r"PCI device 8086:2922.*?(?=\n {2}Bus|\Z)", qemu.hmp("info pci"), re.DOTALL)[0]
    base = int(re.search(r"BAR5: 32 bit memory at (0x[0-9a-f]+)", device)[1], 16)
    qemu.hmp("o/4x 0xcf8 0x8000fa04")
    ports = [qemu.hmp(f"xp /15wx {base + 0x100 + port * 0x80:#x}") for port in range(6)]
    return (device, qemu.hmp("i/4x 0xcfc"), qemu.hmp(f"xp /12wx {base:#x}"),
            [[int(word, 16) for word in re.findall(r"\b0x[0-9a-f]{8}\b", port)] for port in ports])


@pytest.mark.parametrize("attach", ["cdrom", "hda"])
def test_the_ahci_is_left_as_the_firmware_had_it(discs, tmp_path, attach):
    """The registers are as under GRUB, which reads by INT 13h. The addresses of the firmware's lists may differ: they
    differ from boot to boot, and only the firmware writes them. No slot holds a command of ours."""
    found = {}
    files = tree(ELF32, modules=[("module", MODULE)])
    for loader in ("whelk", "grub"):
        with Traced(discs.make(files, loader), tmp_path, attach=attach, exit_device=False) as qemu:
            qemu.wait_for("^END$", 40)
            *others, ports = registers(qemu)
            lists = [port[0] for port in ports if port[COMMAND // 4] & 1]
            tables = [int.from_bytes(qemu.memory(start + 8, 4), "little") for start in lists]
            assert lists and not any(0x30000 <= table < 0x9F000 for table in tables)
        written = Counter(re.findall(r"port write \[reg:(\w+)\]", qemu.boot().trace))
        del written["PxIS"], written["PxCI"], written["PXIE"]  # these change with each command
        found[loader] = (others, [port[INTERRUPT_STATUS // 4:] for port in ports], written)
        assert written["PxCLB"] > 0
    assert found["whelk"] == found["grub"]


def test_the_firmware_boots_the_next_disc_after_we_have_read_ours(discs, traced, image):
    """`exit` returns to the firmware, whose command list must be as it was."""
    back = discs.make({"boot/grub/grub.cfg": b"set timeout=0\nmenuentry x {\n exit\n}\n"})
    boot = traced(image, extra=[*NO_DRIVES, *sata(back, 0, 1), *sata(image, 1, 2)])
    assert module_arrived(boot)
