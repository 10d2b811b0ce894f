# SPDX-License-Identifier: BSD-2-Clause
"""Tests what whelk-mkrescue says of configs with more of the language: further configs, tests of
files, unsupported commands."""

import json
import pathlib
import subprocess

import pytest

from discs import BUILD, CONFIG, MKRESCUE, write_tree
from good_kernels import plain

pytestmark = pytest.mark.bios("the tool alone")

ENTRY = 'menuentry "{}" {{\n    {}\n}}\n'


@pytest.fixture
def make(tmp_path):
    """Makes an ISO of a config and other files. Returns the exit status and the messages; a silent
    success has none."""
    def run(config, name=CONFIG, options=(), paths=(), **files):
        write_tree(tmp_path / "tree", {"boot/kernel": plain(), name: config.encode(),
                                       **{f"boot/{key}.cfg": text.encode() for key, text in files.items()},
                                       **{path: b"x" for path in paths}})
        image = tmp_path / "out.iso"
        image.unlink(missing_ok=True)
        process = subprocess.run([MKRESCUE, "-o", image, tmp_path / "tree", *options], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=60)
        assert image.exists() == (process.returncode == 0)
        return process.returncode, [line for line in process.stderr.splitlines() if "was not written" not in line]
    return run


def entry(*commands, title="test"):
    return ENTRY.format(title, "\n    ".join(commands))


def test_a_script_is_evaluated_with_the_trees_files(make):
    script = "if [ -f /boot/kernel -a -d /boot -a ! -e /boot/nothing ]; then k=kernel; else k=nothing; fi\n"
    assert make(script + entry("multiboot /boot/$k")) == (0, [])


def test_search_finds_files_of_the_tree_and_the_volume_by_its_name(make):
    script = ("if search --file --set=root /boot/kernel; then if search --label --set=root {}; then set k=kernel; fi; fi\n"
              + entry("multiboot /boot/$k"))
    assert make(fill(script, "ISOIMAGE")) == (0, [])
    assert make(fill(script, "DATA"))[0] == 1
    for options in (["-volid", "DATA"], ["-V", "DATA"], ["--", "-volid", "DATA"], ["-V", "X", "--", "-volid", "DATA"]):
        assert make(fill(script, "DATA"), options=options) == (0, [])
        assert make(fill(script, "ISOIMAGE"), options=options)[0] == 1


def test_an_iso_is_checked_with_its_own_label_and_uuid(make, tmp_path):
    script = ("if search --label {}; then if search --fs-uuid 2026-01-01-00-00-00-00; then probe --set=l -l $root; fi; fi\n"
              + entry("multiboot /boot/kernel", "module /boot/kernel $l"))
    make(fill(script, "DATA"), options=["-volid", "DATA", "--modification-date=2026010100000000"])
    process = subprocess.run([BUILD / "whelk", "check", tmp_path / "out.iso"], capture_output=True, text=True, timeout=60)
    assert process.returncode == 0 and "module /boot/kernel DATA\n" in process.stdout


def test_a_uuid_that_only_the_finished_iso_has_is_taken_for_granted(make):
    script = "if search --fs-uuid 2026-01-01-00-00-00-00; then if probe --set=u -u $root; then if search --fs-uuid $u; then k=kernel; fi; fi; fi\n"
    assert make(script + entry("multiboot /boot/$k")) == (0, [])


def fill(script, *words):
    """Puts words into the script's pairs of braces."""
    for word in words:
        script = script.replace("{}", word, 1)
    return script


BOTH = 'if [ "$grub_platform" = efi ]; then k={}; else k={}; fi\n' + ENTRY.format("a", "multiboot /boot/$k")
REASON = "boot/grub/grub.cfg:3: /boot/nothing: no such file"


