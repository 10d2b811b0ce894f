# SPDX-License-Identifier: BSD-2-Clause
"""The loader reads a virtio disk by its own requests, on the queue that the firmware has set up, and leaves device and
queue so that the firmware can read on. After any fault the firmware does."""

import random
import re
import struct
import subprocess
import zlib
from dataclasses import dataclass

import pytest

from discs import SECTOR, file_in_iso, tree, twin_of
from good_kernels import KERNELS, with_data
from make_kernel import MIB
from qemu import Machine
from traced import TracedMachine

pytestmark = pytest.mark.seabios("what lies between a BIOS and the loader")

ELF32 = KERNELS["elf32"].make()
MODULE = random.Random(7).randbytes(3 * MIB + 5)
OTHER_MODULE = random.Random(8).randbytes(len(MODULE))
FEW, MANY = 20, 45  # reads of a boot of MODULE, the firmware's included. INT 13h takes 48 for the module alone.
NO_DRIVE, TWO_DRIVES = "no drive with the same data", "two drives with the same data"
NO_DRIVES = ["-nodefaults", "-vga", "std"]


@dataclass
class Boot:
    serial: str
    trace: str  # QEMU's trace of the device
    debug: str  # output of the debug port

    @property
    def reads(self):
        return self.trace.count("virtio_blk_handle_read")

    @property
    def by_driver(self):
        return self.reads < FEW and self.debug == ""


class Traced(TracedMachine):
    events = ("virtio_blk_handle_read", "virtio_set_status")

    def boot(self):
        return Boot(self.serial, self.trace.read_text(), self.debug)


def module_arrived(boot, module=MODULE):
    return f"adler={zlib.adler32(module):#x}" in boot.serial


def fell_back(boot, reason, driver="virtio-blk"):
    """The debug port got one line, with this reason for falling back to INT 13h, and nothing else."""
    return re.fullmatch(rf"whelk: {driver}: {reason} at sector \d+; the firmware reads on\n", boot.debug) is not None


def virtio(image, name="disc", options="", **drive):
    """QEMU's arguments for a virtio disk."""
    words = {"if": "none", "id": name, "format": "raw", "snapshot": "on", "file": image, **drive}
    return ["-drive", ",".join(f"{key}={value}" for key, value in words.items() if value is not None),
            "-device", f"virtio-blk-pci,drive={name}{options}"]


@pytest.fixture(scope="session")
def legacy_queue():
    """How many entries a legacy device's queue has that shall have 256."""
    disc = ["-drive", "if=none,id=disc,driver=null-co,size=1M", "-device",
            "virtio-blk-pci,drive=disc,disable-modern=on,queue-size=256"]
    with Machine(None, attach="none", extra=[*NO_DRIVES, *disc, "-S"]) as qemu:
        path = next(device["path"] for device in qemu.qmp("x-query-virtio") if device["name"] == "virtio-blk")
        return qemu.qmp("x-query-virtio-queue-status", path=path, queue=0)["vring-num-default"]


@pytest.fixture(autouse=True)
def the_firmware_takes_the_device(request):
    """QEMU 10.0.13 gives legacy devices 1024 entries, whatever queue-size says. SeaBIOS takes up to 256."""
    chosen = getattr(request.node, "callspec", None)
    options = [PLACES[value][2] if value in PLACES else value for value in chosen.params.values()] if chosen else []
    if any("disable-modern=on" in str(value) for value in options) and request.getfixturevalue("legacy_queue") > 256:
        pytest.skip("SeaBIOS cannot read QEMU's legacy virtio-blk: its queue has more than 256 entries")


@pytest.fixture
def image(discs):
    return discs.make(tree(ELF32, modules=[("module", MODULE)]))


@pytest.fixture
def twins(discs, tmp_path):
    """Two ISOs that differ only in the module's bytes: same descriptors, same directories, no record of digests."""
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]), options=["--verify=off"])
    return image, twin_of(image, tmp_path / "twin.iso", "boot/module0", OTHER_MODULE)


@pytest.fixture
def traced(tmp_path):
    def run(image, extra, **machine):
        with Traced(image, tmp_path, attach="none", extra=extra, **machine) as qemu:
            qemu.wait_for("^END$", 40)
            qemu.wait_exit()
            return qemu.boot()
    return run


# ---- Where it is used --------------------------------------------------------------------------

