# SPDX-License-Identifier: BSD-2-Clause
"""The video mode that a Multiboot 1 header asks for (specification 0.6.96, 3.1.4), its description for the kernel
(3.3), and both on video BIOSes with faults, which video_rom.asm causes in front of QEMU's."""

import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from assembler import assemble
from discs import BUILD, CONFIG, tree
from good_kernels import PLAIN, plain
from make_kernel import MEMORY_INFO, PAGE_ALIGN, STAY, VIDEO_MODE, multiboot_header
from qemu import Machine, expected, has_bios, on_uefi
from report import BEYOND_GRUB_FLAGS, Report
from uefi import mode_here

HERE = Path(__file__).resolve().parent
ROM_SOURCE = HERE / "video_rom.asm"
FETCH = HERE / "fetch-debian-kernels.sh"
(NONE, NO_VBE, NO_EDID, BROKEN_EDID, SET_FAILS, SET_ONE_FAILS, BANKED, ENDLESS, UNKNOWN, VERSION_2, VERSION_3,
 INTERFACE) = range(12)

INFO_VBE, INFO_FRAMEBUFFER = 1 << 11, 1 << 12
INDEXED, RGB, EGA_TEXT = 0, 1, 2
CONTROL_INFO_BYTES, OEM_DATA, MODE_INFO_BYTES = 512, 256, 256
FAR_POINTERS = (6, 14, 22, 26, 30)  # their offsets in the control info
MODE_LIST = 14
LINEAR = 1 << 14
VGA_TEXT = (0xB8000, 160, 80, 25, 16, EGA_TEXT)
MODE_LIST_LIMIT = 512
GET_CONTROL_INFO, GET_MODE_INFO, SET_MODE, GET_INTERFACE, DDC = b"\0", b"\1", b"\2", b"\x0a", b"\x15"

EXAMPLE = BUILD / "debian" / "multiboot-example"
pytestmark = pytest.mark.pc("the screen")
VBE = pytest.mark.seabios("VBE, and its faults")


def asks(*video):
    """A kernel whose header asks for (mode type, width, height, depth); without arguments, it has no such flag."""
    flags = PAGE_ALIGN | MEMORY_INFO | VIDEO_MODE
    return plain(header=multiboot_header(flags, video=video) if video else PLAIN, options=STAY)


def graphics(width, height, depth):
    return asks(0, width, height, depth)


def screenshot(machine):
    """Width, height and the pixels' bytes."""
    file = machine.directory / "screen.ppm"
    machine.qmp("screendump", filename=str(file))
    kind, size, depth, pixels = file.read_bytes().split(b"\n", 3)
    assert (kind, depth) == (b"P6", b"255")
    return (*map(int, size.split()), pixels)


@dataclass
class Seen:
    said: list  # lines on the serial port before the kernel's report
    flags: int
    vbe_mode: int
    interface: tuple  # segment, offset, length
    framebuffer: tuple  # address, pitch, width, height, bpp, type
    colours: bytes  # at 110: two bytes that GRUB leaves 0, then masks or a palette's address and length
    control_address: int
    control: bytes
    mode_info: bytes
    palette: bytes
    screen: tuple

    def __init__(self, machine):
        report = Report(machine.serial)
        self.said = machine.said
        info = machine.memory(report["ebx"], 120)
        self.flags, = struct.unpack_from("<I", info)
        self.control_address, mode_info, self.vbe_mode, *interface = struct.unpack_from("<IIHHHH", info, 72)
        self.interface = tuple(interface)
        self.framebuffer = struct.unpack_from("<QIIIBB", info, 88)
        self.colours = info[110:118]
        self.control = machine.memory(self.control_address, CONTROL_INFO_BYTES) if self.control_address else b""
        self.mode_info = machine.memory(mode_info, MODE_INFO_BYTES) if mode_info else b""
        self.palette = b""
        if self.framebuffer[5] == INDEXED and self.flags & INFO_FRAMEBUFFER:
            address, count = struct.unpack_from("<IH", info, 112)
            self.palette = machine.memory(address, 3 * count)
        self.screen = screenshot(machine)

    @property
    def mode(self):
        _, _, width, height, depth, kind = self.framebuffer
        return width, height, depth, kind

    def far_pointer(self, offset):
        low, segment = struct.unpack_from("<HH", self.control, offset)
        return segment * 16 + low

    def mode_list(self):
        at = self.far_pointer(MODE_LIST) - self.control_address
        modes = struct.unpack_from(f"<{(CONTROL_INFO_BYTES - at) // 2}H", self.control, at)
        return modes[:modes.index(0xFFFF)]


