# SPDX-License-Identifier: BSD-2-Clause
"""The menu beyond choosing an entry: submenus, hidden menus, the editor, the command line. The tests type at QEMU's
keyboard and at the serial port, and look at both screens."""

import re
import time

import pytest

from discs import CONFIG
from good_kernels import plain
from qemu import Machine, expected, on_uefi
from report import Report
from serial_terminal import SerialTerminal

NOTES = "first line\nGrüße\n"
LONG_NAME = "a-file-whose-name-is-" + "long-" * 40 + "and-ends-here"
CONFIG_TEXT = """set default=1
{settings}
menuentry "First" {{
    multiboot /boot/kernel first
}}
menuentry "Größe ✓ 日本" --hotkey=g {{
    # a comment
    multiboot /boot/kernel "$1" $kind
}}
submenu "More" {{
    menuentry "Inner" {{
        multiboot /boot/kernel inner
    }}
    submenu "Deeper" --hotkey=d {{
        menuentry "Deepest" {{
            multiboot /boot/kernel deepest
        }}
    }}
}}
"""
# OVMF's serial terminal has no letters but ASCII's.
MENU = [expected("*2 Größe ✓ 日本", "*2 Gr??e ? ?,"), "1 First", "3 More >"]
GREETING = expected("Grüße", "Gr??e")
CLEAR = b"\x1b[2J"  # clears the screen when the menu is left


def tree(*settings):
    return {"boot/kernel": plain(), "boot/notes.txt": NOTES.encode(), f"boot/{LONG_NAME}/inside": b"x",
            "boot/other": b"x" * 1234, CONFIG: CONFIG_TEXT.format(settings="\n".join(settings)).encode()}


@pytest.fixture
def machine(discs):
    with Machine(discs.make(tree("set timeout=-1"))) as started:
        started.wait_for_selected(MENU[0], 30)
        yield started


# QEMU's names of keys, and the bytes that a terminal sends; for OVMF, those of a PC-ANSI terminal.
KEYS = {"up": "\x1b[A", "down": "\x1b[B", "left": "\x1b[D", "end": "\x1b[F", "ret": "\r", "esc": "\x1b", "tab": "\t",
        "spc": " ", "slash": "/", "minus": "-",
        "pgup": expected("\x1b[5~", "\x1b[I"), "f10": expected("\x1b[21~", "\x1b[V"),
        "delete": expected("\x1b[3~", "\x7f"), "backspace": expected("\x7f", "\b")}


class Keyboard:
    def __init__(self, machine):
        self.machine = machine

    def keys(self, *names):
        self.machine.press(*names)

    def text(self, text):
        names = {" ": "spc", "/": "slash", "-": "minus", ".": "dot", ";": "semicolon"}
        self.keys(*(names.get(character, character) for character in text))


class Terminal:
    def __init__(self, machine):
        self.machine = machine

    def keys(self, *names):
        for name in names:
            self.machine.type_serial(chr(ord(name[5:]) & 0x1f) if name.startswith("ctrl-") else KEYS.get(name, name))

    def text(self, text):
        self.machine.type_serial(text.encode())


SERIAL_PORT = pytest.mark.bios("the serial port is UEFI's")
SCREEN = pytest.mark.bios("the VGA text screen")
BOTH = pytest.mark.parametrize("device", [Keyboard, Terminal])


def booted(machine):
    machine.wait_for("^END$", 30)
    return Report(machine.serial[machine.serial.rindex("report: 0x1"):])["cmdline"].decode()


# ---- The list

@SCREEN
def test_titles_are_utf8_on_the_terminal_and_code_page_437_on_the_screen(machine):
    assert [line.strip() for line in machine.terminal.rows[2:5]] == [MENU[1], MENU[0], MENU[2]]
    assert machine.terminal.selected == MENU[0]
    assert machine.screen().split("\n")[3].strip() == "*2 Größe ? ????"


