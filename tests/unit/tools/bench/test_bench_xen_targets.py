# SPDX-License-Identifier: BSD-2-Clause
"""Tests the table of make bench-xen, its target, and how it changes the README."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests" / "xen"))

import bench_xen  # noqa: E402


def row(name, size, share, whole):
    return {**bare(name, size, whole), "loader_ms": {"median": share, "min": share - 10, "max": share + 10}}


def bare(name, size, whole):
    return {"name": name, "label": name.upper(), "module_mib": size, "total_ms": {"median": whole}}


def result(whelk_ms, whelk_whole_ms=5000):
    whelk = {**row("whelk", 8, whelk_ms, whelk_whole_ms), "timing_us": {"jump": 150_400}}
    return {"platform": "HVM guest of Xen 4.17, 128 MiB", "runs": 3,
            "results": [whelk, bare("whelk-hvm", 8, 2000), bare("whelk-pvh", 8, 500), row("grub", 8, 30_000, 40_000)]}


@pytest.fixture
def run(tmp_path, monkeypatch):
    def call(whelk_ms, whole_ms=5000, readme=f"before\n{bench_xen.START}\nold\n{bench_xen.END}\nafter\n"):
        (tmp_path / "results").write_text(json.dumps(result(whelk_ms, whole_ms)))
        (tmp_path / "README.md").write_text(readme)
        monkeypatch.setattr(sys, "argv", ["bench_xen", "--runs", "3", "--sizes", "8", "--json", str(tmp_path / "x"),
                                          "--measured", str(tmp_path / "results"), "--readme",
                                          str(tmp_path / "README.md"), "tree"])
        return bench_xen.main(), (tmp_path / "README.md").read_text()
    return call


@pytest.mark.parametrize("whelk_ms, whole_ms, status", [(1000, 5000, 0), (1001, 5000, 1), (1000, 4999, 1)])
def test_the_targets_are_met_at_their_limits(run, whelk_ms, whole_ms, status):
    assert run(whelk_ms, whole_ms)[0] == status


def test_a_guest_that_was_not_measured_is_a_missed_target():
    found = result(1000)
    found["results"] = [row for row in found["results"] if row["name"] != "whelk-pvh"]
    assert [text for text, good in bench_xen.checks(found) if not good] == ["8 MiB: whelk-pvh was not measured"]


def test_whole_boots_come_first_from_the_slowest_on(run):
    part = run(1000)[1]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    assert lines[:2] == ["| from `xl create` to the kernel | 8 MiB |", "| --- | --- |"]
    assert lines[2:6] == ["| GRUB | 40.00 s |", "| WHELK | 5.00 s |", "| WHELK-HVM | 2.00 s (2.5×) |",
                          "| WHELK-PVH | 0.50 s (10×) |"]


def test_the_readme_gets_the_table_between_its_marks_and_nothing_else_changes(run):
    text = run(1000)[1]
    before, _, rest = text.partition(bench_xen.START)
    part, _, after = rest.partition(bench_xen.END)
    assert (before, after) == ("before\n", "\nafter\n") and "old" not in part
    assert "| 8 MiB | 30.00 s (29.99 to 30.01) | 1.00 s (0.99 to 1.01) | 30 | 150 ms |" in part
    assert "emulation" in part and "Guests of Xen 4.17, 128 MiB;" in part
    assert "3 boots each" in " ".join(part.split())
    assert max(map(len, part.splitlines())) <= 100


def test_a_readme_without_marks_is_refused(run):
    with pytest.raises(ValueError):
        run(1000, readme="nothing\n")


CONSOLE = "".join(f"(d{guest}) [ {moment:10.6f}] {line}\n" for guest, moment, line in (
    (1, 10, "Booting from 0000:7c00"), (2, 20, "Booting from 0000:7c00"), (3, 30, "Booting from 0000:7c00"),
    (3, 30.5, "kernel"), (4, 32, "kernel"), (5, 33, "kernel"), (6, 40, "Booting from 0000:7c00"), (6, 70, "kernel"),
    (7, 80, "Booting from 0000:7c00"), (7, 81, "kernel")))


def test_the_shares_are_from_the_firmwares_last_line_to_the_kernels():
    assert bench_xen.shares(CONSOLE, [8], 1) == {(8, "whelk"): [500], (8, "grub"): [30_000]}


@pytest.mark.parametrize("changed", [CONSOLE + CONSOLE.replace("(d7)", "(d8)"), CONSOLE.replace("(d2)", "(d9)")])
def test_guests_in_another_order_are_refused(changed):
    with pytest.raises(SystemExit):
        bench_xen.shares(changed, [8], 1)
