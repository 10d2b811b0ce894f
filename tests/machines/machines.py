# SPDX-License-Identifier: BSD-2-Clause
"""The rows of the matrix: each machine on which Whelk's ISO and GRUB's are booted, and the limits that are known. A
limit names what the machine says; a row that fails otherwise, or boots in spite of its limit, fails the target."""

import re
from dataclasses import dataclass

from starts import Bochs, ByHttp, Qemu


@dataclass(frozen=True)
class Limit:
    """Why an image does not boot on a row."""
    of: str     # whose limit it is
    said: str   # what is seen there, as a regular expression
    text: str   # what follows "NAME: " in the document

    def seen(self, lines):
        """The line that shows the limit, or None."""
        return next((line for line in lines if re.search(self.said, line)), None)


@dataclass(frozen=True)
class Row:
    firmware: str
    machine: str
    medium: str
    controller: str
    way: object
    limit: Limit = None  # why neither loader's ISO boots

    @property
    def key(self):
        return f"{self.firmware}, {self.machine}, {self.medium}, {self.controller}"


# ---- Limits

# findings/seabios-1.16-wants-sectors-of-512.sh
SECTORS = Limit("SeaBIOS", "block size.*unsupported|unsupported block size",
                "it reads no disk here whose sectors are not 512 bytes long")
# Here the firmware does read: it has started the MBR. But the boot image may begin in the middle of such a sector,
# and its first block has no room for code that reads whole sectors and takes halves.
OWN_SECTORS = Limit("the ISO", "boot error M2", "the firmware reads here, but the ISO's boot code and partition table count "
                    "sectors of 512 or 2048 bytes, as GRUB's do")
NO_DRIVER = Limit("SeaBIOS", "No bootable device", "it has no driver for this controller")
# findings/seabios-1.16-has-no-uas-on-usb-3.sh
NO_SUPER_SPEED = Limit("SeaBIOS", "Superspeed UAS devices not supported", "it speaks UAS up to USB 2 only")
# findings/ovmf-2022.11-reads-one-scsi-adapter.sh
OVMF_NO_DRIVER = Limit("OVMF", "map: No mapping found", "Debian's build has no driver for this controller")
PARTITIONS = Limit("OVMF", "Press ESC in", "it starts nothing from this disk, and ends in its shell; the ISO's partition table "
                   "counts sectors of 512 bytes")
NO_CARD = Limit("OVMF", "failed to load Boot0001", "it lists the empty CD drive, but no card")
FLOPPY = Limit("BIOS", "boot error M1|Read Error|Hard Disk Error|Floppy", "floppies have no INT 13h extensions: boot error M1")


def scsi(device):
    return ("-device", f"{device},id=c")


def drive(kind, more=""):
    return ("-device", f"{kind},drive=disc{more}")


SCSI = ("lsi53c895a", "lsi53c810", "mptsas1068", "megasas", "megasas-gen2", "virtio-scsi-pci", "pvscsi", "am53c974", "dc390")
SEABIOS_WITHOUT_DRIVER = {"lsi53c810": NO_DRIVER}
OVMF_WITHOUT_DRIVER = {device: OVMF_NO_DRIVER for device in ("lsi53c895a", "mptsas1068", "megasas", "pvscsi")}
OVMF_WITHOUT_DRIVER["SDHCI"] = NO_CARD
USB = {"xHCI": "qemu-xhci", "NEC xHCI": "nec-usb-xhci", "EHCI": "usb-ehci", "UHCI": "piix3-usb-uhci", "OHCI": "pci-ohci"}
IDE_CD = ("-device", "ide-cd,drive=disc,bus=ide.1")
IDE_DISK = ("-device", "ide-hd,drive=disc,bus=ide.0")
Q35_CD = ("-device", "ide-cd,drive=disc,bus=ide.2")
Q35_DISK = ("-device", "ide-hd,drive=disc,bus=ide.0")


def on_controllers(firmware, machine, names_scsi, names_usb, name):
    """Rows for controllers on PCI, which all firmware treats alike."""
    without_driver = OVMF_WITHOUT_DRIVER if firmware else SEABIOS_WITHOUT_DRIVER

    def row(medium, device, words):
        return Row(name, machine, medium, device, Qemu(machine, words, firmware), without_driver.get(device))
    for device in names_scsi:
        yield row("CD", device, scsi(device) + drive("scsi-cd", ",bus=c.0"))
        yield row("disk", device, scsi(device) + drive("scsi-hd", ",bus=c.0"))
    for kind in names_usb:
        yield row("USB stick", kind, scsi(USB[kind]) + drive("usb-storage", ",bus=c.0"))
    yield row("disk", "virtio-blk", drive("virtio-blk-pci"))
    yield row("disk", "virtio-blk, modern", drive("virtio-blk-pci-non-transitional"))
    yield row("disk", "NVMe", drive("nvme", ",serial=1"))
    yield row("SD card", "SDHCI", scsi("sdhci-pci") + drive("sd-card"))


