# SPDX-License-Identifier: BSD-2-Clause
"""A few rows of `make check-machines`, so that the matrix itself stays right: controllers that no other test has, a
loader in between, and a disk that its firmware does not read."""

import sys

import pytest

from discs import ROOT

sys.path.append(str(ROOT / "tests/machines"))

import matrix  # noqa: E402
from machines import ROWS  # noqa: E402

pytestmark = pytest.mark.seabios("names its firmware itself")

SAMPLE = ("SeaBIOS, pc, CD, am53c974", "SeaBIOS, pc, SD card, SDHCI", "SeaBIOS, pc, USB stick, UHCI",
          "SeaBIOS, pc, 486, CD, PIIX3 IDE", "SeaBIOS, memdisk, pc, CD, in memory",
          "SeaBIOS, pc, disk, virtio-blk, sectors of 4096")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return matrix.make_images(tmp_path_factory.mktemp("images"), loaders=("Whelk",))


@pytest.mark.parametrize("key", SAMPLE)
def test_a_row_of_the_matrix_ends_as_it_should(images, key):
    row, = [row for row in ROWS if row.key == key]
    result = matrix.boot(row, images["Whelk", 1], {})
    assert result["boots"] == (row.limit is None), result
    assert result["boots"] or row.limit.seen(result["said"]), result
