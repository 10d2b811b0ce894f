# SPDX-License-Identifier: BSD-2-Clause
"""whelk run starts gdb, makes a picture of the screen, and ends with the kernel's exit code."""

import os
import pty
import select
import shlex
import shutil
import subprocess
import time
import zlib

import pytest

from discs import BUILD, ROOT, tree
from good_kernels import KERNELS
from place import good_tree
from qemu import PATIENCE

pytestmark = pytest.mark.bios("names its firmware itself")

WHELK = BUILD / "whelk"
TCG = ("--", "-accel", "tcg")
TIMEOUT = str(int(60 * PATIENCE))
DEMO = BUILD / "kernels/demo.elf"


def run(place, *arguments, text="", **options):
    return subprocess.run([WHELK, "run", *map(str, arguments)], input=text, capture_output=True, text=True,
                          cwd=place.path, timeout=120 * PATIENCE, **options)


def refused(place, *arguments):
    done = run(place, *arguments, "x")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    return done.stderr


# ---- the exit code

def test_the_exit_code_is_what_the_kernel_writes(place):
    done = run(place, "--exit-code", "--bare", "-t", TIMEOUT, DEMO, *TCG)  # it writes 16
    assert (done.returncode, done.stderr) == (16, "") and "Hello from the demo kernel." in done.stdout


@pytest.mark.parametrize("ending, reason", [
    (("-no-such-option",), "QEMU has ended before the machine ran"),
    (("-device", "isa-debugcon,iobase=0xf4"), "QEMU has ended before the machine ran")])
def test_a_qemu_that_does_not_start_is_no_exit_code(place, ending, reason):
    done = run(place, "--exit-code", "-t", TIMEOUT, DEMO, *TCG, *ending)
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == f"whelk: error: {reason}"


def test_a_machine_that_ends_otherwise_has_no_exit_code(place):
    config = b"menuentry off { halt }\n"
    source = place.write(good_tree(**{"boot/grub/grub.cfg": config}))
    done = run(place, "--exit-code", "--bare", "-t", TIMEOUT, source, *TCG)
    assert (done.returncode, done.stderr) == (1, "whelk: error: the machine ended with status 0, and not by port 0xf4\n")


def test_exit_code_and_expect_exclude_each_other(place):
    assert "--exit-code and --expect exclude each other" in refused(place, "--exit-code", "-e", "x")


# ---- pictures

