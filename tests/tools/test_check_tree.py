# SPDX-License-Identifier: BSD-2-Clause
"""Tests whelk check on a tree, an ISO and a config: what it says that each entry would boot, as
text and as JSON, its warnings and its exit status. An ISO gives the same answers as its tree, and a
machine boots what they say."""

import gzip
import json
import os
import re
import subprocess

import pytest

import multiboot2_kernels
import pvh_kernels
from discs import BUILD, CONFIG, plain_iso, write_tree
from good_kernels import plain
from linux_kernel import bzimage
from make_kernel import MIB, VIDEO_MODE, Payload, elf, multiboot_header, pattern
from qemu import Machine
from report import Report

pytestmark = pytest.mark.bios("the tool alone")

YES, NO, USAGE = 0, 1, 2
ENTRY = 'menuentry "{}" {{\n    {}\n}}\n'
BOOT = ENTRY.format("test", "multiboot /boot/kernel a=1 'b c'")


@pytest.fixture
def check(tmp_path):
    def run(*arguments, **files):
        """Writes the files, in whose names '__' stands for '/', and runs whelk check."""
        write_tree(tmp_path / "tree", {name.replace("__", "/"): data.encode() if isinstance(data, str) else data
                                       for name, data in {"boot__kernel": plain(), **files}.items()})
        return subprocess.run([BUILD / "whelk", "check", *map(str, arguments)], stdin=subprocess.DEVNULL, cwd=tmp_path,
                              capture_output=True, text=True, timeout=60)
    return run


@pytest.fixture
def judged(check):
    def run(config, *arguments, **files):
        """The exit status and the JSON for a tree with this config."""
        process = check("--json", *arguments, "tree", **{CONFIG: config}, **files)
        assert not process.stderr
        return process.returncode, json.loads(process.stdout)
    return run


def entries(said):
    return said["configs"][0]["entries"]


def warnings(said):
    return [(warning["line"], warning["text"]) for warning in said["configs"][0]["warnings"]]


# ---- What would boot

def test_an_entry_is_told_with_its_kernel_its_modules_and_their_lines(judged):
    status, said = judged(ENTRY.format('größe "1"', "multiboot /boot/kernel a=1 'b c'\n    module --nounzip (cd)/m x y"),
                          m=b"module")
    assert status == YES
    (entry,) = entries(said)
    assert (entry["position"], entry["title"], entry["line"], entry["default"]) == ("0", "größe 1", 1, True)
    assert entry["kernel"] == {"command": "multiboot", "path": "/boot/kernel", "arguments": 'a=1 "b c"',
                               "file": CONFIG, "line": 2, "nounzip": False}
    assert entry["modules"] == [{"command": "module", "path": "/m", "arguments": "x y", "file": CONFIG, "line": 3,
                                 "nounzip": True}]


@pytest.mark.parametrize("command, module", [("pvh", "module"), ("multiboot", "module"), ("multiboot2", "module2")])
def test_a_kernel_with_a_pvh_entry_alone_is_started_by_it(judged, check, command, module):
    kernel = pvh_kernels.KERNELS["elf64"]()
    config = "nonsense\n" + ENTRY.format("a", f"{command} /boot/kernel x\n    {module} /m y") + "more nonsense\n"
    status, said = judged(config, boot__kernel=kernel, m=b"module")
    entry, = entries(said)
    assert (status, entry["started_as_by"], entry["kernel"]["command"]) == (YES, "pvh", command)
    assert [m["command"] for m in entry["modules"]] == [module]
    remark = "/boot/kernel: no Multiboot header: it is started by its PVH entry, as by the command pvh"
    wanted = [(3, remark)] if command != "pvh" else []
    assert warnings(said) == [(1, "unknown command 'nonsense'"), *wanted, (6, "unknown command 'more'")]
    text = check("tree", **{CONFIG: config}, boot__kernel=kernel, m=b"module").stdout
    assert f"\n{command} /boot/kernel x\n{module} /m y\nVideo: text\nBy PVH in 128 MiB" in text