@pytest.mark.pc("a keyboard")
@SCREEN
def test_both_screens_show_the_same(machine):
    machine.press("up")
    machine.wait_for_selected(MENU[1])
    shown = machine.terminal.text.replace("✓", "?").replace("日本", "????")
    assert machine.screen() == shown


@BOTH
def test_submenus_are_lists_of_their_own(machine, device):
    at = device(machine)
    at.keys("down", "ret")
    machine.wait_for_selected("1 Inner")
    assert machine.terminal.rows[0] == " Whelk: More"
    assert machine.terminal.rows[2:5] == ["  1 Inner", "  2 Deeper >", ""]
    at.keys("d")
    machine.wait_for_selected("1 Deepest")
    at.keys("esc")
    machine.wait_for_selected("2 Deeper >")
    at.keys("esc")
    machine.wait_for_selected(MENU[2])
    at.keys("3", "2", "1")
    assert booted(machine) == "deepest"


def test_a_default_in_a_submenu_boots_after_the_countdown_and_its_submenu_is_marked(discs):
    with Machine(discs.make(tree("set timeout=3", "set default='More>Deeper>0'"))) as machine:
        assert booted(machine) == "deepest"
        shown = SerialTerminal(machine.received[:machine.received.rindex(CLEAR)])
        assert shown.selected == "*3 More >"


# Keys as VT100, xterm, rxvt and Linux's console send them, and by Control.
HOMES = ("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x01", "\x1b[5~", "^^")
DOWNS = ("\x1b[B", "\x1bOB", "\x1b[1;2B", "\x0e", "v")
ENDS = ("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x05", "\x1b[6~", "vv")


@SERIAL_PORT
def test_a_terminal_may_send_its_keys_in_any_way(machine):
    def leads_to(keys, item):
        machine.type_serial(keys)
        machine.wait_for_selected(item)
        time.sleep(0.1)  # the bar stays there
        assert machine.terminal.selected == item
    for home, end in zip(HOMES, ENDS):
        leads_to(home, MENU[1])
        leads_to(end, MENU[2])
    for down in DOWNS:
        leads_to(HOMES[0], MENU[1])
        leads_to(down, MENU[0])


def test_keys_right_after_escape_count(machine):
    machine.type_serial("c\x1b\x1b[Ae")  # command line, back, one up, editor
    machine.wait_for_terminal("Whelk: edit First")
    machine.type_serial("\x1bc")
    machine.wait_for_terminal("^whelk>")
    machine.type_serial("\x1b\x1b[B\r")
    assert booted(machine) == '"Größe ✓ 日本"'


@SERIAL_PORT
def test_moving_the_bar_sends_two_rows_and_scrolling_less_than_a_screen(discs):
    entries = "\n".join(f'menuentry "Entry {number}" {{ multiboot /boot/kernel }}' for number in range(60))
    files = {**tree(), CONFIG: f"set timeout=-1\n{entries}\n".encode()}
    with Machine(discs.make(files)) as machine:
        machine.wait_for_selected("*1 Entry 0", 30)

        def cost(key, item):
            before = len(machine.received)
            machine.type_serial(key)
            machine.wait_for_selected(item)
            return len(machine.received) - before
        assert cost("\x1b[B", "2 Entry 1") < 250
        assert cost("x\x1b[B", "3 Entry 2") == cost("\x1b[B", "4 Entry 3")
        cost("\x1b[6~", "Entry 22")
        assert 100 < cost("\x1b[B", "Entry 23") < 700  # a sixteenth of a second at 115200 baud
        assert machine.terminal.rows[1].strip() == "..."


# ---- timeout_style

def test_a_hidden_menu_shows_nothing_and_boots(discs):
    with Machine(discs.make(tree("set timeout=2", "set timeout_style=hidden", "set default=0"))) as machine:
        assert booted(machine) == "first"
        assert machine.shown == ""


