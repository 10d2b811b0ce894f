#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: OVMF boots the ISO that was on a stick before, and does not see the new partition.
#
# What we guessed: a stick on which an ISO was, and which then got a new MBR with an EFI system
# partition, boots \EFI\BOOT\BOOTX64.EFI of that partition. What is between the MBR and the
# partition belongs to nobody.
#
# What is so: OVMF looks for ISO 9660 before it looks at the MBR. If the old volume descriptors are
# still there, in the 16 KiB from 32 KiB on, it starts the loader in the ISO's El Torito image. The
# MBR's partitions do not exist for it. With these 16 KiB zeroed it boots the partition.
#
# Seen on 2026-11-30 with Debian 12's ovmf 2022.11-6+deb12u2 and QEMU 7.2.22:
#
#   new partition: boots the partition
#   new partition, with the old ISO before it: boots the ISO
#
# Usage: findings/ovmf-2022.11-boots-what-an-iso-left.sh
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
    mtools=4.0.33-1+really4.0.32-1 xorriso=1.5.4-4"
LIMIT=120                             # seconds that a program may run
EXPECTED="new partition: boots the partition
new partition, with the old ISO before it: boots the ISO"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# make_loader NAME: an application that says that it has booted.
make_loader() {
    make_application "$work/$1.efi" <<CONFIG
echo BOOTS THE $1
halt
CONFIG
}

# Makes an ISO with a loader in an El Torito image, of less than 16 MiB.
make_iso() {
    mkdir "$work/tree"
    make_fat "$work/tree/efi.img" 4 "$work/ISO.efi"
    unpacked xorriso -as mkisofs -quiet -o "$work/iso" -e efi.img -no-emul-boot "$work/tree" \
        2>/dev/null || not_tried "xorriso fails"
    [ "$(stat -c %s "$work/iso")" -lt $((16 << 20)) ] || not_tried "the ISO is too large"
}

# partition STICK: writes a new MBR with a partition of 16 MiB at 16 MiB (8000h sectors).
partition() {
    make_fat "$work/volume" 16 "$work/partition.efi"
    {
        head -c 446 /dev/zero
        printf '\0\xfe\xff\xff\xef\xfe\xff\xff\0\x80\0\0\0\x80\0\0'
        head -c 48 /dev/zero
        printf '\x55\xaa'
    } | dd of="$1" conv=notrunc status=none
    dd if="$work/volume" of="$1" bs=1M seek=16 conv=notrunc status=none
}

# try STICK: what OVMF boots from it.
try() {
    ovmf -drive "if=none,id=stick,format=raw,file=$1" -device qemu-xhci \
        -device usb-storage,drive=stick
    sed -n 's/.*BOOTS THE \([A-Za-z]*\).*/boots the \1/p' "$work/said"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_loader ISO
make_loader partition
make_iso
cp "$work/iso" "$work/stick"
truncate -s 32M "$work/stick"
partition "$work/stick"
used=$(try "$work/stick")
dd if=/dev/zero of="$work/stick" bs=1K seek=32 count=16 conv=notrunc status=none
clean=$(try "$work/stick")
seen="new partition: $clean
new partition, with the old ISO before it: $used"
echo "$seen"

conclude "OVMF 2022.11 boots an ISO of which only the MBR was overwritten."