def test_the_text_says_the_same_as_the_json(check):
    run = check("tree", **{CONFIG: "set timeout=5\n" + BOOT.replace("'b c'\n", "'b c'\n    module /m x\n")}, m=b"module")
    assert (run.returncode, run.stderr) == (YES, "")
    lines = run.stdout.splitlines()
    assert lines[:6] == [f"{CONFIG}: 1 entry, timeout 5 s", "", f'{CONFIG}:2: entry 0 "test", the default',
                         'multiboot /boot/kernel a=1 "b c"', "module /m x", "Video: text"]
    assert re.fullmatch("By Multiboot 1 in 128 MiB of memory, entered at 0x[0-9a-f]+:", lines[6])
    assert any(re.fullmatch("  0x[0-9a-f]{8} to 0x[0-9a-f]{8}  module 1: /m", line) for line in lines[7:])


def test_a_boot_puts_everything_where_the_check_says(judged, discs):
    modules = {"boot/m0": pattern(5000), "boot/m1": gzip.compress(pattern(70_000, 2))}
    config = "set timeout=0\n" + ENTRY.format("test", "multiboot2 /boot/kernel\nmodule2 /boot/m0\nmodule2 /boot/m1 x")
    kernel = multiboot2_kernels.KERNELS["relocatable-high"].make()
    status, said = judged(config, "-m", 64, boot__kernel=kernel, **modules)
    assert status == YES
    pieces = {piece["path"] or piece["name"]: (piece["start"], piece["end"]) for piece in entries(said)[0]["pieces"]}
    with Machine(discs.make({CONFIG: config.encode(), "boot/kernel": kernel, **modules}), memory=64) as machine:
        machine.wait_for("^END$", 30)
        report = Report(machine.serial)
    assert [(m["start"], m["end"]) for m in report.modules] == [pieces["/boot/m0"], pieces["/boot/m1"]]
    assert report["ebx"] == pieces["boot information"][0]
    assert report["load_base"] == pieces["segment 0"][0]


@pytest.mark.parametrize("config, head", [
    (BOOT, "1 entry"), (BOOT * 2, "2 entries, no timeout: the menu waits for a key"),
    ("set timeout=0\n" + BOOT * 2, "2 entries, timeout 0 s"),
    ("set timeout=-1\n" + BOOT, "1 entry, no timeout: the menu waits for a key")])
def test_a_menu_that_waits_for_a_key_is_told(check, config, head):
    assert check("tree", **{CONFIG: config}).stdout.splitlines()[0] == f"{CONFIG}: {head}"


def test_the_memory_of_the_machine_decides_what_fits(judged):
    config = ENTRY.format("test", "multiboot /boot/kernel\nmodule /big")
    assert judged(config, big=bytes(40 * MIB))[0] == YES
    status, said = judged(config, "-m", 32)
    assert status == NO
    assert entries(said)[0]["error"].startswith(f"{CONFIG}:3: /big: ")


WIDE = elf([Payload(MIB).segment()], MIB, extra={0x400: multiboot_header(3 | VIDEO_MODE, video=(0, 1024, 768, 32))})


@pytest.mark.parametrize("kernel, line, video", [
    (plain(), "", "text"), (plain(), "set gfxpayload=800x600", "text"), (WIDE, "", "1024x768x32,1024x768,auto"),
    (WIDE, "set gfxpayload=800x600,640x480x16", "800x600,640x480x16"), (WIDE, "set gfxpayload=text", "text"),
    (WIDE, "set gfxpayload=keep", "text")])
def test_the_video_mode_is_what_header_and_config_ask_for(judged, kernel, line, video):
    status, said = judged(ENTRY.format("test", "multiboot /boot/kernel\n" + line), boot__kernel=kernel)
    assert (status, entries(said)[0]["video"]) == (YES, video)


def test_entries_of_submenus_have_positions_and_the_default_is_marked(judged):
    config = ("set default='s>two'\nsubmenu s {\n" + ENTRY.format("one", "reboot") +
              ENTRY.format("two", "multiboot /boot/kernel") + "}\n" + ENTRY.format("three", "halt"))
    status, said = judged(config)
    assert status == YES
    assert [(e["position"], e["title"], e["action"], e["default"]) for e in entries(said)] == [
        ("0>0", "one", "reboot", False), ("0>1", "two", "boot", True), ("1", "three", "halt", False)]


