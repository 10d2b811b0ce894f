# SPDX-License-Identifier: BSD-2-Clause
"""Tests the tables of make bench, and which targets it calls met."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import bench  # noqa: E402


def summary(median):
    return {"median": median, "min": median - 1, "max": median + 1}


def row(name, size, share, accesses=1000):
    return {"name": name, "label": name.title(), "module_mib": size, "loader_ms": summary(share),
            "firmware_ms": summary(140), "total_ms": summary(140 + share), "iso_bytes": size << 20,
            "accesses_above_firmware": accesses, "times_faster_than_grub": None}


def raw(size, share):
    return {"name": "raw-dma", "label": "raw DMA", "module_mib": size, "loader_ms": summary(share)}


def result(*results):
    return {"platform": "QEMU", "runs": 5, "results": list(results)}


def missed(found):
    return [text for text, good in found if not good]


GOOD = result(row("whelk", 1, 5), raw(1, 1), row("grub", 1, 150), row("whelk", 8, 10), raw(8, 4), row("grub", 8, 600),
              row("whelk", 64, 50), raw(64, 30), row("grub", 64, 5000))


def test_targets_are_met_at_their_limits():
    found = list(bench.first_checks(GOOD))
    assert len(found) == 9 and missed(found) == []


@pytest.mark.parametrize("changed, said", [
    (row("grub", 8, 599), "8 MiB: GRUB takes 59.9 times as long as Whelk, at least 60"),
    (row("whelk", 8, 10, accesses=20_001), "8 MiB: 20001 device accesses above the firmware's own, at most 20000"),
    (row("whelk", 8, 10, accesses=None), "8 MiB: None device accesses above the firmware's own, at most 20000"),
    (raw(8, 3), "8 MiB: Whelk takes 10.0 ms, at most 9.5 (raw DMA 3.0 ms)"),
])
def test_a_missed_target_is_reported(changed, said):
    rows = [changed if (one["name"], one["module_mib"]) == (changed["name"], changed["module_mib"]) else one
            for one in GOOD["results"]]
    assert missed(bench.first_checks(result(*rows))) == [said]


@pytest.mark.parametrize("name", ["whelk", "grub", "raw-dma"])
def test_a_target_that_was_not_measured_is_missed(name):
    rows = [one for one in GOOD["results"] if one["name"] != name]
    assert len(missed(bench.first_checks(result(*rows)))) == 3


def test_elsewhere_no_peer_may_be_faster_and_grub_is_five_times_slower():
    good = result(row("whelk", 1, 5), row("isolinux", 1, 5), row("whelk", 8, 10), row("grub", 8, 50))
    assert missed(bench.checks({"q35": good})) == []
    bad = result(row("whelk", 1, 5), row("isolinux", 1, 4.9), row("whelk", 8, 10), row("grub", 8, 49))
    assert missed(bench.checks({"q35": bad})) == [
        "q35, 1 MiB: Whelk takes 5.0 ms, the fastest of the others (Isolinux) 4.9",
        "q35, 8 MiB: GRUB takes 4.9 times as long as Whelk, at least 5"]


def test_the_platforms_that_people_boot_from_are_measured():
    assert set(bench.PLATFORMS.values()) == {("pc", "cdrom"), ("q35", "cdrom"), ("pc", "hda"), ("pc", "virtio-blk"),
                                             ("pc", "usb"), ("q35", "cdrom", "--uefi"),
                                             ("q35", "virtio-blk", "--uefi"), ("q35", "cdrom", "--uefi32")}


def test_tables_have_as_many_cells_in_each_line():
    for text in (bench.share_table(GOOD), bench.full_table(GOOD)):
        assert len({line.count("|") for line in text.splitlines()}) == 1
    assert "| Whelk | 5.0 ms | 10.0 ms | 50.0 ms |" in bench.share_table(GOOD)


def test_the_readmes_text_is_in_lines_of_100_characters():
    text = bench.readme_part({bench.FIRST: GOOD}, "chart.svg")
    assert "the module is random bytes." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100


def test_only_what_is_between_the_marks_is_replaced():
    text = f"before\n{bench.START}\nold\n{bench.END}\nafter\n"
    assert bench.replace_part(text, "new\n") == f"before\n{bench.START}\nnew\n{bench.END}\nafter\n"
    with pytest.raises(ValueError):
        bench.replace_part("no marks", "new\n")
    assert bench.replace_part((ROOT / "README.md").read_text(encoding="utf-8"), "new\n")
