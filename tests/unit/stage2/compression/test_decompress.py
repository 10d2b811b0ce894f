# SPDX-License-Identifier: BSD-2-Clause
"""stage2/compression/decompress.overlay.c decompresses the output of common compression programs,
with the options that people use."""

import os
import pathlib
import random
import subprocess

import pytest

DECOMPRESS_CAT = pathlib.Path(os.environ.get("BUILD", "build")).resolve() / "unit" / "decompress_cat"
MIB = 1 << 20


def text(size):
    """Text with repeats over long distances, as in kernels and file system images."""
    chance = random.Random(1)
    parts = [chance.randbytes(chance.randrange(200)) for _ in range(400)]
    data = b"".join(chance.choice(parts) for _ in range(size // 90))
    return data[:size]


PLAIN = text(3 * MIB)


def pack(data, command, folder):
    """Compresses a file, whose size the program can know, to a pipe."""
    (folder / "plain").write_bytes(data)
    run = subprocess.run([*command.split(), "-c", folder / "plain"], capture_output=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def unpack(compressed, folder, capacity=16 * MIB):
    """The decompressed data, and what the program says about it."""
    (folder / "compressed").write_bytes(compressed)
    run = subprocess.run([DECOMPRESS_CAT, str(capacity), folder / "compressed"], capture_output=True, timeout=120)
    return run.stdout, run.stderr.decode()


@pytest.mark.parametrize("command", [
    "gzip", "gzip -1", "gzip -n9",
    "xz", "xz -0", "xz -9e", "xz --check=crc32 --x86 --lzma2=dict=64MiB", "xz --check=sha256", "xz --check=none",
    "xz -T2 --block-size=300000", "xz --lzma2=preset=6,lc=0,lp=2,pb=0", "xz --lzma2=preset=6,lc=2,lp=2,pb=4",
    "lz4", "lz4 -1", "lz4 -12", "lz4 -l", "lz4 -9 -l", "lz4 -BD", "lz4 -B4 -BX", "lz4 -B7 -BI", "lz4 --content-size",
    "lz4 --no-frame-crc",
    "zstd", "zstd -1", "zstd -19", "zstd --ultra -22", "zstd --long=27", "zstd --fast=10", "zstd --no-check",
    "zstd -T2 -9", "zstd --rsyncable", "zstd --no-compress-literals",
])
def test_what_the_programs_pack_comes_out_again(command, tmp_path):
    out, said = unpack(pack(PLAIN, command, tmp_path), tmp_path)
    assert "error" not in said
    assert out == PLAIN


@pytest.mark.parametrize("command", ["gzip", "xz", "lz4 --content-size", "zstd"])
def test_the_size_is_known_in_advance(command, tmp_path):
    assert f"size {len(PLAIN)}\n" in unpack(pack(PLAIN, command, tmp_path), tmp_path)[1]


@pytest.mark.parametrize("command", ["xz", "lz4", "zstd"])
def test_what_was_compressed_from_a_pipe_comes_out_again(command, tmp_path):
    compressed = subprocess.run([command, "-c"], input=PLAIN, capture_output=True, check=True, timeout=120).stdout
    assert unpack(compressed, tmp_path)[0] == PLAIN


@pytest.mark.parametrize("command", ["gzip", "xz --check=crc32", "xz", "xz --check=sha256", "lz4", "lz4 -BX", "zstd"])
def test_damage_anywhere_is_found(command, tmp_path):
    compressed = pack(PLAIN[:100000], command, tmp_path)
    chance = random.Random(4)
    for _ in range(20):
        at = chance.randrange(10, len(compressed))
        damaged = compressed[:at] + bytes([compressed[at] ^ 1 << chance.randrange(8)]) + compressed[at + 1:]
        out, said = unpack(damaged, tmp_path)
        assert out == b""
        assert f"error {command.split()[0]} data is damaged" in said or "cut short" in said or "does not fit" in said
