# SPDX-License-Identifier: BSD-2-Clause
"""make names what the build needs and does not find, with its package, before it compiles
anything."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NEEDS = ROOT / "tests" / "build-needs.sh"
WITH = {"CC": "gcc", "NASM": "nasm", "EFI_HEADERS": "/usr/include/efi"}
PROGRAMS = ("gcc", "ld", "objcopy", "nasm")


def environment(**changed):
    """The environment without the variables of a make that runs this test."""
    return {key: value for key, value in os.environ.items()
            if not key.startswith("MAKE") and key not in ("BUILD", "CPPFLAGS")} | changed


@pytest.fixture
def programs(tmp_path):
    """A PATH with all programs of the present PATH; tests remove some from it."""
    path = tmp_path / "bin"
    path.mkdir()
    for folder in os.environ["PATH"].split(":"):
        for program in Path(folder).glob("*"):
            link = path / program.name
            if not link.is_symlink():
                link.symlink_to(program)
    return path


def needs(**changed):
    run = subprocess.run([NEEDS], capture_output=True, text=True,
                         env=environment(**(WITH | changed)))
    return run.returncode, run.stdout + run.stderr


def make(build, path, *arguments):
    return subprocess.run(["/usr/bin/make", "-C", ROOT, f"BUILD={build}", *arguments],
                          capture_output=True, text=True, env=environment(PATH=str(path)))


def test_nothing_is_said_if_nothing_is_missing():
    assert needs() == (0, "")


@pytest.mark.parametrize("program, package", [
    ("gcc", "gcc"), ("ld", "binutils"), ("objcopy", "binutils"), ("nasm", "nasm")])
def test_make_names_a_missing_program_before_it_compiles(programs, tmp_path, program, package):
    (programs / program).unlink()
    run = make(tmp_path / "build", programs, "-j2")
    assert run.returncode != 0
    assert (f"make: {program} is missing: apt-get install {package} "
            "(or: make deps-build as root)\n") in run.stderr
    assert "CC " not in run.stdout and "ASM " not in run.stdout


# One file of each kind that a compiler or an assembler makes.
@pytest.mark.parametrize("target", [
    "bios/make_boot_image", "efi/write_sum", "bare/write_font", "bios/stage2/main.o",
    "bios/stage2/menu/menu.overlay.o",
    "bios/boot/bios/boot.asm.o", "efi/x64/stage2/main.o", "efi/ia32/handoff.asm.o",
    "host/tools/whelk.o", "host/loader/elf.o", "probe/probe.o", "probe/starter-x64.o", "mbr.img", "nothing.img",
    "kernels/tiny.bin", "kernels/report.o"])
def test_nothing_is_compiled_if_something_is_missing(programs, tmp_path, target):
    (programs / "objcopy").unlink()
    run = make(tmp_path / "build", programs, str(tmp_path / "build" / target))
    assert run.returncode != 0 and "make: objcopy is missing: " in run.stderr
    assert not (tmp_path / "build" / target).exists()


def test_the_compiler_is_the_one_that_make_was_given(tmp_path):
    run = make(tmp_path / "build", os.environ["PATH"], "CC=no-such-compiler -O1", "all")
    assert "make: no-such-compiler is missing: apt-get install gcc " in run.stderr


def test_all_that_is_missing_is_in_one_line(programs):
    for program in PROGRAMS:
        (programs / program).unlink()
    status, said = needs(PATH=str(programs), EFI_HEADERS="/nowhere")
    assert status != 0
    assert said == ("make: gcc, ld, objcopy, nasm, /nowhere/efi.h are missing: "
                    "apt-get install gcc binutils nasm gnu-efi (or: make deps-build as root)\n")


def test_a_header_that_the_compiler_does_not_find_is_named():
    status, said = needs(CC="gcc -nostdinc")
    assert status != 0
    assert said == ("make: stdio.h, linux/kvm.h, libisofs/libisofs.h are missing: "
                    "apt-get install libc6-dev linux-libc-dev libisofs-dev "
                    "(or: make deps-build as root)\n")


def test_gnu_efis_headers_of_both_machines_are_asked_for(tmp_path):
    (tmp_path / "x86_64").mkdir()
    for name in ("efi.h", "x86_64/efibind.h"):
        (tmp_path / name).touch()
    status, said = needs(EFI_HEADERS=str(tmp_path))
    assert status != 0
    assert said.startswith(f"make: {tmp_path}/ia32/efibind.h is missing: apt-get install gnu-efi ")


def test_a_header_that_the_users_flags_lead_to_counts(tmp_path):
    for name in ("stdio.h", "linux/kvm.h", "libisofs/libisofs.h"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert needs(CC="gcc -nostdinc", CPPFLAGS=f"-I{tmp_path}") == (0, "")


def test_without_apt_the_documentation_is_named(programs):
    (programs / "apt-get").unlink()
    (programs / "nasm").unlink()
    assert needs(PATH=str(programs)) == (
        1, "make: nasm is missing: docs/building.md names the packages\n")


@pytest.mark.parametrize("goal", ["clean", "help"])
def test_a_goal_that_compiles_nothing_needs_nothing(programs, tmp_path, goal):
    for program in PROGRAMS:
        (programs / program).unlink()
    run = make(tmp_path / "build", programs, goal)
    assert run.returncode == 0 and run.stderr == ""


def test_deps_build_installs_each_package_that_is_named():
    calls = re.compile(r"^ *(?:program|header|lacks) .* ([a-z][a-z0-9-]+)$", re.MULTILINE)
    named = set(calls.findall(NEEDS.read_text()))
    dependencies = (ROOT / "tests" / "dependencies").read_text()
    build = re.search(r"^build: (.*)$", dependencies, re.MULTILINE)
    assert len(named) == 7
    assert named <= set(build[1].split())


# ---- tests/install-deps.sh

def fake(path, packages, answer):
    """A program that succeeds if its last argument is one of the packages."""
    path.write_text("#!/bin/sh\nfor last; do :; done\n"
                    f"case ' {' '.join(packages)} ' in *\" $last \"*) echo '{answer}'; esac\n")
    path.chmod(0o755)


def install(tmp_path, purpose, installed, known):
    """What install-deps.sh would install if some packages are installed and apt knows some."""
    fake(tmp_path / "dpkg-query", installed, "installed")
    fake(tmp_path / "apt-cache", known, "name | version | place")
    script = tmp_path / "install-deps.sh"
    shutil.copy(ROOT / "tests" / "install-deps.sh", script)
    (tmp_path / "dependencies").write_text("base: one old|new\nall: (base) two\n")
    run = subprocess.run([script, "--print", purpose], capture_output=True, text=True,
                         env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"))
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


@pytest.mark.parametrize("installed, known, missing", [
    ([], ["one", "two", "old", "new"], ["one", "old", "two"]),
    ([], ["one", "two", "new"], ["one", "new", "two"]),
    (["new"], ["one", "two", "old", "new"], ["one", "two"]),
    ([], [], ["one", "old", "two"]),
    (["one", "two", "old"], [], []),
])
def test_one_of_two_names_is_enough_and_the_first_that_apt_knows_is_installed(
        tmp_path, installed, known, missing):
    assert install(tmp_path, "all", installed, known) == missing
