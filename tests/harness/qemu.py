# SPDX-License-Identifier: BSD-2-Clause
"""One QEMU machine: start it, read and write its serial port, look at its screen and memory, type on its keyboard.
Each wait has a time-out, whose failure shows what was last seen."""

import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import saved_start
from serial_terminal import SEQUENCE, SerialTerminal

SCREEN_ADDRESS, SCREEN_COLUMNS, SCREEN_ROWS = 0xB8000, 80, 25
KEYBOARD_HEAD = 0x41A  # BIOS data area: offset of the next key to be read; then the offset after the last key
# Time-outs are for an idle host; this factor is for a busy one. A test that passes does not wait longer.
PATIENCE = float(os.environ.get("WHELK_PATIENCE", 3))
UEFI_LINES = re.compile(r"^BdsDxe: .*\n", re.MULTILINE)
LINE_ENDS = re.compile(r"\r+\n|\n\r+|\r")


# The firmwares that tests run on (--firmware), with Machine's arguments for each. The ISO is the same.
FIRMWARES = {
    "seabios": {},
    "ovmf-x64": {"firmware": "x64", "machine": "q35"},
    "ovmf-ia32": {"firmware": "ia32", "machine": "q35"},
    "ovmf-x64-usb": {"firmware": "x64", "machine": "q35", "attach": "usb"},
    "pvh": {"firmware": "pvh", "machine": "pc", "attach": "initrd"},
    "bare-pc": {"firmware": "rom", "machine": "pc"},
    "bare-q35": {"firmware": "rom", "machine": "q35"},
    "microvm": {"firmware": "rom", "machine": "microvm", "attach": "virtio-mmio"},
}
OTHER_LOADERS = {"grub.iso"}  # the names of their ISOs (discs.py)
UEFI_FIRMWARES = {"x64", "ia32", "secure"}
LEAST_UEFI_MEMORY = 256
BUILD = Path(os.environ.get("WHELK_BUILD", "build")).resolve()
OVMF = Path("/usr/share/OVMF")
OVMF_FILES = {  # files of code and variables
    "x64": ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
    "ia32": ("OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd"),
    "secure": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd"),  # enrolled: PkKek-1-snakeoil
}


def on_uefi():
    """Whether tests that name no firmware run on UEFI."""
    return Machine.on.get("firmware") in UEFI_FIRMWARES


def on_pvh():
    """Whether tests that name no firmware are started by PVH."""
    return Machine.on.get("firmware") == "pvh"


def on_rom():
    """Whether tests that name no firmware run without one, by whelk.rom."""
    return Machine.on.get("firmware") == "rom"


def has_bios():
    """Whether tests that name no firmware run where the loader calls a BIOS. No other machine has what only a BIOS
    tells: VBE, APM, drives."""
    return "firmware" not in Machine.on


def has_pc_devices():
    """Whether the usual machine has what a PC has: PCI, IDE, a VGA, a keyboard. A microvm has none of them."""
    return Machine.on.get("machine") != "microvm"


def kept_ram():
    """Bytes at the end of the RAM that the usual machine's firmware, or whelk.rom, keeps for tables of ACPI."""
    return 0x20000 if has_pc_devices() else 0x1000


def cannot_attach(how):
    """Whether there is no firmware that reads such a disc, or no place for it in the machine. PVH's is a file in
    memory."""
    if on_pvh():
        return how not in (None, "cdrom")
    return on_rom() and how is not None and (how == "usb" or not has_pc_devices())


def expected(bios, uefi, **by_name):
    """Picks the value that a test expects on its firmware; by_name: values for x64, ia32 or pvh alone. Without a
    firmware the machine is as under a BIOS."""
    return by_name.get(Machine.on.get("firmware"), uefi if on_uefi() else bios)


def usual_driver():
    """The name of the driver that reads the machine's usual disc."""
    without_firmware = {"pc": "piix-ide", "q35": "ahci", "microvm": "virtio-blk"}
    return expected("piix-ide", "ahci", pvh="memory", rom=without_firmware.get(Machine.on.get("machine")))


