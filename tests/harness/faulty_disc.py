# SPDX-License-Identifier: BSD-2-Clause
"""A disc that a test spoils while a machine reads it. QEMU gets it by the network block device protocol (NBD,
doc/proto.md of its project), with whatever controller is in front of it. So each controller gets the same faults."""

import errno
import os
import socket
import struct
import threading
import time
from pathlib import Path

SECTOR = 2048
ALL = "WHELK_ALL_FAULTS" in os.environ  # make check-faults

# The handshake of NBD's "fixed newstyle", and its requests.
MAGIC, OPTION_MAGIC, OPTION_REPLY = b"NBDMAGIC", b"IHAVEOPT", 0x3E889045565A9
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
OPTION_EXPORT_NAME, OPTION_ABORT, OPTION_GO = 1, 2, 7
REPLY_ACK, REPLY_INFO, REPLY_UNSUPPORTED = 1, 3, 1 << 31 | 1
INFO_EXPORT = 0
HAS_FLAGS = 1
REQUEST_MAGIC, SIMPLE_REPLY = 0x25609513, 0x67446698
COMMAND_READ, COMMAND_DISCONNECT = 0, 2
REQUEST, OPTION = struct.Struct(">IHHQQI"), struct.Struct(">8sII")


class FaultyDisc:
    """A context manager: serves an image at `socket_path`. Its fault may be set at any time:

    None        reads are answered
    "error"     reads fail
    "silent"    reads are never answered
    "garbage"   reads give other bytes, all the same
    `sectors`   which sectors of 2048 bytes have the fault; None: all
    `times`     how often the fault happens; None: each time
    `each_once` whether each place has the fault at its first read only
    `least`     bytes of a read that has the fault
    `rate`      bytes a second of what is answered; None: at once"""

    def __init__(self, image, directory):
        self.data = Path(image).read_bytes()
        self.socket_path = Path(directory) / "disc.sock"
        self.fault, self.sectors, self.times, self.rate = None, None, None, None
        self.each_once, self.least, self._seen = False, 0, set()
        self.reads = []  # (first sector, bytes) of each request
        self.faults = 0  # reads that had the fault
        self._listener = None

    def __enter__(self):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.socket_path))
        self._listener.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        os.unlink(self.socket_path)

    def blockdev(self, name="disc", read_only=True):
        """QEMU's arguments for a block device of this name. IDE disks must be able to write; nothing is written."""
        return ["-blockdev", f"driver=raw,node-name={name},read-only={'on' if read_only else 'off'},file.driver=nbd,file.server.type=unix,"
                             f"file.server.path={self.socket_path}"]

    def spoil(self, fault, sectors=None, times=None, each_once=False, least=0):
        self.sectors, self.times, self.each_once, self.least = sectors, times, each_once, least
        self.fault = fault

    # ---- The server

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, client.makefile("rb") as stream:
                if self._shake_hands(client, stream):
                    while self._answer(client, stream):
                        pass
        except (OSError, struct.error):
            pass  # QEMU has ended

    def _shake_hands(self, client, stream):
        flags = HAS_FLAGS
        client.sendall(MAGIC + OPTION_MAGIC + struct.pack(">H", FIXED_NEWSTYLE | NO_ZEROES))
        stream.read(4)
        while True:
            _, option, length = OPTION.unpack(stream.read(OPTION.size))
            stream.read(length)

            def reply(kind, payload=b"", option=option):
                client.sendall(struct.pack(">QIII", OPTION_REPLY, option, kind, len(payload)) + payload)
            if option == OPTION_EXPORT_NAME:
                client.sendall(struct.pack(">QH", len(self.data), flags))
                return True
            if option == OPTION_GO:
                reply(REPLY_INFO, struct.pack(">HQH", INFO_EXPORT, len(self.data), flags))
                reply(REPLY_ACK)
                return True
            reply(REPLY_ACK if option == OPTION_ABORT else REPLY_UNSUPPORTED)
            if option == OPTION_ABORT:
                return False

    def _takes_fault(self, at, length):
        if self.fault is None or self.times == 0 or length < self.least or (self.each_once and at in self._seen):
            return False
        first, end = at // SECTOR, -(-(at + length) // SECTOR)
        if self.sectors is not None and not any(first <= sector < end for sector in self.sectors):
            return False
        self._seen.add(at)
        self.times = None if self.times is None else self.times - 1
        self.faults += 1
        return True

    def _with_garbage(self, at, data):
        """The bytes of a read, with other ones in the sectors that have the fault."""
        data = bytearray(data)
        for sector in self.sectors or range(at // SECTOR, -(-(at + len(data)) // SECTOR)):
            for place in range(max(sector * SECTOR, at), min((sector + 1) * SECTOR, at + len(data))):
                data[place - at] = 0xA5
        return bytes(data)

    def _answer(self, client, stream):
        _, _, kind, handle, at, length = REQUEST.unpack(stream.read(REQUEST.size))
        if kind == COMMAND_DISCONNECT:
            return False
        problem, data = 0, b""
        if kind != COMMAND_READ:
            problem = errno.EINVAL
        else:
            self.reads.append((at // SECTOR, length))
            data = self.data[at:at + length].ljust(length, b"\0")
            if self._takes_fault(at, length):
                if self.fault == "silent":
                    return True
                if self.fault == "garbage":
                    data = self._with_garbage(at, data)
                else:
                    problem, data = errno.EIO, b""
            elif self.rate:
                time.sleep(length / self.rate)
        client.sendall(struct.pack(">IIQ", SIMPLE_REPLY, problem, handle) + data)
        return True
