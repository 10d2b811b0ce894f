# SPDX-License-Identifier: BSD-2-Clause
"""Programs of Debian's packages that a config starts show what they show when GRUB starts them: kernels by linux and
linux16, boot sectors and UEFI's applications by chainloader."""

from pathlib import Path

import pytest

from discs import CONFIG
from qemu import Machine

pytestmark = pytest.mark.seabios("names its firmware itself")

MEMTEST, IPXE, SYSLINUX = Path("/boot"), Path("/usr/lib/ipxe"), Path("/usr/lib/SYSLINUX.EFI")
BOOT_SECTOR_BYTES = 512
SERIAL = "console=ttyS0,115200"

# The firmware, the program's file, the command that starts it, its arguments, and what it shows.
PROGRAMS = {
    "memtest x64": ("bios", MEMTEST / "memtest86+x64.bin", "linux", SERIAL, r"Memtest86\+ v"),
    "memtest ia32": ("bios", MEMTEST / "memtest86+ia32.bin", "linux16", SERIAL, r"Memtest86\+ v"),
    "iPXE's lkrn": ("bios", IPXE / "ipxe.lkrn", "linux16", "", "iPXE initialising devices"),
    "syslinux's boot sector": ("bios", Path("/usr/lib/syslinux/mbr/mbr.bin"), "chainloader", "",
                               "Missing operating system"),
    "memtest x64 as an application": ("x64", MEMTEST / "memtest86+x64.efi", "chainloader", SERIAL, r"Memtest86\+ v"),
    "memtest x64 by linux": ("x64", MEMTEST / "memtest86+x64.efi", "linux", SERIAL, r"Memtest86\+ v"),
    "memtest ia32 as an application": ("ia32", MEMTEST / "memtest86+ia32.efi", "chainloader", SERIAL, r"Memtest86\+ v"),
    "iPXE's application": ("x64", IPXE / "ipxe.efi", "chainloader", "", "iPXE initialising devices"),
    "syslinux's application x64": ("x64", SYSLINUX / "efi64/syslinux.efi", "chainloader", "", "Failed to locate root device"),
    "syslinux's application ia32": ("ia32", SYSLINUX / "efi32/syslinux.efi", "chainloader", "", "Failed to locate root device"),
    "GRUB, signed": ("x64", Path("/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed"), "chainloader", "", "Welcome to GRUB!"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_another_project_starts(discs, name):
    """GRUB then reads our config, and chain-loads itself again. Syslinux finds no file system of UEFI's on our CD."""
    firmware, program, command, arguments, shown = PROGRAMS[name]
    if not program.exists():
        pytest.skip("programs of the packages of make check-machines are not installed")
    contents = program.read_bytes()
    if len(contents) < BOOT_SECTOR_BYTES:
        contents = contents.ljust(BOOT_SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"  # as its installer leaves it in a disk
    config = f"set timeout=0\nmenuentry test {{\n    {command} /boot/program {arguments}\n}}\n"
    image = discs.make({CONFIG: config.encode(), "boot/program": contents})
    machine = {} if firmware == "bios" else {"machine": "q35", "firmware": firmware}
    with Machine(image, memory=256, **machine) as qemu:
        if firmware == "bios" and not arguments:
            assert qemu.wait_for_screen(shown, 60)
        else:
            assert qemu.wait_for(shown, 60)
