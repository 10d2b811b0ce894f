# SPDX-License-Identifier: BSD-2-Clause
"""Runs the sessions of docs/debugging.md as they are printed there: each command must do what the page says."""

import os
import re
import subprocess
import time
from dataclasses import dataclass, field

import pytest

from discs import BUILD, ROOT
from qemu import PATIENCE, MachineFailure

pytestmark = pytest.mark.seabios("names its firmware itself")

DOCUMENT = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")
SHELL, GDB = "$ ", "(gdb) "
ANYTHING = "…"
PREPARATIONS = ("make", "mkdir", "cp", "printf")
PORT = ":1234"
LOADED_AT = re.compile(r"offset by (0x[0-9a-f]+)$", re.MULTILINE)
EXAMPLE_ADDRESS = LOADED_AT.search(DOCUMENT)[1]  # of an example under UEFI, where the firmware chooses the address
EMULATORS = ("qemu-system-i386", "qemu-system-x86_64")
# Replaces QEMU: the debugger connects to a socket instead of a TCP port, so that several tests can run at once. The
# page says what QEMU 10 wants beside guest_errors.
EMULATOR = """#!/bin/sh
for word; do
    shift
    case $word in
    *,guest_errors) /usr/bin/{name} -d help | grep -q ^invalid_mem && word=$word,invalid_mem ;;
    esac
    [ "$word" = -s ] && set -- "$@" -gdb unix:{socket},server=on,wait=off || set -- "$@" "$word"
done
exec /usr/bin/{name} "$@"
"""


@dataclass
class Command:
    prompt: str
    text: str
    output: list = field(default_factory=list)  # the lines that the page shows, in their order

    @property
    def program(self):
        return self.text.split()[0]

    @property
    def is_machine_for_gdb(self):
        return self.program == "build/whelk" and {"--gdb", "-s"} & set(self.text.split())


def sessions():
    """The commands of each section, in their order, by its title."""
    found = {}
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        commands = []
        for line in re.findall(r"^    (.*)$", section, re.MULTILINE):
            prompt = next((prompt for prompt in (SHELL, GDB) if line.startswith(prompt)), None)
            if prompt:
                commands.append(Command(prompt, line[len(prompt):]))
            else:
                commands[-1].output.append(line)
        if commands:
            found[section.splitlines()[0]] = commands
    return found


SESSIONS = sessions()


def expect(command, lines, said):
    """Each line that the page shows is among those that were printed, in the page's order."""
    rest = iter(lines)
    for wanted in command.output:
        pattern = ".*".join(re.escape(part) for part in wanted.replace(EXAMPLE_ADDRESS, ANYTHING).split(ANYTHING))
        assert any(re.fullmatch(pattern, line) for line in rest), \
            f"{command.text}: no line {wanted!r} where the page has it, but:\n{said}"


class Machine:
    """A machine that `build/whelk run` starts, for gdb to connect to."""

    def __init__(self, place, command):
        self.socket = place / "gdb.socket"
        self.socket.unlink(missing_ok=True)
        self.log = place / "machine.txt"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command.text.split(), cwd=place, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, env=environment(place))
        try:
            self.wait_until_ready(command)
        except BaseException:
            self.end()
            raise

    def wait_until_ready(self, command):
        deadline = time.monotonic() + 60 * PATIENCE
        while True:
            said = self.log.read_text(errors="replace")
            try:
                expect(command, said.splitlines(), said)
                if self.socket.exists():
                    return
            except AssertionError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise MachineFailure(f"{command.text}: no debugger's port: {said}")
            time.sleep(0.05)

    def end(self):
        self.process.kill()
        self.process.wait()


