# SPDX-License-Identifier: BSD-2-Clause
"""Compares the grub.cfg files of public repositories with GRUB: grub-emu, which is GRUB as a
program of the host, runs each entry of each file. Functions that show their words replace the
commands that load. The evaluator of stage 2 must load the same. The files belong to their authors
and are not part of this project: see test_corpus.c."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

SHELL = pathlib.Path(os.environ["BUILD"]).resolve() / "unit" / "config_shell"
CORPUS = pathlib.Path(os.environ.get("WHELK_CORPUS", "../shared/corpus/grub-cfg"))
FILES = sorted(CORPUS.glob("*.cfg"))
KERNELS = ("multiboot", "multiboot2", "linux", "linux16", "chainloader")
LOADING = (*KERNELS, "module", "module2", "initrd", "initrd16")

# Stand for a BIOS and for UEFI, with a CD, in GRUB and in Whelk. They are one line, so that the lines of the file keep
# their numbers.
PLATFORMS = {"pc": "set root=cd; set prefix='(cd)/boot/grub'; set grub_platform=pc; set grub_cpu=i386; ",
             "efi": "set root=cd0; set prefix='(cd0)/boot/grub'; set grub_platform=efi; set grub_cpu=x86_64; "}
SHELL_OPTION = {"pc": "-e", "efi": "-u"}
ASKS_PLATFORM = re.compile(rb"grub_(platform|cpu)")
STAGE = " ".join(
    f'function {name} {{ echo "<[command {name}]>"; for word in "$@"; do echo "<[$word]>"; done; }};' for name in LOADING)
# Entries end in the menu, some after "Press any key" or a sleep that Escape ends. The keys open the
# command line and exit, often enough for all of them.
KEYS = (b"\x1b" + b"c" * 8 + b"\rexit\r") * 20
SEQUENCES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
OPTIONS = re.compile(r"--(quirk-|nounzip)")

# The files for which Whelk loads something else than GRUB, and why.
EXPLAINED = {
    "1WeirdDev__CrashOS__bin_boot_grub.cfg": "a path without '/' in front, which GRUB would not find either",
    "1WeirdDev__CrashOS__grub.cfg": "the same",
}


def of_whelk(folder, platform):
    """[(place of the entry, [(command, path, words)] or the reason why nothing is loaded)]"""
    output = subprocess.run([SHELL, SHELL_OPTION[platform], str(folder)], capture_output=True, text=True, timeout=30).stdout
    entries = []
    for line in output.splitlines():
        kind, first, *rest = line.split("\t")
        if kind == "entry":
            entries.append((first, []))
        elif kind == "error":
            entries[-1] = (entries[-1][0], first)
        else:
            entries[-1][1].append((kind, first, shlex.split(rest[0])))
    return entries


def of_grub(folder, platform, text, where):
    config = folder / "boot/grub/grub.cfg"
    text = text.replace(b"gfxterm", b"console")  # otherwise it would show the words elsewhere
    config.write_bytes((PLATFORMS[platform] + STAGE).encode() + text + f"\nset timeout=0\nset timeout_style=menu\nset default='{where}'\n".encode())
    output = subprocess.run(["grub-emu", "-d", str(config.parent)], input=KEYS, capture_output=True, timeout=120).stdout
    # Rows of 80 columns are wrapped.
    output = SEQUENCES.sub(b"", output).split(b"GNU GRUB")[0].replace(b"\n\r", b"").decode("utf-8", "replace")
    loads = []
    for word in re.findall(r"<\[(.*?)\]>", output):
        if word.startswith("command "):
            loads.append((word.split()[1], []))
        else:
            loads[-1][1].append(word)
    return last_boot([(kind, words) for kind, words in loads])


def last_boot(loads):
    """A second kernel takes the place of the first one and of its modules."""
    boot = []
    for kind, words in loads:
        words = [word for word in words if not OPTIONS.match(word)]
        if kind in KERNELS:
            boot = []
        boot.append((kind, re.sub(r"^\([^)]*\)+", "", words[0]) if words else "", words[1:]))
    return boot


@pytest.mark.skipif(not FILES, reason=f"SKIPPED: there are no grub.cfg files in {CORPUS} (see WHELK_CORPUS)")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_every_entry_loads_what_it_loads_under_grub(path, tmp_path):
    (tmp_path / "boot/grub").mkdir(parents=True)
    text = path.read_bytes()
    (tmp_path / "boot/grub/grub.cfg").write_bytes(text)
    whelk = {platform: of_whelk(tmp_path, platform) for platform in PLATFORMS}
    assert whelk["pc"]
    if not ASKS_PLATFORM.search(text):
        assert whelk.pop("efi") == whelk["pc"]
    differences = {}
    for platform, (where, loads) in [(platform, entry) for platform, entries in whelk.items() for entry in entries]:
        grub = of_grub(tmp_path, platform, text, where)
        if loads != grub and not (isinstance(loads, str) and grub == []):
            differences[platform, where] = (loads, grub)
    if path.name in EXPLAINED:
        assert differences, "there is nothing to explain any more"
    else:
        assert not differences
