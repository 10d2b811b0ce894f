# SPDX-License-Identifier: BSD-2-Clause
"""Kernels from Debian's packages (fetch-debian-kernels.sh). Each boots by Whelk, and by GRUB from an ISO of
the same tree. A kernel must see no difference."""

import gzip
import hashlib
import io
import lzma
import re
import struct
import subprocess
import time
from functools import lru_cache, partial
from pathlib import Path

import pytest

from discs import BUILD, CONFIG, mkrescue
from linux_kernel import bzimage
from make_kernel import HEADER_MAGIC, MEMORY_INFO, PAGE_ALIGN, VIDEO_MODE, pattern
from qemu import PATIENCE, SCREEN_ADDRESS, SCREEN_COLUMNS, SCREEN_ROWS, Machine
from report import BEYOND_GRUB_FLAGS
from test_platforms import LOADER, SECURE, sign  # noqa: F401 (a fixture)

pytestmark = pytest.mark.seabios("names its firmware itself")

HERE = Path(__file__).resolve().parent
DEBIAN = BUILD / "debian"
LOADERS = ("grub", "whelk")
BOOTS = {"grub": ("grub", {}), "whelk": ("whelk", {}), "rom": ("whelk", {"firmware": "rom"})}  # loader, machine


@pytest.fixture(scope="module", autouse=True)
def kernels():
    """Fetches the kernels that are not in the build folder; fails with the name of what is missing."""
    run = subprocess.run([HERE / "fetch-debian-kernels.sh", DEBIAN], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr


def tree(*lines, **files):
    """A tree whose only entry has these lines; files by their name in /boot."""
    config = "\n".join(["set timeout=0", 'menuentry "test" {', *lines, "}", ""])
    return {CONFIG: config.encode(), **{f"boot/{name}": contents for name, contents in files.items()}}


def screenshot(machine):
    """The screen's pixels, as a PPM file."""
    path = machine.directory / "screen.ppm"
    machine.qmp("screendump", filename=str(path))
    return path.read_bytes()


# ---- The specification's example kernel --------------------------------------------------------

EXAMPLE_MODULES = {"one": pattern(5000), "two": pattern(70_000, 2)}
EXAMPLE = ("    multiboot /boot/kernel an argument 'and a quoted one'",
           "    module /boot/one first module", "    module /boot/two")


def example_tree(kernel):
    return tree(*EXAMPLE, kernel=kernel, **EXAMPLE_MODULES)


def asking_for_text(kernel):
    """The same kernel, with a header that asks for text instead of 1024x768x32 (video fields, 3.1.4)."""
    header = kernel.index(struct.pack("<2I", HEADER_MAGIC, PAGE_ALIGN | MEMORY_INFO | VIDEO_MODE))
    assert struct.unpack_from("<4I", kernel, header + 32) == (0, 1024, 768, 32)
    return kernel[:header + 32] + struct.pack("<4I", 1, 80, 25, 0) + kernel[header + 48:]


# Whelk may order the information's structures otherwise in their page, and tells more than GRUB.
IN_THE_PAGE = re.compile(r"\b0x10[0-9a-f]{3}\b")
FLAGS = re.compile(r"\blags = 0x([0-9a-f]+)")  # the kernel's diagonal covers the first letter


def without_flags_beyond_grub(match):
    return f"lags = {int(match[1], 16) & ~BEYOND_GRUB_FLAGS:#x}"


def test_the_specifications_example_prints_the_same_information_as_under_grub(discs):
    screens = {}
    kernel = asking_for_text((DEBIAN / "multiboot-example").read_bytes())
    for loader in LOADERS:
        with Machine(discs.make(example_tree(kernel), loader)) as machine:
            machine.wait_for_screen("^Halted\\.")
            screens[loader] = FLAGS.sub(without_flags_beyond_grub, IN_THE_PAGE.sub("*", machine.screen()))
    # The kernel draws a diagonal over its text.
    assert '"and a quoted one"' in screens["whelk"] and re.search("mods.count = 2", screens["whelk"])
    assert screens["whelk"] == screens["grub"]


def picture_of_the_example(image, **machine):
    with Machine(image, **machine) as machine:
        # The kernel draws one diagonal, by the framebuffer's address and pitch, and halts.
        machine.wait_until(lambda: "HLT=1" in machine.registers() and
                           screenshot(machine).startswith(b"P6\n1024 768\n"), "a picture of 1024x768", 30)
        return screenshot(machine)


def assert_same_picture(whelk, grub):
    assert whelk == grub
    assert b"\0\0\xff" in whelk or b"\0\0\xfe" in whelk


def test_the_specifications_example_draws_the_same_picture_as_under_grub(discs):
    files = example_tree(DEBIAN / "multiboot-example")
    assert_same_picture(*(picture_of_the_example(discs.make(files, loader)) for loader in ("whelk", "grub")))


# ---- grub-invaders -----------------------------------------------------------------------------

SHIP = r"(?m)^ +_\n +/ \\$"
FRAMES = 25


def play(image):
    """The first frames of the game, each as the screen's characters and colours. The game counts its steps, so its
    frames are always the same."""
    frames = []
    with Machine(image) as machine:
        machine.wait_for_screen(SHIP)
        deadline = time.monotonic() + 30 * PATIENCE
        while len(frames) < FRAMES:
            machine.qmp("stop")
            cells = machine.memory(SCREEN_ADDRESS, SCREEN_COLUMNS * SCREEN_ROWS * 2)
            if re.search(SHIP, machine.screen()) and cells not in frames:
                frames.append(cells)
            machine.qmp("cont")
            assert time.monotonic() < deadline, f"only {len(frames)} frames\n{machine.screen()}"
            time.sleep(0.05)
    return frames


def test_grub_invaders_runs_as_under_grub(discs):
    game = tree("    multiboot /boot/kernel", kernel=DEBIAN / "invaders")
    whelk, grub = (play(discs.make(game, loader)) for loader in ("whelk", "grub"))
    common = [frame for frame in whelk if frame in grub]
    # Each run misses some frames, or sees them half drawn.
    assert len(common) >= FRAMES // 2, f"{len(common)} of {FRAMES} frames are the same"
    assert common == [frame for frame in grub if frame in whelk]


# ---- A GRUB core -------------------------------------------------------------------------------

CORE_MODULES = "serial terminal echo lsmmap ls cat iso9660 pata".split()
CORE_CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial
lsmmap
ls
cat (ata2)/boot/note
echo core: end
"""
NOTE = b"read by the core's own driver\n"
COREBOOT_TABLE = 0x608  # where the core looks: from 0x500 in steps of 24


def coreboot_table(memory_mib):
    """The core that Debian packages is built for coreboot and asks its table for memory ("LBIO" header, one
    record of tag 1)."""
    ranges = [(0, 0xA0000, 1), (0x100000, (memory_mib << 20) - 0x120000, 1)]
    record = struct.pack("<II", 1, 8 + 20 * len(ranges)) + b"".join(struct.pack("<QQI", *r) for r in ranges)
    return struct.pack("<4s5I", b"LBIO", 24, 0, len(record), 0, 1) + record


def test_a_grub_core_runs_as_under_grub(discs, tmp_path):
    (tmp_path / "core.cfg").write_text(CORE_CONFIG)
    (tmp_path / "table").write_bytes(coreboot_table(64))
    subprocess.run(["grub-mkimage", "-O", "i386-multiboot", "-d", DEBIAN / "grub-coreboot", "-o", tmp_path / "core",
                    "-p", "/boot/grub", "-c", tmp_path / "core.cfg", *CORE_MODULES], check=True)
    files = tree("    multiboot /boot/kernel", kernel=tmp_path / "core", note=NOTE)
    said = {}
    for name, (loader, firmware) in BOOTS.items():
        with Machine(discs.make(files, loader), **firmware, extra=[
                "-device", f"loader,file={tmp_path / 'table'},addr={COREBOOT_TABLE:#x},force-raw=on"]) as machine:
            machine.wait_for("^core: end")
            said[name] = machine.serial.split("core: end")[0]
    assert NOTE.decode().strip() in said["whelk"] and "length = 0x3ee0000" in said["whelk"]
    assert said["rom"] == said["whelk"] == said["grub"]


BIOS_CORE_MODULES = "serial terminal echo lsmmap cat iso9660 biosdisk".split()
BIOS_CORE_CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial
echo root: $root
lsmmap
cat /boot/note
echo core: end
"""


def test_a_grub_core_for_the_bios_reads_the_disc_by_it_as_under_grub(discs, tmp_path):
    """A kernel may go back to real mode and call the BIOS (specification, 3.2). This kernel has address fields, and
    takes its root from boot_device of the information."""
    (tmp_path / "core.cfg").write_text(BIOS_CORE_CONFIG)
    subprocess.run(["grub-mkimage", "-O", "i386-pc", "-o", tmp_path / "core", "-p", "/boot/grub",
                    "-c", tmp_path / "core.cfg", *BIOS_CORE_MODULES], check=True)
    files = tree("    multiboot /boot/kernel", kernel=tmp_path / "core", note=NOTE)
    said = {}
    for loader in LOADERS:
        with Machine(discs.make(files, loader)) as machine:
            machine.wait_for("^core: end")
            said[loader] = machine.serial.split("core: end")[0]
    assert NOTE.decode().strip() in said["whelk"] and "root: hd96" in said["whelk"]
    assert said["whelk"] == said["grub"]


# ---- tboot -------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", ["", "2"])
def test_tboot_starts_linux_from_its_modules_as_under_grub(discs, number):
    """tboot has both headers and is compressed. On a processor without TXT it starts the first module."""
    files = tree(f"    multiboot{number} /boot/tboot.gz logging=serial", f"    module{number} /boot/vmlinuz console=ttyS0 'a b'",
                 f"    module{number} /boot/initrd", **{"tboot.gz": DEBIAN / "tboot.gz", "vmlinuz": DEBIAN / "vmlinuz",
                                                       "initrd": pattern(5000)})
    said = {}
    for loader in LOADERS:
        with Machine(discs.make(files, loader), memory=256) as machine:
            end = machine.wait_for(r'\] Command line: console=ttyS0 "a b"$', 60).end()
            said[loader] = machine.serial[machine.serial.index("TBOOT:"):end]
    assert said["whelk"] == said["grub"]


# ---- GNU Mach ----------------------------------------------------------------------------------

# Lines with clocks, and with the sizes of memory around the loader's own tables.
MACH_NOISE = re.compile(r"(?<=^RTC time is ).*|(?<=free: )\d+ \(\d+M\)", re.MULTILINE)


def test_gnu_mach_finds_its_memory_and_its_modules_as_under_grub(discs):
    files = tree("    multiboot /boot/kernel console=com0 root=device:hd0 'a quoted one'",
                 "    module /boot/one ext2fs '--kernel=${line}' a\\$b", "    module /boot/two", kernel=DEBIAN / "gnumach.gz",
                 one=b"no server", two=gzip.compress(pattern(5_000_000)))
    said = {}
    for name, (loader, firmware) in BOOTS.items():
        with Machine(discs.make(files, loader), memory=256, **firmware) as machine:
            end = machine.wait_for("^2 multiboot modules$", 30).end()
            said[name] = MACH_NOISE.sub("*", machine.serial[:end])
    assert "module 0: ext2fs --kernel=${line} a" in said["whelk"]
    assert said["rom"] == said["whelk"] == said["grub"]


# ---- Xen with a dom0 ---------------------------------------------------------------------------

XEN_MEMORY_MIB = 1024
# Emulated features on which Xen 4.17 or its dom0 stumbles are left out of the processor.
XEN_MACHINE = ["-cpu", "EPYC,+svm,-smap,-monitor", "-vga", "none", "-nodefaults"]
XEN_ARGUMENTS = ("console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all console_timestamps=none "
                 "dom0_mem=256M,max:256M dom0_max_vcpus=1 spec-ctrl=no,eager-fpu cpuidle=0 cpufreq=none")
DOM0_ARGUMENTS = 'console=hvc0 nomodeset loglevel=4 mitigations=off panic=1 "a quoted one"'
PAYLOAD = pattern(3_000_000, 3)
INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "dom0: arguments $(/bin/busybox cat /proc/cmdline)"
echo "dom0: payload $(/bin/busybox sha256sum /payload)"
echo "dom0: end"
/bin/busybox poweroff -f
"""


def cpio(files):
    """An initramfs: cpio's "newc" format (Linux, Documentation/driver-api/early-userspace/buffer-format)."""
    out = io.BytesIO()
    for inode, (name, (mode, data)) in enumerate({**files, "TRAILER!!!": (0, b"")}.items(), 1):
        path = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + path)
        out.write(bytes(-out.tell() % 4) + data)
        out.write(bytes(-out.tell() % 4))
    return out.getvalue()


