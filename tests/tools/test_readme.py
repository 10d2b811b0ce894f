# SPDX-License-Identifier: BSD-2-Clause
"""Runs the sessions of README.md as they are printed there, and checks that its table shows every command."""

import os
import re
import subprocess

import pytest

from discs import BUILD, ROOT
from qemu import PATIENCE

pytestmark = pytest.mark.bios("names its firmware itself")

README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSION = README.split("## The first minute")[1].split("\n## ")[0]
COMMANDS = ("mkrescue", "check", "run", "xen", "domain", "bench")


def session():
    """The commands, and what the page shows after each."""
    found = []
    for block in re.findall(r"(?:^(?:    .*)?\n)+", SESSION, re.MULTILINE):
        for line in block.strip("\n").splitlines():
            text = line[4:]
            if text.startswith("$ "):
                found.append((text[2:], []))
            elif text and found:
                found[-1][1].append(text)
    return found


def run_there(command, folder):
    """Runs a command of the page in a folder where build/ is a link to what was built."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    if command.startswith("make "):
        command = command.replace("make ", f"make -s -C {ROOT} BUILD={BUILD} ", 1)
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300 * PATIENCE)
    return done.stdout.replace("\r", "").replace(str(BUILD), "build")


def assert_shown(command, shown, wanted):
    """The lines that were printed are those of the page, of which … stands for any text or lines."""
    pattern = "".join(r"(?s:.*)" if line == "…" else
                      ".*".join(map(re.escape, line.split("…"))) + r"\n+" for line in wanted)
    assert re.fullmatch(r"\n*" + pattern + r"\n*", shown), (command, shown, wanted)


def test_the_first_minute_is_as_the_page_shows_it(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build/whelk").symlink_to(BUILD / "whelk")
    (tmp_path / "build/kernels").symlink_to(BUILD / "kernels")
    commands = session()
    assert len(commands) >= 6
    for command, wanted in commands:
        shown = run_there(command, tmp_path)
        if command == "make demo":  # the session goes on with a copy: other tests boot the tree as well
            subprocess.run(["cp", "-r", BUILD / "demo-tree", tmp_path / "build/demo-tree"], check=True)
        assert_shown(command, shown, wanted)
    assert (tmp_path / "my.iso").exists()


def test_the_first_session_fits_a_screen():
    lines = [line for line in SESSION.splitlines() if line.startswith("    ")]
    assert 15 <= len(lines) <= 27


def test_the_table_has_an_example_of_every_command_whose_options_exist():
    table = README.split("## What you can do with it")[1].split("\n## ")[0]
    examples = re.findall(r"`(whelk [a-z]+ [^`]*)`", table)
    assert {example.split()[1] for example in examples} >= set(COMMANDS)
    for example in examples:
        command = example.split()[1]
        text = subprocess.run([BUILD / "whelk", command, "--help"], capture_output=True, text=True).stdout
        for option in re.findall(r"(?<= )--?[a-z][a-z0-9-]*", example):
            assert re.search(rf"(^|\s){option}\b", text, re.MULTILINE), (example, option)


def test_the_chart_is_at_the_top_and_exists():
    picture = re.search(r"!\[[^]]+\]\(([^)]+)\)", README.split("## ")[0])
    assert picture and (ROOT / picture[1]).exists()
