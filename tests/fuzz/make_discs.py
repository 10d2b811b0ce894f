# SPDX-License-Identifier: BSD-2-Clause
"""Makes the discs of fuzz_boot and fuzz_drivers: small ISOs by whelk-mkrescue. Together they have all
shapes of kernels, configs and modules.
Usage: make_discs.py FOLDER"""

import bz2
import gzip
import lzma
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from make_seeds_linux import kernel as linux_kernel
from kernel_files import HEADER_AT, KERNELS, MIB, elf, multiboot1, multiboot2

BUILD = pathlib.Path(os.environ["BUILD"]).resolve()
CONFIG = "boot/grub/grub.cfg"
SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"
RANDOM = random.Random(1).randbytes(70_000)
TEXT = b"".join(b"line %d of a text that can be compressed\n" % i for i in range(900))
CODE = bytes(range(256)) * 16 + b"\xe8\x10\x00\x00\x00" * 3000  # calls, for the x86 filter

def compressed(program, data, *options):
    return subprocess.run([program, "-c", *options], input=data, check=True, capture_output=True).stdout


def aout():
    """A kernel with address fields that looks like an a.out file with symbols."""
    size = 0x400
    header = struct.pack("<8I", 0x10B, size - 32, 0, 0, 24, MIB, 0, 0)
    fields = (MIB + HEADER_AT, MIB, MIB + size, 0, MIB + 0x200)
    start = header.ljust(HEADER_AT, b"\0") + multiboot1(0x10003, fields)
    return start.ljust(size, b"\x90") + b"\1\0\0\0\4\0\0\0\0\0\x10\0" * 2 + struct.pack("<I", 12) + b"\0start\0\0"


def entry(title, *lines):
    return f"menuentry '{title}' {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def command_of(name):
    return "multiboot2" if "multiboot2" in name else "pvh" if name.startswith("pvh") else "multiboot"


def module_of(name):
    return "module2" if "multiboot2" in name else "module"


def all_kernels():
    """A menu of all shapes of kernels."""
    files, config = {}, "set timeout=1\nset default=2\nset fallback='0 1'\n"
    for name, kernel in KERNELS.items():
        files[f"boot/{name}"] = kernel
        config += entry(name, f"{command_of(name)} /boot/{name} one 'two three'",
                        f"{module_of(name)} /boot/data first", f"{module_of(name)} /boot/text second")
    return {**files, "boot/data": RANDOM, "boot/text": TEXT[:5000], CONFIG: config}


def packed():
    """Compressed kernel and modules, of each format."""
    xz = dict(format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64)
    x86 = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 1}]
    files = {
        "boot/k.gz": gzip.compress(KERNELS["elf32"], mtime=0), "boot/t.gz": gzip.compress(TEXT, mtime=0),
        "boot/t.xz": lzma.compress(TEXT, **xz), "boot/c.xz": lzma.compress(CODE, **xz, filters=x86),
        "boot/s.xz": lzma.compress(TEXT, format=lzma.FORMAT_XZ, check=lzma.CHECK_SHA256),
        "boot/t.lz4": compressed("lz4", TEXT), "boot/t.zst": compressed("zstd", TEXT),
        "boot/t.bz2": bz2.compress(TEXT), "boot/k": KERNELS["elf32"],
    }
    modules = ["module /boot/t.gz a", "module /boot/c.xz", "module --nounzip /boot/t.xz", "module /boot/t.lz4",
               "module /boot/t.zst", "module /boot/s.xz", "module /boot/t.xz"]
    config = "timeout=0\n" + entry("all", "multiboot /boot/k.gz x", *modules)
    config += entry("one", "multiboot /boot/k", modules[1]) + entry("two", "multiboot /boot/k", modules[4])
    config += entry("refused", "multiboot /boot/k", "module /boot/t.bz2")
    return {**files, CONFIG: config}