@pytest.fixture
def see(discs, loader):
    default_loader = loader

    def run(source, loader=None, **machine):
        """Boots a kernel's bytes, or a tree (dict)."""
        files = source if isinstance(source, dict) else tree(source)
        with Machine(discs.make(files, loader or default_loader), **machine) as qemu:
            qemu.wait_for("^END$")
            return Seen(qemu)
    return run


# ---- as under GRUB

HEADERS = {
    "nothing": ((), (80, 25, 16, EGA_TEXT)),
    "text": ((1, 80, 25, 0), (80, 25, 16, EGA_TEXT)),
    "1024x768x32": ((0, 1024, 768, 32), (1024, 768, 32, RGB)),
    "1024x768x24": ((0, 1024, 768, 24), (1024, 768, 24, RGB)),
    "640x480x16": ((0, 640, 480, 16), (640, 480, 16, RGB)),
    "800x600x15": ((0, 800, 600, 15), (800, 600, 15, RGB)),
    "1024x768x8": ((0, 1024, 768, 8), (1024, 768, 8, INDEXED)),
    "320x200x8, which VGA has, too": ((0, 320, 200, 8), (320, 200, 8, INDEXED)),
    "any depth": ((0, 1024, 768, 0), (1024, 768, 32, RGB)),
    "a depth that does not exist": ((0, 1024, 768, 7), (1024, 768, 32, RGB)),
    "a size that does not exist": ((0, 1023, 767, 32), (1280, 800, 32, RGB)),
    "an absurd size": ((0, 99999, 99999, 99999), (1280, 800, 32, RGB)),
    "a negative size": ((0, 0xFFFFFFFF, 0xFFFFFFFF, 32), (80, 25, 16, EGA_TEXT)),
    "any size": ((0, 0, 0, 0), (1280, 800, 32, RGB)),
    "a width without a height": ((0, 1024, 0, 32), (1280, 800, 32, RGB)),
}


def without_vbe(flags):
    """GRUB's flags, as they are here: VBE is a BIOS's."""
    return flags if has_bios() else flags & ~INFO_VBE


def assert_same(ours, grubs):
    if on_uefi() and not grubs.flags & INFO_FRAMEBUFFER:
        return  # if text is wanted, GRUB hands over no frame buffer, Whelk the firmware's
    assert ours.flags & ~BEYOND_GRUB_FLAGS == without_vbe(grubs.flags)
    if has_bios():
        assert (ours.vbe_mode, ours.mode_info) == (grubs.vbe_mode, grubs.mode_info)
    assert ours.framebuffer == grubs.framebuffer
    assert ours.palette == grubs.palette
    assert len(ours.screen) == len(grubs.screen) and ours.screen[:2] == grubs.screen[:2]
    if ours.framebuffer[5] == RGB:
        assert ours.colours == grubs.colours
        assert on_uefi() or ours.screen == grubs.screen  # under UEFI the firmware's text stays on the screen
    if not has_bios():
        return
    # Our far pointers point into the copy, GRUB's to memory that GRUB has left.
    without_pointers = [bytearray(seen.control) for seen in (ours, grubs)]
    for control in without_pointers:
        for at in FAR_POINTERS:
            control[at:at + 4] = bytes(4) if control else b""
    # This VGA BIOS writes no OEM data. GRUB leaves old bytes in their place.
    assert without_pointers[0][:OEM_DATA] == without_pointers[1][:OEM_DATA]


@pytest.mark.parametrize("header, mode", HEADERS.values(), ids=HEADERS)
def test_a_header_gets_the_mode_that_grub_sets_and_the_same_description(see, header, mode):
    ours = see(asks(*header), "whelk")
    assert ours.mode == mode_here(*mode)
    assert_same(ours, see(asks(*header), "grub"))


@pytest.mark.firmware("cards whose modes only a firmware sets")
@pytest.mark.parametrize("vga, mode", [("cirrus", (1024, 768, 24, RGB)), ("vmware", (1024, 768, 32, RGB))])
def test_another_adapter_gets_the_mode_that_grub_sets(see, vga, mode):
    ours = see(graphics(1024, 768, 32), "whelk", extra=["-vga", vga])
    assert ours.mode == mode
    assert_same(ours, see(graphics(1024, 768, 32), "grub", extra=["-vga", vga]))