def test_a_countdown_shows_the_seconds_and_no_menu(discs):
    with Machine(discs.make(tree("set timeout=3", "set timeout_style=countdown", "set default=0"))) as machine:
        assert booted(machine) == "first"
        assert re.findall(r"Boots in (\d) s; Esc: menu", machine.shown) == ["3", "2", "1"]
        rows = SerialTerminal(machine.received.split(b"report: ")[0]).rows
        row = expected(rows[0], next(row for row in rows if "Boots" in row))  # UEFI's own rows stand above it
        assert row.startswith("Boots in 1 s; Esc: menu") and "First" not in machine.shown


HIDDEN = "echo hidden now"  # the text shows that the loader runs


WITHOUT_A_CHARACTER = pytest.mark.bios("a key without a character")


@pytest.mark.pc("a keyboard")
@pytest.mark.parametrize("key, style", [
    ("esc", "hidden"), ("f4", "hidden"), pytest.param("shift", "hidden", marks=WITHOUT_A_CHARACTER),
    ("serial", "hidden"), ("esc", "countdown")])
def test_escape_f4_and_shift_show_a_hidden_menu(discs, style, key):
    with Machine(discs.make(tree("set timeout=300", f"set timeout_style={style}", HIDDEN))) as machine:
        machine.wait_for("hidden now", 30)
        time.sleep(1)
        assert "First" not in machine.serial
        if key == "serial":
            machine.type_serial("\x1b")
        elif key == "shift":
            event = {"down": True, "key": {"type": "qcode", "data": "shift"}}
            machine.qmp("input-send-event", events=[{"type": "key", "data": event}])
        else:
            machine.press(key)
        assert machine.wait_for_selected(MENU[0])


@pytest.mark.pc("a keyboard")
def test_a_hotkey_boots_from_a_hidden_menu(discs):
    with Machine(discs.make(tree("set timeout=300", "set timeout_style=hidden", "kind=x", HIDDEN))) as machine:
        machine.wait_for("hidden now", 30)
        time.sleep(1)  # under UEFI, keys count only once the menu waits for them
        machine.press("g")
        assert booted(machine) == '"Größe ✓ 日本" x'


# ---- The editor

@BOTH
def test_an_entry_is_edited_before_it_boots(machine, device):
    at = device(machine)
    at.keys("up", "e")
    machine.wait_for_terminal(r"\A Whelk: edit First\n\n     multiboot /boot/kernel first$")
    machine.wait_for_screen("     multiboot /boot/kernel first")
    at.keys("end", *["backspace"] * 5)
    at.text("second")
    at.keys("spc", "ret", "a", "b", "left", "left", "delete", "delete", "up", "ctrl-e")
    at.text("third")
    machine.wait_for_terminal("^     multiboot /boot/kernel second third$")
    machine.wait_for_screen("^     multiboot /boot/kernel second third$")
    at.keys("ctrl-x")
    assert booted(machine) == "second third"


def test_f10_boots_and_arguments_and_hotkeys_are_letters_to_the_editor(machine):
    at = Terminal(machine)
    at.keys("e", "down", "end")
    letter = expected("ä", "a")
    at.text(f" eceg1 {letter}")
    machine.wait_for_terminal(rf'kernel "\$1" \$kind eceg1 {letter}$')
    at.keys("f10")
    assert booted(machine) == f'"Größe ✓ 日本" eceg1 {letter}'


@pytest.mark.parametrize("leave", ["esc", "ctrl-c"])
def test_what_was_edited_is_forgotten_when_the_editor_is_left(machine, leave):
    at = Keyboard(machine)
    at.keys("up", "e", "ctrl-k", leave)
    machine.wait_for_selected(MENU[1])
    at.keys("e")
    machine.wait_for_terminal("multiboot /boot/kernel first")
    at.keys(leave, "ret")
    assert booted(machine) == "first"


