# SPDX-License-Identifier: BSD-2-Clause
"""The loader decompresses compressed kernels and modules. The tool and the loader refuse broken ones with the same
reason."""

import random
import struct
import subprocess
import zlib

import pytest

from discs import CONFIG, mkrescue, tree
from good_kernels import KERNELS, with_data
from make_kernel import pattern
from qemu import Machine, expected
from test_multiboot2 import tree as multiboot2_tree
import multiboot2_kernels

TEXT = pattern(300_000) + random.Random(1).randbytes(100_000)
ELF32 = KERNELS["elf32"].make()
# By protocol: a kernel, and a function that makes the tree of an entry for it.
PROTOCOLS = {1: (KERNELS["elf32"].make, tree), 2: (multiboot2_kernels.KERNELS["elf32"].make, multiboot2_tree)}


def pack(command, data):
    return subprocess.run([*command.split(), "-c"], input=data, capture_output=True, check=True, timeout=60).stdout


def module_sum(report):
    return report.modules[0]["adler"], report.modules[0]["end"] - report.modules[0]["start"]


FORMATS = ["gzip", "xz", "lz4", "zstd"]
PROGRAMS = ["xz", "xz --check=crc32 --x86 --lzma2=dict=64MiB", "xz --check=sha256", "lz4", "lz4 -BD -BX", "lz4 -l",
            "zstd", "zstd -19", "pzstd -p 2"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_compressed_module_arrives_decompressed(boot, program):
    report = boot(tree(ELF32, modules=[("name", pack(program, TEXT))])).report
    assert module_sum(report) == (zlib.adler32(TEXT), len(TEXT))


@pytest.mark.parametrize("program", FORMATS)
def test_a_compressed_kernel_boots(boot, program):
    report = boot(tree(pack(program, ELF32), "arguments")).report
    assert report["cmdline"] == b"arguments"


@pytest.mark.parametrize("program", ["lz4", "zstd"])
def test_a_module_that_begins_with_a_frame_to_skip_arrives_decompressed(boot, program):
    to_skip = struct.pack("<2I", 0x184D2A5E, 5) + b"notes"
    report = boot(tree(ELF32, modules=[("name", to_skip + pack(program, TEXT))])).report
    assert module_sum(report) == (zlib.adler32(TEXT), len(TEXT))


def test_files_that_only_begin_like_compressed_ones_arrive_as_they_are(boot):
    starts = [b"\x1f\x8b\x07", b"\xfd7zXY\0", b"\x04\x22\x4d\x17", b"\x02\x21\x4c\x17", b"\x28\xb5\x2f\xfc",
              b"\x89LZP", b"BZi", b"\x50\x2a\x4d\x17"]
    contents = [start + b"text" for start in starts] + [b"\x1f\x8b\x08"]  # the last one: too short to be compressed
    compressed = pack("gzip", TEXT)  # with one compressed file the tool prepares nothing: the loader looks at each file
    modules = boot(tree(ELF32, modules=[("", data) for data in [*contents, compressed]])).report.modules
    assert [m["adler"] for m in modules] == [zlib.adler32(data) for data in [*contents, TEXT]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nounzip_leaves_only_the_module_after_it_compressed(boot, protocol):
    make, entry = PROTOCOLS[protocol]
    compressed = [pack(program, TEXT) for program in FORMATS]
    files = entry(make(), modules=[(f"one {program}", data) for program, data in zip(FORMATS, compressed)] + [("two", compressed[0])])
    for number in range(len(FORMATS)):
        module = b" /boot/module%d " % number
        assert module in files[CONFIG]
        files[CONFIG] = files[CONFIG].replace(module, b" --nounzip" + module)
    modules = boot(files).report.modules
    assert [m["adler"] for m in modules] == [zlib.adler32(data) for data in [*compressed, TEXT]]
    assert [m["text"] for m in modules] == [*(b"one " + program.encode() for program in FORMATS), b"two"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_grub_decompresses_arrives_as_under_grub_and_nounzip_leaves_it_compressed_as_there(boot, protocol):
    make, entry = PROTOCOLS[protocol]
    compressed = [pack("gzip", TEXT), pack("xz --check=crc32", TEXT)]
    files = entry(pack("gzip", make()), modules=[("", data) for data in compressed * 2])
    for number in (2, 3):
        module = b" /boot/module%d" % number
        files[CONFIG] = files[CONFIG].replace(module, b" --nounzip" + module)
    files[CONFIG] = b"insmod gzio\ninsmod xzio\n" + files[CONFIG]
    ours, theirs = (boot(files, loader).report.modules for loader in ("whelk", "grub"))
    assert [m["adler"] for m in ours] == [zlib.adler32(data) for data in [TEXT, TEXT, *compressed]]
    assert [(m["adler"], m["end"] - m["start"]) for m in ours] == [(m["adler"], m["end"] - m["start"]) for m in theirs]


@pytest.mark.parametrize("program", ["xz", "lz4", "zstd"])
def test_concatenated_files_arrive_as_one(boot, program):
    compressed = pack(program, TEXT) + pack(program, TEXT[:5000])
    decompressed = TEXT + TEXT[:5000]
    report = boot(tree(ELF32, modules=[("name", compressed)])).report
    assert module_sum(report) == (zlib.adler32(decompressed), len(decompressed))


@pytest.mark.also_on("ovmf-x64")
def test_modules_of_every_format_and_a_compressed_kernel_boot_together(boot):
    modules = [(compression, pack(compression, TEXT[i:])) for i, compression in enumerate(FORMATS)]
    report = boot(tree(pack("xz", ELF32), modules=modules)).report
    assert [module["adler"] for module in report.modules] == [zlib.adler32(TEXT[i:]) for i in range(4)]


@pytest.mark.parametrize("program", FORMATS)
def test_a_compressed_kernel_that_belongs_at_the_top_of_the_memory_boots(boot, program):
    """The loader decompresses files at the top of memory, where this kernel's data go."""
    kernel = with_data((0x3F80000, 0x50000))
    report = boot(tree(pack(program, kernel)), memory=64).report
    assert report.regions and all(region["right"] for region in report.regions)


@pytest.mark.parametrize("sizes", [(40,), (5,) * 8, (12, 9, 12)], ids=str)
def test_decompressed_modules_need_not_fit_into_the_memory_twice(boot, sizes):
    contents = [pattern(mib << 20, number) for number, mib in enumerate(sizes)]
    compressed = [pack("gzip", data) for data in contents]
    if len(sizes) == 3:
        compressed[1] = contents[1]
    modules = boot(tree(ELF32, modules=[("", data) for data in compressed]), memory=64).report.modules
    assert [m["adler"] for m in modules] == [zlib.adler32(data) for data in contents]


def wrong_byte(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1:]


def broken():
    compressed = pack("gzip", TEXT)
    yield "gzip, cut", compressed[:len(compressed) // 2], "cut short"
    yield "gzip, cut in the trailer", compressed[:-3], "cut short"
    yield "gzip, a wrong CRC", wrong_byte(compressed, -8), "checksum"
    yield "gzip, a wrong ISIZE", wrong_byte(compressed, -4), "damaged"
    yield "gzip, damaged data", wrong_byte(compressed, 100), "damaged"
    for program in "xz", "lz4", "zstd":
        compressed = pack(program, TEXT)
        yield f"{program}, cut", compressed[:len(compressed) // 2], f"{program} data is cut short"
        yield f"{program}, damaged", wrong_byte(compressed, len(compressed) - 50_000), f"{program} data is damaged at byte "
    yield "lz4, a wrong checksum", wrong_byte(pack("lz4", TEXT), -1), "the checksum is wrong"
    yield "zstd, a wrong checksum", wrong_byte(pack("zstd", TEXT), -1), "the checksum is wrong"
    yield "xz, an unknown filter", pack("xz --delta --lzma2", TEXT), "a filter other than LZMA2 and x86"
    yield "zstd, cut in a frame to skip", b"\x50\x2a\x4d\x18\xff\xff\xff\x00" + TEXT, "zstd data is cut short"
    yield "nothing compressed after a frame to skip", b"\x50\x2a\x4d\x18\x04\0\0\0four" + TEXT, "damaged at byte 12: no frame"
    yield "lzop", b"\x89LZO\0\r\n\x1a\n" + TEXT, "compressed with lzop"
    yield "bzip2", b"BZh91AY&SY" + TEXT, "compressed with bzip2"


BROKEN = {name: (data, reason) for name, data, reason in broken()}


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
    noise = random.Random(2).randbytes(len(data) + 1)  # not compressed; its size in the directory changes, too
    image = discs.make_unchecked(tree(ELF32, modules=[("name", noise)]), {"boot/module0": data})
    with Machine(image) as qemu:
        line = qemu.wait_for(r"^whelk: /boot/grub/grub.cfg:4: /boot/module0: (.*)\n", 40)
        qemu.wait_for("press a key")
        assert reason in line[1]


@pytest.mark.parametrize("program", FORMATS)
def test_a_module_that_decompresses_to_more_than_the_memory_is_refused(program, discs):
    bomb = pack(program, bytes(expected(100, 300) << 20))
    with Machine(discs.make(tree(ELF32, modules=[("name", bomb)])), memory=64) as qemu:
        assert qemu.wait_for(
            r"^whelk: /boot/grub/grub.cfg:4: /boot/module0: decompresses to more than \d+ bytes: it does not fit", 60)
        assert qemu.wait_for("press a key")
