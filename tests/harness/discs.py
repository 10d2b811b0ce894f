# SPDX-License-Identifier: BSD-2-Clause
"""Makes trees, and ISOs of them with Whelk and with GRUB; also ISOs with files that whelk-mkrescue would refuse."""

import hashlib
import os
import re
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grub_limits import skip_what_grub_refuses
from qemu import Machine, has_pc_devices, on_uefi

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("WHELK_BUILD", ROOT / "build")).resolve()
MKRESCUE = BUILD / "whelk-mkrescue"
CONFIG = "boot/grub/grub.cfg"
SECTOR = 2048

GRUB_MODULES = "multiboot multiboot2 linux normal iso9660 part_msdos part_gpt test echo gzio xzio all_video"


def grub_mkrescue(platform, modules, *more):
    return ["grub-mkrescue", "-d", f"/usr/lib/grub/{platform}", "--locales=", "--fonts=", "--themes=",
            f"--install-modules={GRUB_MODULES} {modules}", *more]


MAKERS = {"whelk": [str(MKRESCUE)], "grub": grub_mkrescue("i386-pc", "biosdisk linux16"),
          "grub-efi": grub_mkrescue("x86_64-efi", "efi_gop"),
          # These are for "grub" under UEFI (--firmware). GRUB hands over a frame buffer only with efi_gop.
          "grub-x64": grub_mkrescue("x86_64-efi", "efi_gop", "--modules=efi_gop"),
          "grub-ia32": grub_mkrescue("i386-efi", "efi_gop", "--modules=efi_gop")}


def _maker(loader):
    return f"grub-{Machine.on['firmware']}" if loader == "grub" and on_uefi() else loader


@dataclass(frozen=True)
class Sparse:
    """A file of zeros, except for a few blocks."""
    size: int
    blocks: tuple = ()  # of (offset, bytes)

    def adler32(self):
        checksum, at = 1, 0
        for offset, data in sorted(self.blocks) + [(self.size, b"")]:
            while at < offset:
                hole = bytes(min(offset - at, 1 << 20))
                checksum, at = zlib.adler32(hole, checksum), at + len(hole)
            checksum, at = zlib.adler32(data, checksum), at + len(data)
        return checksum

    def write(self, path):
        with open(path, "wb") as out:
            out.truncate(self.size)
            for offset, data in self.blocks:
                out.seek(offset)
                out.write(data)


def tree(kernel, arguments="", modules=(), title="test", **more):
    """A tree that boots one kernel; modules: a list of (arguments, contents). Line 3 of the config names the kernel,
    the following lines name the modules."""
    lines = ["set timeout=0", f'menuentry "{title}" {{', f"    multiboot /boot/kernel {arguments}".rstrip()]
    files = {"boot/kernel": kernel}
    for number, (words, contents) in enumerate(modules):
        lines.append(f"    module /boot/module{number} {words}".rstrip())
        files[f"boot/module{number}"] = contents
    files[CONFIG] = "\n".join(lines + ["    boot", "}", ""]).encode()
    return {**files, **more}


def write_tree(directory, files):
    for name, contents in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(contents, Sparse):
            contents.write(path)
        elif isinstance(contents, Path):
            shutil.copyfile(contents, path)
        else:
            path.write_bytes(contents)


def plain_iso(directory, files):
    """The bytes of an ISO of these files, with Rock Ridge names and no boot loader. It is made below the directory."""
    write_tree(directory / "tree", files)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", directory / "iso", directory / "tree"], check=True,
                   capture_output=True, timeout=60)
    return (directory / "iso").read_bytes()


def _digest(files, loader):
    digest = hashlib.sha256(loader.encode())
    for name, contents in sorted(files.items()):
        digest.update(f"\0{name}\0".encode())
        if isinstance(contents, Path):
            contents = contents.read_bytes()
        digest.update(contents if isinstance(contents, bytes) else repr(contents).encode())
    return digest.hexdigest()[:16]


