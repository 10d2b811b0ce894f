# SPDX-License-Identifier: BSD-2-Clause
"""The timeline that `set whelk_timing` asks for: one line of JSON before the kernel's first output."""

import json
import random
import re

import pytest

from discs import CONFIG, mkrescue, tree
from good_kernels import KERNELS, plain
from make_kernel import MEMORY_INFO, PAGE_ALIGN, STAY, VIDEO_MODE, multiboot_header
from qemu import Machine, expected, has_pc_devices, on_uefi, usual_driver

MOMENTS = ["handoff", "disc", "config", "plan", "kernel", "modules", "jump"]
DMA = usual_driver()
COUNTS = ["tsc_khz", "tsc_handoff", "prepared", "bytes", "transfers"]
MODULE = random.Random(5).randbytes(2 * 1024 * 1024 + 1)
LINE = re.compile(r"whelk-timing (\{.*\})$", re.MULTILINE)  # after a menu's bytes


def timed(setting, kernel=None, modules=(("module", MODULE),)):
    files = tree(kernel or KERNELS["elf32"].make(), modules=modules)
    files[CONFIG] = setting.encode() + b"\n" + files[CONFIG]
    return files


@pytest.fixture
def said(discs, tmp_path):
    """The text of a boot: on the serial port up to the kernel's, on the debug port, on the screen."""
    def run(files, **machine):
        debug = tmp_path / "debug"
        extra = ["-debugcon", f"file:{debug}"]
        with Machine(discs.make(files), exit_device=False, extra=extra, **machine) as qemu:
            qemu.wait_for("^END$", 40)
            return qemu.shown, debug.read_text(), qemu.screen()
    return run


def values(text):
    lines = LINE.findall(text)
    assert len(lines) == 1, text
    return json.loads(lines[0])


@pytest.mark.parametrize("attach, driver", [
    ("cdrom", DMA), ("hda", DMA), ("virtio-blk", expected("virtio-blk", "block-io"))])
def test_the_line_has_each_moment_and_what_was_read_by_which_driver(said, attach, driver):
    serial, _, _ = said(timed("set whelk_timing=1"), attach=attach)
    assert serial.count("\n") == 1
    line = values(serial)
    assert list(line)[:-1] == ["unit", *MOMENTS, *COUNTS] or on_uefi()
    assert line["unit"] == "us" and line["driver"] == driver
    moments = [line[moment] for moment in MOMENTS]
    assert moments[0] == 0 and moments == sorted(moments) and moments[-1] > 0
    if driver == "memory":  # no drive has read anything
        assert line["bytes"] == line["transfers"] == 0
    else:
        assert len(MODULE) < line["bytes"] < len(MODULE) + 500_000
        assert 2 <= line["transfers"] <= (100 if driver == "block-io" else 30)
    assert line["tsc_khz"] > 100_000 and line["tsc_handoff"] > 0


@pytest.mark.firmware("without one the loader sets up the machine between the two moments")
def test_without_modules_their_moment_is_that_of_the_kernel(said):
    """Between the two moments, the firmware is asked and the boot information is written, but nothing is read. A busy
    host may stop the machine there: so 20 tries."""
    files = timed("set whelk_timing=1", modules=())
    for _ in range(20):
        line = values(said(files)[0])
        assert line["plan"] <= line["kernel"] <= line["modules"]
        if line["modules"] <= line["kernel"] + 3000:
            return
    pytest.fail(f"three milliseconds for no modules, twenty times: {line}")


@pytest.mark.parametrize("value, on_serial, on_debug, on_screen", [
    ("1", True, False, True), ("yes", True, False, True), ("com1", True, False, False),
    ("debugcon", False, True, False), ("0xe9", False, True, False), ("0", False, False, False),
    ("", False, False, False),
])
def test_the_value_says_where_the_line_goes(said, value, on_serial, on_debug, on_screen):
    serial, debug, screen = said(timed(f"set whelk_timing={value}"))
    assert [bool(LINE.search(text)) for text in (serial, debug)] == [on_serial, on_debug]
    assert on_uefi() or not has_pc_devices() or ("whelk-timing" in screen) == on_screen  # UEFI's screen shows the serial port's text
    assert (serial == "") == (not on_serial) and (debug == "") == (not on_debug)


def test_without_the_variable_nothing_is_said(said):
    serial, debug, screen = said(timed("set other=1"))
    assert serial == debug == "" and "whelk" not in screen


@pytest.mark.parametrize("everywhere, in_entry, on_serial", [
    ("1", "set whelk_timing=0", False), ("1", "unset whelk_timing", False), ("0", "set whelk_timing=com1", True)])
def test_the_variables_value_when_the_entry_boots_counts(said, everywhere, in_entry, on_serial):
    files = timed(f"set whelk_timing={everywhere}")
    files[CONFIG] = files[CONFIG].replace(b"    boot\n", f"    {in_entry}\n    boot\n".encode())
    assert bool(LINE.search(said(files)[0])) == on_serial


@pytest.mark.also_on("ovmf-x64")
def test_a_wait_of_the_menu_lasts_as_long_in_the_line(said):
    """The menu waits by the timer's ticks, the line has the TSC's time: both have the right unit. A busy machine loses
    ticks."""
    files = timed("set whelk_timing=com1")
    files[CONFIG] = files[CONFIG].replace(b"timeout=0", b"timeout=4")
    line = values(said(files)[0])
    assert 3_500_000 <= line["plan"] - line["config"] <= 40_000_000


@pytest.mark.bios("processors that OVMF does not run on")
@pytest.mark.pc("processors with a timer that a microvm lacks")
def test_a_processor_without_a_tsc_has_no_moments_but_the_rest(discs):
    """Such a processor is too old for the report kernel."""
    with Machine(discs.make(timed("set whelk_timing=1")), extra=["-cpu", "486"]) as qemu:
        qemu.wait_for("whelk-timing .*\n", 40)
        line = values(qemu.serial)
    assert line["tsc"] is False and not set(MOMENTS) & set(line)
    assert line["bytes"] > len(MODULE) and line["driver"] == DMA


@pytest.mark.pc("video modes")
def test_a_screen_in_graphics_mode_gets_no_text(discs):
    """The pixels stay as the mode left them; the line is on the serial port."""
    header = multiboot_header(PAGE_ALIGN | MEMORY_INFO | VIDEO_MODE, video=(0, 800, 600, 32))
    pictures = {}
    for setting in ("0", "1"):
        files = timed(f"set whelk_timing={setting}", kernel=plain(header=header, options=STAY))
        with Machine(discs.make(files), exit_device=False) as qemu:
            qemu.wait_for("^END$", 40)
            qemu.screenshot(qemu.directory / "screen")
            pictures[setting] = (qemu.directory / "screen").read_bytes()
            assert bool(LINE.search(qemu.serial)) == (setting == "1")
    assert pictures["0"].startswith(b"P6\n800 600\n") and pictures["0"] == pictures["1"]


def test_whelk_mkrescue_accepts_the_variable_silently(tmp_path):
    run, _ = mkrescue(timed("set whelk_timing=debugcon"), tmp_path)
    assert run.returncode == 0 and run.stderr == ""
