#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`make bench-xen` runs this: `whelk bench --xen` in the lab's dom0, with GRUB and Whelk in turn on the same trees,
and Whelk without a firmware. It writes the tables to the README, and fails if Whelk is not as much faster as promised.

Whole boots are from `xl create` on, by dom0's clock. A guest's start takes seconds there, and its time varies. So the
loader's share is read from Xen's log: the time from SeaBIOS's last line to the probe kernel's."""

import argparse
import json
import re
import shlex
import shutil
import statistics
import sys
from pathlib import Path

import lab

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

from bench import factor, paragraph, replace_part, whole  # noqa: E402

TIMES_FASTER_THAN_GRUB = {8: 30}  # the loader's share; module in MiB: least factor
# The whole boot of an HVM guest with Whelk by that of these, the least factor; for each size of the module.
WHOLE_TIMES = {"whelk-pvh": 10, "whelk-hvm": 2.5}
START, END = "<!-- make bench-xen writes from here -->", "<!-- make bench-xen writes up to here -->"
SECONDS_OF_A_ROUND = 300  # time limit for one run of one size
MEMORY_MIB = 128
LINE = re.compile(r"^\(d(\d+)\) \[ *([\d.]+)\] (Booting from 0000:7c00|kernel)\s*$", re.MULTILINE)
ROWS = ("whelk", "whelk-hvm", "whelk-pvh", "grub")  # in the order in which whelk bench starts them
LOADERS = ("whelk", "grub")  # have a firmware before them



def shares(console, sizes, runs):
    """The loaders' shares by Xen's log: {(size, loader): [ms]}. The order in which whelk bench starts guests identifies
    them: one without a loader, to warm up; then for each size, runs without a loader and with each loader, and last
    Whelk's runs with time stamps."""
    guests = {}
    for guest, moment, what in LINE.findall(console):
        guests.setdefault(int(guest), {})[what.split()[0]] = float(moment)
    order = [(None, None)]
    for size in sizes:
        order += [(size, loader) for loader in (None, *ROWS)] * runs + [(size, "stamps")] * runs
    if len(guests) != len(order):
        sys.exit(f"{len(guests)} guests were started, not {len(order)}")
    found = {}
    for (size, loader), (guest, moments) in zip(order, sorted(guests.items())):
        if ("kernel" in moments) != (loader is not None):
            sys.exit(f"guest {guest} is not what was expected")
        if loader in LOADERS:
            found.setdefault((size, loader), []).append(1000 * (moments["kernel"] - moments["Booting"]))
    return found


def with_shares(result, console):
    """The results, with the shares from Xen's log instead of those from the whole boots."""
    found = shares(console, sorted(rows(result)), result["runs"])
    for row in result["results"]:
        if row["name"] not in LOADERS:
            continue
        each = found[row["module_mib"], row["name"]]
        row["loader_ms"] = {"median": statistics.median(each), "min": min(each), "max": max(each)}
    return result


def measure(tree, runs, sizes):
    lab.empty()
    folder = lab.SHARE / "bench"
    folder.mkdir()
    shutil.copy(lab.WHELK, folder / "whelk")
    shutil.copytree(tree, folder / "tree")
    words = ["./whelk", "bench", "--xen", "--json", "--loaders", ",".join(ROWS), "--runs", str(runs), "--sizes", sizes,
             "--memory", str(MEMORY_MIB), "tree"]
    (folder / "command").write_text(shlex.join(words) + " >bench.json\n")
    result = lab.run({"bench": SECONDS_OF_A_ROUND * runs * len(sizes.split(","))})["bench"]
    if result.how != "status 0":
        sys.exit(str(result))
    console = (lab.LAB / "console.log").read_bytes().decode("latin-1").replace("\r", "")
    return with_shares(json.loads((folder / "bench.json").read_text()), console)


def rows(result):
    """{size: {loader: row}}."""
    found = {}
    for row in result["results"]:
        found.setdefault(row["module_mib"], {})[row["name"]] = row
    return found


def times(each):
    return each["grub"]["loader_ms"]["median"] / max(each["whelk"]["loader_ms"]["median"], 0.001)


