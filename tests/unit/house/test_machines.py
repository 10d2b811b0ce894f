# SPDX-License-Identifier: BSD-2-Clause
"""What `make check-machines` says of its results, and the table that it writes."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("harness", "kernels", "boot", "machines")]

import document  # noqa: E402
import matrix  # noqa: E402
from machines import NO_DRIVER, ROWS  # noqa: E402

FREE = next(row for row in ROWS if row.limit is None)
LIMITED = next(row for row in ROWS if row.limit is NO_DRIVER)
BOOTS = {"boots": True, "driver": "int13", "transfers": 21, "jump": 12345}
FAILS = {"boots": False, "said": ["a last line"]}
SHOWN = {"boots": False, "said": ["a first line", "No bootable device."]}


def results(row, whelk, grub):
    return {row.key: {"protocol": 1, "Whelk": whelk, "GRUB": grub}}


@pytest.mark.parametrize("row, whelk, grub, said", [
    (FREE, FAILS, BOOTS, "GRUB boots, Whelk does not"), (LIMITED, SHOWN, BOOTS, "GRUB boots, Whelk does not"),
    (FREE, FAILS, FAILS, "it is not said why"), (LIMITED, FAILS, FAILS, "it is not said why"),
    (LIMITED, BOOTS, FAILS, "in spite of the limit")])
def test_a_row_is_wrong_if(row, whelk, grub, said):
    fault, = matrix.faults(results(row, whelk, grub))
    assert fault.startswith(row.key) and said in fault


@pytest.mark.parametrize("row, whelk, grub", [
    (FREE, BOOTS, BOOTS), (FREE, BOOTS, FAILS), (LIMITED, SHOWN, FAILS),
    (FREE, {**FAILS, "absent": True}, {**FAILS, "absent": True})])
def test_a_row_is_right_if(row, whelk, grub):
    assert list(matrix.faults(results(row, whelk, grub))) == []


def test_the_table_has_the_rows_and_the_limits_with_what_was_seen(tmp_path):
    page = tmp_path / "machines.md"
    page.write_text(f"Before.\n{document.START}\nold\n{document.FINISH}\nAfter.\n")
    document.write(page, {**results(FREE, BOOTS, FAILS), **results(LIMITED, SHOWN, FAILS)})
    text = page.read_text()
    assert text.startswith("Before.\n") and text.endswith(f"{document.FINISH}\nAfter.\n") and "old" not in text
    assert "| 1 | int13 | 21 | 12 | boots | no |\n" in text
    assert "| no (1) | no |\n" in text
    assert f"1. {LIMITED.limit.of}: " in text and "`No bootable device.`" in text
    assert "2 rows; Whelk boots on 1, GRUB on 0." in text


def test_the_matrix_has_ninety_rows_and_none_twice():
    assert len({row.key for row in ROWS}) == len(ROWS) >= 90
