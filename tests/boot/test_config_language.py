# SPDX-License-Identifier: BSD-2-Clause
"""Configs that use the language's commands, in a machine: what they print on the serial port, wait for and boot.
tests/unit/stage2/config/test_config_grub.py compares scripts with GRUB, without a machine."""

import hashlib
import subprocess
import time
import zlib

import pytest

from discs import CONFIG, MKRESCUE, write_tree
from good_kernels import plain
from qemu import Machine, expected
from report import Report

DELETE, BACKSPACE = "\x7f", "\b"  # what terminals send for the backspace key; UEFI takes the first for Delete
KEY_FLAGS = 0x417  # BIOS data area: Shift, Control and Alt are the lower four bits
MORE = b"echo more\ny=z\n"
ENTRY = 'set timeout=0\nmenuentry "test" {{\n{}\n}}\n'


@pytest.fixture
def disc(discs):
    def make(text, name=CONFIG, **files):
        """An ISO of a config, the kernel, and further configs under /boot."""
        return discs.make({"boot/kernel": plain(), name: text.encode(),
                           **{f"boot/{key}.cfg": contents.encode() for key, contents in files.items()}})
    return make


@pytest.fixture
def unchecked(discs):
    """An ISO with an entry that whelk-mkrescue would refuse."""
    return lambda text: discs.make_unchecked(
        {"boot/kernel": plain(), CONFIG: ENTRY.format("multiboot /boot/kernel").encode()},
        {CONFIG: ENTRY.format(text).encode()})


def booted(machine):
    machine.wait_for("^END$", 30)
    return Report(machine.serial)["cmdline"].decode()


def shown(machine):
    """The text before the kernel's, without Whelk's own messages."""
    machine.wait_for("^END$", 30)
    return "".join(line for line in machine.shown.splitlines(keepends=True) if not line.startswith("whelk: "))


# ---- What scripts learn about the machine

SCRIPTS = {
    "texts": ("echo a 'b  c'\necho -n d\necho -e 'e\\nf'", "a b  c\nde\nf\n"),
    "loops": ("for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done\n"
              "while [ x$n != xaa ]; do n=a$n; echo $n; done", "1\n3\na\naa\n"),
    "functions": ("function f { echo $# $2; return 1; }\nif f a b; then echo y; else echo n; fi", "2 b\nn\n"),
    "files": ("for f in /boot/kernel /boot /boot/nothing; do for t in -e -f -d -s; do\n"
              "if [ $t $f ]; then echo is $t $f; fi; done; done",
              "is -e /boot/kernel\nis -f /boot/kernel\nis -s /boot/kernel\nis -e /boot\nis -d /boot\n"),
    "search by file": ("search --file --set=x /boot/kernel; echo $x; if search --file /nothing; then echo y; "
                       "else echo n; fi", "cd\nn\n"),
    "source": ("source /boot/more.cfg\necho $y", "more\nz\n"),
    "source with a device": ("source (cd)/boot/more.cfg", "more\n"),
    "cat": ("cat /boot/more.cfg", "echo more\ny=z\n"),
    "eval": ("eval 'x=1; echo $x'", "1\n"),
    "wildcards": ("insmod regexp\nfor f in /boot/mo*.cfg (cd)/bo??/x.cfg /no*; do echo $f; done; for f in /boot/more*; do source $f; done",
                  "/boot/more.cfg\n(cd)/boot/x.cfg\n/no*\nmore\n"),
    "what GRUB's ISO has": ("if [ -f $prefix/fonts/unicode.pf2 -a -d $prefix/i386-pc ]; then echo y; fi; if loadfont unicode; then echo z; fi", "y\nz\n"),
    "regular expressions": ("if regexp --set 1:d '^/(.*)/[^/]*$' $prefix; then echo $d; else echo no; fi; regexp --set d '/(.*)/' $prefix; echo $d", "no\nboot\n"),
    "types of files": ("for t in multiboot multiboot2 linux; do if file --is-x86-$t /boot/kernel; then echo $t; fi; done", "multiboot\n"),
    "hashes": ("md5sum /boot/more.cfg; sha256sum /boot/more.cfg; crc /boot/more.cfg",
               "".join(f"{hash_of(MORE)}  /boot/more.cfg\n" for hash_of in (
                   lambda text: hashlib.md5(text).hexdigest(), lambda text: hashlib.sha256(text).hexdigest(), lambda text: f"{zlib.crc32(text):08x}"))),
    "the disc": ("probe --set=l -l $root; probe --set=f -f (cd); probe --set u -u $root; echo $l $f; if search -l ISOIMAGE; then echo y; fi\n"
                 "if search -u $u; then echo z; fi; if search -l OTHER; then echo no; fi", "ISOIMAGE iso9660\ny\nz\n"),
    "an environment block": ("load_env -f /boot/env.cfg; echo $a; if save_env -f /boot/env.cfg a; then echo saved; fi", "b c\n"),
    "GRUB Legacy": ("legacy_source /boot/old.cfg; echo $default", "7\n"),
}


