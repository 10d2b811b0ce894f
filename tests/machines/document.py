# SPDX-License-Identifier: BSD-2-Clause
"""Writes docs/machines.md from the results of the matrix."""

import subprocess
import textwrap

from machines import ROWS

LINE = 100  # the most characters in a line of a document
START, FINISH = "<!-- make check-machines writes from here -->", "<!-- make check-machines writes up to here -->"
HEAD = ("firmware", "machine", "medium", "controller", "MB", "read by", "calls", "ms", "Whelk", "GRUB")
PACKAGES = {"QEMU": "qemu-system-x86", "SeaBIOS": "seabios", "OVMF": "ovmf", "OVMF ia32": "ovmf-ia32", "Bochs": "bochs",
            "its BIOSes": "bochsbios", "iPXE": "ipxe", "memdisk": "syslinux-common", "isolinux": "isolinux",
            "GRUB": "grub-pc-bin"}


def is_here(result):
    """Whether this QEMU has the machine and its devices."""
    return not result["Whelk"].get("absent")


def outcome(result, loader):
    return "boots" if result[loader]["boots"] else "no"


def cells(row, result, notes):
    """A row of the table. What does not boot has a note's number beside it."""
    whelk = result["Whelk"]
    note = f" ({notes.index(row.limit) + 1})" if row.limit in notes and not whelk["boots"] else ""
    jump = f"{whelk['jump'] / 1000:.0f}" if "jump" in whelk else ""
    return (row.firmware, row.machine, row.medium, row.controller, str(result["protocol"]), whelk.get("driver", ""),
            str(whelk.get("transfers", "")), jump, outcome(result, "Whelk") + note, outcome(result, "GRUB"))


def table(lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [HEAD, ["---"] * len(HEAD), *lines]) + "\n"


def version(package):
    run = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return run.stdout if run.returncode == 0 else "not installed"


def wrapped(text, indent=""):
    return textwrap.fill(text, LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) + "\n"


def seen(row, result):
    """The line of the machine that shows a row's limit, or None."""
    return row.limit and row.limit.seen(result["Whelk"]["said"])


def text_of(results):
    """The part of the document that the target writes."""
    here = [(row, results[row.key]) for row in ROWS if row.key in results and is_here(results[row.key])]
    notes = list(dict.fromkeys(row.limit for row, result in here if row.limit and not result["Whelk"]["boots"]))
    boots = sum(result["Whelk"]["boots"] for _, result in here)
    parts = [wrapped(f"{len(here)} rows; Whelk boots on {boots}, GRUB on {sum(r['GRUB']['boots'] for _, r in here)}.") + "\n",
             wrapped("With " + ", ".join(f"{name} {version(package)}" for name, package in PACKAGES.items()) + "."), "\n",
             table([cells(row, result, notes) for row, result in here])]
    for number, limit in enumerate(notes, 1):
        lines = dict.fromkeys(f"`{seen(row, result)}`" for row, result in here if row.limit == limit)
        parts.append(("\n" if number == 1 else "") +
                     wrapped(f"{number}. {limit.of}: {limit.text}. Seen: {'; '.join(lines)}.", "   "))
    return "".join(parts)


def write(path, results):
    """Replaces what the target has written before."""
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(START + "\n")
    after = rest[rest.index(FINISH):]
    path.write_text(f"{before}{START}\n{text_of(results)}{after}", encoding="utf-8")
