# SPDX-License-Identifier: BSD-2-Clause
"""GRUB and Whelk boot the default entry of grub.cfg files of public repositories. Stand-ins have the names of the
entry's kernel and modules. The kernel must get the same from both loaders. The files belong to their authors and are
not part of this project: see tests/unit/stage2/config/test_corpus.c."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from discs import BUILD, CONFIG, MKRESCUE, write_tree
from grub_limits import skip_if_grub_refuses
from make_kernel import (DATA, MEMORY_INFO, MIB, PAGE_ALIGN, VIDEO_MODE, Payload, Segment, align, elf,
                         multiboot_header)
from multiboot2_kernels import FRAMEBUFFER, header, tag
from qemu import Machine, expected
from report import Report, differences
from test_multiboot2 import EXPLAINED

CORPUS = Path(os.environ.get("WHELK_CORPUS", "../shared/corpus/grub-cfg"))
FILES = sorted(CORPUS.glob("*.cfg"))
SAMPLE = 40

# GRUB's image has all modules that the configs load: GRUB reads them from the disc.
PLATFORM = expected("i386-pc", x64="x86_64-efi", uefi="i386-efi")
GRUB = ["grub-mkrescue", "-d", f"/usr/lib/grub/{PLATFORM}", "--locales=", "--themes=", "--fonts=ascii",
        "--install-modules=multiboot multiboot2 normal iso9660 part_msdos part_gpt test echo gzio search "
        "search_fs_file search_fs_uuid search_label all_video video_bochs video_cirrus video video_fb font gfxterm "
        "configfile sleep read reboot halt terminal serial true loadenv ext2 fat png bitmap "
        + expected("biosdisk vbe vga", "efi_gop"), *expected([], ["--modules=efi_gop"])]

VBE_TAG, TEXT_MODE, RGB = 7, 3, 1

# Files for which GRUB boots no kernel that could be compared, and why.
LEFT_OUT = {
    "1WeirdDev__CrashOS__bin_boot_grub.cfg": "a path without '/' in front, which GRUB would not find either",
    "1WeirdDev__CrashOS__grub.cfg": "the same",
    "Bananymous__banan-os__toolchain_grub-legacy.cfg": "what stands between < and > is put in later",
    "Bananymous__banan-os__toolchain_grub-uefi.cfg": "the same",
    "fatho__Helium__src_grub_grub.cfg.in.cfg": "the kernel's name is put in later",
    "klange__ponyos__util_grub_cdrom_boot_grub_menus.cfg": "a part of a config, of which the others are not there",
    "klange__toaruos-grub__cdrom_boot_grub_menus.cfg": "the same",
    "klange__toaruos__cdrom_boot_grub_menus.cfg": "the same",
    "klange__toaruos__util_cdrom_boot_grub_menus.cfg": "the same",
}

# The name of the boot disc in a file becomes the name that GRUB has for it on this firmware.
DISC = b"(hd0)" if Machine.on.get("attach") == "usb" else expected(b"(cd)", b"(cd0)")
OTHER_DISC = re.compile(rb"\((?:hd0[^)]*|cd)\)|hd0,\w+|lvm/[-\w]+")

COMMAND = re.compile(rb"(?:^|[;{}]|\b(?:then|else|do)\b)[ \t]*([A-Za-z_.\[]\w*)", re.MULTILINE)
OPTION = re.compile(rb"[ \t](-[-\w]+)")
SETTING = re.compile(rb"\b(gfxpayload|gfxmode|timeout\w*|default|root|fallback)\b=?(?:keep|text|auto)?")
SHAPES = (b"\r", b"\t", b"\xef\xbb\xbf", b"\\", b"'", b";", b"$", b"${", b"(cd)", b"(hd", b"\n#", b" #", b"\n\n{", b'"{')


def features(text):
    found = {match[0].strip() for match in OPTION.finditer(text)} | {match[1] for match in COMMAND.finditer(text)}
    found |= {match[0] for match in SETTING.finditer(text)} | {shape for shape in SHAPES if shape in text}
    found.add(("modules", min(len(re.findall(rb"^\s*module", text, re.MULTILINE)), 4)))
    return found | {("entries", min(text.count(b"menuentry"), 4)), ("newline", text.endswith(b"\n"))}


def choose(files):
    """Picks the files that together use most of the language, then some of the others, evenly."""
    left = {path: features(path.read_bytes()) for path in files if path.name not in LEFT_OUT}
    chosen, seen = [], set()
    while left and len(chosen) < SAMPLE:
        best = max(left, key=lambda path: (len(left[path] - seen), path.name))
        if not left[best] - seen:
            rest = sorted(left)
            chosen += rest[::max(1, len(rest) // (SAMPLE - len(chosen)))][:SAMPLE - len(chosen)]
            break
        seen |= left.pop(best)
        chosen.append(best)
    return sorted(chosen)


def stand_in(number):
    """A kernel for both protocols that asks for graphics of any size, and tells which one it is by the length of its
    second region."""
    payload = Payload(MIB)
    mark = Segment(align(payload.memory_end, 0x1000), bytes([number % 251]) * (number + 1))
    payload.expect(DATA, mark.address, mark.data)
    return elf([payload.segment(), mark], payload.entry, data_from=0x2000, extra={
        0x400: multiboot_header(PAGE_ALIGN | MEMORY_INFO | VIDEO_MODE, video=(0, 0, 0, 0)),
        0x800: header(tag(FRAMEBUFFER, 0, 0, 0))})


def make_tree(folder, text):
    write_tree(folder, {CONFIG: text})
    said = subprocess.run([BUILD / "whelk", "check", "--json", "--config", folder / CONFIG], capture_output=True, timeout=30)
    booted = [entry for entry in json.loads(said.stdout)["configs"][0]["entries"] if entry["action"] == "boot"]
    kernels = sorted({entry["kernel"]["path"].lstrip("/") for entry in booted})
    modules = sorted({module["path"].lstrip("/") for entry in booted for module in entry["modules"]})
    write_tree(folder, {**{path: path.encode() * 100 for path in modules},
                        **{path: stand_in(number) for number, path in enumerate(kernels)}})


def boot(command, folder, image):
    run = subprocess.run([*command, "-o", image, folder], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=120)
    assert run.returncode == 0, run.stderr
    with Machine(image, exit_device=False, extra=("-nic", "none")) as machine:
        def has_booted():
            # Return boots the default if a loader waits for a key, with or without a timeout.
            machine.send_key("ret")
            time.sleep(0.2)
            return "\nEND\n" in machine.serial
        machine.wait_until(has_booted, "the kernel's report", 60)
        return Report(machine.serial)


def without_stale_vbe(report):
    """Leaves out the VBE tag with which GRUB says that there is text, though its driver of the card has set a mode."""
    if report.get("vbe_mode") == TEXT_MODE and report["framebuffer_type"] == RGB:
        for key in [key for key in report if key.startswith("vbe_")]:
            del report[key]
        report.lists["tag"] = [row for row in report.tags if row["type"] != VBE_TAG]
    return report


@pytest.mark.firmware("GRUB's boot information says what only a firmware tells")
@pytest.mark.skipif(not FILES, reason=f"SKIPPED: there are no grub.cfg files in {CORPUS} (see WHELK_CORPUS)")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in choose(FILES)])
def test_the_default_entry_of_a_config_boots_as_under_grub(path, tmp_path):
    make_tree(tmp_path / "tree", OTHER_DISC.sub(DISC, path.read_bytes()))
    whelk = boot([MKRESCUE], tmp_path / "tree", tmp_path / "whelk.iso")
    skip_if_grub_refuses(stand_in(0))
    grub = boot(GRUB, tmp_path / "tree", tmp_path / "grub.iso")
    assert whelk["framebuffer_width"] and whelk["framebuffer_height"]
    assert differences(whelk, without_stale_vbe(grub), EXPLAINED) == {}