def language():
    """Configs that do all that the language has."""
    files = {"boot/k": KERNELS["elf32"], "boot/l": KERNELS["multiboot2"], "boot/m": TEXT[:3000], "m": b"m", "n": b"", "l": b"l",
             "ab": "echo of ab\nset y=1\n", "abcd": TEXT[:70], "f": "f", "one/two": "x", "other.cfg": entry("other", "multiboot /boot/k"),
             "boot/env": "# GRUB Environment Block\nx=1\n".ljust(1024, "#")}
    config = "set timeout=2\nset default=0\n" + entry("boots", "multiboot /boot/k", "module /boot/m")
    for seed in sorted((SEEDS / "config").glob("*.cfg")):
        name = f"boot/{seed.stem}.cfg"
        files[name] = seed.read_text()
        config += entry(seed.stem, f"configfile /{name}") + entry(f"source {seed.stem}", f"source /{name}")
    config += entry("tests", "if [ -f /boot/k -a -d /boot ]; then echo yes; fi",
                    "hashsum --hash sha512 /boot/m", "sha256sum /boot/k", "md5sum /boot/m", "crc /boot/m", "sha1sum /boot/m",
                    "for i in /boot/*; do echo $i; done", "regexp --set 1:v '(k|m)+' akm", "ls -l /boot",
                    "ls", "lsmmap", "cat /boot/grub/grub.cfg", "load_env -f /boot/env", "list_env -f /boot/env",
                    "search --file --set=root /boot/k", "probe --fs-uuid --set=u $root", "probe --label $root",
                    "smbios -t 0 -s 4 --set s", "cmostest 0x10:1", "cpuid -l", "cpuid --pae", "keystatus --shift",
                    "serial --unit=0 --speed=9600", "serial --unit=1 --word=7 --parity=odd --stop=2",
                    "sleep 1", "sleep --interruptible 5", "read v", "clear", "file --is-x86-multiboot /boot/k",
                    "file --is-x86-multiboot2 /boot/k", "cmp /boot/k /boot/m", "help", "help ls",
                    "while [ $n != aaa ]; do n=a$n; done", "multiboot /boot/k", "set gfxpayload=640x480x32", "boot")
    for command in ("reboot", "halt", "exit", "fwsetup"):
        config += entry(command, command)
    return {**files, CONFIG: config + "submenu inner {\n" + entry("deep", "multiboot /boot/k", "boot") + "}\n"}


def one(kernel, *modules, before="timeout=0", command="multiboot", more=()):
    """One entry, as most trees have it."""
    lines = [f"{command} /boot/kernel a=b", *more]
    lines += [f"{module_of(command)} /boot/m{i} arg{i}" for i in range(len(modules))]
    files = {f"boot/m{i}": data for i, data in enumerate(modules)}
    return {"boot/kernel": kernel, **files, CONFIG: f"{before}\n" + entry("one", *lines)}


MENU = ("set timeout=3\nset default='1>b'\nset fallback=0\n" + entry("a", "multiboot /boot/kernel")
        + "submenu sub {\n" + entry("b", "multiboot /boot/kernel x", "module /boot/m0") + entry("c", "multiboot /boot/absent")
        + "}\n" + entry("config", "configfile /boot/x.cfg") + "whelk_timing=1\n")


def linux():
    """Linux kernels of several boot protocols, by each command, with and without an initrd."""
    files = {"boot/initrd": RANDOM[:9000], "boot/initrd2": TEXT[:700]}
    config = "timeout=0\n"
    for version, loadflags, pe in ((0x20F, 1, False), (0x20F, 1, True), (0x205, 1, False), (0x203, 0, False), (0x200, 1, False)):
        name = f"boot/linux-{version:x}-{loadflags}-{pe:d}"
        kernel = bytearray(linux_kernel(version, loadflags, pe).ljust(20_000, b"\x90"))
        struct.pack_into("<QI", kernel, 0x258, 2 * MIB, 0x100000)  # where it wants to be, its memory
        files[name] = bytes(kernel)
        for command, initrd in (("linux", "initrd"), ("linux16", "initrd16")):
            config += entry(f"{command} {name}", f"{command} /{name} quiet vga=0x317", f"{initrd} /boot/initrd newc:a/b:/boot/initrd2 /boot/initrd2")
    return {**files, CONFIG: config + entry("alone", f"linux /{name}")}


