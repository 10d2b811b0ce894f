# SPDX-License-Identifier: BSD-2-Clause
"""Collects the guests of the chosen tests, and runs them in one boot of the lab before the first test."""

import pytest

import lab
from guests import GUESTS


def pytest_configure(config):
    config.addinivalue_line("markers", "guest(name): the guest of guests.py that this test is about")
    config.addinivalue_line("markers", "quick: one of the few that say whether Xen works at all")


def _name(item):
    marker = item.get_closest_marker("guest")
    return marker.args[0] if marker else item.callspec.params["guest"]


@pytest.fixture(scope="session")
def results(request):
    lab.empty()
    wanted = {}
    for item in request.session.items:
        guest = GUESTS[_name(item)]
        if guest.name not in wanted:
            folder = lab.SHARE / guest.name
            folder.mkdir()
            guest.make(folder)
            (folder / "until").write_text(guest.until + "\n")
            wanted[guest.name] = guest.seconds
    return lab.run(wanted)


@pytest.fixture
def result(request, results):
    """The result of the test's guest, which must have ended as expected and in time."""
    found = results[_name(request.node)]
    assert found.how in ("seen", "status 0"), str(found)
    return found
