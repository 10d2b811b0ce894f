# SPDX-License-Identifier: BSD-2-Clause
"""The Makefile has the version, and all other places that name it agree."""

import email.utils
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = os.environ.get("BUILD", "build")
VERSION, = re.findall(r"^VERSION := (\d+\.\d+\.\d+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
# Files that may have the version as text.
NAMED_IN = {"Makefile", "CHANGELOG.md", "debian/changelog"}


def newest_release():
    """Version and date of the changelog's newest release."""
    return re.search(r"^## (\d+\.\d+\.\d+), (\d{4}-\d\d-\d\d)$", CHANGELOG, re.MULTILINE).groups()


def make(*arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    run = subprocess.run(["make", f"BUILD={BUILD}", *arguments], cwd=ROOT, capture_output=True, text=True,
                         env=environment)
    assert run.returncode == 0, run.stderr


def test_both_changelogs_have_this_version_with_the_same_date():
    version, date = newest_release()
    assert version == VERSION
    debians = (ROOT / "debian" / "changelog").read_text(encoding="utf-8")
    assert debians.startswith(f"whelk ({VERSION}) ")
    signed = email.utils.parsedate_to_datetime(re.search(r"^ -- .*>  (.*)$", debians, re.MULTILINE)[1])
    assert signed.date().isoformat() == date


def test_no_other_file_has_the_version():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("no git, or no checkout")
    number = re.compile(rf"(?<![\d.]){re.escape(VERSION)}(?![\d.+])")  # iPXE has a 1.0.0+git
    saying = {name for name in listed.stdout.split("\0")[:-1]
              if (ROOT / name).is_file() and number.search((ROOT / name).read_text(errors="ignore"))}
    assert saying == NAMED_IN


def test_the_program_and_the_installed_manual_pages_have_the_version(tmp_path):
    make("install", f"DESTDIR={tmp_path}", "PREFIX=/usr")
    said = subprocess.run([tmp_path / "usr/bin/whelk", "--version"], capture_output=True, text=True).stdout
    assert said == f"whelk {VERSION}\n"
    pages = sorted((tmp_path / "usr/share/man/man1").glob("*.1"))
    assert len(pages) > 5
    for page in pages:
        title, = re.findall(r"^\.TH .*$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert f'"Whelk {VERSION}"' in title, page
        assert page.stat().st_mode & 0o777 == 0o644
