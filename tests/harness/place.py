# SPDX-License-Identifier: BSD-2-Clause
"""A directory in which whelk-mkrescue is run, the smallest tree that it accepts, and what an ISO contains."""

import os
import shutil
import signal
import struct
import subprocess

from discs import BUILD, CONFIG, MKRESCUE, write_tree
from qemu import PATIENCE

MIB = 1 << 20
# What an ISO has besides the user's files.
EFI_LOADERS = {b"EFI/BOOT/BOOTX64.EFI", b"EFI/BOOT/BOOTIA32.EFI"}
OWN_FILES = {b"boot/whelk.img", b"boot/whelk.fat", b"boot/whelk.sum", *EFI_LOADERS}
OWN = {*OWN_FILES, b"EFI", b"EFI/BOOT"}

ENTRY = 'set timeout=0\nmenuentry "Test" {\n    multiboot /boot/kernel\n    boot\n}\n'


def kernel(address=MIB, size=4096):
    """A small Multiboot kernel with address fields: all of the file is loaded, and entered after the header."""
    flags = 1 << 16
    header = struct.pack("<8I", 0x1BADB002, flags, -(0x1BADB002 + flags) & 0xFFFFFFFF, address, address, 0, 0,
                         address + 32)
    return header.ljust(size, b"\xf4")


def good_tree(**more):
    return {CONFIG: ENTRY.encode(), "boot/kernel": kernel(), **more}


def default_signals():
    """The preexec_fn of a program that a test ends by a signal. The tests themselves may run with ignored signals: as a
    shell's background job, or under nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def for_everyone(directory):
    """Copies whelk-mkrescue so that other users can run it: they may have no access to the checkout."""
    for each in (directory, *list(directory.parents)[:-2]):
        each.chmod(0o755)
    return shutil.copy(BUILD / "whelk", directory / MKRESCUE.name)


def may_mount():
    """Whether a test can mount file systems. Even root cannot do so everywhere."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"],
                                                capture_output=True).returncode == 0


class Place:
    """A directory in which whelk-mkrescue is run."""

    def __init__(self, path):
        self.path = path
        self.iso = path / "out.iso"

    def write(self, files, name="tree"):
        write_tree(self.path / name, files)
        return self.path / name

    def run(self, *arguments, program=MKRESCUE, **options):
        return subprocess.run([str(program), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="surrogateescape", timeout=60 * PATIENCE, cwd=self.path, **options)

    def make(self, *sources):
        run = self.run("-o", self.iso, *sources)
        assert run.returncode == 0, run.stderr
        return self.iso

    def refuse(self, *arguments, status=1, **options):
        """Runs whelk-mkrescue, which must fail and leave the directory as it was. Returns its messages."""
        before = sorted(os.listdir(self.path))
        run = self.run("-o", self.iso, *arguments, **options)
        assert run.returncode == status, run.stderr
        assert sorted(os.listdir(self.path)) == before
        return run.stderr


def extract(iso, to):
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/", to], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)
    for path in [to, *to.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)  # so that pytest can remove it
    return to


def contents(directory):
    """Each name in a tree, as bytes, with its kind and its contents."""
    found = {}
    for path in directory.rglob("*"):
        name = os.fsencode(path.relative_to(directory))
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        else:
            found[name] = ("directory", None) if path.is_dir() else ("file", path.read_bytes())
    return found
