# SPDX-License-Identifier: BSD-2-Clause
"""Configs as people break them. If one is still understood, it boots; else one clear line gives the file and the line's
number. `whelk check` says the same about the tree."""

import re
import subprocess

import pytest

from discs import BUILD, CONFIG, write_tree
from good_kernels import plain
from qemu import Machine
from report import Report

LOAD = "multiboot /boot/kernel fine"
ROOM = 100 * 1024  # bytes in the ISO into which each config below is put


def entry(*lines, title="test"):
    return "\n".join([f'menuentry "{title}" {{', *lines, "}", ""])


def zero(text):
    return "set timeout=0\n" + text


GOOD = zero(entry(LOAD))
FILES = {"boot/kernel": plain(), "boot/dir/file": b"x", "boot/loop.cfg": b"source /boot/loop.cfg\n"}

# Configs that boot /boot/kernel with "fine", and the warning that each gives.
UNDERSTOOD = {
    "CRLF": (GOOD.replace("\n", "\r\n"), None),
    "a BOM": ("﻿" + GOOD, None),
    "no newline at the end": (GOOD.rstrip("\n"), None),
    "CRLF after variables": (zero("set k=/boot/kernel\nset a=fine\n" + entry("multiboot $k $a")).replace("\n", "\r\n"), None),
    "tabs": (GOOD.replace("    ", "\t").replace(" ", "\t"), None),
    "a line of 64 KiB": (GOOD + "# " + "x" * 65536, None),
    "a word of 64 KiB": (f"x={'y' * 65536}\n" + GOOD, None),
    "fifteen levels": (zero("if true; then\n" * 15 + entry(LOAD) + "fi\n" * 15), None),
    "no last brace": (GOOD.rstrip().rstrip("}"), "grub.cfg:2: the block that begins here has no '}'"),
    "a brace too much": (GOOD + "}\n", "grub.cfg:5: '}' without a command before it"),
    "a brace on the next line": (GOOD.replace('" {', '"\n\n{'), None),
    "else without if": ("\nelse\n" + GOOD, "grub.cfg:2: 'else' outside of 'if ... fi' and '... do ... done'"),
    "fi without if": (GOOD + "fi\n", "grub.cfg:5: 'fi' outside of 'if ... fi' and '... do ... done'"),
    "done without do": ("done\n" + GOOD, "grub.cfg:1: 'done' outside of 'if ... fi' and '... do ... done'"),
    "an unknown command": (zero(entry("first x", LOAD)), "grub.cfg:3: unknown command 'first'"),
    "an unknown command after the kernel": (zero(entry(LOAD, "last")), "grub.cfg:4: unknown command 'last'"),
    "an unknown variable": (zero(entry("multiboot /boot/kernel$nothing fine $no_thing")), None),
    "default out of range": ("set default=7\n" + GOOD, "grub.cfg:1: default names no entry"),
    "a default that is no title": ("set default='no such'\n" + GOOD, "grub.cfg:1: default names no entry"),
    "(cd)": (GOOD.replace("/boot/k", "(cd)/boot/k"), None),
    "(cd0)": (GOOD.replace("/boot/k", "(cd0)/boot/k"), None),
    "(hd0)": (GOOD.replace("/boot/k", "(hd0)/boot/k"), None),
    "(hd0,msdos1)": (GOOD.replace("/boot/k", "(hd0,msdos1)/boot/k"), None),
    "($root)": (GOOD.replace("/boot/k", "($root)/boot/k"), None),
    "$prefix": (GOOD.replace("/boot/k", "$prefix/../k"), None),
    "another root": (zero(entry("set root='(hd1,3)'", LOAD)), None),
    "dots": (GOOD.replace("/boot/k", "/boot/dir/./../../boot/k"), None),
    "double slashes": (GOOD.replace("/boot/k", "//boot///k"), None),
    "a slash after the name": (GOOD.replace("/boot/kernel", "/boot/kernel/"), None),
    "search": (zero(entry("search --set=root --file /boot/kernel", LOAD)), None),
    "search for nothing": (zero(entry("search --set=root --file /nothing", LOAD)), "grub.cfg:3: no such device: /nothing"),
    "source of nothing": ("source /nothing.cfg\n" + GOOD, r"grub.cfg:1: /nothing.cfg: "),
}