def environment(place):
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return {**inherited, "PATH": f"{place}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def run_shell(place, command):
    """Runs a shell command, and compares its output with the page's lines."""
    run = subprocess.run(["sh", "-c", command.text], cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, env=environment(place), text=True, errors="replace",
                         timeout=60 * PATIENCE)
    expect(command, run.stdout.splitlines(), run.stdout)
    return run


def make(command):
    """Runs make in the source tree, for the build directory that is tested."""
    build = os.path.relpath(BUILD, ROOT)
    targets = [word.replace("build/", f"{build}/") for word in command.text.split()[1:]]
    subprocess.run(["make", f"BUILD={build}", *targets], cwd=ROOT, check=True, capture_output=True,
                   env=environment(ROOT), timeout=600)


def assert_session(place, start, commands, loaded_at=EXAMPLE_ADDRESS):
    """Runs gdb with these commands, and compares what each of them prints with the page. Returns all its output."""
    words = ["gdb", "-nx", "-quiet", "-batch", *start.text.split()[1:]]
    for command in commands:
        text = command.text.replace(PORT, str(place / "gdb.socket")).replace(EXAMPLE_ADDRESS, loaded_at)
        words += ["-ex", f"echo \\n{GDB}\\n", "-ex", text]
    with subprocess.Popen(words, cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as gdb:
        try:
            said, _ = gdb.communicate(timeout=20 * PATIENCE)
        except subprocess.TimeoutExpired:
            gdb.kill()
            said, _ = gdb.communicate()
            said += "\n(no end within the time)\n"
    printed = said.split(f"\n{GDB}\n")[1:]
    assert len(printed) == len(commands), said
    for command, text in zip(commands, printed):
        assert "not defined" not in text and "rror" not in text, f"{command.text}: {text}"
        expect(command, text.splitlines(), said)
    return said


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A directory that looks like the source tree, with the trees in it that the page makes."""
    place = tmp_path_factory.mktemp("debugging")
    for entry in ROOT.iterdir():
        if entry.name != "build" and not entry.name.startswith("."):
            (place / entry.name).symlink_to(entry)
    (place / "build").symlink_to(BUILD)
    (place / "bin").mkdir()
    for name in EMULATORS:
        program = place / "bin" / name
        program.write_text(EMULATOR.format(name=name, socket=place / "gdb.socket"))
        program.chmod(0o755)
    for command in (command for commands in SESSIONS.values() for command in commands):
        if command.program == "make":
            make(command)
        elif command.program in PREPARATIONS:
            assert run_shell(place, command).returncode == 0
    return place


@pytest.mark.parametrize("title", SESSIONS)
def test_a_session_of_the_page_does_what_it_shows(workshop, title):
    commands = [command for command in SESSIONS[title] if command.program not in PREPARATIONS]
    machine, loaded_at = None, EXAMPLE_ADDRESS
    try:
        while commands:
            command = commands.pop(0)
            if command.is_machine_for_gdb:
                if machine:
                    machine.end()
                machine = Machine(workshop, command)
            elif command.program == "gdb":
                typed = []
                while commands and commands[0].prompt == GDB:
                    typed.append(commands.pop(0))
                found = LOADED_AT.search(assert_session(workshop, command, typed, loaded_at))
                loaded_at = found[1] if found else loaded_at
            else:
                run_shell(workshop, command)
    finally:
        if machine:
            machine.end()


@pytest.mark.parametrize("title, function", [("Stage 2 in gdb", "stage2_main"),
                                             ("The overlay in gdb", "menu_run"),
                                             ("A 32-bit kernel in gdb", "kernel_main"),
                                             ("A 64-bit kernel in gdb", "kernel_main"),
                                             ("The UEFI loaders in gdb", "efi_main")])
def test_a_session_of_the_page_stops_in(title, function):
    stops = {stop for command in SESSIONS[title] for line in command.output
             for stop in re.findall(rf"^Breakpoint \d, (?:0x{ANYTHING} in )?(\w+)", line)}
    assert function in stops


def test_what_a_session_shows_is_compared(workshop):
    """A line that gdb does not print must be noticed."""
    start, machine, *_ = (command for command in SESSIONS["Stage 2 in gdb"] if command.program in ("gdb", "build/whelk"))
    if not machine.is_machine_for_gdb:
        start, machine = machine, start
    running = Machine(workshop, machine)
    try:
        with pytest.raises(AssertionError, match="no line 'Breakpoint 1, elsewhere'"):
            assert_session(workshop, start, [Command(GDB, "target remote :1234"), Command(GDB, "hbreak stage2_main"),
                                      Command(GDB, "continue", ["Breakpoint 1, elsewhere"])])
    finally:
        running.end()
