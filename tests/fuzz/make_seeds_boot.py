# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_boot: a machine (struct setting of machine/machine.h), keys, edits of the disc.
Usage: make_seeds_boot.py FOLDER"""

import pathlib
import struct
import sys

from kernel_files import write_seeds
from make_discs import discs

(UEFI, IN_MEMORY, ARGUMENTS, SERIAL, TERMINAL, NO_SCREEN, NO_OVERLAY, MENU_KEY, MENDS, BOCHS, CIRRUS,
 IMAGE_SECTOR, TSC, SERIAL_STUCK, NO_TABLES, CANNOT_END) = (1 << i for i in range(16))
DRIVES = ("piix-booted", "piix", "ahci", "virtio-legacy", "virtio-io", "virtio-memory", "virtio-window",
          "firmware", "two", "virtio-mmio", "virtio-mmio-legacy")
IS_DISK = 0x80
FAULTS = ("none", "error", "silent", "short", "slow", "bus")
UP, DOWN, ESCAPE, TAB, END = b"\xc8", b"\xd0", b"\x1b", b"\t", b"\xcf"


def setting(disc, drive="piix-booted", disk=False, fault="none", first=0, count=0, memory=0, flags=0, wanted=0, keys=b"",
            edits=b""):
    kind = DRIVES.index(drive) | (IS_DISK if disk else 0)
    return struct.pack("<6BH2B", disc, kind, FAULTS.index(fault), first, count, memory, flags, wanted, len(keys)) + keys + edits


def edit(place, offset, data):
    return struct.pack("<HHBB", place, offset, len(data), 0) + data


def main(folder):
    names = sorted(discs())
    seeds = {}
    for disc, name in enumerate(names):
        for drive in DRIVES:
            seeds[f"{name}-{drive}"] = setting(disc, drive)
            seeds[f"{name}-{drive}-disk"] = setting(disc, drive, disk=True, flags=IMAGE_SECTOR)
        for number in range(1, 24):
            seeds[f"{name}-entry-{number}"] = setting(disc, wanted=number, flags=ARGUMENTS)
            seeds[f"{name}-entry-{number}-uefi"] = setting(disc, "firmware", wanted=number, flags=UEFI | NO_TABLES)
        for memory in range(1, 6):
            seeds[f"{name}-memory-{memory}"] = setting(disc, memory=memory)
            seeds[f"{name}-in-memory-{memory}"] = setting(disc, memory=memory, flags=IN_MEMORY)
        for number in range(16):
            seeds[f"{name}-flag-{number}"] = setting(disc, flags=1 << number)
    for drive in DRIVES:
        for fault in FAULTS:
            for disk in (False, True):
                seeds[f"fault-{drive}-{fault}-{disk}"] = setting(0, drive, disk, fault, 1, 1)
                seeds[f"fault-{drive}-{fault}-{disk}-always"] = setting(3, drive, disk, fault, 2, 0)
    menu = names.index("13-menu")
    keys = {"boots": b"\r", "down": DOWN + b"\r", "edits": b"e" + DOWN + END + b" more\x18", "command": b"cls /boot/\tk\r" + ESCAPE,
            "leaves": ESCAPE, "completes": b"cmul" + TAB + b"/b" + TAB + TAB + b"\r", "submenu": DOWN + b"\r" + DOWN + b"\r" + ESCAPE,
            "config": DOWN + DOWN + b"\r\r", "timing": b"cset\recho a; help ls\rmultiboot /boot/kernel\rboot\r",
            "edit-keys": b"e\x01\x05\x0b\x19\x10\x0e\x02\x06\x04\x08" + UP + b"\xc7\xd3\r\x0fx" + ESCAPE, "history": b"cecho 1\recho 2\r" + UP + UP + b"\r"}
    for name, pressed in keys.items():
        seeds[f"keys-{name}"] = setting(menu, flags=MENU_KEY, keys=pressed)
        seeds[f"keys-{name}-serial"] = setting(menu, flags=MENU_KEY | SERIAL, keys=pressed)
        seeds[f"keys-{name}-terminal"] = setting(menu, "firmware", flags=MENU_KEY | TERMINAL, keys=pressed)
        seeds[f"keys-{name}-language"] = setting(3, flags=MENU_KEY, keys=pressed)
    for place in range(12):
        seeds[f"edit-{place}"] = setting(0, edits=edit(place, 8, b"\xff"))
        seeds[f"edit-{place}-mended"] = setting(0, flags=MENDS, edits=edit(place, 48, b"\x01"))
    for flags in (BOCHS, CIRRUS, UEFI, UEFI | BOCHS, NO_SCREEN | SERIAL, TSC | SERIAL, TSC):
        for disc in (7, 8, 13, 14, 15):
            seeds[f"machine-{disc}-{flags}"] = setting(disc, flags=flags, keys=b"\r")
    # What earlier runs have found.
    seeds["found-edits-an-entry-without-text"] = setting(menu, flags=MENU_KEY | SERIAL, keys=b"cecho 1\rechU 2\r" + UP + UP + b"\r",
                                                          edits=edit(0xaa9e, 0xef, b";"))
    seeds["found-slow-virtio-at-the-end"] = setting(0, "virtio-legacy", True, "slow", flags=CANNOT_END)
    write_seeds(folder, seeds)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