def own_ms(row):
    """The time from the firmware's jump to the loader until the jump to the kernel, by Whelk's own time stamps."""
    return row["timing_us"]["jump"] / 1000 if row.get("timing_us") else None


def seconds(spread):
    return f"{spread['median'] / 1000:.2f} s ({spread['min'] / 1000:.2f} to {spread['max'] / 1000:.2f})"


def whole_table(result):
    """A line for each way to boot, the slowest first, a column for each size."""
    sizes = sorted(rows(result))
    first = rows(result)[sizes[0]]
    lines = ["| from `xl create` to the kernel | " + " | ".join(f"{size} MiB" for size in sizes) + " |",
             "| --- |" + " --- |" * len(sizes)]
    for name in sorted(first, key=lambda name: whole(first[name]), reverse=True):
        cells = []
        for size in sizes:
            row, today = (rows(result)[size].get(name) for name in (name, "whelk"))
            times = whole(today) / whole(row) if row and today and "loader_ms" not in row else None
            cells.append((f"{whole(row) / 1000:.2f} s" if row else "") + (f" ({factor(times)}×)" if times else ""))
        lines.append(f"| {first[name]['label']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def share_table(result):
    lines = ["| in a guest of Xen | GRUB | Whelk | times shorter | Whelk's own stamps |", "| --- | --- | --- | --- | --- |"]
    for size, each in sorted(rows(result).items()):
        if not set(LOADERS) <= set(each):
            continue
        own = own_ms(each["whelk"])
        lines.append(f"| {size} MiB | {seconds(each['grub']['loader_ms'])} | {seconds(each['whelk']['loader_ms'])} | "
                     f"{times(each):.0f} | {f'{own:.0f} ms' if own else ''} |")
    return "\n".join(lines) + "\n"


def readme_part(result):
    text = (f"Guests of {result['platform'].partition('guest of ')[2]}; Xen and its dom0 run in QEMU's emulation of an "
            f"AMD processor (the lab of `make check-xen`). Medians of {result['runs']} boots each, in turn; a factor says "
            "how many times as long an HVM guest takes with Whelk by the firmware. The second table is the loader's "
            "share in an HVM guest, without the guest's start and its firmware (`docs/xen.md`). Only the ratios mean "
            "something: the emulation makes each access to a device more than a millisecond long.")
    return f"{whole_table(result)}\n{share_table(result)}\n{paragraph(text)}\n"


def checks(result):
    """The targets as (what was found, whether it meets the target)."""
    for size, wanted in TIMES_FASTER_THAN_GRUB.items():
        if size in rows(result):
            found = times(rows(result)[size])
            yield f"{size} MiB: GRUB's share is {found:.1f} times Whelk's, at least {wanted}", found >= wanted
    for size, each in sorted(rows(result).items()):
        for name, wanted in WHOLE_TIMES.items():
            if name not in each:
                yield f"{size} MiB: {name} was not measured", False
                continue
            found = whole(each["whelk"]) / whole(each[name])
            yield (f"{size} MiB: the boot of an HVM guest takes {found:.1f} times as long as {each[name]['label']}, at "
                   f"least {wanted}", found >= wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--sizes", required=True)
    parser.add_argument("--json", type=Path, required=True, help="where the results go")
    parser.add_argument("--measured", type=Path, help="write the README from this file of results, measure nothing")
    parser.add_argument("--readme", type=Path, required=True)
    parser.add_argument("tree")
    arguments = parser.parse_args()
    if arguments.measured:
        result = json.loads(arguments.measured.read_text())
    else:
        result = measure(arguments.tree, arguments.runs, arguments.sizes)
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    readme = arguments.readme.read_text(encoding="utf-8")
    arguments.readme.write_text(replace_part(readme, readme_part(result), START, END), encoding="utf-8")
    print(whole_table(result) + "\n" + share_table(result))
    checked = list(checks(result))
    for text, good in checked:
        print(f"{'pass' if good else 'FAIL'}: {text}")
    return 0 if all(good for _, good in checked) else 1


if __name__ == "__main__":
    sys.exit(main())
