# SPDX-License-Identifier: BSD-2-Clause
"""tests/lint/rules.py finds every kind of violation, and reports none in a tree that keeps the
rules."""

import pathlib
import subprocess
import sys

import pytest

RULES = pathlib.Path(__file__).resolve().parents[2] / "lint" / "rules.py"
LICENCE = "// SPDX-License-Identifier: BSD-2-Clause\n"


def run_rules(tree, files):
    (tree / "Makefile").write_text("# SPDX-License-Identifier: BSD-2-Clause\nPURE_FOLDERS := loader \\\n    stage2/pure\n")
    for name, contents in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents)
    done = subprocess.run([sys.executable, RULES, tree], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines()


def test_a_tree_that_keeps_the_layers_passes(tmp_path):
    assert run_rules(tmp_path, {
        "loader/a.c": LICENCE + '#include "loader/a.h"\n#include <string.h>\n',
        "loader/a.h": LICENCE,
        "stage2/b.c": LICENCE + '#include "loader/a.h"\n#include "stage2/b.h"\n',
        "boot/bios/c.c": LICENCE + '#include "stage2/b.h"\n#include "boot/bios/c.h"\n',
        "tools/d.c": LICENCE + '#include <stdio.h>\n#include "stage2/b.h"\n',
        "stage2/compression/puff/puff.c": '#include <setjmp.h>\n',
    }) == (0, [])


@pytest.mark.parametrize("name, include, reason", [
    ("loader/a.c", '"stage2/fs/iso9660.h"', "loader/ may not include stage2/ (stage2/fs/iso9660.h)"),
    ("loader/a.h", '"boot/bios/bios.h"', "loader/ may not include boot/ (boot/bios/bios.h)"),
    ("loader/a.c", '"../stage2/b.h"', "loader/ may not include stage2/ (../stage2/b.h)"),
    ("loader/a.c", '"tools/lib/say.h"', "loader/ may not include tools/ (tools/lib/say.h)"),
    ("stage2/b.c", '"boot/bios/bios.h"', "stage2/ may not include boot/ (boot/bios/bios.h)"),
    ("stage2/deep/b.c", '"../../boot/x.h"', "stage2/ may not include boot/ (../../boot/x.h)"),
    ("tools/d.c", '"boot/bios/bios.h"', "tools/ may not include boot/ (boot/bios/bios.h)"),
    ("loader/a.c", "<stdio.h>", "freestanding code has no <stdio.h>"),
    ("stage2/b.h", "<stdlib.h>", "freestanding code has no <stdlib.h>"),
])
def test_an_include_that_breaks_a_layer_is_named(tmp_path, name, include, reason):
    files = {"stage2/b.h": LICENCE, "boot/x.h": LICENCE}
    files[name] = LICENCE + f"#  include {include}\n"
    assert run_rules(tmp_path, files) == (1, [f"{name}: {reason}"])


def test_assembly_keeps_the_layers_too(tmp_path):
    source = '; SPDX-License-Identifier: BSD-2-Clause\n%include "boot/bios/layout.inc"\n'
    assert run_rules(tmp_path, {"loader/a.asm": source}) == (
        1, ["loader/a.asm: loader/ may not include boot/ (boot/bios/layout.inc)"])


@pytest.mark.parametrize("arrows, circle", [
    ((("disc/a.c", "menu/b.h"), ("menu/b.c", "disc/a.h")), ("disc/a.c", "disc → menu → disc")),
    ((("disc/a.c", "menu/b.h"), ("menu/b.h", "text/c.h"), ("text/c.h", "disc/a.h")),
     ("disc/a.c", "disc → menu → text → disc")),
    ((("disc/a.c", "firmware.h"), ("firmware.h", "disc/a.h")), ("disc/a.c", "disc → firmware → disc")),
])
def test_folders_that_include_each_other_are_named_with_the_whole_circle(tmp_path, arrows, circle):
    files = {f"stage2/{name}": LICENCE for pair in arrows for name in pair}
    for name, other in arrows:
        files[f"stage2/{name}"] += f'#include "stage2/{other}"\n'
    status, lines = run_rules(tmp_path, files)
    name, rooms = circle
    assert (status, len(lines)) == (1, len(arrows))
    assert f"stage2/{name}: closes a circle: " + rooms.replace("→ ", "→ stage2/").replace(
        rooms.split()[0], "stage2/" + rooms.split()[0], 1) in lines


def test_files_of_one_folder_may_include_each_other(tmp_path):
    assert run_rules(tmp_path, {
        "stage2/disc/a.h": LICENCE + '#include "stage2/disc/b.h"\n',
        "stage2/disc/b.h": LICENCE + '#include "stage2/disc/a.h"\n',
    }) == (0, [])


def test_pure_code_that_includes_hardware_or_firmware_is_named(tmp_path):
    assert run_rules(tmp_path, {
        "stage2/pure/a.c": LICENCE + '#include "stage2/firmware.h"\n#include "loader/b.h"\n',
        "stage2/firmware.h": LICENCE,
        "loader/b.h": LICENCE,
    }) == (1, ["stage2/pure/a.c: pure code may include pure folders only (stage2/firmware.h)"])


@pytest.mark.parametrize("value", ["UINT32_MAX", "1 + SIZE_MAX", "0x80000000", "0x100000000u"])
def test_an_enumerator_that_is_no_int_is_named(tmp_path, value):
    source = LICENCE + f"enum {{\n    LEAST = 1,\n    MOST = {value}, /* none */\n}};\n"
    assert run_rules(tmp_path, {"loader/a.c": source}) == (1, ["loader/a.c: an enumerator must fit int (MOST)"])


def test_an_enumerator_of_31_bits_passes(tmp_path):
    source = LICENCE + "enum {\n    MOST = 0x7fffffff, /* not UINT32_MAX */\n};\n"
    assert run_rules(tmp_path, {"loader/a.c": source}) == (0, [])


def test_a_file_without_licence_is_named(tmp_path):
    assert run_rules(tmp_path, {"loader/a.c": "int x;\n", "tests/x.py": '"""x"""\n', "findings/x.sh": "true\n"}) == (
        1, ['findings/x.sh: no "SPDX-License-Identifier: BSD-2-Clause" at the top',
            'loader/a.c: no "SPDX-License-Identifier: BSD-2-Clause" at the top',
            'tests/x.py: no "SPDX-License-Identifier: BSD-2-Clause" at the top'])


@pytest.mark.parametrize("name", ["README.md", "docs/a.md", "docs/bench/a.md"])
def test_a_line_of_prose_of_more_than_100_characters_is_named(tmp_path, name):
    assert run_rules(tmp_path, {name: f"# A\n\n{'é' * 100}\n{'e' * 101}\n"}) == (
        1, [f"{name}:4: 101 characters, more than 100"])


@pytest.mark.parametrize("text", ["| {} |\n", "    {}\n", "```make\n{}\n```\n"])
def test_tables_and_code_blocks_of_a_document_may_be_wider(tmp_path, text):
    wide = text.format("e" * 101)
    assert run_rules(tmp_path, {"docs/a.md": wide}) == (0, [])
    assert run_rules(tmp_path, {"docs/a.md": wide + "e" * 101 + "\n"})[0] == 1


def test_a_test_that_asserts_nothing_in_its_body_is_named(tmp_path):
    source = ("# SPDX-License-Identifier: BSD-2-Clause\n"
              "def test_one():\n    assert 1\n"
              "def test_two():\n    with pytest.raises(ValueError):\n        int('x')\n"
              "def test_three(boot):\n    if boot:\n        assert_arrived(boot())\n"
              "def test_four(boot):\n    boot()\n"
              "def helper():\n    pass\n")
    assert run_rules(tmp_path, {"tests/boot/test_x.py": source, "tests/harness/y.py": source}) == (
        1, ["tests/boot/test_x.py: test_four() asserts nothing in its body"])