ROOT_PORT = ["-device", "pcie-root-port,id=root,slot=1"]
PLACES = {  # QEMU's machine, devices before the disc, the disc's options
    "transitional, on pc": ("pc", [], ""),
    "modern, on pc": ("pc", [], ",disable-legacy=on"),
    "legacy, on pc": ("pc", [], ",disable-modern=on"),
    "transitional, on q35": ("q35", [], ""),
    "legacy, on q35": ("q35", [], ",disable-modern=on"),
    "behind a root port, as libvirt has it": ("q35", ROOT_PORT, ",bus=root"),
    "legacy, behind a root port": ("q35", ROOT_PORT, ",bus=root,disable-legacy=off,disable-modern=on"),
    "behind the last of 14 root ports": ("q35", [word for i in range(14) for word in (
        "-device", f"pcie-root-port,id=root{i},slot={i},multifunction=on,addr={2 + i // 8}.{i % 8}")], ",bus=root13"),
    "behind a PCI bridge": ("pc", ["-device", "pci-bridge,id=bridge,chassis_nr=1"], ",bus=bridge,addr=0x1e"),
    "behind a switch": ("q35", [
        *ROOT_PORT, "-device", "x3130-upstream,id=up,bus=root", "-device", "xio3130-downstream,id=other,bus=up,chassis=8",
        "-device", "xio3130-downstream,id=down,bus=up,chassis=9"], ",bus=down"),
    "behind a PCI bridge behind a root port": ("q35", [
        *ROOT_PORT, "-device", "pcie-pci-bridge,id=bridge,bus=root"], ",bus=bridge,addr=5"),
    "a function of a device with several": ("pc", [
        "-device", "virtio-rng-pci,addr=8.0,multifunction=on"], ",addr=8.3"),
    "with registers above 4 GiB": ("q35", [
        "-object", "memory-backend-file,id=large,size=4G,mem-path={directory}/large,share=on,discard-data=on",
        "-device", "ivshmem-plain,memdev=large"], ",disable-legacy=on"),
}


@pytest.mark.parametrize("where", PLACES)
def test_the_disc_is_found_and_read_by_few_large_requests(traced, image, tmp_path, where):
    machine, before, options = PLACES[where]
    before = [word.format(directory=tmp_path) for word in before]
    boot = traced(image, [*NO_DRIVES, *before, *virtio(image, options=options)], machine=machine)
    assert module_arrived(boot)
    assert boot.by_driver


@pytest.mark.parametrize("options", [
    "queue-size=4", "queue-size=256,disable-modern=on", "queue-size=1024,disable-legacy=on", "num-queues=4",
    "packed=on", "event_idx=off,indirect_desc=off", "ioeventfd=off", "request-merging=off", "iommu_platform=on,disable-legacy=on",
    "iothread=thread", "config-wce=on,seg-max-adjust=off", "logical_block_size=512,physical_block_size=4096"])
def test_any_device_that_the_firmware_can_boot_from_is_read(traced, image, options):
    thread = ["-object", "iothread,id=thread"]
    boot = traced(image, [*NO_DRIVES, *thread, *virtio(image, options="," + options)], cpus=2)
    assert module_arrived(boot)
    assert boot.by_driver


def test_a_module_larger_than_a_request_arrives_whole(traced, discs):
    large = random.Random(6).randbytes(17 * MIB + 1)
    files = tree(ELF32, modules=[("module", large), ("after", MODULE)])
    image = discs.make(files)
    boot = traced(image, virtio(image), memory=128)
    discs.forget(files)
    assert module_arrived(boot, large) and module_arrived(boot)
    assert boot.by_driver


def test_what_goes_to_an_odd_address_is_read_by_the_driver_too(traced, discs):
    kernel = with_data((0x300001, 0x350000), (0x400002, 0x480000), (0x500003, 0x550001), (0x600000, 0x600801))
    image = discs.make(tree(kernel, modules=[("module", MODULE)]))
    boot = traced(image, virtio(image))
    assert "regions_wrong: 0x0\n" in boot.serial and module_arrived(boot)
    assert boot.by_driver


# ---- Which of several discs --------------------------------------------------------------------

@pytest.mark.parametrize("ours", [0, 1, 2])
def test_the_disc_that_we_boot_from_is_found_beside_others(traced, discs, image, ours):
    other = discs.make(tree(ELF32, modules=[("module", OTHER_MODULE)]))
    extra = [word for i in range(3) for word in virtio(
        image if i == ours else other, f"d{i}", f",bootindex={1 if i == ours else 2 + i}")]
    boot = traced(image, [*NO_DRIVES, *extra])
    assert module_arrived(boot)
    assert boot.by_driver


@pytest.mark.parametrize("ours, theirs", [(1, 2), (2, 1)])
@pytest.mark.parametrize("theirs_at", ["virtio", "ahci", "piix"])
def test_of_two_discs_that_look_alike_the_firmwares_is_read(traced, twins, ours, theirs, theirs_at):
    image, twin = twins
    drive = ["-drive", f"if=none,id=twin,format=raw,snapshot=on,file={twin}"]
    bus = "ide.0" if theirs_at == "ahci" else "ide.1"
    second = virtio(twin, "twin", f",bootindex={theirs},addr=5") if theirs_at == "virtio" else \
        [*drive, "-device", f"ide-hd,drive=twin,bus={bus},bootindex={theirs}"]
    boot = traced(image, [*NO_DRIVES, *virtio(image, options=f",bootindex={ours},addr=6"), *second],
                  machine="q35" if theirs_at == "ahci" else "pc")
    assert module_arrived(boot, MODULE if ours < theirs else OTHER_MODULE)
    assert boot.reads > MANY or (ours > theirs and theirs_at != "virtio")
    assert TWO_DRIVES in boot.debug and len(boot.debug.splitlines()) == 1