def test_an_edited_entry_that_cannot_boot_comes_back_to_the_editor_with_the_reason(machine):
    at = Terminal(machine)
    at.keys("up", "e", "end")
    at.keys(*["ctrl-h"] * 12)
    at.text("absent")
    at.keys("ctrl-x")
    machine.wait_for_terminal("/boot/grub/grub.cfg:4: /boot/.*absent: no such file")
    assert machine.terminal.rows[0] == " Whelk: edit First"
    at.keys("end", *["ctrl-h"] * 6)
    at.text("kernel again")
    at.keys("ctrl-x")
    assert booted(machine) == "again"


def test_fallback_does_not_take_the_place_of_what_somebody_chose(discs):
    with Machine(discs.make(tree("set timeout=60", "set fallback=0"))) as machine:
        machine.wait_for("Esc: ", 30)
        at = Terminal(machine)
        at.keys("e", "down", "ctrl-k", "ctrl-x")
        machine.wait_for_terminal("nothing to boot")
        time.sleep(1)
        assert "report: " not in machine.serial


@pytest.mark.pc("a keyboard")
def test_every_place_of_a_text_larger_than_the_screen_can_be_reached(machine):
    at = Terminal(machine)
    at.keys("up", "e", "end")
    at.text(" " + "x" * 100 + "END")
    machine.wait_for_terminal("xxxEND$")
    at.keys("ctrl-a")
    machine.wait_for_terminal("^     multiboot /boot/kernel first xxx")
    at.keys("end")
    at.text("\r#" * 25)
    machine.wait_until(lambda: "multiboot" not in machine.terminal.text, "the first line scrolls away")
    at.keys("pgup", "pgup", "pgup")
    machine.wait_for_terminal("^     multiboot /boot/kernel first xxx")
    at.keys("ctrl-x")
    assert booted(machine) == "first " + "x" * 100 + "END"


# ---- The command line

@pytest.fixture
def prompt(machine):
    machine.press("c")
    machine.wait_for_terminal("^whelk>")
    return machine


@BOTH
def test_a_kernel_is_booted_from_the_command_line(prompt, device):
    at = device(prompt)
    at.text("multiboot /boot/kernel one two")
    at.keys("ret")
    at.text("boot")
    at.keys("ret")
    assert booted(prompt) == "one two"


def answer(machine, line):
    """A command's output on the serial port: the text between its echoed line and the next prompt."""
    before = len(machine.serial)
    machine.type_serial(f"{line}\r")
    shown = machine.wait_for(rf"{re.escape(line)}\n((?:.*\n)*)whelk> \Z", after=before)[1]
    return [row.rstrip() for row in shown.encode("latin-1").decode().splitlines()]


def test_ls_and_cat_show_what_is_on_the_disc(prompt):
    assert answer(prompt, "ls")[0].startswith("(cd")
    listed = " ".join(answer(prompt, "ls /boot")).split()
    assert {"grub/", "kernel", "notes.txt", "other"} <= set(listed)
    assert "-".join(LONG_NAME.split("-")[:3]) in " ".join(listed)
    assert "        1234 other" in answer(prompt, "ls -l (cd)/boot/")
    assert answer(prompt, "cat /boot/notes.txt") == ["first line", GREETING]
    assert answer(prompt, "ls /nowhere") == ['whelk: /nowhere: no such file or directory "nowhere" in /']
    assert prompt.wait_for_screen(f"^{re.escape(GREETING)}$")


def test_ls_lists_a_long_name_whole(prompt):
    prompt.type_serial("ls /boot\r")
    assert prompt.wait_for(LONG_NAME + "/")


def test_lsmmap_shows_the_memory_map(prompt):
    shown = answer(prompt, "lsmmap")
    assert shown[0] == f"         0 +      {expected('9fc00', 'a0000', ia32='30000')}  type 1: available"
    assert any("100000" in row and "available" in row for row in shown)