def initrd(init=INIT):
    directory, program = 0o040755, 0o100755
    return cpio({"bin": (directory, b""), "proc": (directory, b""), "dev": (directory, b""),
                 "bin/busybox": (program, (DEBIAN / "busybox").read_bytes()),
                 "init": (program, init.encode()), "payload": (0o100644, PAYLOAD)})


# The loader's name; and clocks, which differ from boot to boot under one loader, too.
XEN_NOISE = [
    (re.compile(r"^\(XEN\) Bootloader: .*$", re.M), "(XEN) Bootloader: *"),
    (re.compile(r"\b\d+\.\d+ ?(?=[MG]Hz|us\b|ms\b)"), "* "),
    (re.compile(r"^\[ *\d+\.\d+\] .*\n", re.M), ""),
]


# By Multiboot 2, Xen asks for the highest place. GRUB does not give it the memory that GRUB uses.
XEN_RELOCATED = [
    (re.compile(r"^\(XEN\) (Xen image load base address:|  *Init\. ramdisk:) .*$", re.M), r"(XEN) \1 *"),
]


def normalised(log, protocol):
    for noise, replacement in XEN_NOISE + (XEN_RELOCATED if protocol == 2 else []):
        log = noise.sub(replacement, log)
    return log


def boot_xen(image, **firmware):
    with Machine(image, memory=XEN_MEMORY_MIB, extra=XEN_MACHINE, exit_device=False, **firmware) as machine:
        machine.wait_for("^dom0: end$", 120)
        machine.wait_exit(30)
        log = machine.serial
    return log[log.index("(XEN) Xen version"):]


