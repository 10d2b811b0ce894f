# SPDX-License-Identifier: BSD-2-Clause
"""How a row of the matrix is started: in QEMU, by way of another loader there, or in Bochs. Each way makes a context
manager with the text of the serial port (`serial`), all that firmware and screen say (`said()`) and `is_running`."""

import http.server
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from qemu import Machine, MachineFailure

SYSLINUX = Path("/usr/lib/syslinux")
BOCHS = Path("/usr/share/bochs")
SCREEN_CODES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]")
FLOPPY_BYTES = 2880 << 10
LEAST_DISK_BYTES = 4 << 20


def as_disk(image):
    """The image as the start of a larger disk. An SD card's size is a power of two."""
    size = LEAST_DISK_BYTES
    while size < image.stat().st_size:
        size *= 2
    disk = image.with_suffix(".disk")
    if not disk.exists():
        shutil.copyfile(image, disk)
        os.truncate(disk, size)
    return disk


def as_floppy(image):
    """The first part of the image, on a floppy."""
    floppy = image.with_suffix(".floppy")
    if not floppy.exists():
        shutil.copyfile(image, floppy)
        os.truncate(floppy, FLOPPY_BYTES)
    return floppy


MEDIA = {"CD": lambda image: image, "disk": as_disk, "USB stick": as_disk, "SD card": as_disk, "floppy": as_floppy,
         "image": lambda image: image}


class InQemu(Machine):
    """A machine with the image as drive "disc", which `devices` attach. IMAGE in a device is the image's path."""

    def __init__(self, image, machine, devices, memory, firmware):
        self.log = Path(tempfile.mkdtemp(prefix="whelk-matrix-"))
        drive = f"if=none,id=disc,format=raw,snapshot=on,file={image}"
        words = [word.replace("IMAGE", str(image)) for word in devices]
        extra = ["-drive", drive] if any("disc" in word for word in words) else []
        if not any("netdev" in word for word in words):
            extra += ["-net", "none"]
        if firmware is None:
            extra += ["-chardev", f"file,id=says,path={self.log}/says", "-device", "isa-debugcon,iobase=0x402,chardev=says"]
        super().__init__(image, attach="none", machine=machine, memory=memory, firmware=firmware, extra=[*extra, *words])

    def said(self):
        says = self.log / "says"
        text = self.serial + (says.read_text("latin-1").replace("\r", "") if says.exists() else "")
        try:
            return SCREEN_CODES.sub("", text) + "\n" + self.screen()
        except (MachineFailure, OSError, ValueError):  # it has ended
            return SCREEN_CODES.sub("", text)

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self.log, ignore_errors=True)


class Ranges(http.server.BaseHTTPRequestHandler):
    """Serves parts of one file, as a boot over HTTP asks for them; and as "script" what has iPXE boot it."""

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, with_body):
        if self.path == "/script":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.server.script)))
            self.end_headers()
            self.wfile.write(self.server.script if with_body else b"")
            return
        size = self.server.image.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(asked[1]), min(int(asked[2]), size - 1)) if asked else (0, size - 1)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(last + 1 - first))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        if with_body:
            with open(self.server.image, "rb") as file:
                file.seek(first)
                self.wfile.write(file.read(last + 1 - first))

    def log_message(self, *_):
        pass


class ByHttp(InQemu):
    """A machine that reads the image by HTTP; PORT in a device is the server's port."""

    def __init__(self, image, machine, devices, memory, firmware):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
        self._server.image = image
        port = str(self._server.server_address[1])
        self._server.script = f"#!ipxe\nsanboot http://10.0.2.2:{port}/disc.iso\n".encode()
        super().__init__(image, machine, [word.replace("PORT", port) for word in devices], memory, firmware)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *_):
        super().__exit__()
        self._server.shutdown()
        self._server.server_close()


BOCHS_CONFIG = """config_interface: textconfig
display_library: rfb, options="timeout=0"
memory: guest=64, host=64
romimage: file={roms}/{bios}
vgaromimage: file={roms}/VGABIOS-lgpl-latest
{machine}
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15
{drive}
boot: {boot}
com1: enabled=1, mode=file, dev={directory}/serial
log: {directory}/log
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
cpu: ips=100000000
clock: sync=none
port_e9_hack: enabled=1
"""


