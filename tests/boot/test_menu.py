# SPDX-License-Identifier: BSD-2-Clause
"""The menu, at QEMU's keyboard and at the serial port. The kernel's command line tells which entry has booted."""

import fcntl
import re
import time

import pytest

from debugger import held_at_the_boot_sector
from discs import CONFIG
from good_kernels import plain
from qemu import Machine
from report import Report
from serial_terminal import SerialTerminal
from shim.next_device import BOOTED, next_device

TITLES = ("First entry", "Second entry", "Third entry")
MENU = "Third entry"  # the last line of the list
ESCAPE = "\x1b"
COUNTDOWN_ROW = 23


def menu_tree(*settings, titles=TITLES):
    lines = [*settings]
    for number, title in enumerate(titles, 1):
        lines += [f'menuentry "{title}" {{', f"    multiboot /boot/kernel entry{number}", "}"]
    return {"boot/kernel": plain(), CONFIG: "\n".join([*lines, ""]).encode()}


@pytest.fixture
def menu(discs):
    """Starts a machine at the menu of three entries."""
    def start(*settings, titles=TITLES, **machine):
        return Machine(discs.make(menu_tree(*settings, titles=titles)), **machine)
    return start


def keyboard(machine, *keys):
    machine.press(*keys)


# Each key on the keyboard (QEMU's name) and at the serial port (ECMA-48, as terminals send them).
SERIAL_KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
               "ret": "\r", "esc": ESCAPE, "1": "1", "2": "2", "3": "3", "spc": " "}


def serial(machine, *keys):
    for key in keys:
        machine.type_serial(SERIAL_KEYS[key])


BOTH = pytest.mark.parametrize("type_keys", [pytest.param(keyboard, marks=pytest.mark.pc("a keyboard")), serial])


def wait_for_menu(machine):
    machine.wait_for(MENU)
    machine.wait_for_screen(MENU)
    machine.wait_for("Esc")  # part of the help below the list


def booted(machine):
    machine.wait_for("^END$")
    return Report(machine.serial[machine.serial.rindex("report: 0x1"):])["cmdline"].decode()


# ---- Choosing ----------------------------------------------------------------------------------

def test_the_menu_shows_every_title_on_screen_and_serial_port(menu):
    with menu("set timeout=-1") as machine:
        wait_for_menu(machine)
        for title in TITLES:
            assert machine.wait_for(title, 1)
            assert machine.wait_for_screen(title, 1)


@BOTH
@pytest.mark.parametrize("keys, entry", [
    (("ret",), 1), (("down", "ret"), 2), (("down", "down", "ret"), 3), (("down", "down", "up", "ret"), 2),
    (("end", "ret"), 3), (("end", "home", "ret"), 1), (("up", "ret"), 1), (("down", "down", "down", "down", "ret"), 3),
    (("1",), 1), (("2",), 2), (("3",), 3), (("down", "spc", "ret"), 2),
], ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value))
def test_keys_choose_and_boot_an_entry(menu, type_keys, keys, entry):
    with menu("set timeout=-1") as machine:
        wait_for_menu(machine)
        type_keys(machine, *keys)
        assert booted(machine) == f"entry{entry}"


SERIAL_PORT = pytest.mark.bios("the serial port is UEFI's")


@pytest.mark.parametrize("down", [pytest.param("\x1b[B", id="cursor keys"),
                                  pytest.param("\x1bOB", id="application cursor keys", marks=SERIAL_PORT)])
def test_serial_terminals_may_send_arrow_keys_in_either_way(menu, down):
    with menu("set timeout=-1") as machine:
        wait_for_menu(machine)
        machine.type_serial(down + "\r")
        assert booted(machine) == "entry2"


@SERIAL_PORT
def test_a_serial_port_whose_reader_stalls_comes_back(menu):
    titles = ["✓" * 75] * 25  # the list has more bytes than the smallest pipe takes
    with menu("set timeout=-1", titles=titles) as machine:
        fcntl.fcntl(machine.serial_pipe, fcntl.F_SETPIPE_SZ, 4096)
        with machine.news:
            machine.wait_for_screen("Esc: next boot device", 60)
        before = len(machine.serial)
        machine.type_serial("\x1b[B")
        machine.wait_for("\x1b\\[7m 2", after=before)
        machine.type_serial("\r")
        assert booted(machine) == "entry2"


@BOTH
def test_the_default_entry_is_preselected(menu, type_keys):
    with menu("set timeout=-1", "set default=2") as machine:
        wait_for_menu(machine)
        type_keys(machine, "up", "ret")
        assert booted(machine) == "entry2"


# ---- Waiting -----------------------------------------------------------------------------------

def test_timeout_0_boots_the_default_and_shows_nothing(menu):
    with menu("set timeout=0", "set default=1") as machine:
        assert booted(machine) == "entry2"
        assert machine.shown == ""


def key_event(machine, key, down):
    event = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}
    machine.qmp("input-send-event", events=[event])


STOPPED = ["-S"]
KEY_FLAGS, ANY_SHIFT = 0x417, 3  # BIOS data area


