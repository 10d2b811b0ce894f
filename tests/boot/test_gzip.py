# SPDX-License-Identifier: BSD-2-Clause
"""gzip only (RFC 1952): kinds of blocks, members, and what may follow the last member. test_compressed_files.py has the tests
for all formats."""

import gzip
import random
import zlib

import pytest

from discs import mkrescue, tree
from good_kernels import KERNELS
from make_kernel import pattern

TEXT = pattern(300_000) + random.Random(1).randbytes(100_000)
ELF32 = KERNELS["elf32"].make()
COMPRESSED = gzip.compress(TEXT, mtime=0)


def module_sum(report):
    return report.modules[0]["adler"], report.modules[0]["end"] - report.modules[0]["start"]


def deflated(data, strategy, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, 31, 9, strategy)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("compressed, decompressed", [
    (COMPRESSED, TEXT),
    (deflated(TEXT, zlib.Z_DEFAULT_STRATEGY, 0), TEXT),
    (deflated(TEXT, zlib.Z_FIXED), TEXT),
    (gzip.compress(b"", mtime=0), b""),
    (gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT[:5000], mtime=0), TEXT + TEXT[:5000]),
    (COMPRESSED + bytes(1000), TEXT),
    (COMPRESSED + b"trailing garbage", TEXT),
    (gzip.compress(COMPRESSED, mtime=0), COMPRESSED),
], ids=["dynamic blocks", "stored blocks", "fixed blocks", "nothing", "two members", "padding", "garbage after",
        "gzip in gzip, once"])
def test_a_compressed_module_arrives_decompressed(boot, compressed, decompressed):
    report = boot(tree(ELF32, modules=[("name", compressed)])).report
    assert module_sum(report) == (zlib.adler32(decompressed), len(decompressed))


def test_a_compressed_file_without_a_header_is_no_kernel(tmp_path):
    run, image = mkrescue(tree(gzip.compress(TEXT, mtime=0)), tmp_path)
    assert run.returncode == 1 and not image.exists()
    assert "boot/grub/grub.cfg:3: /boot/kernel: no Multiboot header" in run.stderr
