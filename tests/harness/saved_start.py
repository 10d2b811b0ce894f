# SPDX-License-Identifier: BSD-2-Clause
"""Saves time on machines with OVMF, which needs most of a boot's time before it looks at any disc. The first machine of
each kind is stopped where OVMF writes its first byte to the serial port. Its state is saved in the build folder, and
later machines of this kind go on from there. WHELK_COLD=1 starts all machines from power-on."""

import hashlib
import os
import re
import select
import shutil
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(os.environ.get("WHELK_BUILD", ROOT / "build")).resolve() / "starts"
# A machine with one of these needs its own start: it waits, or its firmware gets code or data from outside.
OWN_START = re.compile(r"-S|-gdb|-option-rom|-fw_cfg|-kernel|-bios|-incoming|.*romfile=.*")
# The firmware uses a disc, in QEMU's trace: the first command to a drive, the first status of a virtio driver.
EVENTS = "ide_*exec_cmd", "scsi_req_parsed", "virtio_set_status"  # ide_exec_cmd or ide_bus_exec_cmd
DISC_IN_USE = re.compile(r"ide_(bus_)?exec_cmd |scsi_req_parsed |virtio_set_status .*val [1-9]")
OF_ONE_RUN = re.compile(r"/(?!usr/)[^,\s]*")  # a path outside the system: a disc, a trace, a socket


def place_of(command):
    """The folder for the state of this kind of machine, or None. The kind is the command without the names of discs and
    logs, QEMU's program, and the contents of the firmware's files."""
    flashes = [word.split("file=")[1] for word in command if word.startswith("if=pflash")]
    if not flashes or os.environ.get("WHELK_COLD") or any(OWN_START.fullmatch(word) for word in command):
        return None
    program = os.stat(shutil.which(command[0]))
    words = [OF_ONE_RUN.sub("", word) for word in command]
    kind = hashlib.sha256(repr([program.st_size, program.st_mtime_ns, words]).encode())
    for path in flashes:
        kind.update(Path(path).read_bytes())
    return FOLDER / kind.hexdigest()[:32]


def arguments(place):
    """QEMU's arguments for a machine that goes on from a saved state."""
    return ["-incoming", f"exec:zstd -dcq '{place}/state'"] if place and place.exists() else []


def resume(machine, place):
    """Lets a machine with these arguments go on. Returns what the serial port has said until then."""
    while machine.qmp("query-status")["status"] == "inmigrate":
        time.sleep(0.01)
    machine.qmp("cont")
    return (place / "serial").read_bytes()


def _has_said(machine, seconds):
    return select.select([machine.serial_pipe], [], [], seconds)[0]


def _trace(machine, enable):
    """Switches QEMU's trace of EVENTS on or off, but not what a test traces. Returns the trace and QEMU's messages."""
    for event in {*EVENTS} - {*machine.command}:
        machine.qmp("trace-event-set-state", name=event, enable=enable)
    log = machine.command[machine.command.index("-D") + 1] if "-D" in machine.command else machine.directory / "stderr"
    return Path(log).read_text()


def save(machine, place):
    """Saves the state of a new machine at its first byte, unless the firmware uses a disc by then, and may know its size.
    Lets the machine go on, and returns what the serial port has said until then."""
    _trace(machine, True)
    machine.wait_until(lambda: _has_said(machine, 1), "the firmware's first byte", 60)
    machine.qmp("stop")
    said = b""
    while _has_said(machine, 0):
        said += os.read(machine.serial_pipe, 65536)
    traced = _trace(machine, False)
    if not DISC_IN_USE.search(traced):
        FOLDER.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(dir=FOLDER))
        (own / "serial").write_bytes(said)
        machine.qmp("migrate", uri=f"exec:zstd -1q > '{own}/unfinished' && mv '{own}/unfinished' '{own}/state'")
        machine.wait_until((own / "state").exists, f"the machine's state in {own}", 60)
        assert machine.qmp("query-migrate")["status"] == "completed"
        try:
            own.rename(place)
        except OSError:  # another process has saved such a machine meanwhile
            shutil.rmtree(own)
    machine.qmp("cont")
    return said
