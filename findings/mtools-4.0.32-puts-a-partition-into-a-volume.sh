#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: mformat writes a partition table into the boot sector, and OVMF puts a device more there.
#
# What we guessed: an image that "mformat -i IMAGE ::" has made is a FAT volume and nothing else, as
# mkfs.fat makes it. As an El Torito image for UEFI it becomes one device, CDROM(0x0), and that is
# where an application in it is loaded from.
#
# What is so: the boot sector has an entry for a partition as well: it begins at sector 0, the boot
# sector itself. OVMF takes it seriously. CDROM(0x0) has a child, HD(1,MBR,…), with blocks of 512
# bytes instead of 2048, and the file system is there alone. A loader that looks for the disc by the
# device that it was loaded from must go up by two devices. grub-mkrescue makes its image so.
#
# Seen on 2026-12-01 with Debian 12's mtools 4.0.32, dosfstools 4.2-1, ovmf 2022.11-6+deb12u2 and
# QEMU 7.2.22 (the first entry's start and size in sectors, and the path of the file system):
#
#   mformat: 0, 9072, CDROM(0x0)/HD(1,MBR,0x00000000,0x0,0x2370)
#   mkfs.fat: 0, 0, CDROM(0x0)
#
# Usage: findings/mtools-4.0.32-puts-a-partition-into-a-volume.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 ovmf=2022.11-6+deb12u2
    xorriso=1.5.4-4 mtools=4.0.33-1+really4.0.32-1 dosfstools=4.2-1"
LIMIT=120                             # seconds that a program may run
EXPECTED="mformat: 0, 9072, CDROM(0x0)/HD(1,MBR,0x00000000,0x0,0x2370)
mkfs.fat: 0, 0, CDROM(0x0)"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# try NAME: the entry in the image, and where OVMF finds its file system on a CD.
try() {
    local start sectors path
    read -r _ _ start sectors < <(od -An -tu4 -j 446 -N 16 "$work/tree/image")
    unpacked xorriso -as mkisofs -quiet -o "$work/disc" -e image -no-emul-boot "$work/tree" \
        2>"$work/log" || not_tried "xorriso fails"
    ovmf -drive "if=none,id=shell,format=raw,file=fat:rw:$work/shell" \
        -device virtio-blk-pci,drive=shell,addr=1 \
        -drive "if=none,id=cd,format=raw,readonly=on,file=$work/disc" \
        -device ide-cd,drive=cd,bus=ide.0
    # A line "FS1: …" of the map, and the path in the next one.
    path=$(sed -n '/^ *FS[0-9]*:/ { n; s|.*/\(CDROM(0x0)[^ ]*\) *$|\1|p }' "$work/said")
    echo "$1: $start, $sectors, ${path:-no file system}"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
mkdir "$work/shell" "$work/tree"
printf 'reset -s\r\n' >"$work/shell/startup.nsh"
seen=$(
    truncate -s 4M "$work/tree/image"
    unpacked mformat -i "$work/tree/image" ::
    try mformat
    rm "$work/tree/image"
    truncate -s 4M "$work/tree/image"
    unpacked ../../sbin/mkfs.fat "$work/tree/image" >"$work/log" || not_tried "mkfs.fat fails"
    try mkfs.fat
)
echo "$seen"

conclude "mformat's image is a partitioned disk to OVMF."
