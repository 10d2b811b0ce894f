# SPDX-License-Identifier: BSD-2-Clause
"""Errors, warnings and remarks look different, have a compiler's colours on a terminal, and name what may be meant."""

import os
import subprocess

import pytest

from discs import BUILD
from place import good_tree, kernel

pytestmark = pytest.mark.bios("the tool alone")

WHELK = BUILD / "whelk"
COMMANDS = ("mkrescue", "check", "run", "xen", "domain", "firmware", "bench")
RED, MAGENTA, BOLD, PLAIN = "\x1b[1;31m", "\x1b[1;35m", "\x1b[1m", "\x1b[m"
CONFIG = "boot/grub/grub.cfg"


def whelk(*arguments, **options):
    return subprocess.run([WHELK, *arguments], capture_output=True, text=True, timeout=60, **options)


def refused(*arguments):
    done = whelk(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("whelk: error: ") and done.stderr.count("\n") == 1
    return done.stderr.removeprefix("whelk: error: ").rstrip("\n")


def on_a_terminal(*arguments, stream, cwd, environment):
    """What a program writes to one of its streams if that is a terminal."""
    controller, terminal = os.openpty()
    subprocess.run([WHELK, *arguments], cwd=cwd, env=environment, timeout=60,
                   **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: terminal})
    shown = os.read(controller, 10000).decode().replace("\r\n", "\n")
    os.close(terminal)
    os.close(controller)
    return shown


@pytest.fixture
def two_entries(place):
    """A tree whose second entry does not boot, and whose config has a misspelt command."""
    text = "timeuot=0\nset timeout=0\nmenuentry a {\n  multiboot /boot/kernel\n}\nmenuentry b {\n  multiboot /boot/no\n}\n" \
           "insmdo x\n"
    place.write({CONFIG: text.encode(), "boot/kernel": kernel()}, "tree")
    return place


# ---- kinds of messages

def test_errors_warnings_and_remarks_begin_differently(two_entries):
    done = whelk("mkrescue", "-o", "x.iso", "tree", cwd=two_entries.path)
    assert done.returncode == 0
    assert f"whelk: warning: {CONFIG}:7: /boot/no: no such file" in done.stderr
    assert f"whelk: warning: {CONFIG}:9: unknown command 'insmdo'; is 'insmod' meant?" in done.stderr
    done = whelk("mkrescue", "-o", "x.iso", "nothing", cwd=two_entries.path)
    assert done.stderr == "whelk: error: nothing: No such file or directory\nwhelk: x.iso was not written\n"


COLOURED = {"TERM": "xterm"}


@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_without_colours_no_message_has_any(two_entries, environment):
    for stream, command in (("stderr", ("check", "nothing")), ("stdout", ("check", "tree"))):
        assert "\x1b" not in on_a_terminal(*command, stream=stream, cwd=two_entries.path, environment=environment)
    assert "\x1b" not in whelk("check", "tree", cwd=two_entries.path, env=COLOURED).stdout


@pytest.mark.parametrize("arguments, stream, shown", [
    (("check", "nothing"), "stderr", f"{BOLD}whelk:{PLAIN} {RED}error:{PLAIN} nothing: No such file or directory\n"),
    (("mkrescue", "-o", "x.iso", "tree"), "stderr", f"{BOLD}whelk:{PLAIN} {MAGENTA}warning:{PLAIN} {CONFIG}:7: "),
    (("mkrescue", "-o", "x.iso", "nothing"), "stderr", f"{BOLD}whelk:{PLAIN} {PLAIN}x.iso was not written\n"),
    (("check", "tree"), "stdout", f"{RED}Does not boot:{PLAIN} {CONFIG}:7: "),
    (("check", "tree"), "stdout", f"{CONFIG}:9: {MAGENTA}warning:{PLAIN} unknown command 'insmdo'")])
def test_a_terminal_shows_a_compilers_colours(two_entries, arguments, stream, shown):
    assert shown in on_a_terminal(*arguments, stream=stream, cwd=two_entries.path, environment=COLOURED)


# ---- what may be meant

