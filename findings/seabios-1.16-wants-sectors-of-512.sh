#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: SeaBIOS has no virtio disks whose sectors have 4096 bytes.
#
# What we guessed: a BIOS that gives the sector size by INT 13h AH=48h reads disks of any sector
# size, so what cannot boot from a disk with sectors of 4096 bytes is the code in its first sector.
#
# What is so: SeaBIOS has no such disk at all on virtio-blk and virtio-scsi; its log says "block size
# 4096 is unsupported" or "unsupported block size 4096". No code of the disk's runs.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 and SeaBIOS 1.16.2:
#
#   virtio-blk-pci, 512: booted
#   virtio-blk-pci, 4096: block size 4096 is unsupported
#   scsi-hd, 4096: unsupported block size 4096
#
# Usage: findings/seabios-1.16-wants-sectors-of-512.sh
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
EXPECTED="virtio-blk-pci, 512: booted
virtio-blk-pci, 4096: block size 4096 is unsupported
scsi-hd, 4096: unsupported block size 4096"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/seabios.sh
. "$(dirname "$0")/lib/seabios.sh"

# boot DEVICE SIZE: what SeaBIOS does with a disk that has sectors of this size.
boot() {
    local device=$1 size=$2
    seabios -device virtio-scsi-pci \
        -device "$device,drive=disk,logical_block_size=$size,physical_block_size=$size" \
        2>"$work/said" || true
    if has_booted; then
        echo "$device, $size: booted"
    else
        grep -aoE "block size [0-9]+ is unsupported|unsupported block size [0-9]+" "$work/log" |
            head -n 1 | sed "s/^/$device, $size: /"
    fi
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_disk
seen=$(
    boot virtio-blk-pci 512
    boot virtio-blk-pci 4096
    boot scsi-hd 4096
)
echo "$seen"

conclude "SeaBIOS 1.16.2 has no virtio disks with sectors of 4096 bytes."
