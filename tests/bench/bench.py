#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Implements `make bench`: runs `whelk bench` on each controller that people boot from, writes the
chart and the tables, and compares with Whelk's targets. Fails if a target is missed."""

import argparse
import json
import subprocess
import sys
import textwrap
from pathlib import Path

MIB = 1 << 20
# The first platform has the chart, the targets for the PIIX, and all ways to boot.
PLATFORMS = {"pc, IDE CD": ("pc", "cdrom"), "q35, AHCI CD": ("q35", "cdrom"), "pc, IDE disk": ("pc", "hda"),
             "virtio-blk disk": ("pc", "virtio-blk"), "USB stick": ("pc", "usb"),
             "UEFI, AHCI CD": ("q35", "cdrom", "--uefi"), "UEFI, virtio-blk disk": ("q35", "virtio-blk", "--uefi"),
             "32-bit UEFI, AHCI CD": ("q35", "cdrom", "--uefi32")}
FIRST, Q35, VIRTIO = "pc, IDE CD", "q35, AHCI CD", "virtio-blk disk"
ELSEWHERE_LOADERS = "whelk,whelk-rom,grub,grub-i386-pc,isolinux"  # on the other platforms with a BIOS

# Targets. The keys are sizes of the module in MiB.
TIMES_FASTER_THAN_GRUB = {1: 30, 8: 60, 64: 100}  # the loader's share: the least factor
ACCESSES = 20_000  # the most, without the firmware's own
RAW_DMA_FACTOR, RAW_DMA_MORE = 1.5, 5.0  # the most: this factor of raw DMA, plus these ms
ELSEWHERE_TIMES = {8: 5}  # on the other platforms: the least factor of the loader's share
VIRTIO_TIMES = {1: 40, 8: 40}
# The whole boot of a row by that of whelk.rom, at least.
WHOLE_TIMES = {FIRST: {"grub": {1: 60, 8: 45}, "whelk": {1: 15, 8: 7}}, Q35: {"whelk": {1: 12, 8: 6}}}
RAW_ROM_FACTOR = {1: 2.0, 8: 1.3}  # the whole boot of whelk.rom by that of the raw probe ROM, at most

LINE = 100  # the most characters in a line of a document

START, END = "<!-- make bench writes from here -->", "<!-- make bench writes up to here -->"


def rows(result, size=None):
    """The rows of one size as {name: row}."""
    return {row["name"]: row for row in result["results"] if row["module_mib"] == size}


def sizes(result):
    return sorted({row["module_mib"] for row in result["results"]})


def share(row):
    return row["loader_ms"]["median"]


def whole(row):
    return row["total_ms"]["median"]


# ---- Targets

def first_checks(result):
    """The checks of the first platform as (what was found, whether it meets the target)."""
    for size in sizes(result):
        found = rows(result, size)
        whelk, grub, raw = (found.get(name) for name in ("whelk", "grub", "raw-dma"))
        if whelk is None:
            yield f"{size} MiB: Whelk was not measured", False
            continue
        wanted = TIMES_FASTER_THAN_GRUB.get(size)
        if wanted and grub:
            times = share(grub) / max(share(whelk), 0.001)
            yield f"{size} MiB: GRUB takes {times:.1f} times as long as Whelk, at least {wanted}", times >= wanted
        elif wanted:
            yield f"{size} MiB: GRUB was not measured", False
        accesses = whelk["accesses_above_firmware"]
        yield (f"{size} MiB: {accesses} device accesses above the firmware's own, at most {ACCESSES}",
               accesses is not None and accesses <= ACCESSES)
        if raw is None:
            yield f"{size} MiB: raw DMA was not measured", False
            continue
        limit = RAW_DMA_FACTOR * share(raw) + RAW_DMA_MORE
        yield (f"{size} MiB: Whelk takes {share(whelk):.1f} ms, at most {limit:.1f} "
               f"(raw DMA {share(raw):.1f} ms)", share(whelk) <= limit)


def elsewhere_checks(platform, result):
    for size in sizes(result):
        found = {name: row for name, row in rows(result, size).items() if "loader_ms" in row}
        whelk = found.pop("whelk", None)
        if whelk is None:
            yield f"{platform}, {size} MiB: Whelk was not measured", False
            continue
        wanted = (VIRTIO_TIMES if platform == VIRTIO else ELSEWHERE_TIMES).get(size)
        if wanted:
            times = share(found["grub"]) / max(share(whelk), 0.001) if "grub" in found else 0
            yield (f"{platform}, {size} MiB: GRUB takes {times:.1f} times as long as Whelk, at least "
                   f"{wanted}", times >= wanted)
        fastest = min(found.values(), key=share, default=None)
        if fastest:
            yield (f"{platform}, {size} MiB: Whelk takes {share(whelk):.1f} ms, the fastest of the others "
                   f"({fastest['label']}) {share(fastest):.1f}", share(whelk) <= share(fastest))