@pytest.mark.parametrize("arguments, message", [
    (("rnu",), "unknown command rnu; is run meant?"), (("mkrecsue", "-o", "x"), "unknown command mkrecsue; is mkrescue meant?"),
    (("hepl",), "unknown command hepl; is help meant?"),
    (("--hlep",), "unknown command --hlep; is --help meant?"), (("help", "chekc"), "unknown command chekc; is check meant?"),
    (("frobnicate",), "unknown command frobnicate (whelk help lists what there is)"),
    (("run", "--memroy=1", "x"), "unknown option --memroy=1; is --memory meant?"),
    (("run", "--tiemout", "1", "x"), "unknown option --tiemout; is --timeout meant?"),
    (("domain", "--frobnicate", "x"), "unknown option --frobnicate (--help lists what there is)")])
def test_what_may_be_meant_is_named(arguments, message):
    assert refused(*arguments) == message


def test_of_a_file_in_a_commands_place_the_command_that_boots_it_is_named(place):
    iso = place.make(place.write(good_tree()))
    assert refused(iso) == f"unknown command {iso}; to boot it: whelk run {iso}"


@pytest.mark.parametrize("name", ["mulitboot", "multibot", "mutliboot2", "moduel", "insmdo"])
def test_of_a_misspelt_command_in_a_config_the_right_one_is_named(place, name):
    meant = {"mutliboot2": "multiboot2", "moduel": "module", "insmdo": "insmod"}.get(name, "multiboot")
    place.write({CONFIG: f"menuentry a {{\n  {name} /boot/kernel\n}}\n".encode(), "boot/kernel": kernel()}, "tree")
    done = whelk("check", "tree", cwd=place.path)
    assert f"{CONFIG}:2: unknown command '{name}'; is '{meant}' meant?" in done.stdout + done.stderr


# ---- help

def test_help_is_a_command():
    assert whelk("help").stdout == whelk("--help").stdout == whelk("-h").stdout
    assert whelk("version").stdout == whelk("--version").stdout
    assert whelk("help", "help").stdout == whelk("help").stdout
    for command in COMMANDS:
        done = whelk("help", command)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == whelk(command, "--help").stdout and done.stdout.startswith(f"Usage: whelk {command} ")


# ---- units

SIZE = "is not a size from {} to 1048576 MiB, as 512, 512M or 2G"


@pytest.mark.parametrize("option, argument, message", [
    ("--memory", "x", SIZE), ("--memory", "0", SIZE), ("--memory", "1T", SIZE), ("--memory", "1025G", SIZE),
    ("--memory", "-1", SIZE), ("--memory", "1 G", SIZE), ("--memory", "99999999999999999999G", SIZE),
    ("--cpus", "two", "is not a number of processors from 1 to 255"),
    ("--cpus", "256", "is not a number of processors from 1 to 255"),
    ("--timeout", "1m", "is not a number of seconds from 1 to 86400")])
def test_what_is_no_number_is_told_the_unit(option, argument, message):
    assert refused("run", f"{option}={argument}", "x") == f"{option}={argument}: {message.format(1)}"
    assert refused("run", option, argument, "x") == f"{option}={argument}: {message.format(1)}"


def test_the_unit_is_named_by_every_command_that_takes_memory():
    for command, least in (("check", 2), ("xen", 1), ("domain", 1)):
        assert refused(command, "-m", "1x", "x") == f"--memory=1x: {SIZE.format(least)}"
    assert refused("bench", "-m", "1x", "x").startswith("--memory=1x: is not a size from 1 to ")


@pytest.mark.parametrize("given, mib", [("96", 96), ("96M", 96), ("96m", 96), ("96MiB", 96), ("1G", 1024), ("2g", 2048),
                                        ("2GiB", 2048), ("1024G", 1 << 20)])
def test_memory_may_be_given_in_gib(place, given, mib):
    iso = place.make(place.write(good_tree()))
    assert f"\nmemory = {mib}\n" in whelk("domain", "-m", given, iso).stdout
    assert f" -m {mib} " in whelk("run", "--dry-run", "-m", given, iso).stdout
    if mib < 1 << 16:
        assert f" in {mib} MiB of memory" in whelk("check", "-m", given, iso).stdout
