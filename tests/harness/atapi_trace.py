# SPDX-License-Identifier: BSD-2-Clause
"""The packets that a CD drive was sent, from QEMU's trace. Firmware reads by READ(10), the loader's own drivers by
READ(12) (SFF-8020i, 10.8.14 and 10.8.15): this tells the two apart."""

import re
from pathlib import Path

READ_10, READ_12 = 0x28, 0xA8
COUNT = {READ_10: slice(7, 9), READ_12: slice(6, 10)}  # big-endian; the first sector is in bytes 2 to 5


def trace_packets(log):
    """QEMU's arguments for a trace of the packets, written to `log`."""
    return ["-trace", "ide_atapi_cmd_packet", "-D", str(log)]


def sectors_read(log, command):
    """All sectors that packets of this command have read, in order, with repetitions."""
    packets = re.findall(r"ide_atapi_cmd_packet .*packet: ((?:\w\w ?)+)", Path(log).read_text())
    sectors = []
    for packet in map(bytes.fromhex, packets):
        if packet[0] == command:
            first, count = int.from_bytes(packet[2:6], "big"), int.from_bytes(packet[COUNT[command]], "big")
            sectors += range(first, first + count)
    return sectors