COMPRESSIONS = {"none": bytes, "gzip": gzip.compress, "xz": partial(lzma.compress, check=lzma.CHECK_CRC32)}


@pytest.fixture(scope="module")
def xen_log(discs):
    """The output of Xen and its dom0, by protocol and by the compression of dom0's files. Each boot runs only once."""
    @lru_cache(maxsize=None)
    def log(loader, protocol, compression):
        number = "2" if protocol == 2 else ""
        pack = COMPRESSIONS[compression]
        files = tree(f"    multiboot{number} /boot/xen.gz {XEN_ARGUMENTS}",
                     f"    module{number} /boot/vmlinuz {DOM0_ARGUMENTS}", f"    module{number} /boot/initrd",
                     **{"xen.gz": DEBIAN / "xen.gz", "vmlinuz": pack((DEBIAN / "vmlinuz").read_bytes()),
                        "initrd": pack(initrd())})
        text = boot_xen(discs.make(files, loader))
        discs.forget(files, loader)
        (BUILD / f"xen-{loader}-{protocol}-{compression}.log").write_text(text)
        return text
    return log


@pytest.mark.parametrize("protocol", [1, 2])
def test_xen_boots_a_dom0_as_under_grub(xen_log, protocol):
    log = xen_log("whelk", protocol, "none")
    assert f"dom0: payload {hashlib.sha256(PAYLOAD).hexdigest()} " in log
    assert f"dom0: arguments {DOM0_ARGUMENTS}\n" in log
    assert normalised(log, protocol) == normalised(xen_log("grub", protocol, "none"), protocol)


