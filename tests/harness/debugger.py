# SPDX-License-Identifier: BSD-2-Clause
"""A client of QEMU's stub for debuggers (GDB's manual, "GDB Remote Serial Protocol"), as far as tests need it."""

import contextlib
import socket

BOOT_SECTOR = 0x7C00
JUMP_TO_ITSELF = "ebfe"
INTERRUPT = b"\x03"


class Debugger:
    def __init__(self, machine):
        path = machine.directory / "gdb"
        machine.hmp(f"gdbserver unix:{path},server=on,wait=off")
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
        self.connection.connect(str(path))
        self.stream = self.connection.makefile("rb")

    def tell(self, command):
        self.connection.sendall(f"+${command}#{sum(command.encode()) % 256:02x}".encode())

    def answer(self):
        while self.stream.read(1) != b"$":
            pass
        text = b""
        while (byte := self.stream.read(1)) != b"#":
            text += byte
        self.stream.read(2)  # the checksum
        return text.decode()

    def ask(self, command):
        self.tell(command)
        return self.answer()


@contextlib.contextmanager
def held_at_the_boot_sector(machine):
    """Holds a machine that was started with -S at the boot sector's first instruction. Interrupts stay on."""
    debugger = Debugger(machine)
    debugger.ask(f"Z0,{BOOT_SECTOR:x},1")
    debugger.ask("c")
    debugger.ask(f"z0,{BOOT_SECTOR:x},1")
    code = debugger.ask(f"m{BOOT_SECTOR:x},2")
    debugger.ask(f"M{BOOT_SECTOR:x},2:{JUMP_TO_ITSELF}")
    debugger.tell("c")
    yield
    debugger.connection.sendall(INTERRUPT)
    debugger.answer()
    debugger.ask(f"M{BOOT_SECTOR:x},2:{code}")
    debugger.ask("D")
    debugger.connection.close()
