# SPDX-License-Identifier: BSD-2-Clause
"""Runs all that docs/how-to.md shows, in its order, and what `whelk help` prints of the documents."""

import json
import re
import subprocess

import pytest

from discs import BUILD, ROOT
from multiboot2_kernels import KERNELS
from test_manual import workshop  # noqa: F401 (a fixture)

pytestmark = pytest.mark.bios("the tool alone")

PAGE = (ROOT / "docs" / "how-to.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def steps(section):
    """The configs and the commands of a section, in order."""
    for found in re.finditer(r"^```grub\n(.*?)^```|^    [$#] ([^\n]*)$", section, re.MULTILINE | re.DOTALL):
        yield found[1], found[2]


def report(path):
    """A report of whelk bench, which the page compares with itself."""
    times = [100, 101, 102, 103, 104]
    summary = {"median": 102, "min": 100, "max": 104}
    row = {"name": "whelk", "label": "Whelk", "module_mib": 0, "total_ms": summary, "total_runs_ms": times}
    path.write_text(json.dumps({"whelk": "1", "tree": "iso", "platform": "QEMU", "until": "the end", "runs": 5,
                                "results": [row]}))


@pytest.mark.parametrize("title", SECTIONS)
def test_what_the_page_shows_runs(workshop, title):  # noqa: F811
    place = workshop
    (place.path / "iso/boot/kernel2.elf").write_bytes(next(iter(KERNELS.values())).make())
    for name in ("report.json", "old.json"):
        report(place.path / name)
    (place.path / "data").write_bytes(b"data")
    ran = 0
    for config, command in steps(SECTIONS[title]):
        if config is not None:
            (place.path / "iso/boot/grub/grub.cfg").write_text(config)
            continue
        run = subprocess.run(["sh", "-c", command], cwd=place.path, env=place.environment, capture_output=True,
                             text=True, timeout=60)
        assert run.returncode == 0, (command, run.stdout, run.stderr)
        assert "warning" not in run.stderr, (command, run.stderr)
        ran += 1
    assert ran > 0


def test_the_page_has_the_subjects_that_people_ask_for():
    for subject in ("arguments", "menu", "serial", "graphics", "Debug", "Xen", "UEFI", "CI"):
        assert any(subject in title for title in SECTIONS), subject


@pytest.mark.parametrize("topic", ["how-to", "boot-errors"])
def test_the_program_prints_the_document_and_names_it_in_its_help(topic):
    whelk = str(BUILD / "whelk")
    page = (ROOT / "docs" / f"{topic}.md").read_text(encoding="utf-8").split("\n", 1)[1]
    run = subprocess.run([whelk, "help", topic], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, page, "")
    shown = " ".join(subprocess.run([whelk, "help"], capture_output=True, text=True).stdout.split())
    assert f"whelk help {topic}" in shown and len(page.split("\n")) > 50


def test_a_page_that_cannot_be_written_is_an_error():
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = subprocess.run([BUILD / "whelk", "help", "how-to"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1 and "standard output" in run.stderr
