# SPDX-License-Identifier: BSD-2-Clause
"""The boot tests' fixtures: `discs` makes ISOs, `boot` runs one to the report kernel's END."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "kernels"))

from discs import Discs  # noqa: E402
from place import Place  # noqa: E402
from qemu import Machine  # noqa: E402
from report import Report  # noqa: E402

# A shell has its background jobs ignore these, and so what they start; the tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

EXIT_REPORTED = 0x10 << 1 | 1  # what isa-debug-exit makes of the report kernel's code


@dataclass
class Boot:
    serial: str
    status: int
    report: Report


def pytest_addoption(parser):
    parser.addoption("--loader", choices=("whelk", "grub"), default="whelk",
                     help="which loader boots where a test does not say (grub: try the tests themselves)")


@pytest.fixture(scope="session")
def discs(tmp_path_factory):
    return Discs(tmp_path_factory.mktemp("discs"))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def loader(request):
    return request.config.getoption("--loader")


@pytest.fixture
def boot(discs, loader):
    default_loader = loader

    def run(source, loader=None, timeout=30, **machine):
        """Boots a tree (dict) or an image (Path) of the report kernel; the rest goes to Machine."""
        image = source if isinstance(source, Path) else discs.make(source, loader or default_loader)
        with Machine(image, **machine) as qemu:
            if qemu.wait_for("^END$|press a key", timeout)[0] != "END":
                qemu.fail("the loader refused")
            status = qemu.wait_exit()
            assert status == EXIT_REPORTED, qemu.serial
            return Boot(qemu.serial, status, Report(qemu.serial))
    return run