def test_help_names_the_commands_by_what_they_do(prompt):
    prompt.type_serial("help\r")
    text = prompt.wait_for(r"Commands: ([^:]*)Without effect: ([^:]*)Not supported: ([^:]*)whelk> ")
    done, harmless, refused = (set(group.split()) for group in text.groups())
    assert {"multiboot", "module2", "ls", "search", "echo"} <= done
    assert {"gettext", "pager"} <= harmless
    assert {"plan9", "password"} <= refused


def test_commands_keep_variables_results_and_functions(prompt):
    assert answer(prompt, "set x=5; false") == []
    assert answer(prompt, "echo $? $x $root") == [f"1 5 {expected('cd', 'cd0')}"]
    assert answer(prompt, "function f { echo <$1>; }".replace("<", "'<'").replace(">", "'>'")) == []
    assert answer(prompt, "if [ $x = 5 ]; then f a; fi") == ["<a>"]
    assert answer(prompt, "nosuch") == ["whelk: unknown command 'nosuch'"]
    assert answer(prompt, "nosuch") == ["whelk: unknown command 'nosuch'"]
    assert answer(prompt, "boot") == ["whelk: no kernel is loaded: multiboot, multiboot2 or pvh names one"]
    assert answer(prompt, "module /boot/other") == ["whelk: a module before the kernel: the multiboot line comes first"]
    assert answer(prompt, "echo 'a") == ["whelk: a quote that begins here is never closed"]


@pytest.mark.pc("a keyboard")
def test_a_variable_that_was_typed_is_seen_by_the_entries(prompt):
    answer(prompt, "kind=typed")
    prompt.type_serial("\x1b")
    prompt.wait_for_selected(MENU[0])
    prompt.press("2")
    assert booted(prompt).endswith(" typed")


def test_what_was_typed_comes_back(prompt):
    for line in ("echo one", "echo two", "echo two"):
        answer(prompt, line)
    at = Terminal(prompt)
    at.keys("up")
    assert prompt.wait_for_terminal(r"^whelk> echo two\Z")
    at.keys("up", "up")
    assert prompt.wait_for_terminal(r"whelk> echo one\Z")
    at.keys("esc", "c")  # the history outlives the command line
    at.keys("up", "ctrl-a", *["ctrl-d"] * 4)
    at.text("cat /boot/notes.txt #")
    at.keys("ret")
    assert prompt.wait_for_terminal(f"^{re.escape(GREETING)}$")


@BOTH
def test_tab_completes_commands_and_paths(prompt, device):
    at = device(prompt)
    at.text("multi")
    at.keys("tab")
    prompt.wait_for_terminal(r"^whelk> multiboot\Z")
    at.keys("tab")
    prompt.wait_for_terminal(r"^multiboot multiboot2 *\nwhelk> multiboot\Z")
    at.keys("spc", "slash")
    at.text("bo")
    at.keys("tab")
    prompt.wait_for_terminal(r"whelk> multiboot /boot/\Z")
    at.text("k")
    at.keys("tab")
    at.text("done")
    at.keys("ret")
    at.text("boot")
    at.keys("ret")
    assert booted(prompt) == "done"


def test_tab_completes_in_the_editor(machine):
    at = Terminal(machine)
    at.keys("up", "e", "end", "ret")
    at.text("mod")
    at.keys("tab", "tab")
    assert machine.wait_for_terminal("^ module module2")
    at.text(" (cd)/boot/no")
    at.keys("tab")
    assert machine.wait_for_terminal("^ module .cd./boot/notes.txt")


def test_a_line_longer_than_the_screen_is_edited_in_a_window(prompt):
    at = Terminal(prompt)
    at.text("echo " + "0123456789" * 12)
    prompt.wait_for_terminal("0123456789$")
    at.keys("ctrl-a", *["ctrl-d"] * 5)
    at.text("multiboot /boot/kernel ")
    at.keys("ret")
    at.text("boot\r")
    assert booted(prompt) == "0123456789" * 12


