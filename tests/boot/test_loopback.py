# SPDX-License-Identifier: BSD-2-Clause
"""GRUB's command loopback: kernels, modules and configs in the image of a disc, which is a file on our disc. GRUB, with
the same config and image, is the oracle."""

import zlib

import pytest

from discs import CONFIG, MAKERS, file_in_iso, grub_mkrescue, plain_iso
from good_kernels import KERNELS
from linux_kernel import bzimage, initrd_sum, parse
from make_kernel import pattern
from qemu import Machine
from report import Report

MAKERS.setdefault("grub-loopback", grub_mkrescue("i386-pc", "biosdisk linux16 loopback search search_fs_file configfile"))

INITRD, MODULE = pattern(70_001), pattern(300_001, 7)
LOOPBACK_CFG = b"""menuentry inner {
    linux /casper/vmlinuz iso-scan/filename=${iso_path} $unseen --
    initrd /casper/initrd
}
set timeout=0
"""
DIRECT = ["loopback loop /boot/live.iso", "linux (loop)/casper/vmlinuz a", "initrd (loop)/casper/initrd"]
BY_CONFIG = ["iso_path=/boot/live.iso", "export iso_path", "unseen=1", "loopback loop $iso_path",
             "search --set=root --file /casper/vmlinuz", "configfile /boot/grub/loopback.cfg"]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return plain_iso(tmp_path_factory.mktemp("live"), {
        "casper/vmlinuz": bzimage(), "casper/initrd": INITRD, "boot/kernel": KERNELS["elf32"].make(),
        "boot/module": MODULE, "boot/grub/loopback.cfg": LOOPBACK_CFG})


def tree(image, *lines):
    return {"boot/live.iso": image,
            CONFIG: "\n".join(["set timeout=0", "menuentry test {", *lines, "}", ""]).encode()}


def linux_of(disc, **machine):
    with Machine(disc, **machine) as qemu:
        assert qemu.wait_exit(20) == 33, qemu.said
        return parse(qemu.serial)


@pytest.mark.seabios("compares with GRUB, whose machine has a BIOS")
@pytest.mark.parametrize("lines", [DIRECT, BY_CONFIG], ids=["direct", "by its loopback.cfg"])
def test_a_kernel_in_an_image_gets_what_grub_gives_it(discs, image, lines):
    found = linux_of(discs.make(tree(image, *lines)))
    assert (found["ramdisk_size"], found.initrd_sum) == (len(INITRD), initrd_sum(INITRD))
    grub = linux_of(discs.make(tree(image, *lines), "grub-loopback"))
    assert found.command_line == grub.command_line
    assert (grub["ramdisk_size"], grub.initrd_sum) == (len(INITRD), initrd_sum(INITRD))


@pytest.mark.also_on("ovmf-x64")
def test_a_multiboot_kernel_and_its_module_are_read_from_an_image(discs, image):
    lines = ["loopback l /boot/live.iso", "set root=(l)", "multiboot /boot/kernel", "module /boot/module"]
    with Machine(discs.make(tree(image, *lines))) as qemu:
        assert qemu.wait_for("^END$|press a key", 20)[0] == "END", qemu.said
        report = Report(qemu.serial)
    assert [module["adler"] for module in report.modules] == [zlib.adler32(MODULE)]


def test_a_damaged_file_in_an_image_is_not_booted(discs, image, tmp_path):
    made = discs.make(tree(image, *DIRECT))
    sector, _ = file_in_iso(made, "boot/live.iso")
    data = bytearray(made.read_bytes())
    at = data.index(INITRD, sector * 2048) + 5000
    data[at] ^= 1
    broken = tmp_path / "broken.iso"
    broken.write_bytes(data)
    with Machine(broken) as qemu:
        line = qemu.wait_for(r"^whelk: .*copy the ISO again", 20)[0]
    assert line.startswith("whelk: (/boot/live.iso)/casper/initrd: damaged: its sum is")


@pytest.mark.parametrize("lines, reason", [
    (["loopback loop /boot/none.iso"], r'none\.iso\)/boot/kernel: .*no such file'),
    (["loopback loop boot/live.iso"], "there is no device 'loop': its loopback failed, or was removed"),
    (["loopback loop /boot/live.iso", "loopback -d loop"], "there is no device 'loop': its loopback failed, or was removed"),
], ids=["missing", "no path", "removed"])
def test_a_device_that_is_not_there_is_not_taken_for_our_disc(discs, image, lines, reason):
    """The disc has a kernel of the same name, which GRUB would not boot either."""
    files = {**tree(image, "multiboot /boot/kernel"), "boot/kernel": KERNELS["elf32"].make()}
    made = discs.make_unchecked(files, {CONFIG: tree(image, *lines, "multiboot (loop)/boot/kernel")[CONFIG]})
    with Machine(made) as qemu:
        assert qemu.wait_for(f"^whelk: .*(?:{reason})|^END$", 20)[0] != "END"


def test_a_device_whose_image_was_missing_may_get_another(discs, image):
    lines = ["loopback l /boot/none.iso", "loopback l /boot/live.iso", "multiboot (l)/boot/kernel"]
    with Machine(discs.make(tree(image, *lines))) as qemu:
        assert qemu.wait_for("^END$|press a key", 20)[0] == "END", qemu.said


def test_an_image_that_is_none_is_named(discs, image):
    lines = ["loopback loop /boot/grub/grub.cfg", *DIRECT[1:]]
    made = discs.make_unchecked(tree(image, *DIRECT), {CONFIG: tree(image, *lines)[CONFIG]})
    with Machine(made) as qemu:
        text = qemu.wait_for(r"^whelk: .*no image with an ISO 9660 volume", 20)[0]
    assert "/boot/grub/grub.cfg is no image with an ISO 9660 volume" in text