@pytest.mark.parametrize("script, text", [pytest.param(*pair, id=name) for name, pair in SCRIPTS.items()])
@pytest.mark.parametrize("place", ["top level", "entry"])
def test_a_script_prints_its_text_and_boots(disc, place, script, text):
    load = "multiboot /boot/kernel fine"
    config = f"{script}\n{ENTRY.format(load)}" if place == "top level" else ENTRY.format(f"{script}\n{load}")
    with Machine(disc(config, more=MORE.decode(), x="", env="# GRUB Environment Block\na=b c\n".ljust(1024, "#"), old="default 7\n")) as machine:
        assert booted(machine) == "fine"
        assert shown(machine).endswith(text)


def test_smbios_and_the_clocks_memory_are_read(disc):
    script = ("smbios -t 1 -s 4 --set m; smbios --type 1 --get-string 5 --set p; smbios -t 99 -b 4\n"
              "echo $? $m $p; if cmostest 0x0d:7; then echo battery; fi\n")
    smbios = ("-smbios", "type=1,manufacturer=Maker,product=The Product")
    with Machine(disc(script + ENTRY.format("multiboot /boot/kernel fine")), extra=smbios) as machine:
        assert booted(machine) == "fine"
        assert shown(machine).endswith("1 Maker The Product\nbattery\n")


def test_a_missing_module_of_an_entry_with_boot_is_left_out(discs):
    tree = {"boot/kernel": plain(), "boot/m": b"here", CONFIG: ENTRY.format("multiboot /boot/kernel").encode()}
    text = ENTRY.format("multiboot /boot/kernel fine\nmodule /boot/nothing a\nmodule /boot/m b\nboot")
    with Machine(discs.make_unchecked(tree, {CONFIG: text.encode()})) as machine:
        assert booted(machine) == "fine"
        assert "grub.cfg:4: /boot/nothing: no such file: it is left out, as by GRUB" in machine.shown
        assert [module["text"] for module in Report(machine.serial).modules] == [b"b"]


def test_a_config_of_grub_legacy_is_the_next_one(disc):
    old = "timeout 0\ntitle old\nkernel /boot/kernel from old\n"
    with Machine(disc(ENTRY.format("legacy_configfile /boot/old.cfg"), old=old)) as machine:
        assert booted(machine) == "/boot/kernel from old"


def test_a_disc_is_found_by_its_label_and_its_uuid(tmp_path):
    script = ("for l in WHELK_DATA OTHER; do if search --label --set=root $l; then echo $l; fi; done\n"
              "for u in 2026-01-02-03-04-05-00 2026-01-02-03-04-05-01; do\n"
              "if search --no-floppy --fs-uuid --set=root $u; then echo $u; fi; done\n")
    image = tmp_path / "label.iso"
    write_tree(tmp_path / "tree", {"boot/kernel": plain(),
                                   CONFIG: (script + ENTRY.format("multiboot /boot/kernel")).encode()})
    subprocess.run([MKRESCUE, "-o", image, tmp_path / "tree", "--", "-volid", "WHELK_DATA", "-volume_date", "uuid",
                    "2026010203040500"], check=True, capture_output=True, timeout=60)
    with Machine(image) as machine:
        assert shown(machine) == "WHELK_DATA\n2026-01-02-03-04-05-00\n"


OLD = pytest.mark.bios("processors that OVMF does not run on")


@pytest.mark.parametrize("processor, features", [
    ("qemu64", "long pae"), pytest.param("qemu32", "pae", marks=OLD), pytest.param("486", "", marks=OLD)])