def bios_machines():
    yield Row("SeaBIOS", "isapc", "CD", "ISA IDE", Qemu("isapc", IDE_CD))
    yield Row("SeaBIOS", "isapc", "disk", "ISA IDE", Qemu("isapc", IDE_DISK))
    for machine in ("pc-i440fx-1.4", "pc-i440fx-2.0", "pc-i440fx-2.6", "pc-i440fx-2.12", "pc-i440fx-4.2", "pc-i440fx-6.2",
                    "pc-i440fx-7.2"):
        yield Row("SeaBIOS", machine, "CD", "PIIX3 IDE", Qemu(machine, IDE_CD))
    yield Row("SeaBIOS", "pc", "disk", "PIIX3 IDE", Qemu("pc", IDE_DISK))
    for machine in ("pc-q35-2.6", "pc-q35-2.12", "pc-q35-4.2", "pc-q35-6.2", "pc-q35-7.2"):
        yield Row("SeaBIOS", machine, "CD", "ICH9 AHCI", Qemu(machine, Q35_CD))
    yield Row("SeaBIOS", "q35", "disk", "ICH9 AHCI", Qemu("q35", Q35_DISK))
    for mib in (8, 16, 3072):
        yield Row("SeaBIOS", f"pc, {mib} MiB", "CD", "PIIX3 IDE", Qemu("pc", IDE_CD, memory=mib))
    for processor in ("486", "pentium", "n270", "qemu32", "EPYC"):
        yield Row("SeaBIOS", f"pc, {processor}", "CD", "PIIX3 IDE", Qemu("pc", (*IDE_CD, "-cpu", processor)))


def bios_controllers():
    yield Row("SeaBIOS", "pc", "CD", "AHCI", Qemu("pc", scsi("ahci") + drive("ide-cd", ",bus=c.0")))
    yield Row("SeaBIOS", "pc", "disk", "AHCI", Qemu("pc", scsi("ahci") + drive("ide-hd", ",bus=c.0")))
    yield Row("SeaBIOS", "pc", "CD", "PIIX4 IDE", Qemu("pc", scsi("piix4-ide") + drive("ide-cd", ",bus=c.0")))
    yield from on_controllers(None, "pc", SCSI, USB, "SeaBIOS")
    yield Row("SeaBIOS", "pc", "disk", "virtio-blk, legacy", Qemu("pc", drive("virtio-blk-pci", ",disable-modern=on")))
    yield Row("SeaBIOS", "pc", "CD", "xHCI, bulk-only", Qemu("pc", (*scsi("qemu-xhci"), "-device", "usb-bot,id=u,bus=c.0",
                                                                  *drive("scsi-cd", ",bus=u.0"))))
    for kind, medium in (("scsi-hd", "USB stick"), ("scsi-cd", "CD")):
        yield Row("SeaBIOS", "pc", medium, "EHCI, UAS", Qemu("pc", (*scsi("usb-ehci"), "-device", "usb-uas,id=u,bus=c.0",
                                                                   *drive(kind, ",bus=u.0"))))
        yield Row("SeaBIOS", "pc", medium, "xHCI, UAS", Qemu("pc", (*scsi("qemu-xhci"), "-device", "usb-uas,id=u,bus=c.0",
                                                                   *drive(kind, ",bus=u.0"))), NO_SUPER_SPEED)
    yield Row("SeaBIOS", "q35", "disk", "virtio-blk", Qemu("q35", drive("virtio-blk-pci")))
    yield Row("SeaBIOS", "q35", "disk", "NVMe", Qemu("q35", drive("nvme", ",serial=1")))
    yield Row("SeaBIOS", "q35", "USB stick", "xHCI", Qemu("q35", scsi("qemu-xhci") + drive("usb-storage", ",bus=c.0")))


def sector_limit(firmware, controller, size):
    if firmware:
        return PARTITIONS if size > 2048 else None
    if controller == "NVMe":
        return OWN_SECTORS if size == 4096 else None
    return SECTORS


def sector_sizes(firmware, name):
    for size in (2048, 4096):
        sectors = f",logical_block_size={size},physical_block_size={size}"
        for text, words in (("virtio-blk", drive("virtio-blk-pci", sectors)), ("NVMe", drive("nvme", ",serial=1" + sectors)),
                            ("virtio-scsi-pci", scsi("virtio-scsi-pci") + drive("scsi-hd", ",bus=c.0" + sectors)),
                            ("xHCI, bulk-only", (*scsi("qemu-xhci"), "-device", "usb-bot,id=u,bus=c.0",
                                                 *drive("scsi-hd", ",bus=u.0" + sectors)))):
            machine = "q35" if firmware else "pc"
            yield Row(name, machine, "disk", f"{text}, sectors of {size}", Qemu(machine, words, firmware),
                      sector_limit(firmware, text, size))


