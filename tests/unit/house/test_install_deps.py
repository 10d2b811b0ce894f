# SPDX-License-Identifier: BSD-2-Clause
"""What is shown while the packages of a purpose are installed, and that a failure is one."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
APT = """#!/bin/sh
echo "$*" >>"$CALLS"
echo "Unpacking a"; echo "Setting up b"
case "$*" in *install*) [ "$(grep -c install "$CALLS")" -gt "$FAILURES" ] || { echo "no such package" >&2; exit 100; };; esac
"""
SAID = "Unpacking a\nSetting up b\n"


@pytest.fixture
def install(tmp_path):
    """Runs the script on a system that has no package; its first `failures` installations fail."""
    programs = {"apt-get": APT, "id": "#!/bin/sh\necho 0\n", "dpkg-query": "#!/bin/sh\n",
                "apt-cache": "#!/bin/sh\necho known\n"}
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(failures=0, stdout=subprocess.PIPE, **environment):
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls"), "FAILURES": str(failures),
                       **environment}
        return subprocess.run([ROOT / "tests/install-deps.sh", "demo"], env=environment, stdout=stdout, text=True,
                              stderr=subprocess.PIPE, timeout=60)
    run.calls = lambda: [call.split()[1] for call in (tmp_path / "calls").read_text().splitlines()]
    return run


def test_one_line_says_what_is_installed(install):
    done = install()
    assert done.returncode == 0 and install.calls() == ["install"]
    assert done.stdout.startswith("Installing gcc ") and done.stdout.count("\n") == 1


def test_v_1_shows_the_output_of_apt(install):
    assert install(V="1").stdout.endswith(SAID)


def test_a_terminal_shows_the_line_that_apt_is_at(install):
    reader, terminal = pty.openpty()
    done = install(stdout=terminal)
    os.close(terminal)
    shown = os.read(reader, 100_000).decode()
    os.close(reader)
    assert done.returncode == 0
    assert shown.endswith("\r\033[K  Unpacking a\r\033[K  Setting up b\r\033[K")


def test_packages_that_apt_does_not_know_are_tried_again_after_an_update(install):
    assert install(failures=1).returncode == 0 and install.calls() == ["install", "update", "install"]


def test_a_failure_of_apt_is_one_with_its_reason(install):
    done = install(failures=2)
    assert done.returncode == 100 and done.stderr == "no such package\n"