def hold(machine, key):
    """Holds a key while the machine starts: the firmware knows of it before the loader's first instruction. Escape
    repeats itself for two seconds of the machine's time."""
    with held_at_the_boot_sector(machine):
        key_event(machine, key, True)
        if key == "esc":
            machine.wait_until(machine.has_keys, "Escape in the keyboard's buffer")
            for _ in range(20):
                machine.qmp("send-key", keys=[{"type": "qcode", "data": key}], **{"hold-time": 50})
        else:
            machine.wait_until(lambda: machine.memory(KEY_FLAGS, 1)[0] & ANY_SHIFT, "Shift is held")


HELD = pytest.mark.bios("keys held before the loader starts")
NOT_READ = pytest.mark.firmware("keys that only a firmware reads before the loader starts")


@HELD
@NOT_READ
@pytest.mark.parametrize("settings", [("set timeout=0",), ("set timeout=0", "set default=2")], ids=len)
@pytest.mark.parametrize("key", ["shift", "shift_r", "esc"])
def test_at_timeout_0_a_held_key_opens_the_menu(menu, key, settings):
    with menu(*settings, extra=STOPPED, exit_device=False) as machine:
        hold(machine, key)
        wait_for_menu(machine)
        time.sleep(2.5)  # nothing boots, and the held Escape does not leave the menu
        assert "report: " not in machine.serial
        machine.press("home", "down", "ret")
        assert booted(machine) == "entry2"


@HELD
@NOT_READ
def test_escape_leaves_the_menu_that_it_opened_after_it_was_let_go(discs, tmp_path):
    image, extra = discs.make(menu_tree("set timeout=0")), STOPPED + next_device(tmp_path / "disk")
    with Machine(image, extra=extra, exit_device=False) as machine:
        hold(machine, "esc")
        wait_for_menu(machine)
        time.sleep(3)
        assert "NEXT DEVICE" not in machine.serial

        def is_left():
            machine.send_key("esc")
            time.sleep(2)  # longer than the time between two codes of a held key
            return re.search(BOOTED, machine.serial, re.MULTILINE)
        assert machine.wait_until(is_left, "Escape leaves the menu")


@HELD
@NOT_READ
def test_a_single_entry_without_a_timeout_has_a_menu_for_a_held_key(discs):
    with Machine(discs.make(menu_tree(titles=["Only entry"])), extra=STOPPED, exit_device=False) as machine:
        hold(machine, "shift")
        machine.wait_for("Esc")
        machine.press("ret")
        assert booted(machine) == "entry1"


def test_at_timeout_0_other_pressed_keys_do_not_matter(menu):
    with menu("set timeout=0", exit_device=False) as machine:
        while "report: " not in machine.serial:
            for key in ("3", "ret", "down", "spc"):
                machine.send_key(key)
                time.sleep(0.1)
        assert booted(machine) == "entry1"
        assert machine.shown == ""


def test_without_a_timeout_a_single_entry_boots_at_once(discs):
    with Machine(discs.make(menu_tree(titles=["Only entry"]))) as machine:
        assert booted(machine) == "entry1"
        assert machine.shown == ""


@pytest.mark.parametrize("titles", [TITLES, TITLES[-1:]], ids=len)
def test_timeout_minus_1_waits_for_ever(discs, titles):
    with Machine(discs.make(menu_tree("set timeout=-1", titles=titles))) as machine:
        wait_for_menu(machine)
        time.sleep(6)
        assert "report: " not in machine.serial
        machine.press("ret")
        assert booted(machine) == "entry1"


def test_without_a_timeout_several_entries_wait_for_ever(menu):
    with menu() as machine:
        wait_for_menu(machine)
        time.sleep(6)
        assert "report: " not in machine.serial
        machine.press("2")
        assert booted(machine) == "entry2"


def rows_over_time(machine, row):
    """All texts that a row of the serial terminal has shown, in order."""
    terminal, shown = SerialTerminal(), [""]
    for sequence in re.split(rb"(?=\x1b)", machine.received):
        terminal.feed(sequence)
        shown += [terminal.rows[row]] if terminal.rows[row] != shown[-1] else []
    return shown


@pytest.mark.also_on("ovmf-x64-usb")
def test_the_countdown_boots_the_default_when_it_is_over(menu):
    start = time.monotonic()
    with menu("set timeout=3", "set default=2") as machine:
        assert booted(machine) == "entry3"
        assert time.monotonic() - start > 2.9
        shown = [f" Boots in {seconds} s; any key stops this." for seconds in (3, 2, 1)]
        assert rows_over_time(machine, COUNTDOWN_ROW)[:4] == ["", *shown]


@BOTH
def test_a_key_stops_the_countdown(menu, type_keys):
    with menu("set timeout=12", "set default=1") as machine:
        machine.wait_for_screen("Boots in .* s; any key stops this", 30)
        type_keys(machine, "left")
        machine.wait_until(lambda: "Boots in" not in machine.screen(), "the countdown is gone from the screen")
        machine.wait_for_selected("*2 Second entry")
        time.sleep(13)
        assert "report: " not in machine.serial
        type_keys(machine, "ret")
        assert booted(machine) == "entry2"