class MachineFailure(AssertionError):
    pass


def attachment(image, how):
    """QEMU's arguments for a disc image; nothing is written to it."""
    drive = f"if=none,id=disc,format=raw,snapshot=on,file={image}"
    return {
        "none": [],
        "initrd": ["-kernel", str(BUILD / "whelk.elf"), "-initrd", str(image)],
        "cdrom": ["-cdrom", str(image)],
        "hda": ["-drive", f"index=0,media=disk,format=raw,snapshot=on,file={image}"],
        "virtio-blk": ["-drive", drive, "-device", "virtio-blk-pci,drive=disc"],
        "virtio-mmio": ["-drive", drive, "-device", "virtio-blk-device,drive=disc"],
        "usb": ["-drive", drive, "-device", "qemu-xhci", "-device", "usb-storage,drive=disc"],
    }[how]


def uefi(firmware, directory):
    """QEMU's arguments for OVMF, with a fresh copy of its variables."""
    code, variables = (OVMF / name for name in OVMF_FILES[firmware])
    shutil.copyfile(variables, directory / "variables")
    arguments = ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                 "-drive", f"if=pflash,format=raw,file={directory}/variables", "-net", "none"]
    if "secboot" in code.name:
        arguments += ["-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]
    return arguments


class Machine:
    """A context manager; leaving it ends QEMU."""

    on = FIRMWARES["seabios"]  # the firmware of tests that name none

    def __init__(self, image, attach=None, machine=None, memory=64, cpus=1, extra=(), exit_device=True, firmware=None):
        if on_rom() and self._needs_a_bios(image) and self.on["machine"] == "q35":
            machine = machine or "q35"  # what is compared has the same devices
        if firmware is None and self.on and not self._needs_a_bios(image):
            its_own = on_pvh() or not has_pc_devices()
            attach = self.on.get("attach") if its_own else attach or self.on.get("attach")
            machine = machine or self.on["machine"]
            firmware = self.on["firmware"]
            memory = max(memory, LEAST_UEFI_MEMORY) if on_uefi() else memory
        self.is_uefi = firmware in UEFI_FIRMWARES
        self.has_vga = not self.is_uefi and not (machine or "").startswith("microvm")
        self.directory = Path(tempfile.mkdtemp(prefix="whelk-qemu-"))
        self.command = ["qemu-system-x86_64", "-accel", "tcg", "-M", machine or "pc", "-m", str(memory), "-smp",
                        f"{cpus},sockets={cpus}", "-display", "none", "-no-reboot",
                        *attachment(image, attach or "cdrom")]
        if self.is_uefi:
            self.command += uefi(firmware, self.directory)
        if firmware == "rom":
            self.command += ["-bios", str(BUILD / "whelk.rom")]
        if exit_device:
            self.command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        # A pipe holds 64 KiB, a socket some 280 characters. When that is full, the guest waits, or loses characters.
        self.command += ["-chardev", f"pipe,id=serial,path={self.directory}/serial", "-serial", "chardev:serial",
                         "-chardev", f"socket,id=qmp,path={self.directory}/qmp", "-mon", "chardev=qmp,mode=control",
                         *extra]
        self._start = saved_start.place_of(self.command)
        self.command += saved_start.arguments(self._start)
        self._received = bytearray()
        self.news = threading.Condition()

    @classmethod
    def _needs_a_bios(cls, image):
        """Whether the ISO is another loader's for BIOSes, to compare with. Without a firmware only ours can start."""
        return not on_uefi() and Path(image).name in OTHER_LOADERS

    def __enter__(self):
        self._errors = open(self.directory / "stderr", "wb+")
        for name in ("serial.in", "serial.out"):
            os.mkfifo(self.directory / name)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.directory / "qmp"))
        listener.listen(1)
        self._to_serial = os.open(self.directory / "serial.in", os.O_RDWR)
        self.serial_pipe = os.open(self.directory / "serial.out", os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self.serial_pipe, True)
        self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=self._errors)
        try:
            self._monitor = self._accept(listener)  # by then QEMU has opened the pipes
            self._monitor_file = self._monitor.makefile("rb")
            self._monitor_line()  # the greeting
            self.qmp("qmp_capabilities")
            if self._start:
                start = saved_start.resume if "-incoming" in self.command else saved_start.save
                self._received += start(self, self._start)
            self._receiver = threading.Thread(target=self._receive, daemon=True)
            self._receiver.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _accept(self, listener):
        while not select.select([listener], [], [], 0.1)[0]:
            if self._process.poll() is not None:
                raise MachineFailure("QEMU did not start: " + self._stderr())
        connection, _ = listener.accept()
        listener.close()
        connection.settimeout(20 * PATIENCE)
        return connection

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        if hasattr(self, "_monitor"):
            self._monitor.close()
        if hasattr(self, "_receiver"):
            self._receiver.join()
        os.close(self.serial_pipe)
        os.close(self._to_serial)
        self._errors.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _stderr(self):
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    # ---- serial port

    def _receive(self):
        while data := os.read(self.serial_pipe, 65536):
            with self.news:
                self._received += data
                self.news.notify_all()

    @property
    def received(self):
        """The bytes that came from the serial port."""
        with self.news:
            return bytes(self._received)

    @property
    def serial(self):
        """The serial port's text, with LF as the only line end."""
        return LINE_ENDS.sub("\n", self.received.decode("latin-1"))

    @property
    def shown(self):
        """The serial port's text up to the kernel's report or the next boot device. Under UEFI, without the firmware's
        own lines and its sequences for the screen."""
        text = re.split("report: 0x1|NEXT DEVICE|BdsDxe: failed to start|whelk: nothing else to boot", self.serial)[0]
        return UEFI_LINES.sub("", SEQUENCE.sub("", text)) if self.is_uefi else text

    @property
    def said(self):
        """The lines of `shown` that are not empty."""
        return [line for line in self.shown.split("\n") if line]

    @property
    def terminal(self):
        """A serial terminal that has received all bytes so far."""
        return SerialTerminal(self.received)

    def wait_until(self, is_so, what, timeout=20):
        """Waits until is_so() returns something true, and returns that."""
        deadline = time.monotonic() + timeout * PATIENCE
        while not (answer := is_so()):
            if time.monotonic() > deadline:
                self.fail(f"{what}: not within {timeout} s")
            with self.news:
                self.news.wait(0.05)
        return answer

    def wait_for_terminal(self, pattern, timeout=20):
        """Waits for a regular expression (MULTILINE) on the serial terminal's screen. Returns its first match."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            terminal = self.terminal
            match = re.search(pattern, terminal.text, re.MULTILINE)
            if match:
                return match
            if time.monotonic() > deadline:
                self.fail(f"{pattern!r} not on the terminal within {timeout} s:\n{terminal.text}")
            with self.news:
                self.news.wait(0.05)

    def wait_for_selected(self, item, timeout=20):
        """Waits until the serial terminal shows the menu with the bar on this item."""
        def is_drawn():
            terminal = self.terminal
            return terminal.is_at_bar and terminal.selected == item
        return self.wait_until(is_drawn, f"the bar on {item!r}", timeout)

    def wait_for(self, pattern, timeout=20, after=0):
        """Waits for a regular expression (MULTILINE) in `serial`, from position `after` on. Returns its first match."""
        deadline = time.monotonic() + timeout * PATIENCE
        expression = re.compile(pattern, re.MULTILINE)
        while True:
            exited = self._process.poll() is not None
            if exited:
                self._receiver.join()  # the last bytes may still be on their way
            match = expression.search(self.serial, after)
            if match:
                return match
            if exited:
                self.fail(f"the machine ended with status {self._process.returncode} before {pattern!r} was seen")
            if time.monotonic() > deadline:
                self.fail(f"{pattern!r} not seen within {timeout} s")
            with self.news:
                self.news.wait(0.05)

    def type_serial(self, text):
        os.write(self._to_serial, text.encode("latin-1") if isinstance(text, str) else text)

    def wait_a_moment(self):
        time.sleep(0.05)

    # ---- end

    @property
    def is_running(self):
        return self._process.poll() is None

    def drain(self):
        """Waits for the last bytes from the serial port of a machine that has ended."""
        self._receiver.join()

    def wait_exit(self, timeout=20):
        try:
            return self._process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            self.fail(f"the machine still runs after {timeout} s")

    def fail(self, reason):
        report = [reason, "command: " + " ".join(self.command), "---- serial:", self.serial[-4000:]]
        if self.is_running:
            try:
                report += ["---- screen:", self.screen(), "---- registers:", self.registers()]
            except Exception as problem:  # the machine may end while we look
                report.append(f"(no look at the machine: {problem})")
        report += ["---- QEMU:", self._stderr()]
        raise MachineFailure("\n".join(report))

    # ---- monitor

    def _monitor_line(self):
        line = self._monitor_file.readline()
        if not line:
            raise MachineFailure("QEMU's monitor is gone: " + self._stderr())
        return json.loads(line)

    def qmp(self, command, **arguments):
        self._monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._monitor_line()
            if "error" in answer:
                raise MachineFailure(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def hmp(self, line):
        return self.qmp("human-monitor-command", **{"command-line": line})

    def memory(self, address, length):
        """Bytes of physical memory."""
        dump = self.directory / "memory"
        self.qmp("pmemsave", val=address, size=length, filename=str(dump))
        return dump.read_bytes()

    def screen(self):
        """The VGA text screen, without blanks at lines' ends and without empty lines at its end. Without
        one, the serial terminal's text: UEFI draws the same in graphics."""
        if not self.has_vga:
            return self.terminal.text
        cells = self.memory(SCREEN_ADDRESS, SCREEN_COLUMNS * SCREEN_ROWS * 2)
        text = cells[::2].decode("cp437").replace("\0", " ")
        rows = (text[i:i + SCREEN_COLUMNS].rstrip() for i in range(0, len(text), SCREEN_COLUMNS))
        return "\n".join(rows).rstrip("\n")

    def wait_for_screen(self, pattern, timeout=20):
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            match = re.search(pattern, self.screen(), re.MULTILINE)
            if match:
                return match
            if time.monotonic() > deadline:
                self.fail(f"{pattern!r} not on the screen within {timeout} s")
            time.sleep(0.1)

    def send_key(self, key):
        """Presses a key by QEMU's name, or several at once: "down", "ctrl-x"."""
        self.qmp("send-key", keys=[{"type": "qcode", "data": name} for name in key.split("-")])

    def press(self, *keys):
        """Presses keys one after the other. Under a BIOS each key waits until the loader has read the one before, under
        UEFI until that has drawn something: a slow loader loses none."""
        for key in keys:
            if self.is_uefi:
                drawn = len(self.received)
                self.send_key(key)
                self._wait_for_more_than(drawn)
                continue
            before, _ = self._keyboard_buffer()
            self.send_key(key)
            self.wait_until(lambda: self._was_taken(before), f"the key {key!r} was not read")

    def _wait_for_more_than(self, count, seconds=1):
        """Waits until the serial port has said more bytes than these. Some keys draw nothing, which is no failure."""
        with self.news:
            self.news.wait_for(lambda: len(self._received) > count, seconds * PATIENCE)

    def _keyboard_buffer(self):
        return struct.unpack("<2H", self.memory(KEYBOARD_HEAD, 4))

    def has_keys(self):
        """Whether the BIOS's buffer has a key that nobody has read."""
        head, tail = self._keyboard_buffer()
        return head != tail

    def _was_taken(self, before):
        try:
            head, tail = self._keyboard_buffer()
        except (MachineFailure, OSError, ValueError):
            self.wait_exit()  # the key has ended the machine
            return True
        return before != head == tail

    def registers(self):
        """The processor's registers with the cached descriptors, as QEMU's text."""
        return self.hmp("info registers").replace("\r", "").split("\nFCW=")[0]

    def screenshot(self, path):
        """Writes the screen to a PPM file, in graphics modes as well."""
        self.qmp("screendump", filename=str(path))
