# SPDX-License-Identifier: BSD-2-Clause
"""Configs name, search and boot from the machine's other discs: partitions with FAT and ISO 9660, which the firmware
reads. GRUB, with the same config and discs, is the oracle."""

import re
import zlib

import pytest

from discs import CONFIG, MAKERS, grub_mkrescue
from fat_discs import make_fat, partition_by_gpt, partition_by_mbr
from good_kernels import KERNELS
from make_kernel import MIB, pattern
from qemu import Machine
from report import Report

pytestmark = pytest.mark.seabios("names its firmware itself")

SEARCH = "fat search search_label search_fs_uuid search_fs_file ls configfile serial terminal halt"
MAKERS.setdefault("grub-fat", grub_mkrescue("i386-pc", f"biosdisk {SEARCH}"))
MAKERS.setdefault("grub-fat-efi", grub_mkrescue("x86_64-efi", f"efi_gop {SEARCH}"))

MODULE = pattern(3 * MIB + 77, 5)
KERNEL = KERNELS["elf32"].make()
HALT = b"halt\n"


@pytest.fixture(scope="module")
def disks(tmp_path_factory):
    """Two disks: hd0 with a partition table, FAT in partitions 1 (FAT32) and 5 (FAT16); hd1 with a GPT, FAT32 in
    clusters of 512 bytes in partition 2, and an ISO 9660 volume in partition 3."""
    folder = tmp_path_factory.mktemp("disks")
    first = make_fat(folder, {"boot/k32": KERNEL, "a/marker": b"1"}, 40, ["-F", "32", "-s", "1"], "FIRST", "11112222")
    logical = make_fat(folder, {"boot/m16": MODULE, "Boot/Long Name": b"5"}, 20, ["-F", "16"], "LOGICAL", "5555aaaa")
    small = make_fat(folder, {"boot/m32": MODULE[::-1], "next.cfg": CONFIGURED}, 40, ["-F", "32", "-s", "1"], "SMALL",
                     "abcd0001")
    return (partition_by_mbr(folder / "hd0.img", first, logical=[logical]),
            partition_by_gpt(folder / "hd1.img", small))


CONFIGURED = b"""menuentry x {
    echo "in next.cfg, root=$root"
}
set timeout=0
"""


def attach(disks, bus):
    """QEMU's arguments for the two disks; IDE has a fixed order, so both firmwares call them hd0 and hd1."""
    kinds = {"ide": ("if=ide,index=0", "if=ide,index=1")}
    return [word for disk, kind in zip(disks, kinds[bus], strict=True)
            for word in ("-drive", f"{kind},media=disk,format=raw,snapshot=on,file={disk}")]


MACHINES = {"seabios": {"machine": "pc"}, "x64": {"machine": "pc", "firmware": "x64", "memory": 256},
            "ia32": {"machine": "q35", "firmware": "ia32", "memory": 256}}


def machine(image, disks, firmware):
    # On the pc, a CD is the third IDE device; its own place would be the second disk's.
    arguments = {**MACHINES[firmware], "attach": "none"}
    cd = ["-drive", f"if=ide,index=2,media=cdrom,format=raw,readonly=on,file={image}", "-boot", "d"]
    return Machine(image, extra=[*attach(disks, "ide"), *cd], **arguments)


def script(*lines):
    return {CONFIG: "\n".join(["set timeout=0", "menuentry test {", *lines, "}", ""]).encode()}


QUESTIONS = """
search --set=a --file /a/marker
search --set=b --label LOGICAL
search --set=c --fs-uuid abcd-0001
echo "found a=$a b=$b c=$c."
if test -f (hd0,msdos1)/a/marker; then echo yes-1; fi
if test -f (hd0,5)/boot/M16; then echo yes-2; fi
if test -s "(hd0,msdos5)/boot/long name"; then echo yes-3; fi
if test -d ($c)/boot -a ! -e ($c)/boot/none; then echo yes-4; fi
if test -f (hd1,gpt1)/boot/m32; then echo no-5; fi
if search --file /nowhere; then echo no-6; fi
set root=hd0,msdos1
if test -f /a/marker; then echo yes-7; fi
if test -f /boot/grub/grub.cfg; then echo no-8; fi
echo "root=$root."
echo END
""".strip().split("\n")


def answers(image, disks, firmware):
    with machine(image, disks, firmware) as qemu:
        qemu.wait_for("^END", 60)
        text = qemu.serial
    return [line for line in text.splitlines() if re.match(r"(found|yes|no-|root=)", line)]


@pytest.mark.parametrize("firmware, grub", [("seabios", "grub-fat"), ("x64", "grub-fat-efi")])
def test_questions_about_other_discs_have_grubs_answers(discs, disks, firmware, grub):
    files = script("terminal_output console", *QUESTIONS, "halt")
    if firmware == "seabios":
        files = script("serial", "terminal_output serial", *QUESTIONS, "halt")
    whelk = answers(discs.make(files), disks, firmware)
    assert whelk == answers(discs.make(files, grub), disks, firmware)
    assert whelk == ["found a=hd0,msdos1 b=hd0,msdos5 c=hd1,gpt2.", "yes-1", "yes-2", "yes-3", "yes-4", "yes-7",
                     "root=hd0,msdos1."]


@pytest.mark.parametrize("firmware", ["seabios", "x64", "ia32"])
def test_a_kernel_and_modules_boot_from_three_partitions(discs, disks, firmware):
    files = script("search --set=root --label FIRST", "multiboot /boot/k32", "module (hd0,msdos5)/boot/m16 one",
                   "module (hd1,gpt2)/boot/m32 two")
    with machine(discs.make(files), disks, firmware) as qemu:
        assert qemu.wait_for("^END$|press a key", 60)[0] == "END"
        text = qemu.serial
    report = Report(text)
    assert report["regions_wrong"] == 0
    assert [module["adler"] for module in report.modules] == [zlib.adler32(MODULE), zlib.adler32(MODULE[::-1])]


def test_ls_and_configfile_reach_other_discs(discs, disks):
    files = script("ls", "ls (hd0,msdos5)/boot/", "configfile (hd1,gpt2)/next.cfg")
    with machine(discs.make(files), disks, "seabios") as qemu:
        assert qemu.wait_for(r"^\(cd\) \(hd0\) \(hd0,msdos1\) \(hd0,msdos5\) \(hd1\) \(hd1,gpt2\)\s", 30)
        assert qemu.wait_for("^Long Name m16")
        assert qemu.wait_for("^in next.cfg, root=cd$")


def test_what_cannot_be_read_is_said_with_its_device(discs, disks):
    files = script("multiboot (hd0,msdos1)/boot/none")
    with machine(discs.make(files), disks, "seabios") as qemu:
        assert qemu.wait_for(r'^whelk: /boot/grub/grub.cfg:3: \(hd0,msdos1\)/boot/none: '
                             r'no such file or directory "none"', 30)
