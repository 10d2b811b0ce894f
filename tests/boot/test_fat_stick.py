# SPDX-License-Identifier: BSD-2-Clause
"""Under UEFI Whelk boots from a FAT volume onto which somebody has copied the files of an ISO, as Rufus does."""

import shutil
import zlib

import pytest

from discs import BUILD, CONFIG, tree
from fat_discs import make_fat, partition_by_gpt, partition_by_mbr
from good_kernels import KERNELS
from make_kernel import MIB, pattern
from qemu import Machine

pytestmark = pytest.mark.seabios("names its firmware itself")

LOADERS = {f"EFI/BOOT/{name}": (BUILD / name).read_bytes() for name in ("BOOTX64.EFI", "BOOTIA32.EFI")}
MODULE = pattern(5 * MIB + 77, 5)


def files(**more):
    return {**tree(KERNELS["elf32"].make(), modules=[("a name with blanks", MODULE)]), **LOADERS, **more}


def machine(image, firmware, attach):
    return Machine(image, attach=attach, firmware=firmware, machine="q35", memory=256)


def assert_boots(boot, image, firmware, attach):
    booted = boot(image, firmware=firmware, machine="q35", attach=attach, memory=256, timeout=60)
    assert booted.report["regions_wrong"] == 0
    assert [module["adler"] for module in booted.report.modules] == [zlib.adler32(MODULE)]


def test_a_fat32_stick_boots_though_an_iso_was_on_it_before(boot, discs, tmp_path):
    """The ISO's volume descriptor is in front of the first partition, where partitioning leaves it. (With an MBR
    instead of a GPT, OVMF would start the old ISO's loader.)"""
    image = tmp_path / "stick.img"
    shutil.copyfile(discs.make(tree(KERNELS["elf64"].make())), image)
    volume = make_fat(tmp_path, files(), 40, ["-F", "32", "-s", "1"])
    assert_boots(boot, partition_by_gpt(image, volume), "x64", "usb")


def test_a_fat16_partition_of_an_mbr_disk_boots_on_32_bits(boot, tmp_path):
    volume = make_fat(tmp_path, files(), 40, ["-F", "16", "-s", "8"])
    assert_boots(boot, partition_by_mbr(tmp_path / "disk.img", volume), "ia32", "hda")


def test_a_config_sees_the_volume_as_its_root(tmp_path):
    config = b"""set timeout=0
menuentry test {
    echo "root=$root prefix=$prefix"
    search --set=found --label STICK
    echo "found=$found"
    if test -f /boot/kernel -a -f ($root)/BOOT/KERNEL -a ! -e /boot/none; then echo files are there; fi
    halt
}
"""
    volume = make_fat(tmp_path, files(**{CONFIG: config}), 40, ["-F", "32", "-s", "1"])
    with machine(partition_by_mbr(tmp_path / "stick.img", volume), "x64", "usb") as stick:
        assert stick.wait_for(r"^root=(.*) prefix=(.*)\n", 60).groups() == ("hd0,msdos1", "(hd0,msdos1)/boot/grub")
        assert stick.wait_for(r"^found=(.*)\n")[1] == "hd0,msdos1"
        assert stick.wait_for("^files are there$")


def test_a_loader_that_was_copied_alone_says_what_is_missing(tmp_path):
    volume = make_fat(tmp_path, LOADERS, 40, ["-F", "32", "-s", "1"])
    with machine(partition_by_mbr(tmp_path / "stick.img", volume), "x64", "usb") as stick:
        assert stick.wait_for(r"^whelk: no disc with an ISO 9660 volume is found, and no /boot/grub/grub.cfg beside this "
                              r"loader: copy all files of the ISO, or write it to the stick byte by byte$", 60)
