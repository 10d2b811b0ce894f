#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: with bootindex= for one disk OVMF shows a loader that disk only.
#
# What we guessed: bootindex= names an order. What is booted from a disk with an index finds the
# machine's other disks too, and a config can read from (hd1).
#
# What is so: if one device has an index, OVMF connects drivers to the devices with an index only.
# The other disk has no Block I/O then, and GRUB no hd1. With an index for both, or for none, both
# disks are there.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2, ovmf 2022.11-6+deb12u2 and QEMU 7.2.22
# (the disks of GRUB's "ls"):
#
#   no bootindex: hd0 hd1
#   bootindex of one disk: hd0
#   bootindex of both: hd0 hd1
#
# Usage: findings/ovmf-2022.11-bootindex-hides-other-disks.sh
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
EXPECTED="no bootindex: hd0 hd1
bootindex of one disk: hd0
bootindex of both: hd0 hd1"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# try OPTION OPTION: boots with the options for the two disks, and lists GRUB's disks.
try() {
    ovmf -drive "if=none,id=first,format=raw,file=$work/disk" \
        -device "virtio-blk-pci,drive=first,addr=1$1" \
        -drive "if=none,id=second,format=raw,file=$work/copy" \
        -device "virtio-blk-pci,drive=second,addr=2$2"
    grep -oE "\(hd[0-9]+\)" "$work/said" | tr -d "()" | sort -u | tr "\n" " " | sed "s/ $//"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_application "$work/app.efi" <<'CONFIG'
ls
halt
CONFIG
make_fat "$work/disk" 16 "$work/app.efi"
cp "$work/disk" "$work/copy"
seen="no bootindex: $(try "" "")
bootindex of one disk: $(try ,bootindex=0 "")
bootindex of both: $(try ,bootindex=0 ,bootindex=1)"
echo "$seen"

conclude "with one bootindex, OVMF 2022.11 has no other disk."
