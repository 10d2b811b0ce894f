#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: SeaBIOS boots no virtio or NVMe disk that is smaller than a cylinder.
#
# What we guessed: a disk boots if its first sector is a boot sector, whatever its size. An image
# for a test or a measurement may be as small as its code.
#
# What is so: on virtio-blk and NVMe SeaBIOS computes the geometry from the size, in cylinders of 16
# heads with 63 sectors, and a disk of less than these 1008 sectors has no cylinder. SeaBIOS does
# not start its boot sector, and says "No bootable device." An IDE disk of that size boots.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 and SeaBIOS 1.16.2:
#
#   ide-hd, 1007 sectors: booted
#   virtio-blk-pci, 1007 sectors: No bootable device
#   virtio-blk-pci, 1008 sectors: booted
#   nvme, 1007 sectors: No bootable device
#   nvme, 1008 sectors: booted
#
# Usage: findings/seabios-1.16-wants-a-cylinder.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1"
LIMIT=20                              # seconds that a program may run
EXPECTED="ide-hd, 1007 sectors: booted
virtio-blk-pci, 1007 sectors: No bootable device
virtio-blk-pci, 1008 sectors: booted
nvme, 1007 sectors: No bootable device
nvme, 1008 sectors: booted"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/seabios.sh
. "$(dirname "$0")/lib/seabios.sh"

# try DEVICE SECTORS: what SeaBIOS does with a disk of this size.
try() {
    local device=$1 sectors=$2 options=$1,drive=disk
    truncate -s $((sectors * 512)) "$work/disk"
    [ "$device" != nvme ] || options+=,serial=1
    seabios -device "$options" 2>/dev/null || true
    if has_booted; then
        echo "$device, $sectors sectors: booted"
    else
        echo "$device, $sectors sectors: $(grep -ao -m 1 "No bootable device" "$work/log")"
    fi
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_disk
seen=$(
    try ide-hd 1007
    for device in virtio-blk-pci nvme; do
        try $device 1007
        try $device 1008
    done
)
echo "$seen"

conclude "SeaBIOS 1.16.2 boots virtio and NVMe disks of a cylinder or more only."
