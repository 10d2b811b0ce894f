# SPDX-License-Identifier: BSD-2-Clause
"""ACPICA's disassembler (Debian: acpica-tools) reads the DSDT that guests of Xen get."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]
BUILD = ROOT / os.environ.get("BUILD", "build")
LINES, DEVICES, PINS = (5, 10, 11, 5), range(1, 32), range(4)


@pytest.fixture(scope="module", name="source")
def disassembled(tmp_path_factory):
    if not shutil.which("iasl"):
        pytest.skip("iasl is not installed (acpica-tools): the DSDT is not read")
    directory = tmp_path_factory.mktemp("dsdt")
    program = BUILD / "unit/boot/bare/pvh/test_xen_acpi"
    subprocess.run(["make", f"BUILD={BUILD}", program], cwd=ROOT, check=True, capture_output=True,
                   env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")})
    subprocess.run([program, directory / "dsdt.aml"], check=True)
    run = subprocess.run(["iasl", "-d", "dsdt.aml"], cwd=directory, capture_output=True, text=True, check=True)
    assert "Error" not in run.stderr, run.stderr
    return (directory / "dsdt.dsl").read_text()


def test_each_pin_of_each_device_has_its_line(source):
    rows = re.findall(r"Package \(0x04\)\s*{\s*0x(\w+)FFFF,\s*0x(\w+),\s*0x00,\s*0x(\w+)\s*}", source)
    found = {(int(device, 16), int(pin, 16)): int(line, 16) for device, pin, line in rows}
    assert found == {(device, pin): LINES[(device + pin) % 4] for device in DEVICES for pin in PINS}


def test_the_bus_has_its_windows(source):
    assert "PNP0A03" in source and "WordBusNumber" in source
    ranges = re.findall(r"0x(\w+), +// Range M(?:in|ax)imum", source.split("DWordMemory")[2])[:2]
    assert [int(value, 16) for value in ranges] == [0xF0000000, 0xFBFFFFFF]


def test_the_machine_can_be_switched_off(source):
    assert "_S5" in source
