# SPDX-License-Identifier: BSD-2-Clause
"""The lab's guests, by name. Each function makes the ISO and the xl config in a guest's folder, by whelk xen and whelk
domain. Its docstring says what is special about the guest."""

import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from discs import CONFIG, Discs, tree, write_tree
from good_kernels import KERNELS
from lab import BUILD, HERE, WHELK
from make_kernel import MIB, Segment, elf, pattern
from multiboot2_kernels import KERNELS as MULTIBOOT2_KERNELS

GUESTS = {}
SMALL, LARGE = pattern(100_001, 5), random.Random(7).randbytes(MIB + 3)
REPORT, REPORT2 = KERNELS["elf32"].make(), MULTIBOOT2_KERNELS["elf32"].make()
LDHERMIT = KERNELS["hermitcore-loader"].make()
APPLICATION = elf([Segment(0x800000, pattern(4_200_000), memory_size=4_800_000)], 0x800000, 64)
SEED_CONFIG = b"""set timeout=0
set default=0

menuentry "HermitCore" {
    multiboot /boot/ldhermit.elf -uart=io:0x3f8
    module /boot/hermit_application
    boot
}
"""
MEMORY_MIB = 96
ENDED = "^END|press a key"
CD = '[ "format=raw, vdev={}, access=ro, devtype=cdrom, target={}" ]'
# The device model's back-end: the kernel's needs loop devices, which the lab does not have.
DISK = '[ "format=raw, vdev={}, access=rw, backendtype=qdisk, target={}" ]'


class Guest:
    """seconds: the time that the guest may take on an idle host."""

    def __init__(self, make, until, seconds):
        self.name = make.__name__.replace("_", "-")
        self.make, self.until, self.seconds = make, until, seconds


def guest(make=None, *, until=ENDED, seconds=60):
    def register(function):
        entry = Guest(function, until, seconds)
        GUESTS[entry.name] = entry
        return function
    return register(make) if make else register


