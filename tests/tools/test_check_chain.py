# SPDX-License-Identifier: BSD-2-Clause
"""Tests what whelk check and whelk-mkrescue say of entries that chain-load, or whose files are on another disc."""

import subprocess

import pytest

from discs import BUILD, CONFIG, mkrescue, write_tree

pytestmark = pytest.mark.bios("the tool alone")

SECTOR = bytes(510) + b"\x55\xaa"
FILES = {"sector": SECTOR, "raw": bytes(512), "short": b"x" * 100, "x64": (BUILD / "chained-x64.efi").read_bytes(),
         "ia32": (BUILD / "chained-ia32.efi").read_bytes()}


@pytest.fixture
def judged(tmp_path):
    def run(line):
        """The exit status and the last line for a tree whose only entry has this line."""
        write_tree(tmp_path / "tree", {CONFIG: f"menuentry a {{\n{line}\n}}\n".encode(), **FILES})
        process = subprocess.run([BUILD / "whelk", "check", "tree"], stdin=subprocess.DEVNULL, cwd=tmp_path,
                                 capture_output=True, text=True, timeout=60)
        return process.returncode, (process.stdout + process.stderr).strip().split("\n")[-1]
    return run


@pytest.mark.parametrize("line", ["chainloader /sector", "chainloader --force /raw", "chainloader +1", "chainloader (hd0)+1",
                                  "chainloader (hd1,msdos2)+1"])
def test_what_can_be_started_is_fine(judged, line):
    assert judged(line) == (0, line.replace(" --force", ""))


@pytest.mark.parametrize("line, told", [
    ("chainloader /raw", "/raw: is no boot sector: bytes 510 and 511 are not 55 AA"),
    ("chainloader /short", "/short: has 100 bytes, a boot sector has 512"),
    ("chainloader /none", "/none: no such file")])
def test_what_nothing_can_start_is_named_with_its_line(judged, line, told):
    status, last = judged(line)
    assert status == 1 and f"Does not boot: boot/grub/grub.cfg:2: {told}" in last


@pytest.mark.parametrize("name", ["x64", "ia32"])
def test_an_application_of_uefi_is_a_warning_for_a_bios(judged, name):
    assert judged(f"chainloader /{name}") == (0, f"boot/grub/grub.cfg:2: warning: /{name}: is an application of UEFI, which "
                                                 "a BIOS cannot start")


@pytest.mark.parametrize("line", ["multiboot (hd0,msdos1)/boot/k", "set root=hd0,gpt2\nmultiboot /boot/k",
                                  "search --set=root --file /boot/k\nmultiboot /boot/k",
                                  "chainloader (hd0,1)/EFI/x.efi", "configfile (hd0,1)/boot/k.cfg",
                                  "linux (hd0,1)/vmlinuz\ninitrd (hd0,1)/initrd"])
def test_files_of_another_disc_are_not_checked_and_a_warning_says_so(judged, line, tmp_path):
    status, last = judged(line)
    assert status == 0 and "the config names another disc: not checked" in last
    process, image = mkrescue({CONFIG: f"menuentry a {{\n{line}\n}}\n".encode(), **FILES}, tmp_path / "iso")
    assert process.returncode == 0 and image.exists()
    assert "the config names another disc: not checked" in process.stderr