# Configs that do not boot, and the line that says so.
REFUSED = {
    "a quote without end": (zero(entry('multiboot "/boot/kernel')), "grub.cfg:3: a quote that begins here is never closed"),
    "a single quote without end": (zero(entry("multiboot '/boot/kernel")), "grub.cfg:3: a quote that begins here is never"),
    "a variable's brace without end": (zero(entry("multiboot ${x")), r"grub.cfg:3: '\$\{' needs a variable's name and '\}'"),
    "an entry in an entry": (zero('menuentry "a" {\n' + entry(LOAD)), "grub.cfg:3: a menuentry inside that of line 2"),
    "if without fi": ("if true; then\n" + GOOD, "grub.cfg:1: a part of 'if ... then ... fi' is missing or out of place"),
    "else in an entry": (zero(entry("else", LOAD)), "grub.cfg:3: a part of 'if ... then ... fi' is missing or out of place"),
    "sixty levels": ("if true; then\n" * 60 + GOOD, r"grub.cfg:\d+: nested too deep: more than \d+ levels"),
    "a NUL byte": (GOOD + "\0", "grub.cfg:5: a NUL byte"),
    "no entry": ("# nothing\n", "grub.cfg:1: the config has no menuentry"),
    "no kernel": (zero(entry("echo hello")), "grub.cfg:2: nothing to boot: no multiboot line names a kernel"),
    "a word too little": (zero(entry("multiboot")), "grub.cfg:3: a file's name is missing"),
    "a misspelt command": (zero(entry("multibot /boot/kernel")), "grub.cfg:3: unknown command 'multibot'; is 'multiboot' meant?"),
    "no slash": (zero(entry("multiboot boot/kernel")), "grub.cfg:3: the path 'boot/kernel' does not begin with '/'"),
    "a device only": (zero(entry("multiboot (cd)")), r"grub.cfg:3: the path '\(cd\)' does not begin with '/'"),
    "a file that is not there": (zero(entry("multiboot /boot/nothing")), "grub.cfg:3: /boot/nothing: no such file"),
    "the wrong case": (zero(entry("multiboot /boot/Kernel")), "grub.cfg:3: /boot/Kernel: no such file"),
    "a long name": (zero(entry("multiboot /boot/" + "k" * 300)), "grub.cfg:3: /boot/kk.*: .* name"),
    "a directory": (zero(entry("multiboot /boot/dir")), "grub.cfg:3: /boot/dir: is a directory"),
    "a module that is not there": (zero(entry(LOAD, "module /m")), "grub.cfg:4: /m: no such file"),
    "a module before the kernel": (zero(entry("module /boot/kernel", LOAD)), "grub.cfg:3: a module before the kernel"),
    "recursion": ("function f { f; }\nf\n" + GOOD, r"grub.cfg:\d+: nested too deep: more than \d+ levels"),
    "a source of itself": ("source /boot/loop.cfg\n" + GOOD, r"/boot/loop.cfg:1: nested too deep: more than \d+ levels"),
    "a loop without an end": ("while true; do true; done\n" + GOOD, "grub.cfg:1: too many commands: a loop without an end"),
}


def check(folder, config):
    write_tree(folder, {**FILES, CONFIG: config.encode()})
    return subprocess.run([BUILD / "whelk", "check", folder], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)


@pytest.fixture
def iso(discs):
    padded = {**FILES, CONFIG: (GOOD + "#" * ROOM).encode()}
    return lambda config: discs.make_unchecked(padded, {CONFIG: config.encode()})


def cases(table):
    return [pytest.param(*case, id=name) for name, case in table.items()]


@pytest.mark.parametrize("config, warning", cases(UNDERSTOOD))
def test_what_is_understood_boots(iso, tmp_path, config, warning):
    said = check(tmp_path / "tree", config)
    assert said.returncode == 0, said.stdout + said.stderr
    assert re.search("^multiboot /.* fine$", said.stdout, re.MULTILINE)
    with Machine(iso(config)) as machine:
        machine.wait_for("^END$", 30)
        assert Report(machine.serial)["cmdline"] == b"fine"
        shown = [line for line in machine.said if line.startswith("whelk: ")]
    warned = [line.replace("warning: ", "") for line in said.stdout.splitlines() if "warning: " in line]
    for lines in (warned, shown):
        assert len(lines) == (1 if warning else 0)
        assert not warning or re.search(warning, lines[0])


@pytest.mark.parametrize("config, reason", cases(REFUSED))
def test_what_is_not_understood_is_one_line_with_its_place(iso, tmp_path, config, reason):
    said = check(tmp_path / "tree", config)
    assert said.returncode == 1
    assert re.search(reason, said.stdout + said.stderr)
    with Machine(iso(config)) as machine:
        machine.wait_for("^whelk: .*" + reason, 60)
        assert machine.wait_for("press a key", 10)


def test_a_config_of_a_mebibyte_is_refused_by_its_size(tmp_path):
    said = check(tmp_path / "tree", GOOD + "#" * (1 << 20))
    assert (said.returncode, said.stderr) == (
        1, f"whelk: error: {CONFIG}: has {len(GOOD) + (1 << 20)} bytes, more than the 131072 that a config may have\n")


@pytest.mark.parametrize("place, reason", [(CONFIG + "/file", "is a directory"), ("boot/file", "no such file")])
def test_a_config_that_is_no_file_is_named(tmp_path, place, reason):
    write_tree(tmp_path, {place: b"x"})
    said = subprocess.run([BUILD / "whelk", "check", tmp_path], capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert re.fullmatch(f"whelk: error: {CONFIG}: {reason}.*\n", said.stderr)
