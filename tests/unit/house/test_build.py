# SPDX-License-Identifier: BSD-2-Clause
"""make builds again what depends on a change, and nothing else."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = os.environ.get("BUILD", "build")


def make(*arguments):
    run = subprocess.run(["make", f"BUILD={BUILD}", *arguments], cwd=ROOT, capture_output=True, text=True,
                         env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")})
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module", autouse=True)
def built():
    make("all")


def made_again(changed):
    """The sources that make would compile or assemble."""
    commands = make("-n", "-W", changed, "all")
    sources = {path for root in ("boot", "loader", "stage2", "tools") for path in ROOT.glob(f"{root}/**/*.[ca]*")}
    names = {str(path.relative_to(ROOT)) for path in sources}
    return {word for word in commands.split() if word in names}


def test_nothing_is_made_if_nothing_changed():
    assert make("--question", "all") == ""


@pytest.mark.parametrize("header, users, others", [
    ("stage2/menu/menu.h", {"stage2/menu/menu.overlay.c", "stage2/platform/platform.overlay.c"}, {"loader/elf.c", "tools/tree/tree.c", "boot/bios/mode_switch.asm"}),
    ("loader/elf.h", {"loader/elf.c", "stage2/plan/plan.c"}, {"stage2/menu/menu.overlay.c", "boot/bios/disc.c"}),
    ("boot/bios/bios.h", {"boot/bios/disc.c", "boot/bios/start.c"}, {"stage2/main.c", "tools/iso/mkrescue.c"}),
    ("tools/lib/say.h", {"tools/iso/mkrescue.c"}, {"stage2/config/config.c", "boot/bios/disc.c"}),
])
def test_a_changed_header_rebuilds_what_includes_it_and_nothing_else(header, users, others):
    again = made_again(header)
    assert users <= again
    assert not others & again


def test_the_tool_is_made_again_when_the_boot_image_changes():
    assert "tools/lib/embedded.c" in made_again("boot/bios/boot.asm")
    assert "tools/lib/embedded.c" in made_again("linker/bios.ld")
