#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: of QEMU's SCSI adapters, Debian's OVMF reads virtio-scsi only.
#
# What we guessed: OVMF reads the disks at the adapters for which EDK II's OvmfPkg has a driver:
# virtio-scsi, pvscsi (VMware's), mptsas1068 (LSI Logic's SAS) and lsi53c895a (its parallel SCSI).
# SeaBIOS reads all four.
#
# What is so: Debian's build has one driver of these, virtio-scsi's. At the others OVMF has no disk,
# so nothing boots from there, and it gives no message about the adapter.
#
# Seen on 2026-11-30 with Debian 12's ovmf 2022.11-6+deb12u2 and QEMU 7.2.22 (block devices in the
# UEFI shell's "map"):
#
#   virtio-scsi-pci: a disk
#   pvscsi: no disk
#   mptsas1068: no disk
#   lsi53c895a: no disk
#
# Usage: findings/ovmf-2022.11-reads-one-scsi-adapter.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 ovmf=2022.11-6+deb12u2"
LIMIT=120                             # seconds that a program may run
EXPECTED="virtio-scsi-pci: a disk
pvscsi: no disk
mptsas1068: no disk
lsi53c895a: no disk"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# try ADAPTER: whether OVMF's shell has a block device at the adapter, PCI device 2.
try() {
    ovmf -drive "if=none,id=shell,format=raw,file=fat:rw:$work/shell" \
        -device virtio-blk-pci,drive=shell,addr=1 \
        -drive "if=none,id=disk,format=raw,file=$work/disk" \
        -device "$1,id=adapter,addr=2" -device scsi-hd,bus=adapter.0,drive=disk
    grep -q "Pci(0x1,0x0)/HD" "$work/said" || not_tried "the UEFI shell does not list its own disk"
    if grep -qE "^ *PciRoot\(0x0\)/Pci\(0x2,0x0\)/" "$work/said"; then
        echo "$1: a disk"
    else
        echo "$1: no disk"
    fi
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
mkdir "$work/shell"
printf 'map\r\nreset -s\r\n' >"$work/shell/startup.nsh"
truncate -s 1M "$work/disk"
seen=$(
    for adapter in virtio-scsi-pci pvscsi mptsas1068 lsi53c895a; do
        try $adapter
    done
)
echo "$seen"

conclude "Debian's OVMF reads disks at one of these SCSI adapters."