@dataclass
class Discs:
    """Makes ISOs in a directory. Each is made only once."""
    directory: Path
    made: dict = field(default_factory=dict)

    def make(self, files, loader="whelk", options=()):
        """options: of whelk-mkrescue."""
        loader = _maker(loader)
        if loader != "whelk":
            if not has_pc_devices():
                pytest.skip("GRUB does not start on this machine")
            skip_what_grub_refuses(files)
        key = _digest(files, " ".join([loader, *options]))
        if key not in self.made:
            self.made[key] = self._make(files, loader, self.directory / key, options)
        return self.made[key]

    def _make(self, files, loader, place, options):
        shutil.rmtree(place, ignore_errors=True)
        write_tree(place / "tree", files)
        image = place / f"{loader}.iso"
        command = [*MAKERS[loader], *options]
        run = subprocess.run([*command, "-o", str(image), str(place / "tree")], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=300)
        shutil.rmtree(place / "tree")
        if run.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {run.returncode}: {run.stderr or run.stdout}")
        return image

    def forget(self, files, loader="whelk"):
        """Removes an ISO that is too big to keep."""
        image = self.made.pop(_digest(files, _maker(loader)), None)
        if image:
            shutil.rmtree(image.parent)

    def make_unchecked(self, files, unchecked):
        """An ISO of `files`. Afterwards the files of `unchecked` get other contents, without a check. The new contents
        must fit into the sectors of the old ones. There is no record by which the loader would say that they were
        changed."""
        image = self.make(files, options=["--verify=off"])
        broken = image.with_name("unchecked.iso")
        shutil.copyfile(image, broken)
        for name, contents in unchecked.items():
            replace_file_in_iso(broken, name, contents)
        return broken


def file_in_iso(image, name):
    """The place of a file's data in an ISO: first sector, size in bytes."""
    run = subprocess.run(["xorriso", "-indev", str(image), "-find", f"/{name}", "-exec", "report_lba"],
                         capture_output=True, text=True, check=True)
    found = re.findall(r"File data lba:\s*(\d+) ,\s*(\d+) ,\s*(\d+) ,\s*(\d+) ,", run.stdout)
    assert len(found) == 1, run.stdout + run.stderr
    _, sector, _, size = map(int, found[0])
    return sector, size


def twin_of(image, twin, name, contents):
    """Writes an ISO that differs from `image` only in a file's bytes: same descriptors, same directories. Returns it."""
    sector, size = file_in_iso(image, name)
    assert size == len(contents)
    data = bytearray(image.read_bytes())
    data[sector * SECTOR:sector * SECTOR + size] = contents
    twin.write_bytes(data)
    return twin


def replace_file_in_iso(image, name, contents):
    """Overwrites a file's data inside an ISO and sets its size and date in every directory that lists it."""
    sector, size = file_in_iso(image, name)
    room = -(-size // SECTOR) * SECTOR
    assert len(contents) <= room, f"{name} has room for {room} bytes only"
    data = bytearray(image.read_bytes())
    data[sector * SECTOR:sector * SECTOR + room] = contents.ljust(room, b"\0")
    set_records(data, sector, size, len(contents))
    image.write_bytes(data)


LATER = bytes([126, 11, 30, 12, 0, 0, 0])  # 2026-11-30 (ECMA-119, 9.1.5); the ISOs' files are of 1980


def set_records(data, sector, size, new_size):
    """Sets size and date of a file in every directory that lists it, as a program does that replaces the file."""
    # A directory record has sector and size in both byte orders (ECMA-119, 9.1.3 and 9.1.4).
    def extent(length):
        return struct.pack("<I", sector) + struct.pack(">I", sector) + struct.pack("<I", length) + \
            struct.pack(">I", length)
    at = data.find(extent(size))
    assert at >= 0
    while at >= 0:
        data[at:at + 16 + len(LATER)] = extent(new_size) + LATER
        at = data.find(extent(size), at + 1)


def redate(data, image, *names):
    """Sets another date of files whose bytes in the ISO were replaced: to the loader, they are not damaged then."""
    for name in names:
        sector, size = file_in_iso(image, name)
        set_records(data, sector, size, size)


def padded(contents, size):
    """The contents, padded to at least `size` bytes."""
    return contents.ljust(size, b"\0")


def mkrescue(files, directory):
    """Runs whelk-mkrescue over a tree and returns the finished process and the output's path."""
    write_tree(directory / "tree", files)
    image = directory / "out.iso"
    run = subprocess.run([str(MKRESCUE), "-o", str(image), str(directory / "tree")], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=300)
    return run, image
