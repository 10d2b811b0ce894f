#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`make xen-settings` runs this: it prints what each setting of xl's config costs until the firmware has loaded Whelk.
It counts accesses that the device model answers, which are the same each time, and seconds of each phase by Xen's
clock, which are the emulation's. The table is for docs/xen.md, and for changes of `whelk domain`."""

import argparse
import re
import shutil
import subprocess
import sys

import lab

sys.path[:0] = [str(lab.HERE.parent / folder) for folder in ("harness", "kernels")]

import guests  # noqa: E402
from discs import tree  # noqa: E402

ACCESSES = ("cpu_ioreq_pio", "cpu_ioreq_move", "cpu_ioreq_config_read", "cpu_ioreq_config_write")
DMA_TABLE = re.compile(r"^cpu_ioreq_pio .*dir=0 .*port=0xc[0-9a-f]0[4c] .*size=4", re.MULTILINE)  # for the boot image
SETTINGS = {
    "as whelk xen writes it": [],
    "the ROM of the network card": ["device_model_args_hvm=[]"],
    "no network card": ["vif=[]", "device_model_args_hvm=[]"],
    "vga = stdvga": ["vga=\"stdvga\""],
    "usb = 1, a tablet": ["usb=1", "usbdevice=\"tablet\""],
    "boot = cdn": ["boot=\"cdn\""],
    "memory = 1024": ["memory=1024"],
    "no xen-platform device": ["xen_platform_pci=0"],
}
# The line of the guest's firmware on Xen's console with which each phase begins.
PHASES = {"hvmloader": "HVM Loader", "SeaBIOS": "SeaBIOS (v", "its menu": "Press ESC", "boot": "Booting from 0000:7c00"}
JOB = """cp guest.iso /tmp/
mount -o bind /tmp/guest.iso guest.iso
up() { cut -d' ' -f1 /proc/uptime; }
while read -r name; do
    start=$(up)
    xl create -q -p "$name/guest.xl" >"$name/said" 2>&1
    echo "$(xl domid "$name") $start $(up)" >"$name/created"
    xl unpause "$name"
    for _ in $(seq 150); do
        grep -q ^END "$name/guest.log" 2>/dev/null && break
        sleep 0.5
    done
    xl destroy "$name" >/dev/null 2>&1
    mv /tmp/trace "$name/trace"
done <names
"""


def prepare():
    lab.empty()
    guests.MEMORY_MIB = 128
    made = guests.disc(lab.SHARE, guests.timed(tree(guests.REPORT, "", [("module", guests.SMALL)])))
    iso = lab.SHARE / "guest.iso"
    shutil.copy(made, iso)
    trace = 'device_model_args=[ "-D", "/tmp/trace"' + "".join(f', "-trace", "{event}"' for event in ACCESSES) + " ]"
    for number, settings in enumerate(SETTINGS.values()):
        folder = lab.SHARE / f"g{number}"
        folder.mkdir()
        words = [word for setting in [trace, *settings] for word in ("--set", setting)]
        (folder / "guest.xl").write_text(guests.whelk(folder, "domain", "--name", folder.name, "-m", guests.MEMORY_MIB,
                                                      "--log", "guest.log", *words, iso))
    (lab.SHARE / "names").write_text("".join(f"g{number}\n" for number in range(len(SETTINGS))))
    (lab.SHARE / "job.sh").write_text(JOB)


def row(number, console):
    """The number of accesses, then the seconds of `xl create` and of each phase up to the start of the next one."""
    folder = lab.SHARE / f"g{number}"
    text = (folder / "trace").read_text()
    domain, start, end = (folder / "created").read_text().split()
    moments = []
    for first in PHASES.values():
        found = re.search(rf"\(d{domain}\) \[ *([\d.]+)\] .*{re.escape(first)}", console)
        moments.append(float(found[1]) if found else float("nan"))
    boot = DMA_TABLE.search(text)
    accesses = text[:boot.start()].count("\n") if boot else float("nan")
    return [accesses, float(end) - float(start), *(b - a for a, b in zip(moments, moments[1:]))]


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    prepare()
    subprocess.run(lab.command(), cwd=lab.LAB, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                   timeout=lab.PATIENCE * 60 * (1 + len(SETTINGS)))
    console = (lab.LAB / "console.log").read_bytes().decode("latin-1")
    print("| setting | accesses to devices | xl create, s | hvmloader, s | SeaBIOS, s | its menu and the rest, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for number, name in enumerate(SETTINGS):
        accesses, *seconds = row(number, console)
        print(f"| {name} | {accesses:,} | " + " | ".join(f"{value:.1f}" for value in seconds) + " |")


if __name__ == "__main__":
    main()
