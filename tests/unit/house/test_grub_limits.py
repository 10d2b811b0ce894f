# SPDX-License-Identifier: BSD-2-Clause
"""tests/harness/grub_limits.py skips what GRUB 2.12 refuses, and nothing else."""

import gzip

import pytest

import grub_limits


def elf(elf_class, place, count):
    """An ELF header that says how many section headers there are."""
    header = bytearray(64)
    header[:5] = b"\x7fELF" + bytes([elf_class])
    header[place:place + 2] = count.to_bytes(2, "little")
    return bytes(header)


@pytest.mark.parametrize("version, kernel, is_skipped", [
    ((2, 12), elf(1, 48, 0), True),
    ((2, 12), elf(2, 60, 0), True),
    ((2, 14), gzip.compress(elf(1, 48, 0)), True),
    ((2, 12), elf(1, 48, 3), False),
    ((2, 12), elf(2, 60, 3), False),
    ((2, 6), elf(1, 48, 0), False),
    ((2, 12), b"no ELF", False),
])
@pytest.mark.parametrize("command", ["multiboot", "multiboot2 --quirk-x"])
def test_an_elf_kernel_without_sections_is_not_booted_by_grub_2_12(
        monkeypatch, version, kernel, is_skipped, command):
    monkeypatch.setattr(grub_limits, "version", lambda: version)
    files = {"boot/grub/grub.cfg": f"    {command} /boot/k a b\n".encode(), "boot/k": kernel}
    if is_skipped:
        with pytest.raises(pytest.skip.Exception, match="without section headers"):
            grub_limits.skip_what_grub_refuses(files)
    else:
        grub_limits.skip_what_grub_refuses(files)


def test_the_version_is_read_from_what_grub_says():
    assert (2, 0) < grub_limits.version() < (3, 0)
