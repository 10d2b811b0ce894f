# SPDX-License-Identifier: BSD-2-Clause
"""whelk run boots a tree, an ISO or a kernel, and the entry and arguments that are asked for."""

import os
import re
import shlex

import subprocess

import pytest

from discs import BUILD, CONFIG, tree
from good_kernels import KERNELS
from linux_kernel import bzimage
from multiboot2_kernels import KERNELS as KERNELS_2
from place import good_tree, kernel
from pvh_kernels import KERNELS as KERNELS_PVH
from qemu import PATIENCE

pytestmark = pytest.mark.bios("names its firmware itself")

WHELK = BUILD / "whelk"
TIMEOUT = str(int(30 * PATIENCE))

# A config with much of what people write.
ENTRIES = """set default=1
set timeout=5
submenu "More" { menuentry "In it" --id in-it { multiboot /boot/kernel inner; } }
menuentry "It's the first" {
    set root=cdrom
    multiboot /boot/kernel one \\
        "two words"
    module /boot/data its text
}
menuentry 'One line' --id line { multiboot /boot/kernel line; boot; }
menuentry Comment {
    multiboot /boot/kernel comment # the kernel
}
menuentry Off { halt; }
"""


def run(place, *arguments, **options):
    temporary = place.path / "temporary"
    temporary.mkdir(exist_ok=True)
    done = place.run("run", *arguments, program=WHELK, env={**os.environ, "TMPDIR": str(temporary)}, **options)
    assert os.listdir(temporary) == []
    return done


@pytest.fixture
def entries(place):
    place.write({CONFIG: ENTRIES.encode(), "boot/kernel": kernel(), "boot/data": b"data"}, "tree")
    return place


@pytest.fixture
def iso_of(place):
    """What whelk check says about the ISO that QEMU gets."""
    qemu = place.path / "qemu"
    qemu.write_text('#!/bin/sh\nfor word; do case $word in *file=/dev/fd/*) cp "/dev/fd/${word##*/}" got.iso ;; esac; done\n')
    qemu.chmod(0o755)

    def find(*arguments):
        done = run(place, "--qemu", qemu, *arguments)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        checked = place.run("check", "got.iso", program=WHELK)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        return checked.stdout
    return find


def default_of(said):
    """The kernel's line of the entry that boots."""
    return re.search(r", the default\n(.*)", said)[1]


# ---- a kernel

@pytest.mark.parametrize("make, command", [
    (KERNELS["elf32"].make, "multiboot"), (KERNELS_2["elf32"].make, "multiboot2"), (KERNELS_PVH["elf32"], "pvh"),
    (bzimage, "linux")])
def test_a_kernel_is_booted_by_the_protocol_that_it_has(place, iso_of, make, command):
    (place.path / "odd, k=1.elf").write_bytes(make())
    said = iso_of("odd, k=1.elf", "--append", "a  b=c")
    assert default_of(said).startswith(f"{command} /boot/kernel") and " a b=c\n" in said
    assert "timeout 0 s" in said


def test_a_kernel_boots(place):
    (place.path / "kernel").write_bytes(KERNELS["elf32"].make())
    done = run(place, "--bare", "-t", TIMEOUT, "-e", "\nEND", "--append", "of mine", "kernel", "--", "-accel", "tcg")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'cmdline: "of mine"' in done.stdout


@pytest.mark.parametrize("contents", [b"", b"root:x:0:0\n" * 4000, b"\x7fELF" + bytes(5000)])
def test_what_is_no_kernel_is_an_error_at_once(place, contents):
    (place.path / "thing").write_bytes(contents)
    done = run(place, "thing")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines()[-1] == "whelk: error: thing: is neither a tree nor an ISO nor a kernel with a " \
                                           "Multiboot header, a PVH entry or Linux's header"


def test_a_kernel_has_no_entries(place):
    (place.path / "kernel").write_bytes(kernel())
    done = run(place, "--entry=1", "kernel")
    assert (done.returncode, done.stderr) == (1, "whelk: error: --entry is for a tree or an ISO: a kernel has no config\n")


# ---- entries and arguments

@pytest.mark.parametrize("entry, line", [
    ("1", 'multiboot /boot/kernel one "two words"'), ("It's the first", 'multiboot /boot/kernel one "two words"'),
    ("line", "multiboot /boot/kernel line"), ("2", "multiboot /boot/kernel line"),
    ("More>0", "multiboot /boot/kernel inner"), ("More>In it", "multiboot /boot/kernel inner"),
    ("Off", "Switches the machine off")])