def test_configs_that_lead_to_each_other_are_all_told(judged):
    status, said = judged(ENTRY.format("more", "configfile /boot/more.cfg"), **{"boot/more.cfg": BOOT})
    assert status == YES
    assert [config["file"] for config in said["configs"]] == [CONFIG, "boot/more.cfg"]
    assert entries(said)[0]["action"] == "configfile"
    assert said["configs"][1]["entries"][0]["kernel"]["path"] == "/boot/kernel"


def test_a_menu_lst_is_told_as_well(check):
    run = check("tree", **{"boot/grub/menu.lst": "default 0\ntitle Old\nkernel /boot/kernel x\n"})
    assert run.returncode == YES
    assert 'boot/grub/menu.lst:2: entry 0 "Old", the default\nmultiboot /boot/kernel /boot/kernel x\n' in run.stdout


LINUX = ENTRY.format("linux", "linux (cd)/boot/bzimage ro 'a b'\n    initrd /boot/one newc:etc/two:/boot/two")
LINUX_16 = ENTRY.format("linux", "linux16 /boot/bzimage")
LINUX_FILES = {"boot/one": bytes(10), "boot/two": bytes(20)}


def test_a_linux_entry_is_told_with_its_command_line_and_initrds(check):
    run = check("tree", **{CONFIG: LINUX, "boot/bzimage": bzimage(), **LINUX_FILES})
    assert run.returncode == YES, run.stderr
    assert ('linux /boot/bzimage\nCommand line: BOOT_IMAGE=(cd)/boot/bzimage ro "a b"\ninitrd /boot/one\n'
            "initrd newc:etc/two:/boot/two\nVideo: text\nBy Linux's boot protocol in 128 MiB") in run.stdout
    said = json.loads(check("--json", "tree", **{CONFIG: LINUX, "boot/bzimage": bzimage(), **LINUX_FILES}).stdout)
    assert entries(said)[0]["started_as_by"] == "linux"


def test_a_missing_initrd_and_a_kernel_that_is_none_are_told_with_their_lines(judged):
    status, said = judged(LINUX, **{"boot/bzimage": bzimage()})
    assert (status, entries(said)[0]["error"]) == (NO, f"{CONFIG}:3: /boot/one: no such file")
    status, said = judged(LINUX, **{"boot/bzimage": bytes(4096), **LINUX_FILES})
    assert (status, entries(said)[0]["error"]) == (
        NO, f"{CONFIG}:2: /boot/bzimage: is no Linux kernel: no boot signature at offset 0x1fe")


def test_an_elf_file_of_linux_is_started_by_its_pvh_entry(judged):
    kernel = {"boot/bzimage": pvh_kernels.KERNELS["elf64"](), **LINUX_FILES}
    status, said = judged(ENTRY.format("linux", "linux /boot/bzimage\n    initrd /boot/one"), **kernel)
    assert (status, entries(said)[0]["started_as_by"]) == (YES, "pvh")
    assert warnings(said) == [
        (2, "/boot/bzimage: is an ELF file: it is started by its PVH entry, as by the command pvh")]
    status, said = judged(LINUX, **kernel)
    assert (status, entries(said)[0]["error"]) == (
        NO, f"{CONFIG}:2: /boot/bzimage: is an ELF file, started by its PVH entry: that takes one plain initrd only")
    status, said = judged(ENTRY.format("linux", "linux /boot/kernel"))
    assert (status, entries(said)[0]["error"]) == (
        NO, f"{CONFIG}:2: /boot/kernel: has no PVH entry: no note XEN_ELFNOTE_PHYS32_ENTRY: it has a Multiboot header, for multiboot")


def test_linux16_is_warned_of_as_the_iso_boots_by_uefi_too(judged):
    status, said = judged(LINUX_16, **{"boot/bzimage": bzimage()})
    assert (status, warnings(said)) == (YES, [(2, "/boot/bzimage: linux16 needs a BIOS: by UEFI this does not boot")])
    asking = "if [ $grub_platform = pc ]; then\n" + LINUX_16 + "else\n" + LINUX + "fi\n"
    status, said = judged(asking, **{"boot/bzimage": bzimage(), **LINUX_FILES})
    assert (status, warnings(said)) == (YES, [])