@pytest.mark.parametrize("compression", ["gzip", "xz"])
@pytest.mark.parametrize("protocol", [1, 2])
def test_xen_boots_a_compressed_dom0_as_an_uncompressed_one(xen_log, protocol, compression):
    assert normalised(xen_log("whelk", protocol, compression), protocol) == normalised(xen_log("grub", protocol, "none"), protocol)


# ---- Linux by PVH -------------------------------------------------------------------------------

# No config of GRUB starts a vmlinux, so there is no GRUB to compare with.
LINUX_ARGUMENTS = 'console=ttyS0 panic=-1 nokaslr mitigations=off "a quoted one"'
LINUX_INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "linux: arguments $(/bin/busybox cat /proc/cmdline)"
echo "linux: payload $(/bin/busybox sha256sum /payload)"
echo "linux: end"
/bin/busybox poweroff -f
"""


def vmlinux():
    """The vmlinux in Debian's bzImage (Linux, Documentation/arch/x86/boot.rst: setup_sects, payload_offset and
    payload_length)."""
    image = (DEBIAN / "vmlinuz").read_bytes()
    offset, length = struct.unpack_from("<2I", image, 0x248)
    start = (image[0x1F1] + 1) * 512 + offset
    return lzma.LZMADecompressor().decompress(image[start:start + length])


def linux_tree(command="pvh", kernel=bytes):
    return tree(f"    {command} /boot/vmlinux {LINUX_ARGUMENTS.replace(chr(34), chr(39))}", "    module /boot/initrd",
                vmlinux=kernel(vmlinux()), initrd=initrd(LINUX_INIT))


def boot_linux(image, **machine):
    """Boots Linux to the end of its init and returns what it said."""
    with Machine(image, **machine) as qemu:
        qemu.wait_for("^linux: end$", 120)
        qemu.wait_exit(30)
        return qemu.serial


@pytest.mark.parametrize("machine", [{}, {"firmware": "x64", "machine": "q35"}, {"firmware": "ia32", "machine": "q35"}],
                         ids=["seabios", "ovmf-x64", "ovmf-ia32"])
def test_linux_boots_by_pvh_with_its_initramfs(discs, machine):
    said = boot_linux(discs.make(linux_tree()), memory=512, **machine)
    assert re.search(r"\] Linux version 6\.", said)
    assert f"linux: arguments {LINUX_ARGUMENTS}\n" in said
    assert f"linux: payload {hashlib.sha256(PAYLOAD).hexdigest()} " in said
    assert re.search(r"\] ACPI: RSDP 0x0*[1-9A-Fa-f]", said)
    assert re.search(r"\] BIOS-e820: \[mem 0x0000000000000000-0x[0-9a-f]+\] usable", said)
    assert "whelk: /boot/vmlinux: no Multiboot header" not in said


def test_linux_boots_by_multiboot_as_well_with_a_note(discs):
    said = boot_linux(discs.make(linux_tree("multiboot", gzip.compress)), memory=512)
    assert "whelk: /boot/vmlinux: no Multiboot header: it is started by its PVH entry" in said


def test_a_bzimage_is_no_kernel_for_pvh_but_for_linux(tmp_path):
    run, _ = mkrescue(tree("    pvh /boot/vmlinuz", vmlinuz=DEBIAN / "vmlinuz"), tmp_path)
    assert "/boot/vmlinuz: not an ELF file: it is a Linux bzImage: use linux" in run.stderr


# ---- Linux's bzImage ----------------------------------------------------------------------------

BZIMAGE_INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mkdir /sys
/bin/busybox mount -t sysfs sys /sys
echo 1 >/proc/sys/kernel/printk
echo "linux: arguments $(/bin/busybox cat /proc/cmdline)"
echo "linux: payload $(/bin/busybox sha256sum /payload)"
echo "linux: second $(/bin/busybox sha256sum /second)"
echo "linux: parameters $(/bin/busybox od -An -v -tx1 /sys/kernel/boot_params/data | /bin/busybox tr -d ' \\n')"
echo "linux: end"
/bin/busybox poweroff -f
"""
SECOND = pattern(70_001, 4)
# In boot_params: the cursor; ACPI's root pointer, which GRUB leaves out; boot_flag, which it clears; the places of
# initrd and command line.
E820_ENTRIES, E820_TABLE, E820_ENTRY_BYTES = 0x1E8, 0x2D0, 20
LOADERS_OWN = ((0x00, 2), (0x70, 8), (0x1FE, 2), (0x218, 4), (0x228, 4))


