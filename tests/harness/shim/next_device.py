# SPDX-License-Identifier: BSD-2-Clause
"""A disk after the CD in the firmware's boot order. It says NEXT DEVICE when it is booted."""

from pathlib import Path

from assembler import assemble
from qemu import has_pc_devices

SOURCE = Path(__file__).resolve().parent / "next_device.asm"
DISK_BYTES = 1 << 20
# OVMF says the second text before it goes on, Whelk the third if there is no firmware to go on to.
BOOTED = r"^NEXT DEVICE$|BdsDxe: failed to start .*: Not Found$|(^|\x1b\[H)whelk: nothing else to boot"


def next_device(path):
    """Makes the disk and returns QEMU's arguments for it; none where it has no place."""
    if not has_pc_devices():
        return []
    assemble(SOURCE, path)
    path.write_bytes(path.read_bytes().ljust(DISK_BYTES, b"\0"))
    return ["-drive", f"index=0,media=disk,format=raw,snapshot=on,file={path}", "-boot", "order=dc"]