@pytest.mark.parametrize("header", [(), (0, 1024, 768, 32)], ids=["nothing", "1024x768x32"])
def test_without_a_video_bios_there_is_no_screen_to_describe(see, header):
    ours = see(asks(*header), "whelk", extra=["-vga", "none"])
    assert ours.flags & (INFO_VBE | INFO_FRAMEBUFFER) == 0
    assert ours.flags & ~BEYOND_GRUB_FLAGS == see(asks(*header), "grub", extra=["-vga", "none"]).flags


@pytest.fixture(scope="module")
def example():
    """The example kernel of Debian's package `multiboot`."""
    if not EXAMPLE.exists():
        run = subprocess.run([FETCH, EXAMPLE.parent], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=900)
        assert run.returncode == 0, run.stderr
    return EXAMPLE.read_bytes()


@pytest.mark.bios("test_debian_kernels.py has it under UEFI")
@pytest.mark.parametrize("depth", [32, 24, 16, 8])
def test_debians_example_kernel_draws_its_line_as_under_grub(discs, example, depth):
    kernel = bytearray(example)
    fields = struct.pack("<4I", 0, 1024, 768, 32)
    assert kernel.count(fields) == 1
    at = kernel.index(fields)
    kernel[at:at + len(fields)] = struct.pack("<4I", 0, 1024, 768, depth)
    shots = []
    for which in ("whelk", "grub"):
        with Machine(discs.make(tree(bytes(kernel), "a b", modules=[("c", b"d")]), which)) as machine:
            machine.wait_until(lambda: re.search("(?s)HLT=1.*CS =0010", machine.registers()),
                               "the kernel halts", 30)
            shots.append(screenshot(machine))
    assert shots[0] == shots[1]
    width, height, pixels = shots[0]
    assert (width, height) == (1024, 768)
    # A blue diagonal on black, from the top left corner to the lower border.
    on_line = {pixels[3 * (1024 * i + i):][:3] for i in range(768)}
    assert len(on_line) == 1
    red, green, blue = on_line.pop()
    assert blue > 0x90 and (red, green) in ((0, 0), (0x51, 0x51), (0x54, 0x54))
    assert sum(pixels[i:i + 3] != bytes(3) for i in range(0, len(pixels), 3)) == 768


# ---- drivers that the config loads

def with_driver(header, driver):
    files = tree(asks(*header))
    return {**files, CONFIG: b"insmod " + driver + b"\n" + files[CONFIG]}


@pytest.mark.parametrize("driver, header, mode", [
    (b"all_video", (0, 0, 0, 0), (800, 600, 24, RGB)),
    (b"video_bochs", (0, 1024, 768, 0), (1024, 768, 24, RGB)),
    (b"all_video", (0, 1024, 600, 32), (1024, 600, 32, RGB)),  # not one of VBE's modes
    (b"all_video", (0, 1600, 1200, 16), (1600, 1200, 16, RGB)),
    (b"all_video", (0, 800, 600, 15), (800, 600, 15, RGB)),
    (b"all_video", (0, 1023, 767, 32), (800, 600, 24, RGB)),
    (b"all_video", (0, 2000, 3000, 0), (800, 600, 24, RGB)),
    (b"video_cirrus", (0, 0, 0, 0), (1280, 800, 32, RGB)),  # not the driver of this card
    (b"vbe", (0, 0, 0, 0), (1280, 800, 32, RGB)),
    (b"all_video", (1, 80, 25, 0), (80, 25, 16, EGA_TEXT)),  # text, which UEFI does not have
])
def test_the_driver_of_the_card_sets_the_mode_as_under_grub(see, driver, header, mode):
    files = with_driver(header, driver)
    ours = see(files)
    assert on_uefi() or ours.mode == mode
    assert_same(ours, see(files, "grub"))


@VBE
def test_the_driver_of_another_card_sets_the_mode_as_under_grub(see):
    files = with_driver((0, 0, 0, 0), b"all_video")
    ours = see(files, extra=["-vga", "cirrus"])
    assert ours.mode == (800, 600, 24, RGB)
    assert ours.mode == see(files, "grub", extra=["-vga", "cirrus"]).mode


def test_a_prepared_boot_knows_the_driver(see):
    header = (0, 0, 0, 0)
    files = with_driver(header, b"all_video")
    files[CONFIG] = b"set timeout=0\n" + files[CONFIG]
    assert see(files).mode == (800, 600, 24, RGB)


# ---- gfxpayload