def discs():
    many = [b"%d" % i * 50 for i in range(150)]
    menu_lst = (SEEDS / "config" / "menu.lst").read_text()
    video = elf(False, [(0x200, MIB, MIB, 0x80, 0x100)], header=multiboot1(7, (0,) * 5 + (0, 1024, 768, 32)))
    tags = multiboot2((1, 1, 2, 4), (5, 1, 800, 600, 32), (4, 1, 3), (6, 0), (3, 0, MIB + 4))
    services = multiboot2((7, 1), (9, 0, MIB + 4), (8, 0, MIB + 4), (6, 0))
    sections = KERNELS["sections"]
    return {
        "00-plain": one(KERNELS["elf32"], RANDOM, TEXT[:1234]),
        "01-kernels": all_kernels(),
        "02-packed": packed(),
        "03-language": language(),
        "04-legacy": {"boot/k": KERNELS["elf32"], "boot/grub/menu.lst": "default 0\ntimeout 1\ntitle one\nkernel /boot/k a\n"
                      "module /boot/k\ntitle two\nroot (cd)\nkernel --type=multiboot (cd)/boot/k\nboot\n",
                      "boot/more.lst": menu_lst},
        "05-pvh": one(KERNELS["pvh"], RANDOM[:5000], command="pvh"),
        "06-aout": one(aout(), TEXT[:99]),
        "07-video": {**one(video, TEXT[:5000], before="timeout=0\ninsmod video_bochs\ninsmod video_cirrus\nset gfxmode=800x600\nterminal_output gfxterm\n"
                           "set gfxpayload=1024x768x24,keep")},
        "08-tags": one(elf(False, [(0x200, MIB, MIB, 0x80, 0x100)], header=tags), RANDOM[:3000], command="multiboot2"),
        "09-many": one(KERNELS["elf32"], *many),
        "10-low": one(elf(False, [(0x200, 0x40000, 0x40000, 0x80, 0x20000), (0x200, MIB, MIB, 0x80, 0x80)], entry=MIB), RANDOM[:9000]),
        "11-sections": one(sections, TEXT[:777]),
        "12-services": one(elf(False, [(0x200, MIB, MIB, 0x80, 0x100)], header=services), RANDOM[:30], command="multiboot2"),
        "13-menu": {**one(KERNELS["elf32"], TEXT[:50]), CONFIG: MENU,
                    "boot/x.cfg": entry("in x", "multiboot /boot/kernel") + entry("back", "configfile /boot/grub/grub.cfg"),
                    "boot/dir/a": b"a", "boot/dir/long-name-of-a-file": b"b"},
        "14-timing": one(KERNELS["elf32"], RANDOM[:66_000], before="timeout=0\nset whelk_timing=com1"),
        "15-serial": one(KERNELS["elf32"], b"", before="timeout=0\nset whelk_timing=debugcon\nserial --speed=38400\nterminal_output serial"),
        "16-missing": {**one(KERNELS["elf32"], TEXT[:10]), CONFIG: "timeout=0\nfallback=0\n"
                       + entry("one", "multiboot /boot/kernel") + entry("two", "multiboot /boot/kernel", "module /boot/absent", "module /boot/m0")},
        "18-linux": linux(),
        "19-hidden": one(KERNELS["elf32"], before="timeout=2\ntimeout_style=countdown"),
        "20-silent": one(KERNELS["elf32"], before="timeout=2\ntimeout_style=hidden"),
        "17-pvh64": one(KERNELS["pvh-section"], RANDOM[:50], command="multiboot"),
    }


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for name, files in discs().items():
            tree = pathlib.Path(temporary) / name
            for path, data in files.items():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).write_bytes(data.encode() if isinstance(data, str) else data)
            (tree / "boot/link").symlink_to("grub/grub.cfg")
            subprocess.run([BUILD / "whelk-mkrescue", "--missing=warn", "-o", folder / f"{name}.iso", tree],
                           check=True, capture_output=True, timeout=60)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