def test_a_disc_on_another_controller_is_read_by_the_firmware_beside_a_virtio_disc(traced, discs, image):
    other = discs.make(tree(ELF32, modules=[("module", OTHER_MODULE)]))
    boot = traced(image, [
        *NO_DRIVES, "-drive", f"if=none,id=stick,format=raw,readonly=on,file={image}", "-device", "qemu-xhci",
        "-device", "usb-storage,drive=stick,bootindex=1", *virtio(other, options=",bootindex=2")])
    assert module_arrived(boot) and fell_back(boot, NO_DRIVE)


# ---- What fails --------------------------------------------------------------------------------

@pytest.mark.parametrize("options", ["", ",disable-modern=on"])
@pytest.mark.parametrize("what", ["boot/kernel", "boot/module0"])
def test_after_an_error_of_a_request_the_boot_goes_on_by_int_13h(traced, image, what, options):
    first, size = file_in_iso(image, what)
    sector = (first + size // SECTOR // 2) * 4  # in sectors of 512 bytes
    drive = {"file": None, "snapshot": None, "file.driver": "blkdebug", "file.image.driver": "file",
             "file.image.filename": image, "file.inject-error.0.event": "read_aio", "file.inject-error.0.sector": sector,
             "file.inject-error.0.errno": 5, "file.inject-error.0.once": "on", "rerror": "report"}
    boot = traced(image, [*NO_DRIVES, *virtio(image, options=options, **drive)])
    assert module_arrived(boot)
    assert boot.reads > MANY and fell_back(boot, "read error")


# ---- What the firmware and the kernel find -------------------------------------------------------

CORE_MODULES = "serial terminal echo ls cat hashsum gcry_sha1 iso9660 biosdisk".split()
CORE_CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial
echo root: $root
sha1sum /boot/module0
cat /boot/grub/grub.cfg
echo core: end
"""


@pytest.mark.parametrize("where", ["transitional, on pc", "legacy, on pc", "behind a root port, as libvirt has it"])
def test_the_firmware_can_read_the_disc_after_us(discs, tmp_path, where):
    """The kernel is GRUB's core, which reads the disc by INT 13h: hundreds of requests on the queue that we used."""
    (tmp_path / "core.cfg").write_text(CORE_CONFIG)
    subprocess.run(["grub-mkimage", "-O", "i386-pc", "-o", tmp_path / "core", "-p", "/boot/grub",
                    "-c", tmp_path / "core.cfg", *CORE_MODULES], check=True)
    files = tree((tmp_path / "core").read_bytes(), modules=[("module", MODULE)])
    machine, before, options = PLACES[where]
    said = {}
    for loader in ("whelk", "grub"):
        image = discs.make(files, loader)
        with Traced(image, tmp_path, attach="none", machine=machine,
                    extra=[*NO_DRIVES, *before, *virtio(image, options=options)]) as qemu:
            qemu.wait_for("^core: end", 40)
            said[loader] = qemu.serial.split("core: end")[0]
            if loader == "whelk":
                assert "virtio-blk" not in qemu.boot().debug
    assert "root: hd0" in said["whelk"] and "  /boot/module0" in said["whelk"]
    assert said["whelk"] == said["grub"]


@pytest.mark.parametrize("options", ["", ",disable-modern=on"])
def test_a_kernel_finds_the_device_as_the_firmware_had_it(discs, tmp_path, options):
    """QEMU tells the device's counters, which are those of the firmware: each INT 13h has made one request."""
    image = discs.make(tree(ELF32, modules=[("module", MODULE)]))
    with Traced(image, tmp_path, attach="none", exit_device=False,
                extra=[*NO_DRIVES, *virtio(image, options=options)]) as qemu:
        qemu.wait_for("^END$", 40)
        path = next(device["path"] for device in qemu.qmp("x-query-virtio") if device["name"] == "virtio-blk")
        status = qemu.qmp("x-query-virtio-status", path=path)
        queue = qemu.qmp("x-query-virtio-queue-status", path=path, queue=0)
        indices = [struct.unpack("<HH", qemu.memory(queue[ring], 4))[1] for ring in ("vring-avail", "vring-used")]
        trace = qemu.boot().trace
    reads = [part.count("virtio_blk_handle_read") for part in re.split("virtio_set_status .* val 0\n", trace)]
    before_us = next(count for count in reads if count)
    assert indices == [queue["last-avail-idx"]] * 2 and queue["used-idx"] == queue["last-avail-idx"]
    assert 0 < queue["last-avail-idx"] < before_us  # which has the driver's own, up to its reset
    assert status["isr"] == 0 and not status["broken"] and status["started"]
