# SPDX-License-Identifier: BSD-2-Clause
"""gzip files are unpacked on the way, kernels and modules; broken ones are refused with their reason, by
the tool and by the loader alike (facts of RFC 1952)."""

import gzip
import random
import zlib

import pytest

from discs import CONFIG, mkrescue, tree
from good_kernels import KERNELS, with_data
from make_kernel import pattern
from qemu import Machine

TEXT = pattern(300_000) + random.Random(1).randbytes(100_000)
ELF32 = KERNELS["elf32"].make()
PACKED = gzip.compress(TEXT, mtime=0)
NOISE = random.Random(2).randbytes(len(PACKED))  # as large, and nothing that would be unpacked


def module_sum(report):
    return report.modules[0]["adler"], report.modules[0]["end"] - report.modules[0]["start"]


def deflated(data, strategy, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, 31, 9, strategy)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("packed, unpacked", [
    (PACKED, TEXT),
    (deflated(TEXT, zlib.Z_DEFAULT_STRATEGY, 0), TEXT),
    (deflated(TEXT, zlib.Z_FIXED), TEXT),
    (gzip.compress(b"", mtime=0), b""),
    (gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT[:5000], mtime=0), TEXT + TEXT[:5000]),
    (PACKED + bytes(1000), TEXT),
    (PACKED + b"trailing garbage", TEXT),
    (gzip.compress(PACKED, mtime=0), PACKED),
], ids=["dynamic blocks", "stored blocks", "fixed blocks", "nothing", "two members", "padding", "garbage behind",
        "gzip in gzip, once"])
def test_a_packed_module_arrives_unpacked(boot, packed, unpacked):
    report = boot(tree(ELF32, modules=[("name", packed)])).report
    assert module_sum(report) == (zlib.adler32(unpacked), len(unpacked))


def test_a_packed_kernel_boots(boot):
    report = boot(tree(gzip.compress(ELF32, mtime=0), "arguments")).report
    assert report["cmdline"] == b"arguments"


def test_a_packed_kernel_that_belongs_at_the_top_of_the_memory_boots(boot):
    """Where files are unpacked to is where this kernel's data go."""
    kernel = with_data((0x3F80000, 0x50000))
    report = boot(tree(gzip.compress(kernel, mtime=0)), memory=64).report
    assert report.regions and all(region["right"] for region in report.regions)


def test_nounzip_leaves_a_module_packed(boot):
    files = tree(ELF32, modules=[("name", PACKED)])
    files[CONFIG] = files[CONFIG].replace(b"module /", b"module --nounzip /")
    assert module_sum(boot(files).report) == (zlib.adler32(PACKED), len(PACKED))


def wrong_byte(data, at):
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1:]


BROKEN = {
    "cut": (PACKED[:len(PACKED) // 2], "cut short"),
    "cut in the trailer": (PACKED[:-3], "cut short"),
    "a wrong CRC": (wrong_byte(PACKED, len(PACKED) - 8), "checksum"),
    "a wrong ISIZE": (wrong_byte(PACKED, len(PACKED) - 4), "damaged"),
    "damaged data": (wrong_byte(PACKED, 100), "damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_module_is_refused_when_the_iso_is_made(name, tmp_path):
    data, reason = BROKEN[name]
    run, image = mkrescue(tree(ELF32, modules=[("name", data)]), tmp_path)
    assert run.returncode == 1 and not image.exists()
    assert "boot/grub/grub.cfg:4: /boot/module0: " in run.stderr
    assert reason in run.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_module_is_refused_at_boot(name, discs):
    data, reason = BROKEN[name]
    image = discs.make_unchecked(tree(ELF32, modules=[("name", NOISE)]), {"boot/module0": data})
    with Machine(image) as qemu:
        line = qemu.wait_for(r"^whelk: /boot/grub/grub.cfg:4: /boot/module0: (.*)\n", 40)
        qemu.wait_for("press a key")
        assert reason in line[1]


def test_a_module_that_unpacks_to_more_than_the_memory_is_refused(discs):
    bomb = gzip.compress(bytes(100 << 20), mtime=0)
    with Machine(discs.make(tree(ELF32, modules=[("name", bomb)])), memory=64) as qemu:
        qemu.wait_for(r"^whelk: /boot/grub/grub.cfg:4: /boot/module0: unpacks to more than \d+ bytes: it does not fit",
                      60)
        qemu.wait_for("press a key")


def test_a_packed_file_without_a_header_is_no_kernel(tmp_path):
    run, image = mkrescue(tree(gzip.compress(TEXT, mtime=0)), tmp_path)
    assert run.returncode == 1 and not image.exists()
    assert "boot/grub/grub.cfg:3: /boot/kernel: no Multiboot header" in run.stderr
