# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures and options of the tests that start QEMU or make ISOs. `discs` makes ISOs; `boot` boots one until the report
kernel has written END."""

import collections
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent / folder) for folder in ("harness", "kernels", "boot")]

from discs import Discs  # noqa: E402
from place import Place  # noqa: E402
from qemu import FIRMWARES, Machine, cannot_attach, has_bios, has_pc_devices, on_pvh, on_rom  # noqa: E402
from report import Report  # noqa: E402

EXIT_REPORTED = 0x10 << 1 | 1  # QEMU's exit status after the report kernel has written 0x10 to isa-debug-exit


@dataclass
class Boot:
    serial: str
    status: int
    report: Report


def pytest_addoption(parser):
    parser.addoption("--loader", choices=("whelk", "grub"), default="whelk",
                     help="the loader of tests that name none (grub: shows whether GRUB passes them)")
    parser.addoption("--firmware", choices=FIRMWARES, default="seabios",
                     help="the firmware of tests that name none; all but seabios leave out tests that are marked seabios, "
                          "UEFI and pvh also those that are marked bios")


def left_out_here():
    """The markers of the tests that do not run on Machine.on."""
    if on_rom():
        return ["seabios", "firmware", *([] if has_pc_devices() else ["pc"])]
    if on_pvh():
        return ["seabios", "firmware", "bios", "drive"]
    return ["bare", *([] if has_bios() else ["seabios", "bios"])]


def pytest_configure(config):
    config.addinivalue_line("markers", "bios(why): left out under UEFI and pvh (--firmware), with the reason")
    config.addinivalue_line("markers", "also_on(firmware): without --firmware, the test runs twice: on SeaBIOS, and on this")
    config.addinivalue_line("markers", "seabios(why): left out on all firmwares but SeaBIOS, with the reason")
    config.addinivalue_line("markers", "firmware(why): left out where the loader asks no firmware (whelk.rom, whelk.elf), with the reason")
    config.addinivalue_line("markers", "bare(why): left out where a firmware starts the loader, with the reason")
    config.addinivalue_line("markers", "pc(why): left out on a machine without a PC's devices (microvm), with the reason")
    config.addinivalue_line("markers", "drive(why): left out where the disc is a file in memory (pvh), with the reason")
    Machine.on = FIRMWARES[config.getoption("--firmware")]
    config.left_out = []
    config.leave_out = left_out_here()


def why_left_out(config, item):
    """The reason why a test does not run on this firmware, or None."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    attach = parameters.get("attach")
    if cannot_attach(attach):
        return "discs that the machine has no place for, or that need a firmware's driver"
    if "machine" in parameters and not has_pc_devices():
        return "tests of other machines"
    marks = (item.get_closest_marker(name) for name in config.leave_out)
    return next((mark.args[0] for mark in marks if mark), None)


def pytest_collection_modifyitems(config, items):
    config.left_out = [item for item in items if why_left_out(config, item)]
    if not config.left_out:
        return
    items[:] = [item for item in items if not why_left_out(config, item)]
    config.hook.pytest_deselected(items=config.left_out)


def pytest_generate_tests(metafunc):
    also = metafunc.definition.get_closest_marker("also_on")
    if also and not Machine.on:
        metafunc.parametrize("on_firmware", ["seabios", *also.args], indirect=True)


@pytest.fixture(autouse=True)
def on_firmware(request, monkeypatch):
    """Sets the firmware for one run of a test that is marked also_on."""
    if hasattr(request, "param"):
        monkeypatch.setattr(Machine, "on", FIRMWARES[request.param])


def pytest_sessionfinish(session, exitstatus):
    """A run that leaves out all its tests on this firmware has passed."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.left_out:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter, config):
    why = collections.Counter(why_left_out(config, item) for item in config.left_out)
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
    """The boots that have run, by ISO, firmware and machine. Tests that ask for the same boot share it."""
    return {}


@pytest.fixture
def boot(discs, booted, loader):
    default_loader = loader

    def run(source, loader=None, timeout=30, **machine):
        """Boots a tree (dict) or an ISO (Path) with the report kernel. machine: further arguments of Machine."""
        if isinstance(source, Path):  # not shared: the file may change before the next boot
            return _boot(source, timeout, machine)
        key = (discs.make(source, loader or default_loader), repr(Machine.on), repr(sorted(machine.items())))
        if key not in booted:
            booted[key] = _boot(key[0], timeout, machine)
        return booted[key]
    return run
