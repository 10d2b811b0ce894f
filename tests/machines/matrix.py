#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Implements `make check-machines`: boots Whelk's ISO and GRUB's on each row of machines.py. The results go into a JSON
file as they come, so that a run can be continued; at the end they are the table of docs/machines.md. Fails if GRUB's
ISO boots somewhere where Whelk's does not, or if a row does not end as machines.py says."""

import argparse
import json
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ("harness", "kernels", "boot", "machines")]

import document  # noqa: E402
import good_kernels  # noqa: E402
import multiboot2_kernels  # noqa: E402
from discs import CONFIG, MKRESCUE, tree, write_tree  # noqa: E402
from machines import ROWS  # noqa: E402
from make_kernel import pattern  # noqa: E402
from qemu import PATIENCE, MachineFailure  # noqa: E402
from report import Report  # noqa: E402
from starts import MEDIA, discs_of_others  # noqa: E402
from test_multiboot2 import tree as tree_2  # noqa: E402

MODULE = pattern(1_300_001, 7)  # more than any firmware reads at once
LOADERS = {"Whelk": [str(MKRESCUE)], "GRUB": ["grub-mkrescue"]}
SECONDS = 20  # for a boot on an idle host
MORE_TO_DO = 3  # the exit status if --seconds ended the run
# What ends a boot that does not reach the kernel.
END = re.compile(r"^END$", re.MULTILINE)
OVER = re.compile(r"No bootable device|press a key|grub rescue>|(Hard Disk|Floppy|Read) Error|Press ESC in|boot error|nothing else to boot|"
                  r"No bootable option or device|Could not boot|Boot failed, halting|Press any key to reboot")
TIMING = re.compile(r"whelk-timing (\{.*?\})")
TELLS = re.compile("fail|error|unsupported|not found|boot error|whelk:|uas|panic", re.IGNORECASE)


# ---- The ISOs

def trees():
    """The tree of each protocol."""
    modules = [("words of the module", MODULE)]
    made = {1: tree(good_kernels.plain(), "words", modules), 2: tree_2(multiboot2_kernels.plain(), "words", modules)}
    for files in made.values():
        files[CONFIG] = b"set whelk_timing=com1\n" + files[CONFIG]
    return made


def make_images(folder, loaders=tuple(LOADERS)):
    """An ISO of each tree by each loader: {(loader, protocol): path}."""
    images = {}
    for protocol, files in trees().items():
        source = folder / f"tree{protocol}"
        write_tree(source, files)
        for loader in loaders:
            image = images[loader, protocol] = folder / f"{loader}{protocol}.iso"
            if not image.exists():
                subprocess.run([*LOADERS[loader], "-o", str(image), str(source)], check=True, capture_output=True,
                               stdin=subprocess.DEVNULL)
    return images


# ---- A boot

def is_whole(serial):
    """Whether the kernel's report says that all has arrived."""
    report = Report(serial)
    found = [(module["adler"], module["end"] - module["start"]) for module in report.modules]
    return report["regions_wrong"] == 0 and found == [(zlib.adler32(MODULE), len(MODULE))]


def wait_for_end(machine):
    """Waits until the kernel has reported, or nothing more will come. Returns what was said, or None if it has booted."""
    deadline, look = time.monotonic() + SECONDS * PATIENCE, 0
    while not END.search(machine.serial):
        now = time.monotonic()
        if now > look:
            said, look = machine.said(), now + 1
            if OVER.search(said) or not machine.is_running or now > deadline:
                return None if END.search(machine.serial) else said
        machine.wait_a_moment()
    return None


def telling(said):
    """The lines that tell of a problem, and the last ones."""
    lines = list(dict.fromkeys(line.strip()[:200] for line in said.split("\n") if line.strip()))
    return [line for line in lines[:-4] if TELLS.search(line)][-8:] + lines[-4:]


def boot(row, image, others):
    """One boot's result: {"boots": bool, …}."""
    try:
        with row.way.start(MEDIA[row.medium](image), others) as machine:
            said = wait_for_end(machine)
            if said is not None:
                return {"boots": False, "said": telling(said)}
            timing = TIMING.search(machine.serial)
            result = {"boots": is_whole(machine.serial)}
            if timing:
                result.update({key: value for key, value in json.loads(timing[1]).items()
                               if key in ("driver", "fallback", "jump", "transfers")})
            return result
    except MachineFailure as failure:
        return {"boots": False, "absent": True, "said": telling(str(failure))}


def faults(results):
    """What is not as it must be, a line each."""
    for row in ROWS:
        result = results.get(row.key)
        if result is None or not document.is_here(result):
            continue
        whelk, grub = result["Whelk"], result["GRUB"]
        if whelk["boots"] and row.limit:
            yield f"{row.key}: boots, in spite of the limit in machines.py"
        elif not whelk["boots"] and grub["boots"]:
            yield f"{row.key}: GRUB boots, Whelk does not: {whelk.get('said')}"
        elif not whelk["boots"] and not document.seen(row, result):
            yield f"{row.key}: does not boot, and it is not said why: {whelk.get('said')}"


def run(results, save, arguments, folder):
    folder.mkdir(parents=True, exist_ok=True)
    images, others = make_images(folder), discs_of_others(folder)
    started = time.monotonic()
    for number, row in enumerate(ROWS):
        if not re.search(arguments.only, row.key) or row.key in results:
            continue
        if arguments.seconds and time.monotonic() - started > arguments.seconds:
            return False
        protocol = number % 2 + 1
        result = {"protocol": protocol}
        for loader in LOADERS:
            result[loader] = boot(row, images[loader, protocol], others)
        results[row.key] = result
        save()
        print(f"{row.key}: " + ", ".join(f"{name} {'boots' if result[name]['boots'] else 'does not'}" for name in LOADERS),
              flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="results, which are continued")
    parser.add_argument("--folder", type=Path, required=True, help="for the ISOs")
    parser.add_argument("--only", default="", help="a regular expression for rows")
    parser.add_argument("--document", type=Path, help="the document whose table is written")
    parser.add_argument("--seconds", type=float, help="begins no row after this time")
    arguments = parser.parse_args()
    results = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}

    def save():
        arguments.json.write_text(json.dumps(results, indent=1))
    if not run(results, save, arguments, arguments.folder):
        return MORE_TO_DO
    if arguments.document:
        document.write(arguments.document, results)
    wrong = list(faults(results))
    print("\n".join(wrong) or f"{len(results)} machines: all as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