def test_an_entry_is_chosen_by_number_title_id_or_way(entries, iso_of, entry, line):
    said = iso_of("--entry", entry, "tree")
    assert default_of(said) == line and "timeout 0 s" in said


@pytest.mark.parametrize("entry, line", [
    ("1", 'multiboot /boot/kernel one "two words" more 100$'), ("Comment", "multiboot /boot/kernel comment more 100$"),
    (None, 'multiboot /boot/kernel one "two words" more 100$')])
def test_arguments_are_added_to_the_entrys_kernel(entries, iso_of, entry, line):
    if entry == "Comment":  # the words would be part of the comment
        done = run(entries, "--entry", entry, "--append", "more", "tree")
        assert (done.returncode, done.stderr) == (
            1, f"whelk: error: {CONFIG}:12: the kernel's arguments cannot be added at the end of this line; write them there "
               "yourself\n")
        return
    said = iso_of(*(["--entry", entry] if entry else []), "--append", "more 100$", "tree")
    assert default_of(said) == line
    assert "module /boot/data its text" in said


@pytest.mark.parametrize("entry, reason", [
    ("nothing", "tree: has no entry 'nothing'; whelk check tree lists them"), ("9", "tree: has no entry '9'; "),
    ("Off", "tree: the entry boots no kernel that could get arguments"),
    ("line", f"{CONFIG}:10: the kernel's arguments cannot be added")])
def test_a_wish_that_cannot_be_granted_is_an_error(entries, entry, reason):
    done = run(entries, "--entry", entry, "--append", "more", "tree")
    assert done.returncode == 1 and done.stderr.startswith(f"whelk: error: {reason}") and done.stderr.count("\n") == 1


def test_the_trees_own_config_is_not_changed(entries, iso_of):
    iso_of("--entry=2", "tree")
    assert (entries.path / "tree" / CONFIG).read_text() == ENTRIES


def test_by_pvh_the_loader_is_told_entry_and_arguments(entries):
    iso = entries.make("tree")
    for wish, words in ((("--entry=It's the first",), 'entry="It\'s the first"'), (("--append=a b",), " -- a b"),
                        (("--entry=2", "--append=x"), "entry='2' -- x")):
        for source in (iso, "tree"):
            done = run(entries, "--dry-run", "--pvh", *wish, source)
            shown = shlex.split(done.stdout)
            assert shown[shown.index("-append") + 1] == words


def test_an_isos_config_is_changed_by_pvh_only(entries):
    iso = entries.make("tree")
    done = run(entries, "--append=x", iso)
    assert done.returncode == 1 and "--pvh" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("append", ["a b", 'x="$y" \'b\\nc\' ; } <d>'])
def test_a_dry_run_of_a_kernel_says_how_its_iso_is_made(place, append):
    (place.path / "kernel").write_bytes(kernel())
    done = run(place, "--dry-run", "--append", append, "kernel")
    assert done.returncode == 0
    steps = [line.removeprefix("whelk: first: ") for line in done.stderr.splitlines()]
    for step in steps:
        subprocess.run(["sh", "-c", step], cwd=place.path, check=True,
                       env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"})
    dry = default_of(place.run("check", "boot.iso", program=WHELK).stdout)
    (place.path / "grub.cfg").write_text("menuentry kernel { multiboot /boot/kernel " + " ".join(
        shlex.quote(word) for word in append.split()) + "\n}", encoding="utf-8")
    place.run("mkrescue", "-o", "other.iso", "/boot/kernel=kernel", "/boot/grub/grub.cfg=grub.cfg", program=WHELK)
    assert dry == default_of(place.run("check", "other.iso", program=WHELK).stdout)
    assert append != "a b" or dry == "multiboot /boot/kernel a b"


@pytest.mark.parametrize("name", ["two words", "it's $HOME", 'a "b"'])
def test_what_a_dry_run_says_is_for_a_shell_whatever_is_in_a_name(place, name):
    """The lines are copied into a shell, which takes them as they were meant."""
    for path, data in good_tree().items():
        file = place.path / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    done = run(place, "--dry-run", name)
    assert done.returncode == 0
    step = done.stderr.removeprefix("whelk: first: ")
    subprocess.run(["sh", "-c", step], cwd=place.path, check=True,
                   env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"})
    assert (place.path / "boot.iso").exists()
    unknown = run(place, "--entry", "none", name).stderr
    command = unknown[unknown.index("; whelk ") + 2:].removesuffix(" lists them\n")
    assert shlex.split(command) == ["whelk", "check", name]
