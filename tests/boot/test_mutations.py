# SPDX-License-Identifier: BSD-2-Clause
"""Flips single bits all over an ISO. Each ends in a right boot or in one clear line: never in a wrong boot, and never in
silence. WHELK_MUTATIONS says how many are tried on each firmware (make check-mutations), WHELK_SEED which ones."""

import collections
import os
import random
import re
import struct
import time

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree
from good_kernels import KERNELS
from make_kernel import pattern
from qemu import FIRMWARES, PATIENCE, Machine, MachineFailure
from report import Report

MODULES = [("first 1", pattern(123_457)), ("second", pattern(70_001, 2))]
FEW = {"seabios": 36, "ovmf-x64": 9}
SECONDS = 30  # for a boot
END = re.compile(r"^END$", re.MULTILINE)
REFUSED = re.compile(r"whelk: press a key|Whelk: boot error|whelk: nothing else to boot")
FIRMWARE_REFUSED = re.compile(r"No bootable device|BdsDxe: failed to (load|start)|Shell>|BdsDxe: No bootable option")


def regions(image):
    """Names and byte ranges of an ISO's parts."""
    data = image.read_bytes()
    places = {name: file_in_iso(image, name) for name in (
        CONFIG, "boot/kernel", "boot/module0", "boot/module1", "boot/whelk.sum", "boot/whelk.img", "boot/whelk.fat",
        "EFI/BOOT/BOOTX64.EFI")}
    path_table_bytes, = struct.unpack_from("<I", data, 16 * SECTOR + 132)
    path_table, = struct.unpack_from("<I", data, 16 * SECTOR + 140)
    first = min(lba for lba, _ in places.values())
    parts = {"MBR and GPT": (0, 34 * 512), "prepared block": (15 * SECTOR, SECTOR),
             "volume descriptors": (16 * SECTOR, 3 * SECTOR), "path table": (path_table * SECTOR, path_table_bytes),
             "directories and catalog": ((path_table + 1) * SECTOR, (first - path_table - 1) * SECTOR)}
    parts.update({name: (lba * SECTOR, size) for name, (lba, size) in places.items()})
    parts["boot/whelk.fat"] = parts["boot/whelk.fat"][0], 6 * SECTOR  # its head; the loaders follow
    return parts


def initial_entry(data):
    """Where the boot catalog says what a BIOS starts (El Torito 1.0, 2.2). With another sector or segment the BIOS runs
    what is there, and nobody can verify that."""
    catalog, = struct.unpack_from("<I", data, 17 * SECTOR + 71)
    return range(catalog * SECTOR + 32, catalog * SECTOR + 44)


def mutations(image, count, seed):
    """Places of single bits: in each region as many, and most of them where there are bytes other than 0."""
    parts, data, rng = regions(image), image.read_bytes(), random.Random(seed)
    for number in range(count):
        name = list(parts)[number % len(parts)]
        start, length = parts[name]
        all_places = [at for at in range(start, start + length) if at not in initial_entry(data)]
        used = [at for at in all_places if data[at]]
        yield name, rng.choice(used if number // len(parts) % 4 < 3 else all_places), rng.randrange(8)


def screen_of(machine):
    try:
        return machine.screen() if machine.has_vga else ""
    except (MachineFailure, OSError):  # the machine has just ended; why, is in its serial output
        return ""


def end_of(machine, expected):
    """How a boot ends, and what was said last. right, refused (by the loader), firmware (refused by it), WRONG, HUNG,
    RESET."""
    deadline, looked = time.monotonic() + SECONDS * PATIENCE, time.monotonic()
    while time.monotonic() < deadline:
        running = machine.is_running
        if not running:
            machine.drain()
        serial = machine.serial
        if END.search(serial):
            report = Report(serial)
            return ("right" if report.flat() == expected else "WRONG"), "; ".join(machine.said[-2:])
        if not running:
            return "RESET", "; ".join(machine.said[-2:])
        if REFUSED.search(serial):
            return "refused", next(iter(re.findall("whelk: .*|Whelk: boot error.*", serial)), "")
        said = serial
        if time.monotonic() - looked > 1 and running:
            looked = time.monotonic()
            said += screen_of(machine)
        if FIRMWARE_REFUSED.search(said):
            return "firmware", FIRMWARE_REFUSED.search(said)[0]
        with machine.news:
            machine.news.wait(0.05)
    return "HUNG", "; ".join(machine.said[-2:])


def try_one(image, mutated, place, expected):
    name, at, bit = place
    data = bytearray(image.read_bytes())
    data[at] ^= 1 << bit
    mutated.write_bytes(data)
    with Machine(mutated) as machine:
        return end_of(machine, expected)


@pytest.mark.parametrize("firmware", FEW)
def test_no_flipped_bit_boots_anything_wrong(discs, boot, tmp_path, monkeypatch, firmware):
    monkeypatch.setattr(Machine, "on", FIRMWARES[firmware])
    image = discs.make(tree(KERNELS["elf32-with-sections"].make(), "alpha=1 beta=two", MODULES))
    expected = boot(image).report.flat()
    count, seed = int(os.environ.get("WHELK_MUTATIONS", FEW[firmware])), int(os.environ.get("WHELK_SEED", 1))
    ends, bad = collections.Counter(), []
    for place in mutations(image, count, seed):
        end, said = try_one(image, tmp_path / "mutated.iso", place, expected)
        ends[place[0], end] += 1
        if end not in ("right", "refused", "firmware"):
            bad.append(f"{place[0]}: byte {place[1]} bit {place[2]}: {end}: {said}")
    table = [f"{firmware}, {count} bits, seed {seed}"]
    table += [f"  {name}: {end} {number}" for (name, end), number in sorted(ends.items())]
    print("\n".join(table))
    assert not bad, "\n".join(bad)
    assert sum(number for (_, end), number in ends.items() if end == "right") > 0


@pytest.mark.parametrize("firmware", FEW)
@pytest.mark.parametrize("name", ["boot/kernel", "boot/module0", CONFIG])
def test_a_flipped_bit_in_what_is_booted_is_one_line_with_the_path(discs, tmp_path, monkeypatch, firmware, name):
    monkeypatch.setattr(Machine, "on", FIRMWARES[firmware])
    image = discs.make(tree(KERNELS["elf32-with-sections"].make(), "alpha=1 beta=two", MODULES))
    sector, size = file_in_iso(image, name)
    data = bytearray(image.read_bytes())
    data[sector * SECTOR + size - 1] ^= 1
    mutated = tmp_path / "mutated.iso"
    mutated.write_bytes(data)
    with Machine(mutated) as machine:
        machine.wait_for("press a key", SECONDS)
        assert [line for line in machine.said if name in line and re.search(
            r"damaged: its sum is [0-9a-f]{16}, not [0-9a-f]{16}: .*copy the ISO again$", line)], machine.said
        assert "report:" not in machine.serial