def test_every_firmware_is_judged_if_the_config_asks_for_it(make):
    assert make(fill(BOTH, "kernel", "kernel")) == (0, [])
    assert make(fill(BOTH, "nothing", "kernel")) == (0, ["whelk: warning: with UEFI: " + REASON])
    assert make(fill(BOTH, "kernel", "nothing")) == (0, ["whelk: warning: with a BIOS: " + REASON])
    assert make(fill(BOTH, "nothing", "nothing")) == (1, ["whelk: error: " + REASON])
    only = BOTH.replace("$grub_platform", "$grub_cpu").replace("efi", "{}")
    assert make(fill(only, "x86_64", "nothing", "kernel")) == (0, ["whelk: warning: with 64-bit UEFI: " + REASON])
    assert make(fill(only, "x86_64", "kernel", "nothing"))[0] == 0


def test_an_entry_for_one_firmware_alone_is_judged_for_that(make):
    config = entry("multiboot /boot/kernel") + "if [ $grub_platform = efi ]; then\n" + entry("plan9 /x") + "fi\n"
    assert make(config) == (0, ["whelk: warning: with UEFI: boot/grub/grub.cfg:6: plan9 is not supported"])


def test_check_shows_what_differs_with_uefi(make, tmp_path):
    def check(*options):
        process = subprocess.run([BUILD / "whelk", "check", *options, tmp_path / "tree"], capture_output=True, text=True, timeout=60)
        return process.returncode, process.stdout
    make(fill(BOTH, "nothing", "kernel"))
    status, shown = check()
    bios, uefi = shown.split("\nWith UEFI (grub_platform=efi) it is different:\n")
    assert status == 1 and "multiboot /boot/kernel" in bios and f"Does not boot: {REASON}" in uefi and "32-bit" not in shown
    told = json.loads(check("--json")[1])
    assert told["configs"][0]["entries"][0]["error"] is None and told["uefi"]["configs"][0]["entries"][0]["error"] == REASON
    make(fill(BOTH, "kernel", "kernel"))
    status, shown = check()
    assert status == 0 and "it is different" not in shown and "uefi" not in json.loads(check("--json")[1])


def test_the_configs_of_a_folder_come_in_the_order_of_the_iso(make, tmp_path):
    names = ["10-a.cfg", "10_b.cfg", "20.cfg", "9.cfg", "B.cfg", "a.cfg", "a-b.cfg", "a.b.cfg", "ab.cfg", ".hidden.cfg", "c d.cfg",
             "a-rather-long-name-of-a-file.cfg", "x.CFG"]
    tree = tmp_path / "tree/boot/grub/conf.d"
    tree.mkdir(parents=True)
    for name in names:
        (tree / name).write_text(f"menuentry '{name}' {{ multiboot /boot/kernel }}\n")
    script = "insmod regexp\nfor f in ${prefix}/conf.d/*.cfg; do source \"$f\"; done\n"
    assert make(script) == (0, [])
    def titles(what):
        run = subprocess.run([BUILD / "whelk", "check", "--json", tmp_path / what], capture_output=True, text=True, timeout=60)
        return [entry["title"] for entry in json.loads(run.stdout)["configs"][0]["entries"]]
    assert titles("tree") == titles("out.iso") and len(titles("tree")) == len(names) - 1


def test_files_that_grub_mkrescue_adds_count_as_there(make):
    script = ("if [ -f $prefix/fonts/unicode.pf2 -a -d $prefix/i386-pc ]; then k=kernel; fi\n" + entry("multiboot /boot/$k"))
    assert make(script) == (0, [])


FONTS = [path for path in ("/usr/share/grub/unicode.pf2", "/usr/share/grub2/unicode.pf2") if pathlib.Path(path).exists()]


@pytest.mark.skipif(not FONTS, reason="SKIPPED: GRUB's font is not installed (grub-common)")
def test_the_font_that_a_kernel_loads_is_put_into_the_iso(make, tmp_path):
    font = "/boot/grub/fonts/unicode.pf2"
    def on_iso():
        run = subprocess.run(["xorriso", "-osirrox", "on", "-indev", tmp_path / "out.iso", "-extract", font, tmp_path / "font"], capture_output=True)
        return run.returncode == 0
    assert make("if loadfont unicode; then k=kernel; fi\n" + entry("multiboot /boot/$k")) == (0, []) and not on_iso()
    said = [f"whelk: {font}: taken from {FONTS[0]}, as by grub-mkrescue"]
    assert make(entry("multiboot /boot/kernel", f"module {font}")) == (0, said) and on_iso()
    assert (tmp_path / "font").read_bytes() == pathlib.Path(FONTS[0]).read_bytes()
    (tmp_path / "font").unlink()
    assert make(entry("multiboot /boot/kernel", f"module {font}"), paths=[font[1:]]) == (0, []) and on_iso()
    assert (tmp_path / "font").read_bytes() == b"x"


