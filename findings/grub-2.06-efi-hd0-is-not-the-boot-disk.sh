#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: by UEFI, GRUB's hd0 is the first disk by device path, not the one that was booted from.
#
# What we guessed: hd0 is the disk that the firmware has booted from, as by a BIOS, whose drive 80h
# is the disk that its user has put first. A config with "(hd0)" means the disk that it is on.
#
# What is so: GRUB 2.06 sorts the disks by their device paths. Of two equal disks the one with the
# lower PCI device is hd0, also if the firmware boots from the other one and has tried it first.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2, ovmf 2022.11-6+deb12u2 and QEMU 7.2.22:
#
#   bootindex=0 for PCI device 1: booted from hd0
#   bootindex=0 for PCI device 2: booted from hd1
#
# Usage: findings/grub-2.06-efi-hd0-is-not-the-boot-disk.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 ovmf=2022.11-6+deb12u2
    grub-efi-amd64-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2
    mtools=4.0.33-1+really4.0.32-1"
LIMIT=120                             # seconds that a program may run
EXPECTED="bootindex=0 for PCI device 1: booted from hd0
bootindex=0 for PCI device 2: booted from hd1"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# try DEVICE OTHER: boots from the disk at PCI device DEVICE, and says which disk that is to GRUB.
try() {
    ovmf -drive "if=none,id=boot,format=raw,file=$work/disk" \
        -device "virtio-blk-pci,drive=boot,addr=$1,bootindex=0" \
        -drive "if=none,id=other,format=raw,file=$work/copy" \
        -device "virtio-blk-pci,drive=other,addr=$2,bootindex=1"
    echo "bootindex=0 for PCI device $1: $(
        sed -n 's/.*BOOTED FROM (\([a-z0-9]*\).*/booted from \1/p' "$work/said")"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_application "$work/app.efi" <<'CONFIG'
echo "BOOTED FROM $cmdpath"
halt
CONFIG
make_fat "$work/disk" 16 "$work/app.efi"
cp "$work/disk" "$work/copy"
seen=$(
    try 1 2
    try 2 1
)
echo "$seen"

conclude "GRUB 2.06 numbers disks by device path."
