# SPDX-License-Identifier: BSD-2-Clause
"""The data and the programs that the seeds of compressed files are made with."""

import random
import subprocess


def text():
    return b"".join(b"%d times %d is %d\n" % (i, i, i * i) for i in range(400))


def noise(size):
    return random.Random(1).randbytes(size)


def code(size):
    """Bytes that look like x86 code with calls, for the x86 filter."""
    chance = random.Random(2)
    parts = [b"\xe8" + (chance.randrange(1 << 12) * 16 - i).to_bytes(4, "little", signed=True) + b"\x89\xc3\x90"
             for i in range(0, size, 8)]
    return b"".join(parts)


def pack(data, *command):
    """Compresses data with a program that filters standard input."""
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout
