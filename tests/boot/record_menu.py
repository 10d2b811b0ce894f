#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records a session at the serial menu as text, for docs/menu.md, and takes the picture of the screen there.

Usage: tests/boot/record_menu.py [DOCS]; needs make kernels, and build/whelk-mkrescue."""

import struct
import sys
import tempfile
import time
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "harness"), str(HERE.parent / "kernels")]

from discs import CONFIG, Discs  # noqa: E402
from good_kernels import plain  # noqa: E402
from qemu import Machine  # noqa: E402

FILES = {"boot/kernel": plain(), "boot/init.bin": bytes(5000), "boot/readme.txt": b"The menus of GRUB work here.\n",
         CONFIG: """set timeout=-1
set default=1
menuentry "Unikernel" {
    multiboot /boot/kernel -freq 2400
    module /boot/init.bin init
}
menuentry "Unikernel, größer" --hotkey=g {
    multiboot /boot/kernel -freq 3800 -mem 512
    module /boot/init.bin init
}
submenu "Tests" {
    menuentry "All" {
        multiboot /boot/kernel test
    }
}
""".encode()}
STEPS = [("", ""), ("Down", "\x1b[B"), ("Enter", "\r"), ("Escape", "\x1b"), ("Home", "\x1b[H"), ("e", "e"), ("End", "\x1b[F"),
         ("-verbose", " -verbose"), ("Escape", "\x1b"), ("c", "c"), ("ls /boot, Enter", "ls /boot\r"),
         ("cat /boot/r, Tab, Enter", "cat /boot/r\t\r")]
BEGIN = "<!-- tests/boot/record_menu.py writes from here -->\n"


def record(machine):
    """The steps of the session, each with the terminal's screen after it."""
    seen = 0
    for name, keys in STEPS:
        machine.type_serial(keys)
        time.sleep(1)
        count = len(machine.serial) - seen
        seen += count
        rows = machine.terminal.text.split("\n")
        shown = [("▶" if machine.terminal.selected and row.strip() == machine.terminal.selected else " ") + row
                 for row in rows]
        while "" in [row.strip() for row in shown[4:]]:  # empty rows of the list
            del shown[[row.strip() for row in shown].index("", 4)]
        yield f"---- {name or 'the menu'} ({count} bytes)\n" + "\n".join(row.rstrip() for row in shown) + "\n"


def png(ppm):
    """Converts QEMU's PPM to a PNG with a palette."""
    _, size, _, pixels = ppm.split(b"\n", 3)
    width, height = map(int, size.split())
    colours = sorted({pixels[i:i + 3] for i in range(0, len(pixels), 3)})
    assert len(colours) <= 4
    index = {colour: number for number, colour in enumerate(colours)}
    rows = b""
    for row in range(height):
        numbers = [index[pixels[(row * width + x) * 3:][:3]] for x in range(width)]
        rows += b"\0" + bytes(numbers[x] << 6 | numbers[x + 1] << 4 | numbers[x + 2] << 2 | numbers[x + 3]
                              for x in range(0, width, 4))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 2, 3, 0, 0, 0))
            + chunk(b"PLTE", b"".join(colours)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def main():
    docs = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / "docs")
    with tempfile.TemporaryDirectory() as directory:
        image = Discs(Path(directory)).make(FILES)
        with Machine(image) as machine:
            machine.wait_for_terminal("Esc: next")
            machine.wait_for_screen("Esc: next")
            machine.screenshot(Path(directory) / "screen.ppm")
            time.sleep(1)
            (docs / "menu.png").write_bytes(png((Path(directory) / "screen.ppm").read_bytes()))
            session = "\n".join(record(machine))
    document = docs / "menu.md"
    text = document.read_text(encoding="utf-8").split(BEGIN)[0]
    document.write_text(f"{text}{BEGIN}```\n{session}```\n", encoding="utf-8")


if __name__ == "__main__":
    main()
