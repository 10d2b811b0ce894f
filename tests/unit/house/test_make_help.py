# SPDX-License-Identifier: BSD-2-Clause
"""make help names every target that is meant for people."""

import fnmatch
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Steps and parts of the targets for people. A new target must match one of these patterns or be in
# the help.
INTERNAL = ("*-run", "demo-boot", "kernels", "boot-*", "*-tests/*", "lint-*", "seeds-*", "fuzz-*",
            "check-fuzz-*", "xen-*", ".PHONY")
DURATION_WITHIN = 200  # characters after the target's name in the README


def make(*arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, env=environment).stdout


def phony_targets():
    """All targets in the database of make."""
    line, = re.findall(r"^\.PHONY:(.*)$", make("--print-data-base", "--question", "help"), re.MULTILINE)
    return set(line.split())


def is_internal(target):
    return any(fnmatch.fnmatchcase(target, pattern) for pattern in INTERNAL)


def named_targets():
    """The words after "make" in the help, without the explanation, which two blanks separate."""
    lines = re.findall(r"^ +make( [a-z][a-z -]*?)?(?:  |$)", make("-s", "help"), re.MULTILINE)
    return [target for line in lines for target in line.split()]


def test_help_names_each_target_for_people_and_no_other():
    for_people = {target for target in phony_targets() if not is_internal(target)}
    assert {"all", "check", "check-unit", "bench", "deps-xen"} <= for_people
    named = named_targets()
    assert len(named) == len(set(named))
    assert set(named) == for_people - {"help"}


@pytest.mark.parametrize("target, duration", [
    ("check-firmwares", "half an hour"), ("check-bare", "half an hour"), ("check-xen", "ten minutes"),
    ("check-machines", "half an hour"), ("bench", "half an hour"),
    ("bench-xen", "ten minutes")])
def test_help_and_readme_give_the_same_durations(target, duration):
    help_line, = re.findall(rf"^  make {target} .*$", make("-s", "help"), re.MULTILINE)
    assert f"({duration})" in help_line
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    after = re.split(rf"make {target}(?![\w-])", readme)[1:]
    assert any(duration in text[:DURATION_WITHIN] for text in after)