def bzimage_tree():
    return tree(f"    linux (cd)/boot/vmlinuz {LINUX_ARGUMENTS.replace(chr(34), chr(39))}",
                "    initrd /boot/initrd /boot/second.gz", vmlinuz=DEBIAN / "vmlinuz", initrd=initrd(BZIMAGE_INIT),
                **{"second.gz": gzip.compress(cpio({"second": (0o100644, SECOND)}))})


def boot_params(said):
    params = bytearray.fromhex(re.search(r"^linux: parameters ([0-9a-f]{8192})$", said, re.MULTILINE)[1])
    for start, length in LOADERS_OWN:
        params[start:start + length] = bytes(length)
    return params[:E820_TABLE + E820_ENTRY_BYTES * params[E820_ENTRIES]]  # GRUB leaves remains of its own after that


def assert_linux_is_whole(said):
    assert f"linux: arguments BOOT_IMAGE=(cd)/boot/vmlinuz {LINUX_ARGUMENTS}\n" in said
    assert f"linux: payload {hashlib.sha256(PAYLOAD).hexdigest()} " in said
    assert f"linux: second {hashlib.sha256(SECOND).hexdigest()} " in said


def test_linux_boots_as_under_grub(discs):
    said = {loader: boot_linux(discs.make(bzimage_tree(), loader), memory=512) for loader in LOADERS}
    for text in said.values():
        assert_linux_is_whole(text)
    whelk, grub = (re.findall(r"BIOS-e820: .*", said[loader]) for loader in LOADERS)
    assert len(whelk) > 4 and whelk == grub
    assert boot_params(said["whelk"]) == boot_params(said["grub"])