def test_cpuid_tells_the_processors_apart(disc, processor, features):
    config = ENTRY.format("if cpuid -l; then l='long '; fi\nif cpuid --pae; then p=pae; fi\necho \"has $l$p.\"\n"
                          "multiboot /boot/kernel")
    with Machine(disc(config), extra=("-cpu", processor)) as machine:
        assert machine.wait_for(r"^has (.*)\.$", 30)[1] == features


@pytest.mark.bios("the BIOS knows of keys that are held")
@pytest.mark.parametrize("key, name", [("shift", "shift"), ("shift_r", "shift"), ("ctrl", "ctrl"), ("alt", "alt")])
def test_keystatus_tells_which_keys_are_held(disc, key, name):
    ask = "for k in shift ctrl alt; do if keystatus --$k; then echo \"$k.\"; fi; done"
    config = ENTRY.format(f"echo now\nread line\n{ask}\nmultiboot /boot/kernel")
    with Machine(disc(config)) as machine:
        machine.wait_for("^now$", 30)
        machine.qmp("input-send-event", events=[{"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": key}}}])
        machine.wait_until(lambda: machine.memory(KEY_FLAGS, 1)[0] & 0xF, "the firmware knows the key")
        machine.type_serial("\r")
        assert shown(machine).endswith(f"now\n\n{name}.\n")


# ---- Somebody at the keyboard

def test_read_waits_for_a_line_and_shows_it(disc):
    config = ENTRY.format('echo -n "name: "\nread name\nmultiboot /boot/kernel "<$name>"')
    with Machine(disc(config)) as machine:
        machine.wait_for("name: ", 30)
        machine.type_serial(f"abx{expected(DELETE, BACKSPACE)}c d\r")
        assert booted(machine) == '"<abc d>"'
        assert "name: abx\b \bc d\n" in shown(machine)


def test_sleep_waits(disc):
    start = time.monotonic()
    with Machine(disc(ENTRY.format("echo before\nsleep 3\necho after\nmultiboot /boot/kernel"))) as machine:
        machine.wait_for("^before\nafter$", 30)
        assert time.monotonic() - start > 2.9  # at least 3 seconds, however busy this computer is


def test_a_key_ends_a_sleep_that_may_be_interrupted(disc):
    config = ENTRY.format("echo before\nif sleep --interruptible 10000; then echo over; else echo key; fi\n"
                          "multiboot /boot/kernel")
    with Machine(disc(config)) as machine:
        machine.wait_for("^before$", 30)
        machine.press("esc")
        assert shown(machine).endswith("key\n")


@pytest.mark.also_on("ovmf-ia32")
def test_a_key_ends_a_loop_without_an_end(unchecked):
    with Machine(unchecked("echo before\nwhile true; do sleep 1; done\nmultiboot /boot/kernel")) as machine:
        machine.wait_for("^before$", 30)
        machine.press("esc")
        assert machine.wait_for("grub.cfg:4: a loop was interrupted by a key", 30)


def test_a_loop_without_an_end_ends_by_itself(unchecked):
    with Machine(unchecked("while true; do true; done")) as machine:
        assert machine.wait_for("grub.cfg:3: too many commands: a loop without an end\\?", 60)


# ---- What Whelk cannot do

def test_an_entry_for_something_else_is_refused_with_its_line_when_it_is_chosen(disc):
    config = ('set timeout=-1\nset default=1\nmenuentry "first" {\n    plan9 /9pc\n}\n'
              'menuentry "second" {\n    multiboot /boot/kernel\n}\n')
    with Machine(disc(config)) as machine:
        machine.wait_for("second", 30)
        machine.press("up", "ret")
        machine.wait_for("grub.cfg:4: plan9 is not supported", 30)
        machine.press("down", "ret")
        assert booted(machine) == ""


# ---- The serial port

@pytest.mark.bios("OVMF writes to all serial ports itself")
def test_serial_sets_up_the_port_that_it_names(disc, tmp_path):
    config = ENTRY.format("serial --unit=1 --speed=19200 --word=7 --parity=even --stop=2\necho to the second\n"
                          "multiboot /boot/kernel")
    with Machine(disc(config), extra=("-serial", f"file:{tmp_path / 'second'}")) as machine:
        assert booted(machine) == ""
        assert shown(machine) == ""
    assert (tmp_path / "second").read_bytes() == b"to the second\r\n"