def pixels(png):
    """The size of a PNG file's picture, and its lines without compression."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(png):
        length, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
        if kind == b"IHDR":
            size = tuple(int.from_bytes(png[at + 8 + i:at + 12 + i], "big") for i in (0, 4))
        data += png[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    return size, zlib.decompress(data)


def test_a_screenshot_shows_what_the_kernel_has_written(place):
    source = place.write(tree(KERNELS["elf32"].make()))
    config = source / "boot/grub/grub.cfg"
    config.write_text("set timeout=-1\n" + config.read_text().replace("set timeout=0", ""))
    done = run(place, "-t", TIMEOUT, "-e", "Whelk", "--screenshot", "it's.png", source, *TCG)
    assert (done.returncode, done.stderr) == (0, "")
    size, lines = pixels((place.path / "it's.png").read_bytes())
    assert size[0] >= 640 and size[1] >= 400 and len(set(lines)) > 2


@pytest.mark.parametrize("where, reason", [("no/where.png", "No such file or directory")])
def test_a_picture_that_cannot_be_saved_is_an_error(place, where, reason):
    done = run(place, "--bare", "-t", "1", "--screenshot", where, place.write(good_tree()), *TCG)
    assert done.returncode == 1 and reason in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("options, reason", [
    ((), "--screenshot needs --expect or --timeout"), (("--microvm", "-t", "1"), "--microvm exclude each other"),
    (("-n", "-t", "1"), "--dry-run exclude each other")])
def test_a_picture_without_a_moment_or_a_screen_is_refused(place, options, reason):
    assert reason in refused(place, "--screenshot=x.png", *options)


def test_a_machine_that_ends_first_has_no_picture(place):
    done = run(place, "--bare", "-t", TIMEOUT, "--screenshot=x.png", DEMO, *TCG, "-device",
               "isa-debug-exit,iobase=0xf4,iosize=4")
    assert done.returncode == 1 and "ended with status 33 before a picture could be made" in done.stderr


# ---- gdb

GDB = """set confirm off
set pagination off
hbreak *{entry}
continue
print/x {register}
info symbol $pc
backtrace
kill
quit
"""


def entry_of(path):
    shown = subprocess.check_output(["readelf", "-h", path], text=True)
    return next(line.split()[-1] for line in shown.splitlines() if "Entry point" in line)


@pytest.mark.parametrize("options, register", [((), "$eax"), (("--qemu=qemu-system-x86_64",), "$rax")])
def test_gdb_starts_with_a_32_bit_kernels_symbols_and_stops_in_it(place, options, register):
    done = run(place, f"--gdb={DEMO}", *options, "-t", TIMEOUT, DEMO, *TCG,
               text=GDB.format(entry=entry_of(DEMO), register=register))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "$1 = 0x2badb002" in done.stdout and "_start in section .text" in done.stdout, done.stdout + done.stderr
    assert "packet reply is too long" not in done.stderr
    assert done.stderr.splitlines()[0] == "whelk: in gdb: hbreak FUNCTION, then continue; quit ends the machine"


def test_gdb_starts_with_a_64_bit_kernels_symbols(place):
    long_mode = BUILD / "kernels/long_mode.elf"
    done = run(place, f"--gdb={long_mode}", "-t", TIMEOUT, long_mode, *TCG,
               text=GDB.format(entry=entry_of(long_mode), register="$rax"))
    assert done.returncode == 0 and "$1 = 0x" in done.stdout, done.stdout + done.stderr


def test_a_dry_run_says_how_gdb_is_started(place):
    done = run(place, "-n", f"--gdb={DEMO}", place.make(place.write(good_tree())))
    assert shlex.split(done.stdout)[0] == "qemu-system-i386" and done.stdout.endswith(" -s -S\n")
    assert done.stderr == f"whelk: then: gdb -q -ex 'target remote 127.0.0.1:1234' {DEMO}\n"
    done = run(place, "-n", "--qemu=qemu-system-x86_64", f"--gdb={DEMO}", place.iso)
    assert "-ex 'set architecture i386:x86-64' -ex 'target remote" in done.stderr


@pytest.mark.parametrize("symbols, reason", [("none", "none: No such file"), (ROOT / "Makefile", "Makefile: is no ELF file for x86"),
                                             ("tree", "tree: is no ELF file")])
def test_a_file_without_symbols_is_refused_before_the_boot(place, symbols, reason):
    done = run(place, f"--gdb={symbols}", place.write(good_tree()))
    assert done.returncode == 1 and reason in done.stderr and done.stderr.count("\n") == 1


def test_a_missing_gdb_is_named_with_the_command_that_installs_it(place):
    programs = place.path / "bin"
    programs.mkdir()
    for name in ("qemu-system-i386", "xorriso"):
        (programs / name).symlink_to(shutil.which(name))
    done = run(place, f"--gdb={DEMO}", DEMO, *TCG, env={**os.environ, "PATH": str(programs)})
    assert done.returncode == 1 and done.stderr.splitlines()[-1].endswith("; on Debian and Ubuntu: apt install gdb")


def test_ctrl_c_in_gdb_stops_the_machine_and_nothing_else(place):
    place.make(place.write(tree(KERNELS["elf32"].make())))
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(place.path)
        os.execv(WHELK, [str(WHELK), "run", f"--gdb={DEMO}", "out.iso", *TCG])
    said = b""

    def wait_for(text, start=0):
        nonlocal said
        deadline = time.monotonic() + 60 * PATIENCE
        while text not in said[start:]:
            assert select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], said
            said += os.read(terminal, 4096)
        return len(said)

    at = wait_for(b"(gdb) ")
    os.write(terminal, b"set confirm off\nset pagination off\ncontinue\n")
    at = wait_for(b"END", at)  # the kernel has reported, and halts
    os.write(terminal, b"\x03")
    at = wait_for(b"SIGINT", at)
    os.write(terminal, b"quit\n")
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    os.close(terminal)