def uefi():
    for firmware, name, names_scsi, names_usb in (
            ("x64", "OVMF x64", ("lsi53c895a", "mptsas1068", "megasas", "virtio-scsi-pci", "pvscsi"), ("xHCI", "EHCI", "UHCI")),
            ("ia32", "OVMF ia32", ("virtio-scsi-pci",), ("xHCI",))):
        yield Row(name, "q35", "CD", "ICH9 AHCI", Qemu("q35", Q35_CD, firmware))
        yield Row(name, "q35", "disk", "ICH9 AHCI", Qemu("q35", Q35_DISK, firmware))
        yield from on_controllers(firmware, "q35", names_scsi, names_usb, name)
    yield Row("OVMF x64", "pc", "CD", "PIIX3 IDE", Qemu("pc", IDE_CD, "x64"))
    yield Row("OVMF x64", "pc", "disk", "PIIX3 IDE", Qemu("pc", IDE_DISK, "x64"))


def bochs():
    chipsets = {"i440FX": "pci: enabled=1, chipset=i440fx", "i430FX": "pci: enabled=1, chipset=i430fx",
                "i440BX": "pci: enabled=1, chipset=i440bx", "no PCI": "pci: enabled=0"}
    for bios, name in (("BIOS-bochs-latest", "Bochs latest"), ("BIOS-bochs-legacy", "Bochs legacy")):
        for chipset, line in chipsets.items():
            if bios == "BIOS-bochs-legacy" and chipset != "no PCI":
                continue
            yield Row(name, chipset, "CD", "IDE, first", Bochs(bios, line))
            yield Row(name, chipset, "disk", "IDE, first", Bochs(bios, line, is_cd=False))
    yield Row("Bochs latest", "i440FX", "CD", "IDE, third", Bochs("BIOS-bochs-latest", chipsets["i440FX"], "ata1-master"))


def other_loaders():
    """Other loaders that start the ISO."""
    for kind, medium in (("iso", "CD"), ("harddisk", "disk")):
        yield Row("SeaBIOS, memdisk", "pc", medium, "in memory",
                  Qemu("pc", ("-kernel", "/usr/lib/syslinux/memdisk", "-initrd", "IMAGE", "-append", kind), memory=256))
    network = ("-netdev", "user,id=net", "-device", "e1000,netdev=net,romfile=")
    script = "dhcp && sanboot http://10.0.2.2:PORT/disc.iso"
    yield Row("SeaBIOS, iPXE", "pc", "image", "HTTP",
              Qemu("pc", (*network, "-kernel", "/usr/lib/ipxe/ipxe.lkrn", "-append", script), by=ByHttp, memory=128))
    script = ("-netdev", "user,id=net,bootfile=http://10.0.2.2:PORT/script", "-device", "e1000,netdev=net,romfile=",
              "-drive", "if=none,id=first,format=raw,snapshot=on,file=IPXE_DISK", "-device", "virtio-blk-pci,drive=first,bootindex=1")
    yield Row("OVMF x64, iPXE", "q35", "image", "HTTP", Qemu("q35", script, "x64", by=ByHttp, needs=("IPXE_DISK",)))
    for name, text in (("GRUB_CHAIN", "GRUB"), ("ISOLINUX_CHAIN", "isolinux")):
        yield Row(f"SeaBIOS, {text}", "pc", "disk", "PIIX3 IDE",
                  Qemu("pc", (*IDE_DISK, "-cdrom", name, "-boot", "d"), needs=(name,)))
        yield Row(f"SeaBIOS, {text}", "pc", "disk", "virtio-blk",
                  Qemu("pc", (*drive("virtio-blk-pci"), "-cdrom", name, "-boot", "d"), needs=(name,)))
    # OVMF takes the drive with the lowest index first, and sees none without an index:
    # findings/ovmf-2022.11-bootindex-hides-other-disks.sh
    first = ("-drive", "if=none,id=first,format=raw,readonly=on,file=GRUB_CHAIN", "-device",
             "ide-cd,drive=first,bus=ide.1,bootindex=1")
    yield Row("OVMF x64, GRUB", "q35", "disk", "virtio-blk", Qemu("q35", (*first, *drive("virtio-blk-pci", ",bootindex=9")),
                                                                "x64", needs=("GRUB_CHAIN",)))


ROWS = [*bios_machines(), *bios_controllers(), *sector_sizes(None, "SeaBIOS"),
        Row("SeaBIOS", "pc", "floppy", "floppy controller", Qemu("pc", ("-drive", "if=floppy,format=raw,snapshot=on,file=IMAGE")), FLOPPY),
        *bochs(), *other_loaders(), *uefi(), *sector_sizes("x64", "OVMF x64")]