def test_a_serial_port_that_is_not_there_is_a_warning_and_the_first_stays(disc):
    config = ENTRY.format("if serial --unit=3; then echo y; else echo n; fi\nmultiboot /boot/kernel")
    with Machine(disc(config)) as machine:
        assert shown(machine).endswith("n\n")


# ---- Other configs

def test_configfile_goes_on_with_another_config(disc):
    more = ENTRY.format("multiboot /boot/kernel second")
    with Machine(disc(ENTRY.format("echo first\nconfigfile /boot/more.cfg"), more=more)) as machine:
        assert booted(machine) == "second"
        assert shown(machine) == "first\n"


def test_configfile_at_the_top_level_goes_on_at_once(disc):
    more = ENTRY.format("multiboot /boot/kernel second")
    with Machine(disc("set timeout=0\nconfigfile (cd)/boot/more.cfg\n", more=more)) as machine:
        assert booted(machine) == "second"


def test_escape_in_another_configs_menu_goes_back_where_nothing_boots_by_itself(disc):
    first = 'set timeout=0\nmenuentry "more" {\n configfile /boot/more.cfg\n}\nmenuentry "one" {\n multiboot /boot/kernel one\n}\n'
    more = 'set timeout=-1\nx=1\nmenuentry "two" {\n multiboot /boot/kernel two\n}\nmenuentry "three" {\n reboot\n}\n'
    with Machine(disc(first, more=more)) as machine:
        seen = machine.wait_for("three", 30).end()
        for _ in range(3):
            machine.press("esc")
            seen = machine.wait_for("Esc: next boot device", 30, seen).end()
            machine.press("home", "ret")
            seen = machine.wait_for("Esc: back", 30, seen).end()
        machine.press("esc")
        machine.wait_for("Esc: next boot device", 30, seen)
        machine.press("down", "ret")
        assert booted(machine) == "one"


def test_configs_that_lead_to_each_other_end_with_a_message(disc):
    image = disc(ENTRY.format("configfile /boot/more.cfg"), more=ENTRY.format("configfile /boot/grub/grub.cfg"))
    with Machine(image) as machine:
        assert machine.wait_for("no memory left|too large for the working memory", 60)


def test_a_menu_lst_of_grub_legacy_boots(disc):
    text = "default 1\ntimeout 0\ntitle no\nreboot\ntitle yes\nroot (cd)\nkernel (cd)/boot/kernel a=1\n"
    with Machine(disc(text, name="boot/grub/menu.lst")) as machine:
        assert booted(machine) == "(cd)/boot/kernel a=1"


# ---- When the default cannot be booted

FALLBACK = """set timeout={}
set fallback="{}"
menuentry "first" {{
    multiboot /boot/kernel first
}}
menuentry "second" {{
    multiboot /boot/kernel second
}}
menuentry "third" {{
    multiboot /boot/kernel third
}}
"""


@pytest.mark.parametrize("timeout, fallback, broken, entry", [
    (0, "2", ("first",), "third"), (0, "second 2", ("first", "second"), "third"), (2, "1", ("first",), "second")])
def test_fallback_boots_what_it_names_when_the_default_cannot_be_booted(discs, timeout, fallback, broken, entry):
    config = FALLBACK.format(timeout, fallback)
    lost = config
    for name in broken:
        lost = lost.replace(f"/boot/kernel {name}", f"/boot/kernex {name}")
    image = discs.make_unchecked({"boot/kernel": plain(), CONFIG: config.encode()}, {CONFIG: lost.encode()})
    with Machine(image) as machine:
        assert booted(machine) == entry
        assert machine.serial.count("/boot/kernex: no such file") == len(broken)


def test_without_another_fallback_the_menu_says_why(discs):
    config = FALLBACK.format(0, "1")
    lost = config.replace("/boot/kernel", "/boot/kernex")
    image = discs.make_unchecked({"boot/kernel": plain(), CONFIG: config.encode()}, {CONFIG: lost.encode()})
    with Machine(image) as machine:
        assert machine.wait_for("grub.cfg:4: /boot/kernex", 30)
        assert machine.wait_for("grub.cfg:7: /boot/kernex", 30)
        assert machine.wait_for("Esc", 30)