# ---- What would not

def test_what_would_not_boot_is_told_with_its_line_and_the_status_is_1(judged):
    config = BOOT + ENTRY.format("typo", "multiboot /boot/kernle") + ENTRY.format("plan9", "plan9 /9pc")
    status, said = judged(config)
    assert status == NO
    assert [(e["action"], e["error"]) for e in entries(said)] == [
        ("boot", None), (None, f"{CONFIG}:5: /boot/kernle: no such file"), (None, f"{CONFIG}:8: plan9 is not supported")]


def test_warnings_are_told_with_their_lines_and_do_not_count(judged):
    status, said = judged("# first\nmultibot x\nacpi /a\n" + BOOT)
    assert status == YES
    assert warnings(said) == [(2, "unknown command 'multibot'; is 'multiboot' meant?"), (3, "acpi is not supported: it has no effect")]


@pytest.mark.parametrize("config, reason", [
    ('menuentry "a {\n', "boot/grub/grub.cfg:1: a quote that begins here is never closed"),
    ("", "boot/grub/grub.cfg:1: the config has no menuentry"), ("a\0b", "boot/grub/grub.cfg:1: a NUL byte")])
def test_a_config_that_cannot_be_read_ends_with_1_and_the_reason(check, config, reason):
    for arguments in (["tree"], ["--json", "tree"]):
        run = check(*arguments, **{CONFIG: config})
        assert run.returncode == NO
        assert run.stderr.startswith(f"whelk: error: {reason}")
    assert json.loads(run.stdout)["error"].startswith(reason)


def test_a_tree_without_a_config_ends_with_1_and_the_reason(check):
    run = check("tree")
    assert run.returncode == NO
    assert run.stderr == f"whelk: error: {CONFIG}: no such file in the tree; it says what to boot, as for GRUB\n"


def test_invalid_utf_8_does_not_break_the_json(check):
    run = check("--json", "tree", **{CONFIG: b'menuentry "a\xff\xe2\x9c\x93\xe2\x9c\x1b\\\\" {\n multiboot /boot/kernel\n}\n'})
    assert entries(json.loads(run.stdout))[0]["title"] == "a�✓��\x1b\\"


# ---- An ISO

OTHER_LOADER = "whelk: warning: {}: its boot loader is not Whelk: this is what Whelk would boot\n"
NO_LOADER = "{}: has no boot loader; whelk-mkrescue makes an ISO that boots"


@pytest.mark.parametrize("loader", ["whelk", "grub"])
def test_an_iso_gives_the_answers_of_its_tree_whoever_made_it(check, discs, tmp_path, loader):
    files = {CONFIG: (BOOT.replace("'b c'\n", "'b c'\n    module /m/Long_Name-of.a.module\n") +
                      ENTRY.format("no", "plan9 /nothing")).encode(),
             "boot/kernel": gzip.compress(plain()), "m/Long_Name-of.a.module": pattern(70_000)}
    tree, iso = check("tree", **files), check(discs.make(files, loader), **files)
    assert (iso.returncode, iso.stdout, iso.stderr) == (NO, tree.stdout, "" if loader == "whelk" else OTHER_LOADER.format(iso.args[-1]))
    assert "Long_Name-of.a.module" in iso.stdout


def test_a_truncated_iso_ends_with_1_and_a_reason(check, discs, tmp_path):
    whole = discs.make({CONFIG: BOOT.encode(), "boot/kernel": plain()}).read_bytes()
    for size in (17 * 2048 + 7, 24 * 2048, 40 * 2048):
        (tmp_path / "cut.iso").write_bytes(whole[:size])
        run = check("cut.iso")
        assert run.returncode == NO
        assert re.match(r"whelk: error: .+\n", run.stderr) or "Does not boot: " in run.stdout


