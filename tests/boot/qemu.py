# SPDX-License-Identifier: BSD-2-Clause
"""One QEMU machine: start it, read and write its serial port, look at its screen and memory, type on its
keyboard. Every wait has a time-out, and its failure says what was last seen."""

import json
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from serial_terminal import SerialTerminal

SCREEN_ADDRESS, SCREEN_COLUMNS, SCREEN_ROWS = 0xB8000, 80, 25
# Time-outs are for an idle machine; a busy one gets more. What passes does not wait for them.
PATIENCE = float(os.environ.get("WHELK_PATIENCE", 3))
LINE_ENDS = re.compile(r"\r+\n|\n\r+|\r")


OVMF = Path("/usr/share/OVMF")
FIRMWARES = {  # code and variables
    "x64": ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
    "ia32": ("OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd"),
    "secure": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd"),  # enrolled: PkKek-1-snakeoil
}


class MachineFailure(AssertionError):
    pass


def attachment(image, how):
    """QEMU's arguments for a disc image; nothing is written to it."""
    drive = f"if=none,id=disc,format=raw,snapshot=on,file={image}"
    return {
        "none": [],
        "cdrom": ["-cdrom", str(image)],
        "hda": ["-drive", f"index=0,media=disk,format=raw,snapshot=on,file={image}"],
        "virtio-blk": ["-drive", drive, "-device", "virtio-blk-pci,drive=disc"],
        "usb": ["-drive", drive, "-device", "qemu-xhci", "-device", "usb-storage,drive=disc"],
    }[how]


def uefi(firmware, directory):
    """QEMU's arguments for OVMF, with variables of its own."""
    code, variables = (OVMF / name for name in FIRMWARES[firmware])
    shutil.copyfile(variables, directory / "variables")
    arguments = ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                 "-drive", f"if=pflash,format=raw,file={directory}/variables", "-net", "none"]
    if "secboot" in code.name:
        arguments += ["-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]
    return arguments


class Machine:
    """A context manager; leaving it ends QEMU."""

    def __init__(self, image, attach="cdrom", machine="pc", memory=64, cpus=1, extra=(), exit_device=True,
                 firmware="bios"):
        self.directory = Path(tempfile.mkdtemp(prefix="whelk-qemu-"))
        self.command = ["qemu-system-x86_64", "-accel", "tcg", "-M", machine, "-m", str(memory), "-smp",
                        f"{cpus},sockets={cpus}", "-display", "none", "-no-reboot", *attachment(image, attach)]
        if firmware != "bios":
            self.command += uefi(firmware, self.directory)
        if exit_device:
            self.command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        for name in ("serial", "qmp"):
            self.command += ["-chardev", f"socket,id={name},path={self.directory / name}"]
        self.command += ["-serial", "chardev:serial", "-mon", "chardev=qmp,mode=control", *extra]
        self._received = bytearray()
        self._news = threading.Condition()

    def __enter__(self):
        # QEMU connects to us: nothing that it writes can be lost.
        listeners = {}
        for name in ("serial", "qmp"):
            listeners[name] = socket.socket(socket.AF_UNIX)
            listeners[name].bind(str(self.directory / name))
            listeners[name].listen(1)
        self._errors = open(self.directory / "stderr", "wb+")
        self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=self._errors)
        try:
            self._serial, self._monitor = (self._accept(listeners[name]) for name in ("serial", "qmp"))
            self._monitor_file = self._monitor.makefile("rb")
            threading.Thread(target=self._receive, daemon=True).start()
            self._monitor_line()  # the greeting
            self.qmp("qmp_capabilities")
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
        connection.settimeout(20)
        return connection

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        for connection in (getattr(self, "_serial", None), getattr(self, "_monitor", None)):
            if connection:
                connection.close()
        self._errors.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _stderr(self):
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    # ---- serial port

    def _receive(self):
        self._serial.settimeout(None)
        while True:
            try:
                data = self._serial.recv(65536)
            except OSError:
                data = b""
            with self._news:
                self._received += data
                self._news.notify_all()
            if not data:
                return

    @property
    def serial(self):
        """What came from the serial port, line ends made one."""
        with self._news:
            return LINE_ENDS.sub("\n", self._received.decode("latin-1"))

    @property
    def terminal(self):
        """What a serial terminal shows by now."""
        with self._news:
            return SerialTerminal(bytes(self._received))

    def wait_for_terminal(self, pattern, timeout=20):
        """The first match of a regular expression (MULTILINE) on the serial terminal's screen."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            match = re.search(pattern, self.terminal.text, re.MULTILINE)
            if match:
                return match
            if time.monotonic() > deadline:
                self.fail(f"{pattern!r} not on the terminal within {timeout} s:\n{self.terminal.text}")
            with self._news:
                self._news.wait(0.05)

    def wait_for(self, pattern, timeout=20, after=0):
        """The first match of a regular expression (MULTILINE) in `serial` from position `after` on."""
        deadline = time.monotonic() + timeout * PATIENCE
        expression = re.compile(pattern, re.MULTILINE)
        while True:
            exited = self._process.poll() is not None
            match = expression.search(self.serial, after)
            if match:
                return match
            if exited:
                time.sleep(0.1)  # the last bytes may still be on their way
                match = expression.search(self.serial, after)
                if match:
                    return match
                self.fail(f"the machine ended with status {self._process.returncode} before {pattern!r} was seen")
            if time.monotonic() > deadline:
                self.fail(f"{pattern!r} not seen within {timeout} s")
            with self._news:
                self._news.wait(0.05)

    def type_serial(self, text):
        self._serial.sendall(text.encode("latin-1") if isinstance(text, str) else text)

    def wait_a_moment(self):
        time.sleep(0.05)

    # ---- end

    @property
    def is_running(self):
        return self._process.poll() is None

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
        """Physical memory."""
        dump = self.directory / "memory"
        self.qmp("pmemsave", val=address, size=length, filename=str(dump))
        return dump.read_bytes()

    def screen(self):
        """The VGA text screen, blanks at the ends of lines and empty lines at its end left off."""
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

    def press(self, *keys):
        """Keys by QEMU's names, one after the other: "down", "ret", "1", …"""
        for key in keys:
            self.qmp("send-key", keys=[{"type": "qcode", "data": key}])
            time.sleep(0.1)

    def registers(self):
        """QEMU's own view of the processor, cached descriptors included, as text."""
        return self.hmp("info registers").replace("\r", "").split("\nFCW=")[0]

    def screenshot(self, path):
        """Writes what the screen shows as a PPM file, in graphics modes as well."""
        self.qmp("screendump", filename=str(path))