class InBochs:
    """Bochs, whose screen is a VNC server that nobody looks at."""

    def __init__(self, image, bios, machine, channel, is_cd):
        self.directory = Path(tempfile.mkdtemp(prefix="whelk-bochs-"))
        self._lock = Path(f"{image}.lock")  # stays when Bochs is killed, and keeps the next one from the disk
        kind = f"type=cdrom, path={image}, status=inserted" if is_cd else f"type=disk, path={image}, mode=flat"
        config = BOCHS_CONFIG.format(roms=BOCHS, bios=bios, machine=machine, directory=self.directory,
                                     drive=f"{channel}: {kind}", boot="cdrom" if is_cd else "disk")
        (self.directory / "config").write_text(config)

    def __enter__(self):
        command = ["bochs", "-q", "-f", str(self.directory / "config")]
        self._out = open(self.directory / "out", "wb")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._out, stderr=subprocess.STDOUT,
                                         start_new_session=True)
        try:
            self._process.stdin.write(b"c\n")  # a build with a debugger waits for this
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        return self

    def _read(self, name):
        path = self.directory / name
        return path.read_text("latin-1").replace("\r", "") if path.exists() else ""

    @property
    def serial(self):
        return self._read("serial")

    def said(self):
        return "\n".join([self.serial, self._read("out"), self._read("log")])

    @property
    def is_running(self):
        return self._process.poll() is None

    def wait_a_moment(self):
        threading.Event().wait(0.2)

    def __exit__(self, *_):
        if self.is_running:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._out.close()
        self._lock.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass(frozen=True)
class Qemu:
    """A way to start an image: QEMU's machine, and the arguments that attach the drive "disc"."""
    machine: str
    devices: tuple
    firmware: str = None  # None: SeaBIOS; or x64, ia32
    memory: int = 64
    by: type = InQemu
    needs: tuple = ()  # discs of other loaders that the devices name, by discs_of_others()

    def start(self, image, others):
        words = list(self.devices)
        for name in self.needs:
            words = [word.replace(name, str(others[name])) for word in words]
        memory = max(self.memory, 256) if self.firmware else self.memory
        return self.by(image, self.machine, words, memory, self.firmware)


@dataclass(frozen=True)
class Bochs:
    """A way to start an image in Bochs: the BIOS, lines of the configuration, and the drive's place."""
    bios: str
    machine: str
    channel: str = "ata0-master"
    is_cd: bool = True

    def start(self, image, others):
        return InBochs(image, self.bios, self.machine, self.channel, self.is_cd)


# ---- Discs of other loaders, which start the image on another drive

GRUB_CHAIN = """set timeout=0
menuentry chain {
    if [ $grub_platform = pc ]; then
        set root=hd0
        chainloader +1
        boot
    fi
    for root in hd0,gpt2 hd0,msdos2 hd0; do
        if [ -f /EFI/BOOT/BOOTX64.EFI ]; then
            chainloader /EFI/BOOT/BOOTX64.EFI
            boot
        fi
    done
}
"""
ISOLINUX_CHAIN = "DEFAULT chain\nLABEL chain\n  COM32 chain.c32\n  APPEND hd0 0\n"
ISOLINUX_FILES = ("ldlinux.c32", "chain.c32", "libcom32.c32", "libutil.c32")


def _run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def disk_of_ipxe(folder):
    """A disk from which UEFI starts iPXE. What iPXE boots is for the DHCP server to say."""
    disk = folder / "IPXE_DISK.fat"
    if not disk.exists():
        with open(disk, "wb") as file:
            file.truncate(LEAST_DISK_BYTES)
        _run("mformat", "-i", disk, "::")
        _run("mmd", "-i", disk, "::/EFI", "::/EFI/BOOT")
        _run("mcopy", "-i", disk, "/usr/lib/ipxe/ipxe.efi", "::/EFI/BOOT/BOOTX64.EFI")
    return disk


def discs_of_others(folder):
    """CDs of GRUB and isolinux that start the first hard disk, and the disk of iPXE. Returns their paths by name."""
    grub, isolinux = folder / "GRUB_CHAIN", folder / "ISOLINUX_CHAIN"
    if not isolinux.with_suffix(".iso").exists():
        (grub / "boot/grub").mkdir(parents=True)
        (grub / "boot/grub/grub.cfg").write_text(GRUB_CHAIN)
        _run("grub-mkrescue", "-o", grub.with_suffix(".iso"), grub)
        isolinux.mkdir()
        shutil.copy("/usr/lib/ISOLINUX/isolinux.bin", isolinux)
        for name in ISOLINUX_FILES:
            shutil.copy(SYSLINUX / "modules/bios" / name, isolinux)
        (isolinux / "isolinux.cfg").write_text(ISOLINUX_CHAIN)
        _run("xorriso", "-as", "mkisofs", "-o", isolinux.with_suffix(".iso"), "-b", "isolinux.bin", "-c", "boot.cat",
             "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", isolinux)
    return {**{path.name: path.with_suffix(".iso") for path in (grub, isolinux)}, "IPXE_DISK": disk_of_ipxe(folder)}