def whole_checks(platform, result):
    """The checks of the whole boots without a firmware."""
    for size in sizes(result):
        found = rows(result, size)
        limits = {name: wanted[size] for name, wanted in WHOLE_TIMES.get(platform, {}).items() if size in wanted}
        most = RAW_ROM_FACTOR.get(size) if platform == FIRST else None
        for name in [*limits, *(["raw-rom"] if most else [])]:
            if name not in found or "whelk-rom" not in found:
                yield f"{platform}, {size} MiB: the whole boot of {name} or whelk-rom was not measured", False
        if "whelk-rom" not in found:
            continue
        rom = whole(found["whelk-rom"])
        for name, least in limits.items():
            if name in found:
                times = whole(found[name]) / rom
                yield (f"{platform}, {size} MiB: {found[name]['label']} takes {times:.1f} times as long as whelk.rom, "
                       f"at least {least}", times >= least)
        if most and "raw-rom" in found:
            times = rom / whole(found["raw-rom"])
            yield (f"{platform}, {size} MiB: whelk.rom takes {times:.2f} times as long as the raw probe ROM, at most "
                   f"{most}", times <= most)


def checks(results):
    found = list(first_checks(results[FIRST])) if FIRST in results else []
    for platform, result in results.items():
        if platform != FIRST:
            found += elsewhere_checks(platform, result)
        found += whole_checks(platform, result)
    return found


# ---- Tables

