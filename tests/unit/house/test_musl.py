# SPDX-License-Identifier: BSD-2-Clause
"""The program's own C, and the pure code in it, compile against musl, the C library of Alpine and of
static programs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Headers of the kernel and of libisofs, which no C library has.
FOREIGN = {"linux": "/usr/include/linux", "asm": "/usr/include/x86_64-linux-gnu/asm",
           "asm-generic": "/usr/include/asm-generic", "libisofs": "/usr/include/libisofs"}
# Headers that Debian adds to musl, or that are in glibc only.
GLIBC_ONLY = ("argp.h", "argz.h", "envz.h", "error.h", "execinfo.h", "fts.h", "gnu/", "gshadow.h",
              "obstack.h", "printf.h", "sys/cdefs.h", "sys/queue.h", "sys/tree.h")
INCLUDE = re.compile(r"^#include <([^>]+)>", re.MULTILINE)


def variable(name):
    """The words of a variable of the Makefile."""
    words = subprocess.run(["make", "-s", f"--eval=say-it:; @echo '$({name})'", "say-it"], cwd=ROOT,
                           capture_output=True, text=True, check=True,
                           env={key: value for key, value in os.environ.items()
                                if not key.startswith("MAKE")}).stdout.split()
    assert words, name
    return words


@pytest.fixture(scope="module")
def sources():
    vendored = variable("VENDORED")
    return [source for source in variable("TOOLS_C") + variable("PURE_C") if source not in vendored]


@pytest.mark.skipif(shutil.which("musl-gcc") is None, reason="musl-gcc is missing (musl-tools)")
def test_the_programs_sources_compile_against_musl(sources, tmp_path):
    for name, path in FOREIGN.items():
        (tmp_path / name).symlink_to(path)
    options = [*variable("WARNINGS"), *variable("TOOLS_CFLAGS"), "-std=c11", "-I.",
               '-DWHELK_VERSION=""', "-isystem", tmp_path, "-fsyntax-only"]
    run = subprocess.run(["musl-gcc", *options, *sources], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_programs_sources_include_no_header_of_glibc_alone(sources):
    included = {(source, name) for source in sources
                for name in INCLUDE.findall((ROOT / source).read_text(encoding="utf-8"))}
    assert ("tools/whelk.c", "stdio.h") in included
    assert [each for each in sorted(included) if each[1].startswith(GLIBC_ONLY)] == []