def test_linux_boots_by_32_bit_uefi_with_its_services(discs):
    """By the 64-bit kernel's handover entry."""
    said = boot_linux(discs.make(bzimage_tree()), memory=512, firmware="ia32", machine="q35")
    assert_linux_is_whole(said)
    assert re.search(r"\] efi: EFI v2", said) and re.search(r"\] efi: .*SMBIOS=0x", said)


def secure_tree(sign, kernel):
    return {**bzimage_tree(), "boot/vmlinuz": kernel, f"EFI/BOOT/{LOADER}": sign(LOADER)}


def test_linux_boots_under_secure_boot_if_it_is_signed(discs, sign):
    """As an application, which asks for its initrd."""
    image = discs.make(secure_tree(sign, sign(DEBIAN / "vmlinuz")))
    said = boot_linux(image, **{**SECURE, "memory": 512})
    assert_linux_is_whole(said)
    assert re.search(r"\] efi: .* INITRD=0x", said) and "secureboot: Secure boot enabled" in said


@pytest.mark.parametrize("make, reason", [
    (lambda: DEBIAN / "vmlinuz", "Secure Boot refuses it: no key of the firmware's has signed it"),
    (bzimage, "Secure Boot is on, and the firmware cannot verify this kernel")], ids=["unknown key", "no application"])
