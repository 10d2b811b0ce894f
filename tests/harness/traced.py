# SPDX-License-Identifier: BSD-2-Clause
"""A machine that writes down what its disc is asked for, and what the loader says of its drivers."""

from qemu import Machine


class TracedMachine(Machine):
    """With QEMU's trace of the events that a subclass names, and a debug port. Both are files in the directory."""

    events = ()

    def __init__(self, image, directory, extra=(), **machine):
        self.trace, self.debug_port = directory / "trace", directory / "debug"
        traces = [word for event in self.events for word in ("-trace", event)]
        super().__init__(image, extra=[*extra, *traces, "-D", str(self.trace), "-debugcon", f"file:{self.debug_port}"],
                         **machine)

    @property
    def debug(self):
        return self.debug_port.read_text()
