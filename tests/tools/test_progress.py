# SPDX-License-Identifier: BSD-2-Clause
"""What takes longer than two seconds shows on a terminal what is done; elsewhere nothing does."""

import os
import re
import subprocess
import threading

import pytest

from discs import BUILD, MKRESCUE
from place import good_tree
from qemu import PATIENCE

pytestmark = pytest.mark.bios("the tool alone")

SECONDS = 4  # that a slow call takes, in place of a slow disk
SLOW = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
#include <sys/types.h>
int fsync(int file) {{ (void)file; if (SLOW_FSYNC) sleep({SECONDS}); return 0; }}
ssize_t pread64(int file, void *data, size_t size, off_t at)
{{
    static int has_waited;
    ssize_t (*original)(int, void *, size_t, off_t) = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread64");
    if (!SLOW_FSYNC && !has_waited) {{ has_waited = 1; sleep({SECONDS}); }}
    return original(file, data, size, at);
}}
"""


@pytest.fixture
def slow(tmp_path):
    """Makes a library that lets one call take long, for LD_PRELOAD."""
    def make(what):
        library = tmp_path / f"{what}.so"
        (tmp_path / "slow.c").write_text(SLOW)
        subprocess.run(["gcc", "-shared", "-fPIC", f"-DSLOW_FSYNC={int(what == 'fsync')}", "-o", library,
                        tmp_path / "slow.c"], check=True)
        return {**os.environ, "LD_PRELOAD": str(library), "TERM": "dumb"}
    return make


def on_a_terminal(command, environment):
    """The exit status, and all that the command writes to standard error, which is a terminal."""
    controller, terminal = os.openpty()
    written = []

    def listen():
        while True:
            try:
                piece = os.read(controller, 4096)
            except OSError:
                return
            if not piece:
                return
            written.append(piece)
    listener = threading.Thread(target=listen)
    listener.start()
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, env=environment, timeout=60 * PATIENCE)
    os.close(terminal)
    listener.join()
    os.close(controller)
    return run.returncode, b"".join(written).decode(), run.stdout.decode()


def commands(place):
    tree = place.write(good_tree(), "tree")
    return {"fsync": ([MKRESCUE, "-o", place.iso, tree], "waiting for the disk"),
            "pread": ([BUILD / "whelk", "check", tree], "reading what would boot")}


@pytest.mark.parametrize("what", ["fsync", "pread"])
def test_a_slow_piece_of_work_is_named_with_its_time_and_its_line_is_removed(place, slow, what):
    command, words = commands(place)[what]
    status, written, printed = on_a_terminal(command, slow(what))
    lines = written.split("\r\x1b[K")
    assert status == 0 and lines[0] == "" and lines[-1] == ""
    # After two seconds, and then twice a second, up to the last.
    assert f"{words}, 2 s" in lines
    assert all(re.fullmatch(rf"(\[[# ]+\] +\d+ % )?[a-z ']+, \d s", line) for line in lines[1:-1])
    assert "\x1b" not in printed and words not in printed


@pytest.mark.parametrize("what", ["fsync", "pread"])
def test_in_a_pipe_there_is_nothing_of_it(place, slow, what):
    command, _ = commands(place)[what]
    run = subprocess.run(command, capture_output=True, env=slow(what), timeout=60 * PATIENCE)
    assert (run.returncode, run.stderr) == (0, b"")


def test_what_is_quick_shows_nothing_on_a_terminal(place):
    command, _ = commands(place)["fsync"]
    assert on_a_terminal(command, {**os.environ, "TERM": "dumb"})[:2] == (0, "")


def test_a_message_comes_on_a_line_of_its_own(place, slow):
    files = good_tree()
    files["boot/grub/grub.cfg"] += b"menuentry Other {\n multiboot /boot/missing\n}\n"
    tree = place.write(files, "tree")
    status, written, _ = on_a_terminal([MKRESCUE, "-o", place.iso, tree], slow("pread"))
    lines = written.split("\r\x1b[K")
    assert status == 0 and "reading the tree, 2 s" in lines
    assert any(re.fullmatch(r"whelk: warning: .*missing.*\r\n", line) for line in lines), lines


def test_xorrisos_percentage_is_shown(place):
    fake = place.path / "fake"
    fake.write_text('#!/bin/sh\nsleep 1\necho "xorriso : UPDATE : 41.50% done"\nsleep 2\nexit 1\n')
    fake.chmod(0o755)
    tree = place.write(good_tree(), "tree")
    status, written, _ = on_a_terminal([MKRESCUE, f"--xorriso={fake}", "-o", place.iso, tree],
                                       {**os.environ, "TERM": "dumb"})
    assert status == 1 and "]  41 % writing the ISO, 2 s" in written
