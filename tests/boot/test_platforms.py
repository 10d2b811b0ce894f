# SPDX-License-Identifier: BSD-2-Clause
"""One ISO boots by SeaBIOS and by 64-bit and 32-bit OVMF, from a CD and from a stick; and by Secure Boot, signed with
one's own keys."""

import gzip
import lzma
import re
import subprocess
import zlib
from pathlib import Path

import pytest

from discs import BUILD, CONFIG, tree
from good_kernels import KERNELS, plain
from make_kernel import MIB, pattern
from multiboot2_kernels import KERNELS as KERNELS_2
from qemu import FIRMWARES, Machine
from test_menu import TITLES, menu_tree, serial
from test_multiboot2 import tree as tree_2
from uefi import KEPT

pytestmark = pytest.mark.seabios("names its firmware itself")

ON_ALL = pytest.mark.parametrize("firmware", FIRMWARES)
UEFI = [name for name in FIRMWARES if name != "seabios"]
MODULES = [("first", pattern(300_001, 7)), ("second 'with words'", b""), ("", pattern(5 * MIB, 3))]
KEY, CERTIFICATE = "/usr/share/ovmf/PkKek-1-snakeoil.key", "/usr/share/ovmf/PkKek-1-snakeoil.pem"
LOADER = "BOOTX64.EFI"


@pytest.fixture
def boot_on(boot):
    def run(firmware, files, **machine):
        return boot(files, timeout=60, **{"memory": 256, **FIRMWARES[firmware], **machine}).report
    return run


def assert_modules(report, modules):
    assert [(m["adler"], m["end"] - m["start"]) for m in report.modules] == [
        (zlib.adler32(contents), len(contents)) for _, contents in modules]


# ---- what every firmware boots

@ON_ALL
def test_a_multiboot_1_kernel_and_its_modules_arrive_whole(boot_on, firmware):
    report = boot_on(firmware, tree(KERNELS["elf32-with-sections"].make(), "one 'two three'", MODULES))
    assert report["regions_wrong"] == 0 and report["bss_zero"] == 1
    assert report["cmdline"] == b'one "two three"'
    assert_modules(report, MODULES)


@ON_ALL
def test_a_multiboot_2_kernel_and_its_modules_arrive_whole(boot_on, firmware):
    report = boot_on(firmware, tree_2(KERNELS_2["elf32"].make(), "one", MODULES))
    assert report["regions_wrong"] == 0 and report["cmdline"] == b"one"
    assert_modules(report, MODULES)


@ON_ALL
def test_a_compressed_kernel_and_compressed_modules_arrive_decompressed(boot_on, firmware):
    modules = [("xz", pattern(2 * MIB, 5)), ("gzip", pattern(70_000, 6))]
    compressed = [("xz", lzma.compress(modules[0][1])), ("gzip", gzip.compress(modules[1][1]))]
    assert_modules(boot_on(firmware, tree(gzip.compress(plain()), "", compressed)), modules)


@ON_ALL
def test_an_entry_is_chosen_by_serial_port(discs, firmware):
    with Machine(discs.make(menu_tree("set timeout=-1")), memory=256, **FIRMWARES[firmware]) as machine:
        machine.wait_for(TITLES[2], 60)
        machine.wait_for("Esc")
        serial(machine, "down", "ret")
        assert machine.wait_for('^cmdline: "entry2"$', 30)


@ON_ALL
def test_the_script_language_is_there(boot_on, firmware):
    files = tree(plain(), "a b")
    files[CONFIG] = (b"set x=b\nif [ $x = b -a -f /boot/kernel ]; then set entry=yes; fi\n"
                     b"for i in one two; do set all=$all$i; done\n"
                     b"multiboot /boot/kernel $entry $all $grub_platform\nboot\n")
    platform = b"efi" if firmware.startswith("ovmf") else b"pc"
    assert boot_on(firmware, files)["cmdline"] == b"yes onetwo " + platform


def available(report):
    return sum(row["length"] for row in report.mmap if row["type"] == 1)


@pytest.mark.parametrize("memory", [128, 5120])
@pytest.mark.parametrize("firmware", UEFI[:2])
def test_all_memory_but_the_firmwares_own_is_the_kernels(boot_on, firmware, memory):
    report = boot_on(firmware, tree(plain()), memory=memory)
    assert memory * MIB - 40 * MIB < available(report) < memory * MIB


def is_kept(name, firmware):
    return FIRMWARES[firmware]["firmware"] in KEPT.get(name, ())


# Kernels of every shape, including those for memory that the firmware uses until boot services end. Each kernel boots
# on one UEFI firmware, as a boot takes seconds; `make check-firmwares` boots all on each (test_multiboot1.py, …2.py).
def in_turn(kernels):
    pairs = []
    for i, name in enumerate(kernels):
        firmwares = [firmware for firmware in UEFI if not is_kept(name, firmware)]
        pairs += [(name, firmwares[i % len(firmwares)])] if firmwares else []
    return pytest.mark.parametrize("name, firmware", pairs)