def test_the_environment_block_of_the_tree_is_read(make):
    block = "# GRUB Environment Block\nk=kernel\n".ljust(1024, "#")
    assert make("load_env -f /boot/env.cfg\n" + entry("multiboot /boot/$k"), env=block) == (0, [])
    status, messages = make("search --file --set=root /nothing\n" + entry("multiboot /boot/kernel"))
    assert (status, messages) == (0, ["whelk: warning: boot/grub/grub.cfg:1: no such device: /nothing"])


def test_what_is_shown_at_boot_is_not_shown_when_the_iso_is_made(make):
    assert make("echo hello\nsleep 100\n" + entry("echo world", "read", "multiboot /boot/kernel")) == (0, [])


def test_a_sourced_file_is_part_of_the_config(make):
    assert make("source /boot/more.cfg\n", more=entry("multiboot /boot/kernel")) == (0, [])
    status, messages = make("source /boot/more.cfg\n", more="\n" + entry("multiboot /boot/nothing"))
    assert status == 1
    assert messages == ["whelk: error: /boot/more.cfg:3: /boot/nothing: no such file"]


def test_a_sourced_file_that_is_missing_is_a_warning(make):
    status, messages = make("source /boot/less.cfg\n" + entry("multiboot /boot/kernel"))
    assert status == 0
    assert len(messages) == 1 and messages[0].startswith("whelk: warning: boot/grub/grub.cfg:1: /boot/less.cfg: ")


def test_a_config_that_leads_to_another_is_checked_with_it(make):
    first = entry("configfile /boot/more.cfg") + entry("multiboot /boot/kernel")
    assert make(first, more=entry("multiboot /boot/kernel") + entry("configfile /boot/grub/grub.cfg")) == (0, [])
    assert make(first, more=entry("multiboot /boot/nothing")) == \
        (1, ["whelk: error: boot/more.cfg:2: /boot/nothing: no such file"])


def test_a_config_that_leads_nowhere_is_refused(make):
    assert make(entry("configfile /boot/less.cfg")) == \
        (1, ["whelk: error: boot/grub/grub.cfg:2: /boot/less.cfg: no such file"])


KERNEL, PLAN9 = entry("multiboot /boot/kernel"), entry("plan9 /boot/9pc", "plan9 /boot/9pc")
NOTHING = entry("echo hello")


def warning(line, reason, file="boot/grub/grub.cfg"):
    return f"whelk: warning: {file}:{line}: {reason}"


@pytest.mark.parametrize("command", ["plan9", "xnu_kernel", "pxechainloader", "normal"])
def test_what_whelk_cannot_do_is_a_warning_unless_it_is_the_default(make, command):
    refused = entry(f"{command} /boot/vmlinuz")
    assert make(KERNEL + refused) == (0, [warning(5, f"{command} is not supported")])
    for first in ("", "set timeout=0\n", "set timeout=10\n"):
        line = 3 if first else 2
        assert make(first + refused + KERNEL) == (1, [f"whelk: error: boot/grub/grub.cfg:{line}: {command} is not supported"])


def test_every_entry_with_something_that_whelk_cannot_do_is_named(make):
    assert make(PLAN9 + PLAN9) == (1, ["whelk: error: boot/grub/grub.cfg:2: plan9 is not supported",
                                       warning(6, "plan9 is not supported")])
    assert make(entry("reboot") + PLAN9) == (0, [warning(5, "plan9 is not supported")])


