# SPDX-License-Identifier: BSD-2-Clause
"""Compares docs/config.md with the code. Its tables name the commands that the code knows, each in
its place, and each command does what its table says. Its tables about public configs are those of
the tests."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[4]
SHELL = pathlib.Path(os.environ["BUILD"]).resolve() / "unit" / "config_shell"
CORPUS = pathlib.Path(os.environ.get("WHELK_CORPUS", "../shared/corpus/grub-cfg"))
FILES = sorted(CORPUS.glob("*.cfg"))
DOCUMENT = (ROOT / "docs/config.md").read_text(encoding="utf-8")

# The heading for each function that a group of commands has in config/commands_rare.overlay.c.
PLACES = {"accept": "Harmless", "command_without_effect": "Without effect", "refuse": "Refused"}


def rows(heading):
    part = re.search(rf"^##+ {heading}.*?\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
    return [line.split("|") for line in part.splitlines() if line.startswith("| ")]


def documented(heading):
    return {name for row in rows(heading) for name in re.findall(r"`([^`]+)`", row[1])}


def names_in(strings):
    return {name for name in "".join(re.findall(r'"([^"]*)"', strings)).split("\\0") if name}


def known():
    """The names in commands_rare.overlay.c by their tables' headings, and the names of the core,
    which are done or have no effect."""
    places = {heading: set() for heading in PLACES.values()} | {"Done": set()}
    text = (ROOT / "stage2/config/commands_rare.overlay.c").read_text(encoding="utf-8")
    for strings, function in re.findall(r'\{((?:\s*"[^"]*")+),\s*(\w+),\s*\d\}', text):
        places[PLACES.get(function, "Done")] |= names_in(strings)
    text = (ROOT / "stage2/config/commands.c").read_text(encoding="utf-8")
    core = names_in(re.search(r"command_names\[\] =(.*?);", text, re.DOTALL)[1])
    return places, core


def test_the_tables_name_the_commands_that_the_code_knows_each_in_its_place():
    places, core = known()
    assert len(core) > 10 and all(places.values())
    for heading in ("Without effect", "Refused"):
        assert documented(heading) == places[heading]
    assert documented("Done") | documented("Harmless") == places["Done"] | places["Harmless"] | core
    assert places["Done"] <= documented("Done") and places["Harmless"] <= documented("Harmless")


def evaluated(config, folder):
    """What the entries of a config boot, and the warnings."""
    (folder / "boot/grub").mkdir(parents=True, exist_ok=True)
    (folder / "boot/grub/grub.cfg").write_bytes(config)
    run = subprocess.run([SHELL, "-e", folder], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    return run.stdout.splitlines(), run.stderr.splitlines()


def tried(commands, folder):
    """What an entry with these commands boots besides its kernel, and the warnings."""
    said, warnings = evaluated(f"menuentry a {{\nmultiboot /k\n{commands}\n}}\n".encode(), folder)
    return said[1:], warnings


SUCCEEDED = 'if [ "$?" = 0 ]; then module /succeeded; else module /failed; fi'


@pytest.mark.parametrize("name", sorted(documented("Harmless")))
def test_a_harmless_command_has_no_effect_and_is_not_mentioned(name, tmp_path):
    boot = ["multiboot\t/k\t", "module\t/succeeded\t"]
    assert tried(f"{name} x\n{SUCCEEDED}", tmp_path) == (boot, [])


@pytest.mark.parametrize("name", ["gettext", "hdparm", "dump", "hexdump", "gptsync", "parttool", "badram", "setpci", "cmosset",
                                  "cmosclean", "outb x", "wrmsr x", "write_byte x", "cutmem x", "keymap", "play", "rmmod", "background_color",
                                  "smbios", "probe", "cmostest", "hashsum"])
def test_a_command_with_too_few_words_fails_as_in_grub(name, tmp_path):
    said, warnings = tried(f"{name}\n{SUCCEEDED}", tmp_path)
    assert said == ["multiboot\t/k\t", "module\t/failed\t"] and len(warnings) == 1 and warnings[0].startswith("/boot/grub/grub.cfg:3: ")


@pytest.mark.parametrize("name", sorted(documented("Without effect")))
def test_a_command_without_effect_is_warned_of(name, tmp_path):
    assert tried(f"{name} x y\n{SUCCEEDED}", tmp_path) == (
        ["multiboot\t/k\t", "module\t/succeeded\t"],
        [f"/boot/grub/grub.cfg:3: {name} is not supported: it has no effect"])


@pytest.mark.parametrize("name", sorted(documented("Refused")))
def test_a_refused_command_is_an_error_with_its_line(name, tmp_path):
    said, warnings = tried(f"{name} /x", tmp_path)
    substitutes = {"xen": ", nor by GRUB on a PC: boot Xen by multiboot2 and module2",
                   **dict.fromkeys(["kfr", "kne", "kop", "ntl", "fre"], ": start that system's own loader by chainloader")}
    assert said == [f"error\t/boot/grub/grub.cfg:3: {name} is not supported{substitutes.get(name[:3], '')}"] and not warnings


@pytest.mark.parametrize("name", sorted(documented("Done")))
def test_a_command_of_the_table_done_is_known(name, tmp_path):
    said = "\n".join(sum(tried(f"{name} /boot", tmp_path), []))
    assert f"{name} is not supported" not in said and f"unknown command '{name}'" not in said


@pytest.mark.parametrize("name, hint", [("nosuch", ""), ("Linux", ""), ("insmods", "; is 'insmod' meant?")])
def test_an_unknown_command_is_warned_of_and_counts_as_a_success(name, hint, tmp_path):
    assert tried(f"{name} x\n{SUCCEEDED}", tmp_path) == (
        ["multiboot\t/k\t", "module\t/succeeded\t"], [f"/boot/grub/grub.cfg:3: unknown command '{name}'{hint}"])


# ---- Public configs: see test_corpus.c

def corpus_names(table):
    return {name for row in table for name in re.findall(r"`([^`]+\.cfg)`", row[1])}


def test_the_table_of_exceptions_is_that_of_the_test():
    text = (ROOT / "tests/unit/stage2/config/test_corpus.c").read_text(encoding="utf-8")
    exceptions = re.search(r"exceptions\[\] = \{(.*?)\};", text, re.DOTALL)[1]
    table = [row for row in rows("How public configs fare") if "repaired" not in row[2] and "refused lines" not in row[2]]
    assert corpus_names(table) == set(re.findall(r'"([^"]+\.cfg)"', exceptions)) != set()


@pytest.mark.skipif(not FILES, reason=f"SKIPPED: there are no grub.cfg files in {CORPUS} (see WHELK_CORPUS)")
def test_configs_that_grub_script_check_refuses_are_read_as_their_table_says(tmp_path):
    refused = {path for path in FILES if subprocess.run(["grub-script-check", path], capture_output=True).returncode}
    table = {name: row[2].strip() for row in rows("How public configs fare") for name in corpus_names([row])
             if row[2].strip() in ("repaired", "refused lines")}
    assert {path.name for path in refused} == set(table)
    for path in refused:
        said, warnings = evaluated(path.read_bytes(), tmp_path)
        assert said[0].startswith("entry\t")
        assert any("'>' must be in quotes" in line for line in warnings) == (table[path.name] == "refused lines")
