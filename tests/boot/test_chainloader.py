# SPDX-License-Identifier: BSD-2-Clause
"""chainloader starts boot sectors under a BIOS and applications under UEFI, and gives them what GRUB gives them."""

import re

import pytest

from assembler import assemble
from discs import BUILD, CONFIG, MAKERS, ROOT, grub_mkrescue
from fat_discs import make_fat, partition_by_gpt, partition_by_mbr
from qemu import Machine

pytestmark = pytest.mark.seabios("names its firmware itself")

MODULES = "fat search search_label chain serial terminal"
MAKERS.setdefault("grub-chain", grub_mkrescue("i386-pc", f"biosdisk {MODULES}"))
MAKERS.setdefault("grub-chain-x64", grub_mkrescue("x86_64-efi", MODULES))
MAKERS.setdefault("grub-chain-ia32", grub_mkrescue("i386-efi", MODULES))

UEFI = {"x64": "x64", "ia32": "ia32"}


@pytest.fixture(scope="module")
def sector(tmp_path_factory):
    output = tmp_path_factory.mktemp("sector") / "boot_sector.bin"
    assemble(ROOT / "tests/kernels/boot_sector.asm", output)
    return output.read_bytes()


@pytest.fixture(scope="module")
def disks(tmp_path_factory, sector):
    """Two disks whose MBR and whose partitions' first sectors are the boot sector: hd0 with FAT32 in partition 1 and
    FAT16 in the logical partition 5, hd1 with a GPT."""
    folder = tmp_path_factory.mktemp("disks")
    programs = {f"EFI/{name}.efi": (BUILD / f"chained-{name}.efi").read_bytes() for name in UEFI}
    first = make_fat(folder, {"sector": sector, **programs}, 40, ["-F", "32", "-s", "1"], "FIRST")
    logical = make_fat(folder, {"other": sector[:-2] + b"\0\0"}, 20, ["-F", "16"], "LOGICAL")
    second = make_fat(folder, programs, 40, ["-F", "32", "-s", "1"], "SECOND")
    for volume in (first, logical):
        data = bytearray(volume.read_bytes())
        data[0x5a:510] = sector[0x5a:510]
        data[:2] = b"\xeb\x58"
        data[28:32], data[64] = b"\x44\x33\x22\x11", 0x99
        volume.write_bytes(data)
    hd0 = partition_by_mbr(folder / "hd0.img", first, logical=[logical])
    data = bytearray(hd0.read_bytes())
    data[:440] = sector[:440]
    hd0.write_bytes(data)
    return hd0, partition_by_gpt(folder / "hd1.img", second)


def machine(image, disks, **more):
    """The two disks and the CD at IDE, or the CD at SATA: both firmwares call the disks hd0 and hd1."""
    extra = [word for number, disk in enumerate(disks)
             for word in ("-drive", f"if=ide,index={number},media=disk,format=raw,snapshot=on,file={disk}")]
    extra += ["-drive", f"if=ide,index=2,media=cdrom,format=raw,readonly=on,file={image}", "-boot", "d"]
    return Machine(image, attach="none", extra=extra, **{"memory": 256, **more})


def script(*lines, serial=False):
    first = ["serial", "terminal_output serial"] if serial else []
    return {CONFIG: "\n".join(["set timeout=0", 'menuentry "test" {', *first, *lines, "}", 'menuentry "other" {',
                               "echo other", "}", ""]).encode()}


# ---- BIOS --------------------------------------------------------------------------------------

BOOT_SECTORS = {
    "mbr of the disk": ["set root=hd0", "chainloader +1"],
    "another disk than root": ["chainloader (hd0)+1"],
    "a partition": ["set root=hd0,msdos1", "chainloader +1"],
    "a file": ["search --set=root --label FIRST", "chainloader /sector"],
    "a file without a signature": ["set root=hd0,msdos5", "chainloader --force /other"],
}


def registers(image, disks):
    with machine(image, disks) as qemu:
        qemu.wait_for("END\n", 40)
        found = re.search(r" dx=.*END", qemu.serial)
    print(found[0])
    return found[0]


@pytest.mark.parametrize("name", BOOT_SECTORS)
def test_a_boot_sector_gets_what_it_gets_from_grub(discs, disks, sector, name):
    files = {**script(*BOOT_SECTORS[name]), "boot/sector": sector}
    assert registers(discs.make(files), disks) == registers(discs.make(files, "grub-chain"), disks)


def test_what_is_no_boot_sector_is_refused(discs, disks, sector):
    for lines, told in ((["chainloader (hd0,msdos5)/other"], "is no boot sector"),
                        (["chainloader (hd7)+1"], r"this machine has no disc \(hd7\)"),
                        (["chainloader (hd0,msdos1)/EFI/x64.efi"], "is an application of UEFI")):
        with machine(discs.make(script(*lines)), disks) as qemu:
            assert qemu.wait_for(told, 30)


# ---- UEFI --------------------------------------------------------------------------------------

PROGRAMS = {
    "from the disc with arguments": ["chainloader /boot/{name}.efi one  'two words' \"a/b\""],
    # GRUB says that the program's device is root, wherever its file is; Whelk says where the file is.
    "from another disc": ["set root=hd0,msdos1", "chainloader (hd0,msdos1)/EFI/{name}.efi"],
    "from a gpt partition": ["search --set=root --label SECOND", "chainloader /EFI/{name}.efi x"],
}


def told(image, disks, firmware):
    with machine(image, disks, firmware=firmware, machine="q35" if firmware == "ia32" else "pc") as qemu:
        qemu.wait_for("^chained: END", 60)
        return re.findall("^chained: .*$", qemu.serial, re.MULTILINE)


@pytest.mark.parametrize("firmware, name", [("x64", "from the disc with arguments"), ("x64", "from a gpt partition"),
                                            ("ia32", "from another disc")])
def test_an_application_gets_what_it_gets_from_grub(discs, disks, firmware, name):
    lines = [line.format(name=firmware) for line in PROGRAMS[name]]
    files = {**script(*lines), f"boot/{firmware}.efi": (BUILD / f"chained-{firmware}.efi").read_bytes()}
    whelk = told(discs.make(files), disks, firmware)
    assert whelk == told(discs.make(files, f"grub-chain-{firmware}"), disks, firmware)
    assert "chained: memory yes" in whelk


def test_when_an_application_ends_the_menu_comes_again(discs, disks):
    files = {**script("chainloader /boot/x.efi"), "boot/x.efi": (BUILD / "chained-x64.efi").read_bytes()}
    with machine(discs.make(files), disks, firmware="x64") as qemu:
        qemu.wait_for("^chained: END", 60)
        qemu.wait_for("/boot/x.efi: it has ended, with EFI status 7")
        qemu.wait_for("Enter or digit")
        qemu.type_serial("\r")
        assert qemu.wait_for("^chained: END", 20, after=qemu.serial.rindex("chained: END") + 5)


def test_what_is_no_application_for_the_firmware_is_refused(discs, disks):
    files = {**script("chainloader (hd0,msdos1)/EFI/ia32.efi")}
    with machine(discs.make(files), disks, firmware="x64") as qemu:
        assert qemu.wait_for("EFI/ia32.efi: is for 32-bit x86", 60)
