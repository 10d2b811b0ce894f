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
            "accesses_above_firmware": accesses, "times_faster_than_grub": None, "whole_vs_grub": None}


def bare(name, size, total):
    return {"name": name, "label": name.title(), "module_mib": size, "total_ms": summary(total), "iso_bytes": size << 20,
            "accesses_above_firmware": 100, "times_faster_than_grub": None, "whole_vs_grub": 66.6}


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
    assert missed(bench.checks({"USB stick": good})) == []
    assert missed(bench.checks({"USB stick": result(row("whelk", 1, 5), bare("whelk-rom", 1, 1))})) == []
    bad = result(row("whelk", 1, 5), row("isolinux", 1, 4.9), row("whelk", 8, 10), row("grub", 8, 49))
    assert missed(bench.checks({"USB stick": bad})) == [
        "USB stick, 1 MiB: Whelk takes 5.0 ms, the fastest of the others (Isolinux) 4.9",
        "USB stick, 8 MiB: GRUB takes 4.9 times as long as Whelk, at least 5"]


def test_by_virtio_blk_grub_takes_forty_times_as_long():
    good = result(row("whelk", 1, 5), row("grub", 1, 200), row("whelk", 8, 10), row("grub", 8, 400))
    assert missed(bench.checks({bench.VIRTIO: good})) == []
    bad = result(row("whelk", 1, 5), row("grub", 1, 199), row("whelk", 8, 10), row("grub", 8, 400))
    assert missed(bench.checks({bench.VIRTIO: bad})) == [
        "virtio-blk disk, 1 MiB: GRUB takes 39.8 times as long as Whelk, at least 40"]


WHOLE = result(row("grub", 1, 460), row("whelk", 1, 10), bare("whelk-rom", 1, 10), bare("raw-rom", 1, 5),
               row("grub", 8, 760), row("whelk", 8, 10), bare("whelk-rom", 8, 20), bare("raw-rom", 8, 20 / 1.3))


def test_the_targets_of_whole_boots_are_met_at_their_limits():
    found = list(bench.whole_checks(bench.FIRST, WHOLE))
    assert len(found) == 6 and missed(found) == []
    assert missed(bench.whole_checks(bench.Q35, result(row("whelk", 1, -20), bare("whelk-rom", 1, 10)))) == []
    assert list(bench.whole_checks("USB stick", result(row("whelk", 1, 5)))) == []


@pytest.mark.parametrize("changed, said", [
    (bare("whelk-rom", 1, 10.1), ["pc, IDE CD, 1 MiB: Grub takes 59.4 times as long as whelk.rom, at least 60",
                                  "pc, IDE CD, 1 MiB: Whelk takes 14.9 times as long as whelk.rom, at least 15",
                                  "pc, IDE CD, 1 MiB: whelk.rom takes 2.02 times as long as the raw probe ROM, at "
                                  "most 2.0"]),
    (row("whelk", 8, -1), ["pc, IDE CD, 8 MiB: Whelk takes 7.0 times as long as whelk.rom, at least 7"]),
    (bare("raw-rom", 8, 10), ["pc, IDE CD, 8 MiB: whelk.rom takes 2.00 times as long as the raw probe ROM, at most 1.3"]),
])
def test_a_missed_target_of_whole_boots_is_reported(changed, said):
    rows = [changed if (one["name"], one["module_mib"]) == (changed["name"], changed["module_mib"]) else one
            for one in WHOLE["results"]]
    assert missed(bench.whole_checks(bench.FIRST, result(*rows))) == said


@pytest.mark.parametrize("name", ["grub", "whelk", "whelk-rom", "raw-rom"])
def test_a_whole_boot_that_was_not_measured_is_a_missed_target(name):
    rows = [one for one in WHOLE["results"] if (one["name"], one["module_mib"]) != (name, 1)]
    assert missed(bench.whole_checks(bench.FIRST, result(*rows)))


def test_the_platforms_that_people_boot_from_are_measured():
    assert set(bench.PLATFORMS.values()) == {("pc", "cdrom"), ("q35", "cdrom"), ("pc", "hda"), ("pc", "virtio-blk"),
                                             ("pc", "usb"), ("q35", "cdrom", "--uefi"),
                                             ("q35", "virtio-blk", "--uefi"), ("q35", "cdrom", "--uefi32")}


def test_tables_have_as_many_cells_in_each_line():
    for found in (GOOD, WHOLE):
        for text in (bench.whole_table(found), bench.share_table(found), bench.full_table(found)):
            assert len({line.count("|") for line in text.splitlines()}) == 1
    assert "| Whelk | 5.0 ms | 10.0 ms | 50.0 ms |" in bench.share_table(GOOD)


def test_the_table_of_whole_boots_begins_with_the_slowest_and_has_no_mere_reading():
    lines = bench.whole_table(WHOLE).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["Grub", "Whelk", "Whelk-Rom", "Raw-Rom"]
    assert lines[2] == "| Whelk-Rom | 10.0 ms (67×) | 20.0 ms (67×) |"
    assert "raw DMA" not in bench.whole_table(GOOD) and "raw DMA" in bench.share_table(GOOD)


def test_whelk_by_uefi_is_told_from_whelk_by_a_bios_among_the_shares():
    found = result({**row("whelk", 1, 5), "label": "SeaBIOS + Whelk"}, {**row("whelk-uefi", 1, 9), "label": "OVMF + Whelk"})
    assert [line.split("|")[1].strip() for line in bench.share_table(found).splitlines()[2:]] == ["Whelk", "OVMF + Whelk"]


def test_the_readme_shows_the_chart_then_whole_boots_then_shares():
    text = bench.readme_part({bench.FIRST: WHOLE}, "chart.svg")
    places = [text.index(part) for part in ("chart.svg", "from reset", "the loader's share")]
    assert places == sorted(places)


def test_the_readmes_text_is_in_lines_of_100_characters():
    text = bench.readme_part({bench.FIRST: GOOD}, "chart.svg")
    assert "The module is random bytes." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100


def test_only_what_is_between_the_marks_is_replaced():
    text = f"before\n{bench.START}\nold\n{bench.END}\nafter\n"
    assert bench.replace_part(text, "new\n") == f"before\n{bench.START}\nnew\n{bench.END}\nafter\n"
    with pytest.raises(ValueError):
        bench.replace_part("no marks", "new\n")
    assert bench.replace_part((ROOT / "README.md").read_text(encoding="utf-8"), "new\n")


def test_a_point_of_the_document_has_lines_that_the_documents_may_have():
    lines = bench.point("met: " + "SeaBIOS + isolinux, " * 12).splitlines()
    assert max(map(len, lines)) <= bench.LINE
    assert lines[0].startswith("- met:") and all(line.startswith("  ") for line in lines[1:])
