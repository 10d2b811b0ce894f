# SPDX-License-Identifier: BSD-2-Clause
"""The boot tests' fixtures: `discs` makes ISOs, `boot` runs one to the report kernel's END."""

import collections
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent / folder) for folder in ("harness", "kernels", "boot")]

from discs import Discs  # noqa: E402
from place import Place  # noqa: E402
from qemu import FIRMWARES, Machine  # noqa: E402
from report import Report  # noqa: E402

EXIT_REPORTED = 0x10 << 1 | 1  # what isa-debug-exit makes of the report kernel's code


@dataclass
class Boot:
    serial: str
    status: int
    report: Report


def pytest_addoption(parser):
    parser.addoption("--loader", choices=("whelk", "grub"), default="whelk",
                     help="which loader boots where a test does not say (grub: try the tests themselves)")
    parser.addoption("--firmware", choices=FIRMWARES, default="seabios",
                     help="what boots where a test does not say; UEFI leaves out what is marked bios")


def pytest_configure(config):
    config.addinivalue_line("markers", "bios(why): left out under --firmware, and why")
    config.addinivalue_line("markers", "also_on(firmware): without --firmware, by this one as well")
    Machine.on = FIRMWARES[config.getoption("--firmware")]
    config.left_out = []


def pytest_collection_modifyitems(config, items):
    if not Machine.on:
        return
    config.left_out = [item for item in items if item.get_closest_marker("bios")]
    items[:] = [item for item in items if not item.get_closest_marker("bios")]
    config.hook.pytest_deselected(items=config.left_out)


def pytest_generate_tests(metafunc):
    also = metafunc.definition.get_closest_marker("also_on")
    if also and not Machine.on:
        metafunc.parametrize("on_firmware", ["seabios", *also.args], indirect=True)


@pytest.fixture(autouse=True)
def on_firmware(request, monkeypatch):
    """The firmware of a test that runs by two."""
    if hasattr(request, "param"):
        monkeypatch.setattr(Machine, "on", FIRMWARES[request.param])


def pytest_sessionfinish(session, exitstatus):
    """A file of which nothing is for this firmware has not failed."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.left_out:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter, config):
    why = collections.Counter(item.get_closest_marker("bios").args[0] for item in config.left_out)
    for reason, count in why.most_common():
        terminalreporter.line(f"not on {config.getoption('--firmware')}: {count} tests: {reason}")


@pytest.fixture(scope="session")
def discs(tmp_path_factory):
    return Discs(tmp_path_factory.mktemp("discs"))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def loader(request):
    return request.config.getoption("--loader")


def _boot(image, timeout, machine):
    with Machine(image, **machine) as qemu:
        if qemu.wait_for("^END$|press a key", timeout)[0] != "END":
            qemu.fail("the loader refused")
        status = qemu.wait_exit()
        assert status == EXIT_REPORTED, qemu.serial
        return Boot(qemu.serial, status, Report(qemu.serial))


@pytest.fixture(scope="session")
def booted():
    """What trees have come to, by ISO, firmware and machine: each boots once, however many tests look."""
    return {}


@pytest.fixture
def boot(discs, booted, loader):
    default_loader = loader

    def run(source, loader=None, timeout=30, **machine):
        """Boots a tree (dict) or an image (Path) of the report kernel; the rest goes to Machine."""
        if isinstance(source, Path):  # may be another one by the next time
            return _boot(source, timeout, machine)
        key = (discs.make(source, loader or default_loader), repr(Machine.on), repr(sorted(machine.items())))
        if key not in booted:
            booted[key] = _boot(key[0], timeout, machine)
        return booted[key]
    return run
