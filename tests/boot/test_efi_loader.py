# SPDX-License-Identifier: BSD-2-Clause
"""What kernels find after a boot by UEFI, x86-64 and 32-bit, compared with GRUB's EFI loaders; and the ways back to
the firmware."""

import re
import shutil
import struct
import subprocess
import zlib

import pytest

import discs
from discs import BUILD
from good_kernels import KERNELS as KERNELS_1, plain as plain_1, with_data
from grub_limits import skip_what_grub_refuses
from make_kernel import MIB, VIDEO_MODE, multiboot_header, pattern
from multiboot2_kernels import EFI_SERVICES, ENTRY_EFI32, FRAMEBUFFER, KERNELS as KERNELS_2, OPTIONAL, plain, tag
from qemu import Machine
from report import EXPLAINED_UEFI, RESERVED, RUNTIME_CODE, Report, differences, with_merged_map

pytestmark = pytest.mark.seabios("names its firmware itself")

GRUB_MODULES = "multiboot multiboot2 normal iso9660 part_msdos part_gpt test echo efi_gop all_video"


def machine_of(bits):
    return {"memory": 256, "machine": "q35", "firmware": "x64" if bits == 64 else "ia32"}


def image_of(files, directory, loader="whelk", bits=64):
    """An ISO that UEFI boots from a CD or a disk."""
    if loader == "grub":
        skip_what_grub_refuses(files)
    tree, image = directory / f"{loader}-tree", directory / f"{loader}{bits}.iso"
    discs.write_tree(tree, files)
    grub = ["grub-mkrescue", "-d", f"/usr/lib/grub/{'x86_64' if bits == 64 else 'i386'}-efi", "--locales=", "--fonts=",
            "--themes=", f"--install-modules={GRUB_MODULES}"]
    command = grub if loader == "grub" else [discs.MKRESCUE]
    subprocess.run([*command, "-o", image, tree], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return image


@pytest.fixture
def uefi(tmp_path):
    def run(source, loader="whelk", bits=64, **machine):
        """Boots a tree of the report kernel by OVMF."""
        image = image_of(source, tmp_path, loader, bits)
        with Machine(image, **machine_of(bits), **machine) as qemu:
            if qemu.wait_for("^END$|press a key", 40)[0] != "END":
                qemu.fail("the loader refused")
            qemu.wait_exit()
            return Report(qemu.serial)
    return run


def tree2(kernel, arguments="", modules=()):
    files = discs.tree(kernel, arguments, modules)
    files[discs.CONFIG] = re.sub(rb"^ +(multiboot|module)", rb"\g<0>2", files[discs.CONFIG], flags=re.MULTILINE)
    return files


def with_video(files):
    """The files with a config that loads GRUB's video driver: without it GRUB has no frame buffer."""
    return {**files, discs.CONFIG: b"insmod efi_gop\n" + files[discs.CONFIG]}


@pytest.mark.parametrize("bits", [64, 32])
def test_a_multiboot_1_kernel_finds_what_grub_gives_it(uefi, bits):
    files = with_video(discs.tree(KERNELS_1["elf32-with-sections"].make(), "a 'b c'", [("one", b"1"), ("", b"2" * 5000)]))
    whelk, grub = (with_merged_map(uefi(files, loader, bits)) for loader in ("whelk", "grub"))
    assert whelk["regions_wrong"] == 0 and whelk["cr0"] == 0x11
    assert differences(whelk, grub, EXPLAINED_UEFI) == {}


@pytest.mark.parametrize("bits", [64, 32])
def test_a_multiboot_2_kernel_finds_what_grub_gives_it(uefi, bits):
    files = with_video(tree2(KERNELS_2["elf32-with-sections"].make(), "a 'b c'", [("one", b"1"), ("", b"2" * 5000)]))
    whelk, grub = (with_merged_map(uefi(files, loader, bits)) for loader in ("whelk", "grub"))
    assert whelk["regions_wrong"] == 0
    assert whelk["efi_system_table_signature"] == int.from_bytes(b"IBI SYST", "little")
    assert [t["type"] for t in whelk.tags if t["type"] not in (19, 20)] == [t["type"] for t in grub.tags]
    assert [t["type"] for t in whelk.tags][-2] == (20 if bits == 64 else 19)
    whelk.lists["tag"] = grub.lists["tag"] = []
    assert differences(whelk, grub, EXPLAINED_UEFI) == {}


@pytest.mark.parametrize("bits", [64, 32])
def test_the_memory_map_has_the_specifications_types_only(uefi, bits):
    """GRUB passes on a type of its own for the code of runtime services."""
    whelk, grub = (uefi(discs.tree(plain_1()), loader, bits) for loader in ("whelk", "grub"))
    assert {row["type"] for row in whelk.mmap} <= {1, 2, 3, 4, 5}
    code = [row for row in grub.mmap if row["type"] == RUNTIME_CODE]
    assert code
    for row in code:
        around = [own for own in whelk.mmap if own["base"] <= row["base"] < own["base"] + own["length"]]
        assert [own["type"] for own in around] == [RESERVED]


def prefers_text():
    """A tree with a Multiboot 1 kernel that prefers text, which UEFI does not have."""
    return discs.tree(plain_1(header=multiboot_header(VIDEO_MODE, video=(1, 80, 25, 0))))


@pytest.mark.parametrize("driver, make_files, mode", [
    (b"all_video", lambda: tree2(KERNELS_2["elf32-with-sections"].make()), (800, 600, 24)),
    (b"all_video", prefers_text, (800, 600, 24)),
    (b"video_bochs", lambda: tree2(plain(tag(FRAMEBUFFER, 1024, 768, 0))), (1024, 768, 24)),
    (b"efi_gop", lambda: tree2(plain(tag(FRAMEBUFFER, 0, 0, 0))), (1280, 800, 32)),
    (b"efi_gop", prefers_text, (1280, 800, 32)),
])
def test_the_video_driver_that_a_config_loads_decides_as_under_grub(uefi, driver, make_files, mode):
    files = make_files()
    files[discs.CONFIG] = b"insmod " + driver + b"\n" + files[discs.CONFIG]
    parts = ("addr", "width", "height", "bpp", "type", "pitch")
    whelk, grub = ([report["framebuffer_" + part] for part in parts]
                   for report in (uefi(files), uefi(files, "grub")))
    assert tuple(whelk[1:4]) == mode and whelk == grub


def test_a_kernel_gets_the_video_mode_that_it_asks_for(uefi):
    report = uefi(tree2(plain(tag(FRAMEBUFFER, 800, 600, 32))))
    assert [report["framebuffer_" + part] for part in ("width", "height", "bpp", "type", "pitch")] == [
        800, 600, 32, 1, 3200]


def test_pieces_lie_where_the_firmware_was(uefi):
    """The pieces are in low memory and in the last free megabyte of RAM."""
    report = uefi(discs.tree(KERNELS_1["elf32"].make()))
    last = max(row["base"] + row["length"] for row in report.mmap if row["type"] == 1 and row["length"] >= MIB)
    report = uefi(discs.tree(with_data((0x0, 0x1000), (0x8000, 0x20000), (last - MIB, last))))
    assert report["regions"] == 4 and report["regions_wrong"] == 0


@pytest.mark.parametrize("bits", [64, 32])
def test_a_segment_over_the_firmwares_nvs_boots_as_by_grub(uefi, bits):
    """OVMF x64 has ACPI NVS at 8 MiB, in the way of a kernel at 1 MiB with 8 MiB of .bss."""
    files = discs.tree(with_data((2 * MIB, 11 * MIB)))
    whelk, grub = (with_merged_map(uefi(files, loader, bits)) for loader in ("whelk", "grub"))
    assert whelk["regions_wrong"] == grub["regions_wrong"] == 0
    assert ([row for row in whelk.mmap if row["type"] == 4] == [row for row in grub.mmap if row["type"] == 4])


def test_what_a_segment_overwrites_is_said_in_one_line(uefi, boot_text):
    low = [row for row in uefi(discs.tree(KERNELS_1["elf32"].make())).mmap if row["type"] == 4 and row["base"] < 16 * MIB]
    base = max(low, key=lambda row: row["length"])["base"]
    text = boot_text(discs.tree(with_data((base, base + 0x10000))), until="^END")
    assert re.findall(r"^whelk: .*overwrites.*$", text, re.MULTILINE) == [
        f"whelk: /boot/kernel: segment 1 overwrites the firmware's memory from {base:#x} on: the machine cannot sleep"]


def nvs_with_tables(report):
    """OVMF has the FACS in ACPI NVS, right after the other tables."""
    tables = next(row for row in report.mmap if row["type"] == 3)
    return next(row for row in report.mmap if row["type"] == 4 and row["base"] > tables["base"])


def test_a_piece_over_acpis_tables_is_refused_in_one_line(uefi, boot_text):
    base = nvs_with_tables(uefi(discs.tree(KERNELS_1["elf32"].make())))["base"]
    text = boot_text(discs.tree(with_data((base, base + 0x1000))), until="press a key")
    assert re.search(rf"^whelk: .*grub.cfg:3: /boot/kernel: segment 1 \(0x1000 bytes at {base:#x}\) does not fit: "
                     rf"the memory from {base:#x} is ACPI NVS$", text, re.MULTILINE)


def test_a_usb_stick_boots_as_well(uefi):
    files = discs.tree(KERNELS_1["elf32"].make(), modules=[("", pattern(3 * MIB + 5))])
    report = uefi(files, attach="usb")
    assert report["regions_wrong"] == 0
    assert report.modules[0]["adler"] == zlib.adler32(pattern(3 * MIB + 5))


@pytest.fixture
def boot_text(tmp_path):
    def run(source, until, bits=64):
        """The console's text up to a line."""
        with Machine(image_of(source, tmp_path, bits=bits), **machine_of(bits)) as qemu:
            qemu.wait_for(until, 40)
            return qemu.serial
    return run


# ---- boot services kept: header tags 7 to 9

@pytest.mark.parametrize("bits, tags", [(64, "VBCDJIMOPSUA"), (32, "VBCDJILOPSTA")])
def test_a_kernel_that_wants_boot_services_is_entered_with_them(tmp_path, bits, tags):
    kernel = (BUILD / "kernels/services.bin").read_bytes()
    with Machine(image_of(tree2(kernel, modules=[("", b"m")]), tmp_path, bits=bits), **machine_of(bits)) as qemu:
        assert qemu.wait_for(r"^services (\d\d) (\w+A)$", 40).groups() == (str(bits), tags)
        assert qemu.wait_exit() == 0x10 << 1 | 1


def test_an_i386_entry_with_boot_services_is_refused_on_64_bit_uefi(tmp_path):
    good = tree2(plain(tag(EFI_SERVICES), tag(ENTRY_EFI32, MIB, flags=OPTIONAL)))
    image = image_of(good, tmp_path)
    optional, required = struct.pack("<HHI", 8, 1, 12), struct.pack("<HHI", 8, 0, 12)
    contents = image.read_bytes()
    assert contents.count(optional) == 1
    image.write_bytes(contents.replace(optional, required))  # the tool would refuse it
    with Machine(image, **machine_of(64)) as qemu:
        assert qemu.wait_for("^whelk: .*grub.cfg:3: /boot/kernel: Multiboot 2 header: EFI boot services with an EFI "
                             "i386 entry", 40)


@pytest.mark.parametrize("bits, name", [(64, "BOOTX64.EFI"), (32, "BOOTIA32.EFI")])
@pytest.mark.parametrize("flips", [[0], [0, 8]], ids=["one bit", "two bits"])
def test_a_damaged_loader_says_so_and_the_firmware_goes_on(tmp_path, bits, name, flips):
    """Two flips of bit 31 cancel in a sum modulo 2^32."""
    image = image_of(discs.tree(with_data((2 * MIB, 3 * MIB))), tmp_path, bits=bits)
    contents, loader = bytearray(image.read_bytes()), (BUILD / name).read_bytes()
    pe, = struct.unpack_from("<I", loader, 0x3c)
    rodata, = struct.unpack_from("<I", loader, pe + 24 + struct.unpack_from("<H", loader, pe + 20)[0] + 40 + 20)
    for flip in flips:
        contents[contents.index(loader[:4096]) + rodata + 103 + flip] ^= 0x80
    image.write_bytes(contents)
    with Machine(image, **machine_of(bits)) as qemu:
        assert qemu.wait_for("^whelk: the loader is damaged, make or copy the ISO again", 40)
        assert qemu.wait_for("BdsDxe: failed to start.*Load Error")


# ---- the ways back

def entry(commands):
    return {discs.CONFIG: f"set timeout=0\nmenuentry e {{\n{commands}\n}}\n".encode()}


def test_without_a_config_the_firmware_goes_on_after_a_line_and_a_key(tmp_path):
    files = {discs.CONFIG: b"set timeout=9\nmenuentry a {\nreboot\n}\nmenuentry b {\nhalt\n}\n"}
    image = image_of(files, tmp_path)
    # whelk-mkrescue makes no ISO without a config.
    image.write_bytes(image.read_bytes().replace(b"GRUB.CFG", b"GRUX.CFG").replace(b"\1\0grub.cfg", b"\1\0grux.cfg"))
    with Machine(image, **machine_of(64)) as qemu:
        assert qemu.wait_for(r"^whelk: /boot/grub/grub.cfg: .*\nwhelk: press a key for the next boot device", 40)
        qemu.send_key("ret")
        assert qemu.wait_for("BdsDxe: failed to start.*Not Found")


def test_exit_gives_the_machine_back_to_the_firmware(boot_text):
    assert "BdsDxe: failed to start" in boot_text(entry("exit"), "BdsDxe: failed to start.*Not Found")


@pytest.mark.parametrize("command", ["halt", "reboot"])
def test_the_machine_ends(tmp_path, command):
    with Machine(image_of(entry(command), tmp_path), **machine_of(64)) as qemu:
        assert qemu.wait_exit(40) == 0


def test_fwsetup_starts_the_machine_again_into_the_firmwares_setup(tmp_path):
    with Machine(image_of(entry("fwsetup"), tmp_path), **machine_of(64)) as qemu:
        assert qemu.wait_exit(40) == 0
        assert "OsIndications".encode("utf-16-le") in (qemu.directory / "variables").read_bytes()


@pytest.mark.parametrize("bits, cpu", [(64, "x86_64"), (32, "i386")])
def test_configs_find_the_platform_efi(boot_text, bits, cpu):
    script = 'echo "platform $grub_platform-$grub_cpu"\nsleep 9\nreboot'
    assert f"platform efi-{cpu}" in boot_text(entry(script), "platform .*\n", bits=bits)
