# SPDX-License-Identifier: BSD-2-Clause
"""The lab: one boot of Xen and its dom0 in QEMU, in which guests run one after the other. Each guest has a folder with
its files and its results, which dom0 sees under the same name."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("WHELK_BUILD", HERE.parent.parent / "build")).resolve()
LAB = BUILD / "xen"
SHARE = LAB / "guests"
WHELK = BUILD / "whelk"
PATIENCE = float(os.environ.get("WHELK_PATIENCE", 3))
DOM0_SECONDS, DOM0_MIB, MACHINE_MIB = 60, 768, 2048

# An AMD processor with nested paging, without the features that fail in TCG or Xen: dom0 crashes with SMAP, idle
# processors in MWAIT never wake up, and lazy FPU switching (see XEN) loses registers.
PROCESSOR = "EPYC,+svm,-smap,-monitor"
XEN = ("console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all console_timestamps=boot "
       f"dom0_mem={DOM0_MIB}M,max:{DOM0_MIB}M dom0_max_vcpus=1 spec-ctrl=no,eager-fpu conring_size=256k cpuidle=0 cpufreq=none")
LINUX = "console=hvc0 nomodeset loglevel=4 mitigations=off panic=1"
LINE_ENDS = re.compile(r"\r+\n|\n\r+|\r")


LOG_LINE_MOST = 199  # characters of a guest's line in Xen's log, which splits longer ones


def _joined(text):
    """The lines of Xen's log as the guest wrote them."""
    return "".join(line if len(line) == LOG_LINE_MOST else line + "\n" for line in text.split("\n"))


def _text(path):
    return LINE_ENDS.sub("\n", path.read_bytes().decode("latin-1")) if path.exists() else ""


@dataclass
class Result:
    """The results of a guest: the files in its folder."""
    folder: Path

    @property
    def log(self):
        """The text of the guest's serial port, with LF as the only line end. In PVH guests: of the debug port."""
        debug_port = self.folder / "debug-port.log"
        if debug_port.exists():
            return _joined(_text(debug_port))
        others = ("device-model.log", "console.log")
        return "".join(_text(path) for path in sorted(self.folder.glob("*.log")) if path.name not in others)

    @property
    def console(self):
        """The text of Xen's console of the guest."""
        return _text(self.folder / "console.log")

    @property
    def said(self):
        return _text(self.folder / "said")

    @property
    def how(self):
        return _text(self.folder / "how").strip() or "was not started"

    def __str__(self):
        parts = [f"{self.folder.name}: {self.how}"]
        for name, text in (("xl", self.said), ("guest", self.log),
                           ("device model", _text(self.folder / "device-model.log")),
                           ("dom0", _text(SHARE / "dom0.log")), ("console", _text(LAB / "console.log"))):
            parts.append(f"---- {name}\n{text[-3000:]}")
        return "\n".join(parts)


def command():
    kernel = f"vmlinuz {LINUX} share={SHARE}"
    if re.search(r"[\s,]", str(SHARE)):
        raise RuntimeError(f"{SHARE}: the lab takes no blanks and commas in its path")
    return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", PROCESSOR, "-machine", "pc", "-m", str(MACHINE_MIB),
            "-display", "none", "-vga", "none", "-nodefaults", "-no-reboot", "-serial", f"file:{LAB}/console.log",
            "-kernel", "xen.elf", "-append", XEN, "-initrd", f"{kernel},dom0.cpio",
            "-fsdev", f"local,id=share,path={SHARE},security_model=none",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=share"]


def empty():
    shutil.rmtree(SHARE, ignore_errors=True)
    SHARE.mkdir(parents=True)
    shutil.copy(HERE / "job.sh", SHARE)


def run(guests):
    """Runs guests, whose folders are in SHARE. guests: {name: seconds that it may take}. Returns {name: Result}."""
    (SHARE / "guests").write_text("".join(f"{name} {int(seconds * PATIENCE)}\n" for name, seconds in guests.items()))
    limit = (DOM0_SECONDS + sum(guests.values())) * PATIENCE
    try:
        subprocess.run(command(), cwd=LAB, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=limit,
                       check=False)
    except subprocess.TimeoutExpired:
        pass  # the files in the folders show how far it came
    return {name: Result(SHARE / name) for name in guests}