PAYLOADS = {
    "text": ("text", (80, 25, 16, EGA_TEXT)),
    "empty": ("", (80, 25, 16, EGA_TEXT)),
    "keep": ("keep", (80, 25, 16, EGA_TEXT)),
    "a mode": ("800x600x16", (800, 600, 16, RGB)),
    "any depth": ("800x600", (800, 600, 32, RGB)),
    "a list": ("'1000x1000x32,800x600x24;auto'", (800, 600, 24, RGB)),
    "auto": ("auto", (1280, 800, 32, RGB)),
    "a mode that does not exist": ("1000x1000", (80, 25, 16, EGA_TEXT)),
    "nonsense": ("nonsense", (80, 25, 16, EGA_TEXT)),
}


def payload_mode(mode):
    """The mode on this firmware. UEFI has only depths of 32; instead of other modes, the firmware's own stays."""
    return expected(mode, mode if mode[2] == 32 else (1280, 800, 32, RGB))


def with_payload(kernel, before=None, after=None):
    lines = ["set timeout=0", 'menuentry "test" {', "    multiboot /boot/kernel", "}"]
    if after is not None:
        lines.insert(3, f"    set gfxpayload={after}")
    if before is not None:
        lines.insert(2, f"    set gfxpayload={before}")
        lines.insert(0, f"set gfxpayload={before}")
    return {"boot/kernel": kernel, CONFIG: "\n".join(lines + [""]).encode()}


@pytest.mark.parametrize("payload, mode", PAYLOADS.values(), ids=PAYLOADS)
def test_gfxpayload_after_the_kernel_decides_as_under_grub(see, payload, mode):
    files = with_payload(graphics(1024, 768, 32), after=payload)
    ours = see(files, "whelk")
    assert ours.mode == payload_mode(mode)
    assert_same(ours, see(files, "grub"))


def test_gfxpayload_before_the_kernel_is_overridden_by_its_header_as_under_grub(see):
    files = with_payload(graphics(1024, 768, 32), before="800x600x16")
    ours = see(files, "whelk")
    assert ours.mode == mode_here(1024, 768, 32, RGB)
    assert_same(ours, see(files, "grub"))


def test_gfxpayload_gives_graphics_to_a_kernel_that_prefers_text_as_under_grub(see):
    files = with_payload(asks(1, 80, 25, 0), after="800x600x16")
    ours = see(files, "whelk")
    assert ours.mode == payload_mode((800, 600, 16, RGB))
    assert_same(ours, see(files, "grub"))


@pytest.mark.also_on("ovmf-x64-usb")
def test_gfxpayload_gives_no_graphics_to_a_kernel_without_the_flag_where_there_is_text_as_under_grub(see):
    files = with_payload(asks(), after="800x600x32")
    ours = see(files, "whelk")
    assert ours.mode == expected((80, 25, 16, EGA_TEXT), (800, 600, 32, RGB))
    assert on_uefi() or ours.framebuffer == VGA_TEXT
    assert_same(ours, see(files, "grub"))


# ---- messages

def test_a_mode_that_is_there_is_set_without_a_word(see):
    assert see(graphics(1024, 768, 32), "whelk").said == []
    assert see(graphics(0, 0, 0), "whelk").said == []
    assert see(asks(), "whelk").said == []


def test_a_mode_instead_of_another_is_announced_in_one_line(see):
    assert see(graphics(1023, 767, 32), "whelk").said == [
        "whelk: /boot/kernel: no video mode 1023x767x32: 1280x800x32 instead"]
    assert see(graphics(1024, 768, 7), "whelk").said == [
        "whelk: /boot/kernel: no video mode 1024x768x7: 1024x768x32 instead"]


def test_text_instead_of_a_mode_is_announced_in_one_line(see):
    assert see(graphics(1024, 768, 32), "whelk", extra=["-vga", "none"]).said == [
        "whelk: /boot/kernel: no video mode: text instead"]


@VBE
def test_the_information_is_found_inside_its_copy(see):
    modes = see(asks(), "whelk").mode_list()
    assert 0x118 in modes and len(modes) > 50


# ---- video BIOSes with faults

@pytest.fixture
def faulty(see, tmp_path):
    """Boots with a fault in front of the video BIOS. Returns the kernel's view and the VBE calls."""
    def run(kernel, fault, mode=0):
        rom, calls = tmp_path / "video.rom", tmp_path / "calls"
        assemble(ROM_SOURCE, rom, f"-DFAULT={fault}", f"-DMODE={mode}")
        image = bytearray(rom.read_bytes())
        image[-1] = -sum(image[:-1]) & 0xFF
        rom.write_bytes(image)
        seen = see(kernel, "whelk", extra=[
            "-option-rom", str(rom), "-chardev", f"file,id=calls,path={calls}",
            "-device", "isa-debugcon,iobase=0xe9,chardev=calls"])
        assert calls.read_bytes()[:1] == GET_CONTROL_INFO  # the ROM is indeed in front of the video BIOS
        return seen, calls.read_bytes()
    return run


