# SPDX-License-Identifier: BSD-2-Clause
"""Compares the map of memory in docs/architecture.md with the symbols of the linked boot image, and
checks the image's size. A row of the map is: | 0x07c00 | `image_start` | … |. The address is — if
it depends on the build. Rows without a symbol are prose."""

import os
import pathlib
import re
import struct
import subprocess

import pytest

from loader_sum import sum_words

TREE = pathlib.Path(__file__).resolve().parents[4]
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
DOCUMENT = TREE / "docs" / "architecture.md"
FIRMWARE_LOADS = 2048  # starts at 0x7c00
SEGMENT = 0x10000
SECTOR = 2048
KIB = 1024
EBDA = 0x9FC00       # where conventional memory ends on most machines
ROW = re.compile(r"^\|\s*(0x[0-9a-fA-F]+|—)\s*\|\s*(?:`([^`]*)`)?\s*\|")


def rows():
    """The map from top to bottom as (address, or None if it depends on the build; symbol or
    None)."""
    found = [ROW.match(line) for line in DOCUMENT.read_text(encoding="utf-8").splitlines()]
    return [(None if row[1] == "—" else int(row[1], 16), row[2]) for row in found if row]


def named_rows():
    return [(address, symbol) for address, symbol in rows() if symbol]


@pytest.fixture(scope="module", name="symbols")
def linked_symbols():
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    subprocess.run(["make", "--no-print-directory", f"BUILD={BUILD}", f"{BUILD}/boot.img"],
                   cwd=TREE, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=300)
    listing = subprocess.run(["nm", BUILD / "boot.elf"], cwd=TREE, check=True,
                             capture_output=True, text=True, timeout=60).stdout
    fields = [line.split() for line in listing.splitlines()]
    return {line[2]: int(line[0], 16) for line in fields if len(line) == 3}


def test_the_map_has_rows_for_stack_image_and_stage_2():
    names = {symbol for _, symbol in named_rows()}
    assert {"stack_bottom", "image_start", "image_end", "bounce_buffer", "stage2_start",
            "arena_start", "information_page"} <= names


def test_each_symbol_of_the_map_is_in_the_boot_image(symbols):
    assert [symbol for _, symbol in named_rows() if symbol not in symbols] == []


def test_each_fixed_symbol_stands_where_the_map_says(symbols):
    documented = {symbol: hex(address) for address, symbol in named_rows() if address is not None}
    assert documented == {symbol: hex(symbols[symbol]) for symbol in documented}


def test_addresses_that_depend_on_the_build_are_in_the_maps_order(symbols):
    addresses = [symbols[symbol] for _, symbol in named_rows()]
    assert addresses == sorted(addresses)


def test_the_addresses_of_the_map_ascend():
    addresses = [address for address, _ in rows() if address is not None]
    assert addresses == sorted(addresses)


def test_nothing_of_the_loader_lies_in_the_page_of_the_information(symbols):
    assert symbols["image_end"] <= symbols["information_page"]
    assert symbols["information_page"] + 0x1000 <= symbols["overlay_start"]


def test_the_variables_are_in_no_page_with_code_and_below_the_information(symbols):
    assert symbols["image_end"] <= symbols["bss_start"] & ~0xFFF
    assert symbols["bss_end"] <= symbols["overlay_variables_limit"] <= symbols["information_page"]


def test_the_bounce_buffer_crosses_no_boundary_of_64_kib(symbols):
    assert symbols["bounce_buffer"] % 0x10000 == 0
    assert symbols["bounce_buffer_end"] - symbols["bounce_buffer"] == 0x10000


def test_the_blocks_before_the_image_fit_into_the_bounce_buffer_below_it(symbols):
    assert symbols["IMAGE_SEGMENT"] << 4 == symbols["stage2_start"] - SECTOR == symbols["bounce_buffer_end"] - SECTOR
    assert symbols["bounce_buffer"] + symbols["FRONT_MOST"] * SECTOR <= symbols["IMAGE_SEGMENT"] << 4


def test_conventional_memory_has_room_for_what_stage_2_allocates(symbols):
    assert EBDA - symbols["arena_start"] >= 256 * 1024


def test_the_firmware_loads_the_first_sector_and_the_rest_fits_one_segment(symbols):
    assert symbols["image_end"] - symbols["image_start"] == FIRMWARE_LOADS
    assert symbols["stage2_end"] - symbols["stage2_start"] == (symbols["image_sectors"] - 1) * SECTOR
    assert symbols["image_sectors"] * SECTOR <= SEGMENT


def test_the_boot_image_is_the_core_and_the_overlay_in_whole_sectors(symbols):
    size = (TREE / BUILD / "boot.img").stat().st_size
    assert size == (symbols["image_sectors"] + symbols["overlay_sectors"]) * SECTOR
    assert symbols["overlay_start"] + symbols["overlay_sectors"] * SECTOR <= symbols["overlay_limit"]


@pytest.mark.parametrize("part, start", [("core", 64), ("overlay", 0)])
def test_core_and_overlay_end_with_their_sums(symbols, part, start):
    image = (TREE / BUILD / "boot.img").read_bytes()
    core = symbols["image_sectors"] * SECTOR
    data = {"core": image[:core], "overlay": image[core:]}[part]
    assert data[-12:-4] == sum_words(data[start:-16])


def test_the_overlay_adds_up_to_0_so_that_the_checksum_is_that_of_the_core(symbols):
    overlay = (TREE / BUILD / "boot.img").read_bytes()[symbols["image_sectors"] * SECTOR:]
    assert sum(struct.unpack(f"<{len(overlay) // 4}I", overlay)) % 2**32 == 0


def test_the_overlay_leaves_two_pages_for_the_information(symbols):
    assert symbols["overlay_start"] - symbols["information_page"] >= 0x2000


# Keeps room for later changes. A change that needs it must save space elsewhere or enlarge the
# window.
@pytest.mark.parametrize("part, limit, left", [
    ("stage2_used_end", "stage2_limit", 4 * KIB),
])
def test_the_core_has_room_left(symbols, part, limit, left):
    assert symbols[limit] - symbols[part] >= left


def test_the_overlay_has_room_left(symbols):
    used = (TREE / BUILD / "bios" / "overlay.bin").stat().st_size
    assert symbols["overlay_limit"] - symbols["overlay_start"] - used >= 12 * KIB