@BOTH
def test_the_key_that_stops_the_countdown_counts(menu, type_keys):
    with menu("set timeout=300") as machine:
        machine.wait_for_screen("Boots in .* s; any key stops this", 30)
        type_keys(machine, "down")
        machine.wait_for_selected("2 Second entry")
        type_keys(machine, "ret")
        assert booted(machine) == "entry2"


# ---- Entries that cannot be booted -------------------------------------------------------------

BROKEN = b"""set timeout=0
menuentry "Broken" {
    multiboot /boot/absent
}
menuentry "Good" {
    multiboot /boot/kernel good
}
"""
REASON = r"/boot/grub/grub\.cfg:3: .*/boot/absent.*no such file"


@BOTH
def test_an_entry_that_cannot_be_booted_gives_its_reason_and_the_menu_again(discs, type_keys):
    image = discs.make_unchecked(menu_tree(), {CONFIG: BROKEN})
    with Machine(image) as machine:
        machine.wait_for(REASON)
        machine.wait_for_screen("Good")
        machine.wait_for_screen(r"/boot/grub/grub\.cfg:3: ")
        time.sleep(3)  # the timeout of 0 does not boot it again
        assert len([line for line in machine.screen().split("\n") if "/boot/absent" in line]) == 1
        type_keys(machine, "down", "ret")
        assert booted(machine) == "good"


def test_entries_that_cannot_boot_are_marked(discs):
    bodies = {"Good": "echo not now; multiboot /boot/kernel", "No kernel": "multiboot /boot/nothing", "No module": "multiboot /boot/kernel\nmodule /no",
              "No header": "multiboot2 /boot/kernel", "Linux": "linux /boot/grub/grub.cfg", "Show": "echo only this", "Last": "reboot"}
    config = "\n".join(f"menuentry '{title}' {{\n{body}\n}}" for title, body in bodies.items()) + "\n"
    with Machine(discs.make({"boot/kernel": plain(), CONFIG: config.encode()})) as machine:
        machine.wait_for("Last")
        machine.wait_for_screen("Last")
        shown = machine.screen()
        for title in bodies:
            line = next(line for line in shown.splitlines() if f" {title}" in line)
            assert ("(cannot boot)" in line) == (title in ("No kernel", "No module", "No header", "Linux")), line
        assert "not now" not in shown and "only this" not in shown


def test_an_entry_that_cannot_be_booted_can_be_tried_again(discs):
    image = discs.make_unchecked(menu_tree(), {CONFIG: BROKEN})
    with Machine(image) as machine:
        shown = 0
        for _ in range(20):
            machine.wait_for(REASON, after=shown)
            machine.wait_for("Esc", after=shown)
            shown = len(machine.serial)
            machine.press("ret")
        machine.wait_for_screen("Good")
        machine.press("2")
        assert booted(machine) == "good"


ONLY_BROKEN = b"""menuentry "Broken" {
    multiboot /boot/absent
}
"""


@BOTH
def test_without_another_entry_a_key_leads_to_the_next_boot_device(discs, tmp_path, type_keys):
    image = discs.make_unchecked(menu_tree(), {CONFIG: ONLY_BROKEN})
    with Machine(image, extra=next_device(tmp_path / "disk")) as machine:
        machine.wait_for(r"/boot/grub/grub\.cfg:2: .*/boot/absent")
        machine.wait_for("press a key")
        time.sleep(2)
        assert "NEXT DEVICE" not in machine.serial
        type_keys(machine, "spc")
        assert machine.wait_for(BOOTED)


@BOTH
def test_escape_leads_to_the_next_boot_device(discs, tmp_path, type_keys):
    with Machine(discs.make(menu_tree("set timeout=-1")), extra=next_device(tmp_path / "disk")) as machine:
        wait_for_menu(machine)
        type_keys(machine, "esc")
        assert machine.wait_for(BOOTED)


@pytest.mark.seabios("what a BIOS says without a boot device")
def test_without_a_next_boot_device_the_firmware_says_so(discs):
    with Machine(discs.make(menu_tree("set timeout=-1")), extra=["-boot", "order=d", "-net", "none"]) as machine:
        wait_for_menu(machine)
        machine.press("esc")
        assert machine.wait_for_screen("No bootable device")


# ---- Lists that are longer than the screen -----------------------------------------------------

def test_a_long_list_scrolls(discs):
    titles = [f"Entry number {number}" for number in range(1, 41)]
    with Machine(discs.make(menu_tree("set timeout=-1", titles=titles))) as machine:
        machine.wait_for_screen("Entry number 10")
        assert "Entry number 40" not in machine.screen()
        machine.press("end")
        machine.wait_for_screen("Entry number 40")
        machine.press("up", "ret")
        assert booted(machine) == "entry39"


def test_a_title_longer_than_the_screen_stays_on_its_line(discs):
    titles = ["A" * 300, "Second entry", "Third entry"]
    with Machine(discs.make(menu_tree("set timeout=-1", titles=titles))) as machine:
        wait_for_menu(machine)
        rows = [row for row in machine.screen().split("\n") if "AAA" in row]
        assert len(rows) == 1
        machine.press("2")
        assert booted(machine) == "entry2"