def test_linux_that_nobody_verifies_does_not_start_under_secure_boot(discs, sign, make, reason):
    """Debian's kernel is signed by a key that this firmware has not."""
    with Machine(discs.make(secure_tree(sign, make())), **{**SECURE, "memory": 512}) as machine:
        machine.wait_for(f"whelk: /boot/vmlinuz: {reason}", 60)
        assert "Linux version" not in machine.serial


# ---- Xen's shim by PVH --------------------------------------------------------------------------

def test_xens_shim_is_entered_by_pvh_and_runs_up_to_its_first_hypercall(discs, tmp_path):
    """There is no Xen below it, so the hypercall is an invalid instruction. The shim has a Multiboot header as well,
    by which it would not come to pvh_init(). It writes to port 0xe9."""
    files = tree("    pvh /boot/xen-shim", "    module /boot/vmlinuz console=hvc0", **{"xen-shim": DEBIAN / "xen-shim"},
                 vmlinuz=DEBIAN / "vmlinuz")
    log = tmp_path / "log"
    with Machine(discs.make(files), memory=512, extra=["-debugcon", f"file:{log}"]) as machine:
        machine.wait_exit(60)
    said = log.read_text(errors="replace")
    assert re.search(r"early_hypercall.*\n.*pvh_init.*\n.*__start_xen", said), said
    assert "FATAL TRAP: vector = 6 (invalid opcode)" in said


# ---- By UEFI -----------------------------------------------------------------------------------

OVMF = {"firmware": "x64", "machine": "q35"}


def test_the_specifications_example_draws_the_same_picture_by_uefi_as_under_grub(discs):
    """Under UEFI, GRUB has no graphics unless its config loads a driver."""
    files = tree("    insmod efi_gop", *EXAMPLE, kernel=DEBIAN / "multiboot-example", **EXAMPLE_MODULES)
    assert_same_picture(*(picture_of_the_example(discs.make(files, loader), memory=256, **OVMF)
                          for loader in ("whelk", "grub-efi")))


# Types of UEFI's memory map for free memory and the loader's: each loader divides this memory in its own way.
XEN_UEFI_NOISE = re.compile(r"^\(XEN\)  [0-9a-f]+-[0-9a-f]+ type=[12347] attr=.*\n", re.M)


def without_free_memory(log):
    return XEN_UEFI_NOISE.sub("", normalised(log, 2))


def test_xen_boots_a_dom0_by_uefi_as_under_grub(discs):
    files = tree(f"    multiboot2 /boot/xen.gz {XEN_ARGUMENTS}", f"    module2 /boot/vmlinuz {DOM0_ARGUMENTS}",
                 "    module2 /boot/initrd",
                 **{"xen.gz": DEBIAN / "xen.gz", "vmlinuz": DEBIAN / "vmlinuz", "initrd": initrd()})
    logs = {}
    for loader in ("whelk", "grub-efi"):
        logs[loader] = boot_xen(discs.make(files, loader), **OVMF)
        discs.forget(files, loader)
        (BUILD / f"xen-{loader}-uefi.log").write_text(logs[loader])
    assert f"dom0: payload {hashlib.sha256(PAYLOAD).hexdigest()} " in logs["whelk"]
    assert f"dom0: arguments {DOM0_ARGUMENTS}\n" in logs["whelk"]
    assert "EFI memory map" in logs["whelk"] and " type=6 " in logs["whelk"]
    assert without_free_memory(logs["whelk"]) == without_free_memory(logs["grub-efi"])