def test_an_iso_that_is_shorter_than_its_volume_is_an_error_with_both_sizes(check, discs, tmp_path):
    whole = discs.make({CONFIG: BOOT.encode(), "boot/kernel": plain()}).read_bytes()
    volume = int.from_bytes(whole[0x8050:0x8054], "little") * 2048
    for size in (volume - 1, volume - 2048, volume // 2):
        (tmp_path / "cut.iso").write_bytes(whole[:size])
        run = check("cut.iso")
        assert (run.returncode, run.stdout) == (NO, "")
        assert run.stderr == f"whelk: error: cut.iso: is cut short: it has {size} bytes, and its volume {volume}\n"
    (tmp_path / "cut.iso").write_bytes(whole[:volume])
    assert check("cut.iso").returncode == YES


# Offsets in the primary volume descriptor (ECMA-119, 8.4) of numbers in both byte orders.
PRIMARY = 16 * 2048
TWICE = {"volume's size": 80, "number of volumes": 120, "volume's number": 124, "block size": 128, "path table's size": 132}


def number(data, at, order="little"):
    return int.from_bytes(data[at:at + 4], order)


def in_primary(field):
    return lambda data: PRIMARY + field


def record(data, name):
    """Offset of the directory record with this plain name; a file's ends with a dot, or with dot and version."""
    return next(found.start() - 32 for found in re.finditer(b"[\\x01-\\x0f](" + re.escape(name) + b"(?:\\.?;1|\\.)?)", data, re.IGNORECASE)
                if data[found.start()] == len(found[1]) and found.start() > PRIMARY and data[found.start() - 32] >= 34 + len(name))


def in_directory(field):
    """A number of a file that no entry needs."""
    return lambda data: record(data, b"zzz") + field


def in_path_table(order, field):
    return lambda data: number(data, PRIMARY + field, order) * 2048 + 2


def in_catalog(offset):
    return lambda data: number(data, 17 * 2048 + 0x47) * 2048 + offset


DAMAGED = {
    **{f"{what}, {half}": (in_primary(at + shift * (2 if at in (120, 124, 128) else 4)), r"sector 16: ")
       for what, at in TWICE.items() for half, shift in (("little-endian", 0), ("big-endian", 1))
       if (what, half) not in {("block size", "little-endian"), ("volume's size", "little-endian")}},
    "root's place, big-endian": (in_primary(156 + 6), "a number in sector 16 is"),
    "file's place": (in_directory(2), r"sector \d+: a directory record's place is"),
    "file's length": (in_directory(14), r"sector \d+: a directory record's length is"),
    "file's volume": (in_directory(28), r"sector \d+: a directory record's volume number is"),
    "path table": (in_path_table("little", 140), r"sectors \d+ and \d+: the path table and its big-endian copy differ"),
    "big-endian path table": (in_path_table("big", 148), r"sectors \d+ and \d+: the path table and its big-endian copy differ"),
    "El Torito's platform": (in_catalog(1), r"sector \d+: El Torito's validation entry is damaged"),
    "El Torito's checksum": (in_catalog(28), r"sector \d+: El Torito's validation entry is damaged"),
    "GPT's header": (lambda data: 512 + 60, "sector 0: the GPT's header or entries have another checksum"),
    "GPT's entries": (lambda data: 1024 + 60, "sector 0: the GPT's header or entries have another checksum"),
    "backup GPT's header": (lambda data: len(data) - 512 + 60, r"sector \d+: the GPT's backup is missing or damaged"),
    "backup GPT's entries": (lambda data: len(data) - 33 * 512 + 60, r"sector \d+: the GPT's backup is missing or damaged"),
}


@pytest.mark.parametrize("place, reason", DAMAGED.values(), ids=DAMAGED)
def test_an_iso_that_disagrees_with_itself_is_an_error_with_the_sector(check, discs, tmp_path, place, reason):
    data = bytearray(discs.make({CONFIG: BOOT.encode(), "boot/kernel": plain(), "boot/grub/zzz": b"other"}).read_bytes())
    (tmp_path / "whole.iso").write_bytes(data)
    assert check("whole.iso").returncode == YES
    data[place(data)] ^= 1
    (tmp_path / "damaged.iso").write_bytes(data)
    run = check("damaged.iso")
    assert run.returncode == NO
    assert re.match(f"whelk: error: damaged.iso: .*{reason}", run.stderr), run.stderr


@pytest.mark.parametrize("name", ["kernel", "mod"])
def test_a_file_whose_place_differs_in_the_other_byte_order_does_not_boot(check, discs, tmp_path, name):
    """Modules that are not there are left out, but nobody can say that of this one."""
    config = "multiboot /boot/kernel\nmodule /boot/mod\n"
    data = bytearray(discs.make({CONFIG: config.encode(), "boot/kernel": plain(), "boot/mod": b"m" * 100}).read_bytes())
    data[record(data, name.encode()) + 2] ^= 1
    (tmp_path / "damaged.iso").write_bytes(data)
    run = check("damaged.iso")
    assert run.returncode == NO
    assert re.search(rf"/boot/{name}: damaged: a number in sector \d+ is \d+ in one byte order and \d+ in the other", run.stdout)


@pytest.mark.parametrize("command", [
    ["xorriso", "-as", "mkisofs", "-R"], ["xorriso", "-as", "mkisofs", "-R", "-J", "-hfsplus"],
    ["genisoimage", "-R"], ["genisoimage", "-R", "-J", "-udf", "-hfs"], ["genisoimage", "-J", "-iso-level", "4"],
    ["grub-mkrescue"],
], ids=" ".join)
def test_isos_of_other_programs_agree_with_themselves(check, tmp_path, command):
    files = {CONFIG: BOOT, "deep/1/2/3/4/5/6/7/8/9": b"deep"}
    check("tree", **files)
    subprocess.run([*command, "-o", "other.iso", "tree"], cwd=tmp_path, capture_output=True, check=True, timeout=120)
    run = check("other.iso", **files)
    if command == ["grub-mkrescue"]:
        assert (run.returncode, run.stderr) == (YES, OTHER_LOADER.format("other.iso"))
    else:
        assert (run.returncode, run.stderr) == (NO, f"whelk: error: {NO_LOADER.format('other.iso')}\n")
    assert "entry 0" in run.stdout


def test_an_iso_without_a_boot_loader_boots_nothing_though_its_entries_are_told(check, tmp_path):
    check("tree", **{CONFIG: BOOT})
    subprocess.run(["xorriso", "-as", "mkisofs", "-R", "-o", "none.iso", "tree"], cwd=tmp_path, capture_output=True,
                   check=True, timeout=120)
    run = check("--json", "none.iso", **{CONFIG: BOOT})
    said = json.loads(run.stdout)
    assert run.returncode == NO and said["error"] == NO_LOADER.format("none.iso")
    assert entries(said)[0]["error"] is None


def test_an_iso_without_big_endian_numbers_is_read(check, discs, tmp_path):
    """Some old programs wrote no big-endian numbers."""
    data = bytearray(discs.make({CONFIG: BOOT.encode(), "boot/kernel": plain()}).read_bytes())
    for at in (84, 136, 148, 156 + 6, 156 + 14):
        data[PRIMARY + at:PRIMARY + at + 4] = bytes(4)
    for name in (b"boot", b"grub", b"kernel", b"grub.cfg"):
        at = record(data, name)
        data[at + 6:at + 10] = data[at + 14:at + 18] = bytes(4)
    (tmp_path / "old.iso").write_bytes(data)
    run = check("old.iso")
    assert (run.returncode, run.stderr) == (YES, "")


def test_a_pipe_is_no_iso_and_nobody_waits_for_it(check, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    run = check("pipe")
    assert (run.returncode, run.stderr) == (NO, f"whelk: error: {tmp_path}/pipe: is not a regular file\n")


# ---- A config alone

def test_a_config_alone_is_judged_without_its_files(check, tmp_path):
    (tmp_path / "any.cfg").write_text("\nif [ -f /x ]; then set k=/boot/k; fi\n" + ENTRY.format("a", "multiboot $k\nmodule /m"))
    run = check("--config", "any.cfg")
    assert run.returncode == YES
    assert run.stdout.splitlines()[2:] == ['any.cfg:3: entry 0 "a", the default', "multiboot /boot/k", "module /m"]


def test_a_config_alone_with_a_mistake_ends_with_1(check, tmp_path):
    (tmp_path / "any.cfg").write_text(ENTRY.format("a", "plan9 +1"))
    run = check("--config", "any.cfg", "--json")
    assert run.returncode == NO
    assert entries(json.loads(run.stdout))[0]["error"] == "any.cfg:2: plan9 is not supported"


def test_what_a_config_alone_sources_is_said_to_be_left_out(check, tmp_path):
    (tmp_path / "any.cfg").write_text("source /boot/more.cfg\n" + BOOT)
    run = check("--config", "any.cfg")
    assert run.returncode == YES
    assert "any.cfg:1: warning: /boot/more.cfg: is not read: the config is judged alone\n" in run.stdout


@pytest.mark.parametrize("arguments", [["--config"], ["--config", "a", "tree"], ["--config", "a", "--is-x86-multiboot"]])
def test_a_wrong_command_line_ends_with_2_and_a_reason(check, arguments):
    run = check(*arguments)
    assert run.returncode == USAGE and not run.stdout
    assert re.fullmatch(r"whelk: error: .+\n", run.stderr)


@pytest.mark.parametrize("arguments", [["--config", "missing"], ["--json", "tree/boot/kernel"], ["missing"]])
def test_what_cannot_be_checked_ends_with_1_and_a_reason(check, arguments):
    run = check(*arguments)
    assert run.returncode == NO
    assert re.fullmatch(r"whelk: error: .+\n", run.stderr)


@pytest.mark.parametrize("device", ["lvm/group-boot", "md/0", "(mduuid/0123)"])
def test_a_device_whose_name_has_a_slash_stands_for_our_disc_as_others_do(check, device):
    run = check("tree", **{CONFIG: ENTRY.format("test", f"set root={device}\n    multiboot /boot/kernel")})
    assert run.returncode == YES and "\nmultiboot /boot/kernel\n" in run.stdout, run


# ---- Images of discs (loopback)

@pytest.fixture
def image(tmp_path):
    return plain_iso(tmp_path / "inner", {"boot/inside": plain(),
                                          "boot/grub/loopback.cfg": BOOT.replace("kernel", "inside").encode()})


@pytest.mark.parametrize("lines, status, said", [
    ("loopback l /in.iso\nmultiboot (l)/boot/inside a", YES, "multiboot (/in.iso)/boot/inside a"),
    ("loopback l /in.iso\nset root=(l)\nmultiboot /boot/inside", YES, "multiboot (/in.iso)/boot/inside"),
    ("loopback l /in.iso\nset root=(l)\nconfigfile /boot/grub/loopback.cfg", YES, "multiboot (/in.iso)/boot/inside a=1 "),
    ("loopback l /in.iso\nmultiboot (l)/boot/kernel", NO,
     'Does not boot: boot/grub/grub.cfg:3: (/in.iso)/boot/kernel: no such file or directory "kernel" in /boot'),
    ("loopback l /none.iso\nmultiboot (l)/boot/kernel", NO,
     "Does not boot: boot/grub/grub.cfg:3: (/none.iso)/boot/kernel: no such file"),
    ("loopback l /in.iso\nloopback -d l\nmultiboot (l)/boot/kernel", NO,
     "Does not boot: boot/grub/grub.cfg:4: there is no device 'l': its loopback failed, or was removed"),
    ("loopback l /boot/kernel\nmultiboot (l)/boot/kernel", NO,
     "Does not boot: boot/grub/grub.cfg:3: (/boot/kernel)/boot/kernel: "),
], ids=["path", "root", "configfile", "missing file", "missing image", "removed", "no image"])
def test_what_an_image_has_is_judged_in_a_tree_and_in_its_iso(check, tmp_path, image, lines, status, said):
    config = ENTRY.format("test", lines.replace("\n", "\n    "))
    run = check("tree", **{"in.iso": image, CONFIG: config})
    assert run.returncode == status and said in run.stdout, run
    subprocess.run([BUILD / "whelk-mkrescue", "-o", tmp_path / "disc.iso", tmp_path / "tree"], check=status == YES,
                   capture_output=True)
    if (tmp_path / "disc.iso").exists():
        again = check("disc.iso")
        assert again.returncode == status and said in again.stdout, again