def table(head, lines):
    return "\n".join(["| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines]]) + "\n"


def milliseconds(value):
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def factor(value):
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def median(summary):
    return milliseconds(summary["median"]) if summary else ""


def spread(summary):
    """The cells of a median, and of its lowest and highest."""
    return (median(summary), f"{milliseconds(summary['min'])} to {milliseconds(summary['max'])}") if summary else ("", "")


def ratio(value):
    return f"{factor(value)}×" if value else ""


def loaders(result):
    """What has a loader's share as {name: label}, in the order of the rows."""
    return {row["name"]: row["label"] for row in result["results"] if "loader_ms" in row}


def ways(result):
    """The names and labels of all that has a whole boot, the slowest first, by the smallest module."""
    found = [row for row in rows(result, sizes(result)[0]).values() if "total_ms" in row]
    return {row["name"]: row["label"] for row in sorted(found, key=whole, reverse=True)}


def whole_table(result):
    """A line for each way to boot, a column for each size: the whole boot, and GRUB's divided by it."""
    lines = []
    for name, label in ways(result).items():
        line = [label]
        for size in sizes(result):
            row = rows(result, size).get(name)
            times = row and row.get("whole_vs_grub")
            line.append((f"{milliseconds(whole(row))} ms" if row else "") +
                        (f" ({factor(times)}×)" if times and not name.startswith("grub") else ""))
        lines.append(line)
    return table(["from reset to the kernel", *(f"{size} MiB" for size in sizes(result))], lines)


def share_table(result):
    """A line for each loader, a column for each size."""
    lines = []
    for name, label in loaders(result).items():
        line = [label.removeprefix("SeaBIOS + ")]
        for size in sizes(result):
            row = rows(result, size).get(name)
            times = row and row.get("times_faster_than_grub")
            line.append((f"{milliseconds(share(row))} ms" if row else "") +
                        (f" ({factor(times)}×)" if times and name == "whelk" else ""))
        lines.append(line)
    return table(["the loader's share of it", *(f"{size} MiB" for size in sizes(result))], lines)


def full_table(result):
    lines = []
    for row in result["results"]:
        line = [f"{row['module_mib']} MiB", row["label"], *spread(row.get("total_ms")), ratio(row.get("whole_vs_grub")),
                median(row.get("firmware_ms")), *spread(row.get("loader_ms"))]
        accesses = row.get("accesses_above_firmware")
        line.append("" if accesses is None else f"{accesses:,}")
        lines.append(line)
    return table(["module", "boot", "whole, ms", "lowest to highest", "GRUB's by it", "firmware, ms", "loader, ms",
                  "lowest to highest", "accesses to devices above the firmware's own"], lines)


def stamps_table(result):
    """Whelk's own stamps, or "" if it printed none."""
    lines = []
    for row in result["results"]:
        stamps = row.get("timing_us")
        if stamps:
            phases = [key for key in stamps if key not in ("driver", "bytes", "transfers")]
            lines.append([f"{row['module_mib']} MiB", stamps["driver"],
                          *("" if stamps[key] is None else f"{stamps[key] / 1000:.1f}" for key in phases)])
    return table(["module", "driver", *phases], lines) if lines else ""


def paragraph(text, **indents):
    """The text, wrapped to lines that tests/lint/rules.py accepts."""
    return textwrap.fill(text, LINE, break_long_words=False, break_on_hyphens=False, **indents)


def point(text):
    """A point of a list."""
    return paragraph(text, initial_indent="- ", subsequent_indent="  ") + "\n"


def how(result):
    return f"{result['platform']}; medians of {result['runs']} boots each, in turn."


def readme_part(results, chart):
    result = results[FIRST]
    text = f"{how(result)} The module is random bytes. A factor says how many times as long GRUB takes."
    if any("loader_ms" not in row for row in result["results"]):
        text += " Without a firmware there is no moment at which it hands over to a loader, and so no share."
    return (f"![Time to the kernel's first instruction]({chart})\n\n{whole_table(result)}\n{share_table(result)}\n"
            f"{paragraph(text)}\n")


def document(results, checked):
    parts = ["# How long a boot takes\n",
             "Written by `make bench`; `docs/whelk-bench.1` says what is measured, and how.\n"]
    for platform, result in results.items():
        parts += [f"## {platform}\n", how(result) + "\n"]
        parts += ["![Time to the kernel's first instruction](bench.svg)\n"] if platform == FIRST else []
        parts.append(full_table(result))
        stamps = stamps_table(result)
        parts += ["Whelk's own stamps, in ms after the firmware has handed over:\n", stamps] if stamps else []
    parts += ["## Targets\n", "".join(point(f"{'met' if good else '**missed**'}: {text}") for text, good in checked)]
    return "\n".join(parts)


def replace_part(text, part, start=START, end=END):
    """The text with a new part between the marks."""
    before, _, rest = text.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"no {start} … {end}")
    return f"{before}{start}\n{part}{end}{after}"


# ---- The whole bench

def measure(arguments, platform, chart):
    machine, attach, *firmware = PLATFORMS[platform]
    all_ways = platform == FIRST or firmware
    runs = arguments.runs if platform == FIRST else min(arguments.runs, arguments.runs_elsewhere)
    command = [arguments.whelk, "bench", "--json", "--runs", str(runs), "--sizes", arguments.sizes,
               "--accel", "tcg", "--machine", machine, "--attach", attach, *firmware]
    command += ["--raw-dma", "--plot", str(chart)] if platform == FIRST else ["--no-accesses"]
    command += [] if all_ways else ["--loaders", ELSEWHERE_LOADERS]
    print(f"{platform}: {' '.join([*command, arguments.tree])}", flush=True)
    run = subprocess.run([*command, arguments.tree], stdout=subprocess.PIPE, text=True, check=False)
    if not run.stdout:
        sys.exit(f"{platform}: whelk bench failed")
    return json.loads(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whelk", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--runs-elsewhere", type=int, default=5, help="on the other platforms, at most (5)")
    parser.add_argument("--sizes", required=True)
    parser.add_argument("--json", type=Path, required=True, help="where all results go")
    parser.add_argument("--docs", type=Path, required=True, help="the folder for chart and tables")
    parser.add_argument("--readme", type=Path, required=True)
    parser.add_argument("--platforms", default=";".join(PLATFORMS))
    parser.add_argument("tree")
    arguments = parser.parse_args()
    arguments.docs.mkdir(parents=True, exist_ok=True)
    chart = arguments.docs / "bench.svg"
    results = {platform: measure(arguments, platform, chart) for platform in arguments.platforms.split(";")}
    arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    checked = checks(results)
    (arguments.docs / "bench.md").write_text("<!-- SPDX-License-Identifier: BSD-2-Clause -->\n" +
                                             document(results, checked), encoding="utf-8")
    if FIRST in results:
        readme = arguments.readme.read_text(encoding="utf-8")
        arguments.readme.write_text(replace_part(readme, readme_part(results, "docs/bench/bench.svg")),
                                    encoding="utf-8")
        print("\n" + whole_table(results[FIRST]) + "\n" + share_table(results[FIRST]))
    for text, good in checked:
        print(f"{'pass' if good else 'FAIL'}: {text}")
    return 0 if all(good for _, good in checked) else 1


if __name__ == "__main__":
    sys.exit(main())