@VBE
def test_no_mode_is_set_or_looked_for_unless_a_header_asks(faulty):
    for kernel in (asks(), asks(1, 80, 25, 0), asks(2, 1024, 768, 32)):
        seen, calls = faulty(kernel, NONE)
        assert seen.framebuffer == VGA_TEXT
        assert calls == GET_CONTROL_INFO + (b"" if kernel == asks() else GET_INTERFACE)


@VBE
def test_a_mode_is_set_once_and_the_display_is_asked_only_if_needed(faulty):
    _, calls = faulty(graphics(1024, 768, 32), NONE)
    assert calls.count(SET_MODE) == 1
    assert DDC not in calls


@VBE
def test_vga_without_vbe_is_described_as_text(faulty):
    for kernel in (asks(), graphics(1024, 768, 32)):
        seen, calls = faulty(kernel, NO_VBE)
        assert seen.flags & (INFO_VBE | INFO_FRAMEBUFFER) == INFO_FRAMEBUFFER
        assert seen.framebuffer == VGA_TEXT
        assert calls == GET_CONTROL_INFO


@VBE
@pytest.mark.parametrize("fault", [NO_EDID, BROKEN_EDID])
def test_a_display_that_says_nothing_gets_640x480(faulty, fault):
    seen, calls = faulty(graphics(0, 0, 0), fault)
    assert DDC in calls
    assert seen.mode == (640, 480, 32, RGB)
    assert seen.screen[:2] == (640, 480)


@VBE
def test_where_no_mode_can_be_set_text_stays(faulty):
    seen, calls = faulty(graphics(1024, 768, 32), SET_FAILS)
    assert seen.framebuffer == VGA_TEXT and seen.vbe_mode == 3
    assert seen.mode_info == bytes(18) + struct.pack("<HH", 80, 25) + bytes(234)
    assert seen.said[-1] == "whelk: /boot/kernel: no video mode: text instead"
    assert calls.count(SET_MODE) == 3


@VBE
def test_where_a_mode_cannot_be_set_the_next_preference_is_tried(faulty):
    seen, _ = faulty(graphics(1024, 768, 24), SET_ONE_FAILS, mode=0x118)
    assert seen.mode == (1024, 768, 32, RGB)
    assert seen.said == ["whelk: /boot/kernel: no video mode 1024x768x24: 1024x768x32 instead"]


@VBE
def test_modes_without_a_linear_frame_buffer_are_not_used(faulty):
    seen, calls = faulty(graphics(1024, 768, 32), BANKED)
    assert seen.framebuffer == VGA_TEXT
    assert SET_MODE not in calls


@VBE
def test_a_list_of_modes_without_an_end_is_given_up(faulty):
    seen, calls = faulty(graphics(1024, 768, 24), ENDLESS, mode=0x118)
    assert seen.mode == (1024, 768, 24, RGB)
    assert calls.count(GET_MODE_INFO) == MODE_LIST_LIMIT + 1


@VBE
def test_a_mode_of_which_nothing_is_known_hides_no_other(faulty):
    seen, _ = faulty(graphics(1024, 768, 24), UNKNOWN, mode=0x101)
    assert seen.mode == (1024, 768, 24, RGB)


@VBE
def test_the_pitch_is_that_of_the_linear_frame_buffer_from_vbe_3_on(faulty):
    assert faulty(graphics(1024, 768, 24), VERSION_2)[0].framebuffer[1] == 3072
    assert faulty(graphics(1024, 768, 24), VERSION_3)[0].framebuffer[1] == 0x2345


@VBE
def test_a_protected_mode_interface_is_handed_to_kernels_that_ask_for_video(faulty):
    for kernel in (graphics(1024, 768, 32), asks(1, 80, 25, 0)):
        assert faulty(kernel, NONE)[0].interface == (0, 0, 0)
        segment, offset, length = faulty(kernel, INTERFACE)[0].interface
        assert 0xC000 <= segment < 0xF000 and (offset, length) == (0x1234, 0x56)
    seen, calls = faulty(asks(), INTERFACE)
    assert seen.interface == (0, 0, 0) and GET_INTERFACE not in calls
