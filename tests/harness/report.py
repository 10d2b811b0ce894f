# SPDX-License-Identifier: BSD-2-Clause
"""Reads the report kernel's text as values, and compares two such reports."""

import copy
import re

from qemu import on_pvh, on_rom, on_uefi

LINE = re.compile(r"^(\w+)(?:\[(\d+)\])?: ?(.*)$")
PART = re.compile(r'(\w+)=("(?:[^"]*)"|\S*)')
ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def _value(text):
    if text.startswith('"'):
        return ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), text[1:-1].encode("latin-1"))
    return int(text, 16) if text else None


class Report(dict):
    """A dictionary of the plain keys. Numbered lines are lists of dictionaries: modules, mmap, sections, regions, tags,
    drives."""

    def __init__(self, serial):
        super().__init__()
        self.lists = {"module": [], "mmap": [], "section": [], "region": [], "tag": [], "drive": []}
        lines = serial[serial.index("report: 0x1"):].split("\n")
        for line in lines[:lines.index("END")]:
            match = LINE.match(line)
            if not match:
                raise ValueError(f"not a line of a report: {line!r}")
            name, index, rest = match.groups()
            if index is None:
                self[name] = _value(rest)
            else:
                assert int(index) == len(self.lists[name])
                self.lists[name].append({key: _value(text) for key, text in PART.findall(rest)})

    @property
    def modules(self):
        return self.lists["module"]

    @property
    def mmap(self):
        return self.lists["mmap"]

    @property
    def sections(self):
        return self.lists["section"]

    @property
    def regions(self):
        return self.lists["region"]

    @property
    def tags(self):
        return self.lists["tag"]

    @property
    def drives(self):
        return self.lists["drive"]

    def section(self, name):
        return next(s for s in self.sections if s.get("name") == name.encode())

    def flat(self):
        values = {key: value for key, value in self.items()}
        for name, rows in self.lists.items():
            for index, row in enumerate(rows):
                values.update({f"{name}[{index}].{key}": value for key, value in row.items()})
        return values


# Where Whelk may differ from GRUB, and why.
EXPLAINED = {
    "boot_loader_name": "each names itself",
    "cmdline_addr": "the order inside the information's page is the loader's choice",
    "mods_addr": "the same",
    "mmap_addr": "the same",
    "elf_addr": "the same",
    "boot_loader_name_addr": "the same",
    "vbe_control_info": "the same",
    "vbe_mode_info": "the same",
    "module[].string": "the same",
    "module[].reserved": "GRUB leaves it as it was in memory",
    "vbe_interface_seg": "without the interface, GRUB leaves the registers of the call in it",
    "vbe_interface_off": "the same",
    "vbe_interface_len": "the same",
    "gdtr_base": "each has its own descriptor table; a kernel must not use it (3.2)",
    "gdtr_limit": "the same",
    "eflags": "3.2 defines two bits of it; interrupt_flag and direction_flag are compared",
}


# Multiboot 1's flags and the report's lines that GRUB does not have.
BEYOND_GRUB_FLAGS = 1 << 4 | 1 << 7 | 1 << 8 | 1 << 10  # a.out symbols, drives, config table, APM
BEYOND_GRUB = ("aout_", "drive", "config_table", "apm_")


# Further explained differences under UEFI.
EXPLAINED_UEFI = {
    "cr0": "GRUB leaves the firmware's bits",
    "cr4": "the same",
    "idtr_base": "GRUB leaves the firmware's table, whose memory is free",
    "idtr_limit": "the same",
    "ebx": "where the information stands is the loader's choice",
    "total_size": "each loader has its own name, and GRUB no tag with the image's handle",
    "tags_end": "the same",
    "tag[].size": "the same; the firmware's map has other pieces",
    "tag[].type": "compared in a test of its own",
    "module[].start": "GRUB puts modules below 1 MiB",
    "module[].end": "the same",
    "section[].address": "GRUB puts sections outside any segment below 1 MiB, too",
    "load_base": "GRUB puts a relocatable kernel below 1 MiB, too",
    "efi_mmap_others": "the same memory is in other pieces",
}
# Without a BIOS that the loader can call, compared with GRUB on SeaBIOS: what only a BIOS tells.
BIOS_FLAGS, BIOS_ONLY = 1 << 11, ("vbe_", "apm_")
EXPLAINED_WITHOUT_BIOS = {
    "tag[].type": "there are no tags for VBE and APM; a test of its own compares the others",
    "tag[].size": "the same",
    "total_size": "the same",
    "tags_end": "the same",
    "mp_pointer": "SeaBIOS has its tables elsewhere, or other option ROMs",
}
FIRST_MIB = 1 << 20
RUNTIME_CODE, RESERVED = 20, 2  # RUNTIME_CODE is a type of GRUB's own, which it passes on


def with_merged_map(report):
    """Joins neighbours of one type in the memory map, which GRUB leaves apart."""
    merged = []
    for row in report.mmap:
        row = {**row, "type": RESERVED if row["type"] == RUNTIME_CODE else row["type"]}
        if merged and merged[-1]["type"] == row["type"] and \
                merged[-1]["base"] + merged[-1]["length"] == row["base"]:
            merged[-1]["length"] += row["length"]
        else:
            merged.append(row)
    report.lists["mmap"] = merged
    report.pop("mmap_length", None)
    return report


def with_whole_ram(report):
    """Joins the RAM from 1 MiB on with the memory after it that the firmware keeps for itself: each has its own need."""
    for ram, kept in zip(report.mmap, report.mmap[1:]):
        if ram["base"] == FIRST_MIB and kept["base"] == ram["base"] + ram["length"] and kept["type"] == RESERVED:
            ram["length"] += kept["length"]
            report.mmap.remove(kept)
            report.pop("mem_upper", None)
            return report
    return report


def _comparable(report):
    if on_uefi():
        with_merged_map(report)
    if on_rom():
        report = with_whole_ram(copy.deepcopy(report))
    values = report.flat()
    if "flags" in values:
        values["flags"] &= ~BEYOND_GRUB_FLAGS
        values = {key: value for key, value in values.items() if not key.startswith(BEYOND_GRUB)}
    if on_rom() or on_pvh():
        values = {key: value for key, value in values.items() if not key.startswith(BIOS_ONLY)}
        values["flags"] = values.get("flags", 0) & ~BIOS_FLAGS
    return values


def differences(whelk, grub, also=()):
    """The differences without an explanation: {key: (Whelk's value, GRUB's value)}."""
    left, right = _comparable(whelk), _comparable(grub)
    explained = {*EXPLAINED, *also, *(EXPLAINED_UEFI if on_uefi() else ()),
                 *(EXPLAINED_WITHOUT_BIOS if on_rom() or on_pvh() else ())}
    return {key: (left.get(key), right.get(key)) for key in sorted(left.keys() | right.keys())
            if left.get(key) != right.get(key) and re.sub(r"\[\d+\]", "[]", key) not in explained}