def test_a_kernel_that_cannot_boot_comes_back_to_the_command_line_with_the_reason(prompt):
    prompt.type_serial("multiboot /boot/absent; boot\r")
    prompt.wait_for_terminal("^whelk: command line:1: /boot/absent: no such file or directory")
    prompt.type_serial("multiboot /boot/kernel; boot\r")
    assert booted(prompt) == ""


def test_exit_leads_to_the_next_boot_device(discs, tmp_path):
    from shim.next_device import BOOTED, next_device
    with Machine(discs.make(tree("set timeout=-1")), extra=next_device(tmp_path / "disk")) as machine:
        machine.wait_for("Esc: ", 30)
        machine.type_serial("c")
        machine.wait_for_terminal("^whelk>")
        machine.type_serial("exit\r")
        assert machine.wait_for(BOOTED)


@pytest.mark.also_on("ovmf-ia32")
def test_configfile_takes_the_place_of_the_menu(discs):
    files = {**tree("set timeout=-1"), "boot/more.cfg": b'menuentry "From the other" {\nmultiboot /boot/kernel o\n}\n'}
    with Machine(discs.make(files)) as machine:
        machine.wait_for("Esc: ", 30)
        machine.type_serial("c")
        machine.wait_for_terminal("^whelk>")
        machine.type_serial("configfile /boot/more.cfg\r")
        assert booted(machine) == "o"  # the other config's only entry


# ---- As GRUB

AS_GRUB = {
    "the default": (["ret"], '"Größe ✓ 日本"'),
    "a hotkey": (["g"], '"Größe ✓ 日本"'),
    "Right boots": (["up", "right"], "first"),
    "a submenu": (["down", "ret", "ret"], "inner"),
    "a submenu of a submenu": (["end", "ret", "end", "ret", "ret"], "deepest"),
    "a hotkey of a submenu": (["end", "ret", "d", "ret"], "deepest"),
    "Escape": (["end", "ret", "end", "ret", "esc", "up", "ret"], "inner"),
    "commands": (["c", "k", "i", "n", "d", "equal", "x", "ret", "esc", "ret"], '"Größe ✓ 日本" x'),
    "an entry without changes": (["up", "e", "ctrl-x"], "first"),
    # GRUB's editor has two more lines before the entry's.
    "a line in the editor": (["up", "e", *["ctrl-n"] * 5, "ctrl-p", "ctrl-e", "spc", "a", "b", "left", "backspace", "c",
                              "ctrl-x"], "first cb"),
}


@pytest.mark.parametrize("loader", ["whelk", "grub"])
@pytest.mark.parametrize("keys, result", [pytest.param(*pair, id=name) for name, pair in AS_GRUB.items()])
def test_keys_do_what_they_do_in_grub(discs, loader, keys, result):
    with Machine(discs.make(tree("set timeout=-1"), loader)) as machine:
        if on_uefi():  # under UEFI, GRUB uses more rows than our terminal has
            machine.wait_for("More", 40)
        else:
            machine.wait_for_screen("More", 40)
        time.sleep(1)
        Keyboard(machine).keys(*keys)
        assert booted(machine) == result


# ---- Without display, keyboard or serial port

@pytest.mark.parametrize("without", [
    ("-vga", "none"), ("-M", f"{expected('pc', 'q35')},i8042=off"), ("-serial", "none")], ids=lambda w: w[0])
def test_without_display_keyboard_or_uart_the_default_boots(discs, tmp_path, without):
    settings = ("set timeout=2", "set default=0")
    if without[0] == "-serial":
        with Machine(discs.make(tree(*settings)), extra=["-serial", "none"]) as machine:
            assert booted(machine) == "first"
        return
    with Machine(discs.make(tree(*settings)), extra=without) as machine:
        assert booted(machine) == "first"