def assert_kernel(report, modules):
    assert report["regions_wrong"] == 0 and report["bss_zero"] == 1 and report["cmdline"] == b"x"
    assert_modules(report, modules)


@in_turn(KERNELS)
def test_a_multiboot_1_kernel_gets_what_it_wants_under_uefi(boot_on, name, firmware):
    kernel = KERNELS[name]
    files = tree(kernel.make(), "x", MODULES)
    assert_kernel(boot_on(firmware, files, memory=max(256, kernel.memory)), MODULES)


@pytest.mark.parametrize("name, firmware", [
    (name, next(firmware for firmware in UEFI if is_kept(name, firmware))) for name in KEPT if name in KERNELS])
def test_a_kernel_over_memory_that_uefi_keeps_is_refused_with_its_address(discs, name, firmware):
    kernel = KERNELS[name]
    with Machine(discs.make(tree(kernel.make())), **{**FIRMWARES[firmware], "memory": 512}) as machine:
        assert machine.wait_for(r"grub.cfg:3: /boot/kernel: segment \d \(.*\) does not fit: the memory from 0x\w+ is ", 60)
        assert machine.wait_for("press a key")


@in_turn([name for name in KERNELS_2 if name != "efi-tags"])  # its entries for UEFI lead nowhere
def test_a_multiboot_2_kernel_gets_what_it_wants_under_uefi(boot_on, name, firmware):
    kernel = KERNELS_2[name]
    files = tree_2(kernel.make(), "x", MODULES)
    assert_kernel(boot_on(firmware, files, memory=max(256, kernel.memory)), MODULES)


@pytest.mark.parametrize("machine", [
    {"attach": "hda"}, {"attach": "virtio-blk"}, {"machine": "pc"}, {"machine": "pc", "attach": "hda"},
    {"cpus": 2}], ids=lambda machine: "-".join(map(str, machine.values())))
def test_the_disc_is_found_under_uefi_on_another_machine(boot_on, machine):
    assert_modules(boot_on("ovmf-x64", tree(plain(), "", MODULES), **machine), MODULES)


@pytest.mark.parametrize("firmware", UEFI[:2])
def test_what_cannot_be_booted_is_said_in_one_line_under_uefi(discs, firmware):
    image = discs.make_unchecked(tree(plain()), {"boot/kernel": b"no kernel at all"})
    with Machine(image, memory=256, **FIRMWARES[firmware]) as machine:
        machine.wait_for("press a key", 60)
        assert re.search(r"^whelk: .*grub.cfg:3: /boot/kernel: no Multiboot header", machine.serial, re.MULTILINE)


# ---- Secure Boot

@pytest.fixture(scope="module")
def sign(tmp_path_factory):
    directory = tmp_path_factory.mktemp("signed")
    key = directory / "key"
    subprocess.run(["openssl", "rsa", "-in", KEY, "-passin", "pass:snakeoil", "-out", key], check=True,
                   capture_output=True)

    def run(name=LOADER):
        subprocess.run(["sbsign", "--key", key, "--cert", CERTIFICATE, "--output", directory / Path(name).name, BUILD / name],
                       check=True, capture_output=True)
        return directory / Path(name).name
    return run


SECURE = {"firmware": "secure", "machine": "q35", "memory": 256}


def test_a_signed_loader_starts_under_secure_boot(boot, sign):
    files = tree(plain(), "signed", **{f"EFI/BOOT/{LOADER}": sign()})
    assert boot(files, timeout=60, **SECURE).report["cmdline"] == b"signed"


def test_an_unsigned_loader_is_refused_by_the_firmware_under_secure_boot(discs):
    with Machine(discs.make(tree(plain())), **SECURE) as machine:
        machine.wait_for("Access Denied", 60)
        assert "report:" not in machine.serial


def test_a_signed_loader_that_was_changed_is_refused(discs, sign):
    image = bytearray(sign().read_bytes())
    image[0x2000] ^= 1
    with Machine(discs.make(tree(plain(), **{f"EFI/BOOT/{LOADER}": bytes(image)})), **SECURE) as machine:
        machine.wait_for("Access Denied", 60)
        assert "report:" not in machine.serial


@pytest.mark.parametrize("name", [LOADER, "BOOTIA32.EFI"])
def test_sbsign_finds_nothing_wrong_with_the_loaders(sign, name):
    signed = sign(name)
    run = subprocess.run(["sbverify", "--cert", CERTIFICATE, signed], capture_output=True, text=True)
    assert run.returncode == 0 and "Signature verification OK" in run.stdout
