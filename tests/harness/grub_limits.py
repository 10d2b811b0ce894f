# SPDX-License-Identifier: BSD-2-Clause
"""What some versions of GRUB cannot do. Many tests compare with GRUB."""

import gzip
import lzma
import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

KERNEL = re.compile(rb"^\s*multiboot2?\s+(?:--\S+\s+)*(?:\([^)]*\))?/(\S+)", re.MULTILINE)
PLACE_OF_SECTION_COUNT = {1: 48, 2: 60}  # offset in the ELF header, by EI_CLASS
# The first version that refuses ELF kernels without section headers;
# findings/grub-2.12-wants-section-headers.sh shows this without Whelk.
NEEDS_SECTIONS = (2, 12)


@lru_cache(maxsize=None)
def version():
    said = subprocess.run(["grub-mkrescue", "--version"], capture_output=True, text=True,
                          check=True).stdout
    return tuple(map(int, re.search(r"(\d+)\.(\d+)", said).groups()))


def _decompressed(contents):
    if contents.startswith(b"\x1f\x8b"):
        return gzip.decompress(contents)
    return lzma.decompress(contents) if contents.startswith(b"\xfd7zXZ") else contents


def _contents(file):
    """The bytes of a tree's file, as discs.write_tree() takes it. For a Sparse, those of its first block."""
    if isinstance(file, Path):
        return file.read_bytes()
    if isinstance(file, bytes):
        return file
    return next((data for at, data in file.blocks if at == 0), b"")


def has_no_sections(kernel):
    if not kernel.startswith(b"\x7fELF"):
        return False
    at = PLACE_OF_SECTION_COUNT[kernel[4]]
    return kernel[at:at + 2] == b"\0\0"


def skip_if_grub_refuses(kernel):
    """Skips the test if GRUB refuses this kernel, which Multiboot allows."""
    if version() >= NEEDS_SECTIONS and has_no_sections(_decompressed(kernel)):
        pytest.skip("GRUB 2.12 and later refuse an ELF kernel without section headers "
                    "(\"invalid section header table offset in e_shoff\")")


def skip_what_grub_refuses(files):
    """Skips the test if GRUB refuses a kernel of this tree."""
    for config in (files[name] for name in files if name.endswith(".cfg")):
        for name in KERNEL.findall(_contents(config)):
            skip_if_grub_refuses(_contents(files.get(name.decode(errors="replace"), b"")))
