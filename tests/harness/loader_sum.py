# SPDX-License-Identifier: BSD-2-Clause
"""The sum by which the loader knows that what it has read is what was written (stage2/sum/sum.h)."""

import struct


def sum_words(data):
    """The sum of these bytes as it is stored: parity, weighted."""
    parity = weighted = 0xFFFFFFFF
    for word, in struct.iter_unpack("<I", data):
        parity ^= word
        weighted = (weighted << 1 ^ (0x04C11DB7 if weighted >> 31 else 0)) & 0xFFFFFFFF ^ word
    return struct.pack("<II", parity, weighted)