def whelk(folder, *words):
    run = subprocess.run([WHELK, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def timed(files, where="com1"):
    """The tree, with a config that makes Whelk print its timeline."""
    return {**files, CONFIG: f"set whelk_timing={where}\n".encode() + files[CONFIG]}


def place(folder, image, *settings):
    """Puts an ISO into the folder, and the config that whelk domain writes for it."""
    iso = folder / "guest.iso"
    shutil.copyfile(image, iso)
    words = [word for setting in settings for word in ("--set", setting)]
    text = whelk(folder, "domain", "--name", folder.name, "-m", MEMORY_MIB, "--log", "guest.log", *words, iso)
    (folder / "guest.xl").write_text(text)


def disc(folder, files):
    return Discs(folder / "made").make(files)


def as_disk(folder, device, *settings):
    place(folder, disc(folder, timed(tree(REPORT, "argument", [("name of it", LARGE)]))),
          "boot=\"c\"", "disk=" + DISK.format(device, folder / "guest.iso"), *settings)


# ---- Made by whelk xen

def kernel_and_module(folder):
    (folder / "kernel").write_bytes(LDHERMIT)
    (folder / "module").write_bytes(LARGE)
    return "-l", "kernel", "-k", "module", "-m", MEMORY_MIB, "--name", folder.name, "--directory", folder


@guest
def whelk_xen(folder):
    """The files of whelk xen, started by xl create."""
    whelk(folder, "xen", "-n", *kernel_and_module(folder))


@guest(seconds=120)
def whelk_xen_in_dom0(folder):
    """whelk xen makes, starts and follows the guest, in dom0."""
    shutil.copy(WHELK, folder / "whelk")
    (folder / "command").write_text(shlex.join(["./whelk", "xen", "-v", *map(str, kernel_and_module(folder))]) + "\n")


@guest(seconds=60)
def whelk_xen_pvh_in_dom0(folder):
    """whelk xen makes and starts a PVH guest in dom0, and shows its console, to which the kernel of whelk bench
    writes."""
    shutil.copy(WHELK, folder / "whelk")
    whelk(folder, "bench", "--write-probe", "kernel")
    (folder / "command").write_text(f"./whelk xen -v --type pvh -k kernel -m {MEMORY_MIB} --name {folder.name} "
                                    f"--directory .\n")


# ---- By libvirt

@guest(seconds=120)
def libvirt(folder):
    """A definition by whelk domain for libvirt's driver for Xen; virsh defines and starts it."""
    place(folder, disc(folder, timed(tree(REPORT, "an argument", [("large one", LARGE)]))))
    words = ("--format", "libvirt", "--hypervisor", "xen", "--name", folder.name, "-m", MEMORY_MIB)
    (folder / "guest.xml").write_text(whelk(folder, "domain", *words, "--bridge", "xenbr0", "--log", "guest.log",
                                            "guest.iso"))
    (folder / "pvh.xml").write_text(whelk(folder, "domain", *words, "--type", "pvh", "--bridge", "xenbr0", "guest.iso"))
    shutil.copy(HERE / "virsh.sh", folder / "command")


# ---- From a CD

@guest
def multiboot1_cd(folder):
    """A Multiboot 1 kernel with two modules."""
    place(folder, disc(folder, timed(tree(REPORT, "an argument", [("small one", SMALL), ("large one", LARGE)]))))


@guest
def multiboot2_cd(folder):
    """A Multiboot 2 kernel with a module."""
    files = tree(REPORT2, "an argument", [("large one", LARGE)])
    files[CONFIG] = files[CONFIG].replace(b"multiboot ", b"multiboot2 ").replace(b"module ", b"module2 ")
    place(folder, disc(folder, timed(files)))


@guest
def seed_tree(folder):
    """HermitCore's tree as in the blog post."""
    place(folder, disc(folder, {CONFIG: SEED_CONFIG, "boot/ldhermit.elf": LDHERMIT,
                                "boot/hermit_application": APPLICATION}))


@guest
def menu(folder):
    """Two entries and a time-out: the second boots by itself."""
    files = tree(REPORT, "first")
    files[CONFIG] = (b'set timeout=1\nset default=1\nmenuentry "First" {\n    multiboot /boot/kernel first\n}\n'
                     b'menuentry "Second" {\n    multiboot /boot/kernel second\n}\n')
    place(folder, disc(folder, files))


@guest(seconds=120)
def twin_cds(folder):
    """Two CD drives with the same disc: only the firmware knows which of them it booted from."""
    iso = folder / "guest.iso"
    both = ", ".join(CD.format(device, iso).strip("[] ") for device in ("hdc", "hdd"))
    place(folder, disc(folder, timed(tree(REPORT, "argument", [("small one", SMALL)]))), f"disk=[ {both} ]")


# ---- As a disk

@guest
def disk_hda(folder):
    """The ISO as an IDE disk."""
    as_disk(folder, "hda")


@guest
def disk_xvda(folder):
    """The ISO as a paravirtual disk, which Xen also offers as an IDE disk to guests without its drivers."""
    as_disk(folder, "xvda")


@guest
def disk_ahci(folder):
    """The ISO as a SATA disk."""
    as_disk(folder, "hda", "hdtype=\"ahci\"")


@guest(seconds=120)
def disk_scsi(folder):
    """The ISO as a SCSI disk, for which Whelk has no driver."""
    as_disk(folder, "sda")


# ---- PVH guests: whelk.elf is the kernel, the ISO its RAM disc

def cpio(files):
    """A cpio archive ("newc") of these files."""
    with tempfile.TemporaryDirectory() as directory:
        write_tree(Path(directory), files)
        return subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input="\n".join(files).encode(), cwd=directory,
                              stdout=subprocess.PIPE, check=True).stdout


def pvh(folder, module, command_line=""):
    shutil.copy(BUILD / "whelk.elf", folder)
    (folder / "module").write_bytes(module)
    (folder / "pvh.xl").write_text(
        f'type = "pvh"\nname = "{folder.name}"\nmemory = {MEMORY_MIB}\nvcpus = 1\nkernel = "{folder}/whelk.elf"\n'
        f'ramdisk = "{folder}/module"\ncmdline = "{command_line}"\non_poweroff = "preserve"\non_crash = "preserve"\n')


@guest
def pvh_iso(folder):
    """A Multiboot 1 kernel with two modules, and an argument from the command line."""
    files = tree(REPORT, "an argument", [("small one", SMALL), ("large one", LARGE)])
    pvh(folder, disc(folder, timed(files, "debugcon")).read_bytes(), "-- one more")


@guest
def pvh_multiboot2(folder):
    """A Multiboot 2 kernel, which gets the root pointer of Xen's ACPI tables."""
    files = tree(REPORT2, "an argument", [("large one", LARGE)])
    files[CONFIG] = files[CONFIG].replace(b"multiboot ", b"multiboot2 ").replace(b"module ", b"module2 ")
    pvh(folder, disc(folder, files).read_bytes())


@guest
def pvh_cpio(folder):
    """An archive without a config: the first file is the kernel, the second its module."""
    pvh(folder, cpio({"kernel": REPORT, "large": LARGE}), "-- from an archive")


@guest
def pvh_kernel(folder):
    """A kernel alone."""
    pvh(folder, REPORT, "quiet -- alone")


@guest(until="stays halted")
def pvh_broken(folder):
    """An archive that is cut."""
    pvh(folder, cpio({"kernel": REPORT})[:-1000])


# ---- whelk.elf in hvmloader's place

def firmware(folder, files, image, *settings):
    shutil.copy(BUILD / image, folder)
    place(folder, disc(folder, timed(files)), f'firmware_override="{folder}/{image}"', "vcpus=2", *settings)


@guest
def firmware_cd(folder):
    """The CD is read by the PIIX driver."""
    firmware(folder, tree(REPORT, "an argument", [("small one", SMALL), ("large one", LARGE)]), "whelk.elf")


@guest
def firmware_multiboot2(folder):
    """A Multiboot 2 kernel, which gets the root pointer of our ACPI tables."""
    files = tree(REPORT2, "an argument", [("large one", LARGE)])
    files[CONFIG] = files[CONFIG].replace(b"multiboot ", b"multiboot2 ").replace(b"module ", b"module2 ")
    firmware(folder, files, "whelk.elf")


@guest
def firmware_module(folder):
    """The ISO is the BIOS that hvmloader would load: it is in memory."""
    firmware(folder, tree(REPORT, "an argument", [("large one", LARGE)]), "whelk-hvm.elf", "disk=[]", 'bios="seabios"',
             f'bios_path_override="{folder}/guest.iso"')


@guest(seconds=180)
def firmware_machine(folder):
    """A kernel that starts the second processor by the ACPI tables, then by the MP tables. Each millisecond that it
    waits is a thousand port accesses, and takes much longer here."""
    firmware(folder, tree((BUILD / "kernels/machine.elf").read_bytes(), "registers acpi mp"), "whelk.elf")


# ---- Broken ISOs

@guest
def broken_kernel(folder):
    """A kernel's file without a Multiboot header."""
    place(folder, Discs(folder / "made").make_unchecked(tree(REPORT), {"boot/kernel": bytes(9000)}))


@guest
def broken_entry(folder):
    """A config that names a file that does not exist."""
    files = tree(REPORT, "argument")
    wrong = files[CONFIG].replace(b"boot/kernel", b"boot/colonel")
    place(folder, Discs(folder / "made").make_unchecked(files, {CONFIG: wrong}))


@guest(until="boot error")
def broken_boot_image(folder):
    """One wrong byte in the boot image."""
    image = disc(folder, tree(REPORT))
    data = bytearray(image.read_bytes())
    # El Torito 2.0: the boot record names the catalogue, whose first entry names the image.
    catalogue = int.from_bytes(data[17 * 2048 + 0x47:17 * 2048 + 0x4B], "little") * 2048
    start = int.from_bytes(data[catalogue + 40:catalogue + 44], "little") * 2048
    data[start + 5000] ^= 1
    image.write_bytes(data)
    place(folder, image)


# ---- whelk bench --xen

@guest(seconds=300)
def bench(folder):
    """whelk bench --xen, in dom0: HVM guests with and without a firmware, and a PVH guest."""
    shutil.copy(WHELK, folder / "whelk")
    (folder / "tree/boot/grub").mkdir(parents=True)
    (folder / "tree/boot/kernel").write_bytes(REPORT)
    (folder / "tree" / CONFIG).write_bytes(tree(REPORT)[CONFIG])
    (folder / "command").write_text(f"./whelk bench --xen --json --runs 1 --sizes 1 "
                                    f"--loaders whelk,whelk-hvm,whelk-pvh --memory {MEMORY_MIB} tree >bench.json\n")
