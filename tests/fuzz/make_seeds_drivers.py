# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_drivers: a machine (struct setting of machine/machine.h), then calls of its driver.
Usage: make_seeds_drivers.py FOLDER"""

import pathlib
import struct
import sys

from kernel_files import write_seeds
from make_seeds_boot import DRIVES, FAULTS, setting

(PIIX_OPEN, PIIX_ATTACH, PIIX_READ, AHCI_PORTS, AHCI_START, AHCI_OPEN, AHCI_READ, AHCI_STOP, VIRTIO_OPEN, VIRTIO_SET_UP,
 VIRTIO_MMIO, VIRTIO_READ, CLOSE, POKE_AHCI, POKE_VIRTIO, POKE_PCI) = range(16)

WAYS = {
    "piix": [(PIIX_OPEN, 0, 0), (PIIX_READ, 9, 15), (PIIX_READ, 1, 40), (CLOSE, 0, 0)],
    "piix-booted": [(PIIX_ATTACH, 0, 0), (PIIX_READ, 99, 15), (PIIX_READ, 7, 319)],
    "ahci": [(AHCI_PORTS, 0, 0), (AHCI_OPEN, 0, 0), (AHCI_READ, 50, 16), (AHCI_OPEN, 0, 1), (AHCI_READ, 3, 20)],
    "two": [(AHCI_STOP, 2, 0), (AHCI_START, 2, 0), (AHCI_OPEN, 1, 1), (AHCI_READ, 200, 17), (AHCI_STOP, 2, 0), (AHCI_START, 1, 0)],
    "virtio-legacy": [(VIRTIO_OPEN, 0, 0), (VIRTIO_READ, 77, 16), (CLOSE, 0, 0), (VIRTIO_SET_UP, 0, 0)],
    "virtio-io": [(VIRTIO_OPEN, 0, 0), (VIRTIO_READ, 77, 16), (VIRTIO_READ, 1, 33), (CLOSE, 0, 0)],
    "virtio-memory": [(VIRTIO_SET_UP, 0, 0), (VIRTIO_READ, 77, 16), (CLOSE, 0, 0)],
    "virtio-window": [(VIRTIO_SET_UP, 0, 0), (VIRTIO_READ, 240, 16), (CLOSE, 0, 0), (VIRTIO_OPEN, 0, 0)],
    "virtio-mmio": [(VIRTIO_MMIO, 0, 0), (VIRTIO_READ, 77, 16), (CLOSE, 0, 0)],
    "virtio-mmio-legacy": [(VIRTIO_MMIO, 0, 0), (VIRTIO_READ, 77, 16), (VIRTIO_READ, 9, 99), (CLOSE, 0, 0)],
}
POKES = [(POKE_AHCI, 0x41, 0x218), (POKE_AHCI, 1, 0x230), (POKE_VIRTIO, 2, 0x70), (POKE_VIRTIO, 64, 0x14), (POKE_PCI, 4, 258)]


def main(folder):
    seeds = {}
    for drive in DRIVES:
        calls = WAYS.get(drive, [])
        for disk in (False, True):
            for fault in FAULTS:
                name = f"{drive}-{fault}-{'disk' if disk else 'cd'}"
                pack = [struct.pack("<BBH", *call) for call in calls]
                seeds[name] = setting(0, drive, disk, fault, 1, 2) + b"".join(pack)
                poked = [struct.pack("<BBH", *call) for poke in POKES for call in (*calls[:2], poke, *calls[1:])]
                seeds[name + "-poked"] = setting(0, drive, disk, fault, 1, 1) + b"".join(poked)
    write_seeds(folder, seeds)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