BROKEN = {"multiboot": "a file's name is missing", "multiboot /boot/nothing": "/boot/nothing: no such file",
          "multiboot2 /boot/kernel": "/boot/kernel: has a Multiboot 1 header, not a Multiboot 2 one: use multiboot",
          "while true; do true; done": "too many commands: a loop without an end?"}


@pytest.mark.parametrize("command", BROKEN)
def test_a_broken_entry_is_a_warning_unless_it_is_the_default(make, command):
    assert make(KERNEL + entry(command)) == (0, [warning(5, BROKEN[command])])
    assert make(entry(command) + KERNEL) == (1, [f"whelk: error: boot/grub/grub.cfg:2: {BROKEN[command]}"])
    assert make("set default=1\n" + entry(command) + KERNEL) == (0, [warning(3, BROKEN[command])])
    assert make("set default=1\n" + KERNEL + entry(command)) == (1, [f"whelk: error: boot/grub/grub.cfg:6: {BROKEN[command]}"])


def test_of_configs_that_lead_to_others_the_entry_counts_that_boots_in_the_end(make):
    more, broken = entry("configfile /boot/more.cfg"), entry("multiboot /boot/nothing")
    error, reason = "whelk: error: boot/more.cfg:2: /boot/nothing: no such file", "/boot/nothing: no such file"
    assert make(more + KERNEL, more=broken + KERNEL) == (1, [error])
    assert make(KERNEL + more, more=broken + KERNEL) == (0, [warning(2, reason, "boot/more.cfg")])
    assert make(more + KERNEL, more=KERNEL + broken) == (0, [warning(5, reason, "boot/more.cfg")])
    back = entry("configfile /boot/grub/grub.cfg")
    assert make(more + broken, more=back + broken)[0] == 0  # round and round, as under GRUB
    assert make(KERNEL + entry("configfile /boot/more.cfg"), more=back + PLAN9)[0] == 0


@pytest.mark.parametrize("text, reason", [("menuentry 'a {\n", "boot/more.cfg:1: a quote that begins here is never closed"),
                                          ("# nothing\n", "boot/more.cfg:1: the config has no menuentry")])
def test_a_config_that_cannot_be_read_is_a_warning_unless_the_default_leads_to_it(make, text, reason):
    more = entry("configfile /boot/more.cfg")
    assert make(KERNEL + more + more, more=text) == (0, [f"whelk: warning: {reason}"] * 2)
    assert make(more + KERNEL, more=text) == (1, [f"whelk: error: {reason}"])


def test_an_entry_that_boots_nothing_is_a_mistake_if_it_is_the_default(make):
    reason = "nothing to boot: no multiboot line names a kernel"
    assert make(KERNEL + NOTHING) == (0, [warning(4, reason)])
    assert make(NOTHING + KERNEL) == (1, [f"whelk: error: boot/grub/grub.cfg:1: {reason}"])


def test_a_missing_module_is_a_warning_if_that_is_wanted_and_grub_boots_without_it(make):
    lines = ("multiboot /boot/kernel", "module /boot/nothing", "module /boot/kernel")
    with_boot, reason = entry(*lines, "boot"), "/boot/nothing: no such file"
    assert make(with_boot) == (1, [f"whelk: error: boot/grub/grub.cfg:3: {reason}"])
    assert make(with_boot, options=["--missing=error"])[0] == 1
    assert make(with_boot, options=["--missing=warn"]) == (0, [warning(3, reason + ": it is left out, as by GRUB")])
    assert make(entry(*lines), options=["--missing=warn"]) == (1, [f"whelk: error: boot/grub/grub.cfg:3: {reason}"])
    assert make(entry("multiboot /boot/nothing", "boot"), options=["--missing=warn"])[0] == 1
    assert make(KERNEL, options=["--missing=what"]) == (2, ["whelk: error: --missing=what: there are warn and error"])


def test_a_loop_without_an_end_is_refused(make):
    status, messages = make("while true; do true; done\n" + entry("multiboot /boot/kernel"))
    assert (status, messages) == (1, ["whelk: error: boot/grub/grub.cfg:1: too many commands: a loop without an end?"])
