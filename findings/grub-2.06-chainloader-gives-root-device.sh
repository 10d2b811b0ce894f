#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: by UEFI, GRUB 2.06's "chainloader" hands on the device of $root, not that of the file.
#
# What we guessed: an application that is started by "chainloader (hd1)/app.efi" finds hd1 as the
# device that it was loaded from (DeviceHandle of the loaded image protocol), and reads its own
# files there.
#
# What is so: the device is that of the variable root, whatever device the path names. If the two
# differ, the application looks for its files on the other disk, under the path on this one.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2, ovmf 2022.11-6+deb12u2 and QEMU 7.2.22
# (the application is a GRUB, which shows its device in "cmdpath"):
#
#   root is the file's device: application from hd1
#   root is another device: application from hd0
#
# Usage: findings/grub-2.06-chainloader-gives-root-device.sh
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
EXPECTED="root is the file's device: application from hd1
root is another device: application from hd0"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# try ROOT: what the application on hd1 takes for its device if root is ROOT.
try() {
    make_application "$work/first.efi" <<CONFIG
set root=$1
chainloader (hd1)/app.efi
boot
CONFIG
    rm -f "$work/hd0" "$work/hd1"
    make_fat "$work/hd0" 16 "$work/first.efi"
    make_fat "$work/hd1" 16 "$work/first.efi" "$work/app.efi"
    ovmf -drive "if=none,id=hd0,format=raw,file=$work/hd0" \
        -device virtio-blk-pci,drive=hd0,addr=1,bootindex=0 \
        -drive "if=none,id=hd1,format=raw,file=$work/hd1" \
        -device virtio-blk-pci,drive=hd1,addr=2,bootindex=1
    sed -n 's/.*APPLICATION FROM (\([a-z0-9]*\).*/application from \1/p' "$work/said"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_application "$work/app.efi" <<'CONFIG'
echo "APPLICATION FROM $cmdpath"
halt
CONFIG
seen="root is the file's device: $(try hd1)
root is another device: $(try hd0)"
echo "$seen"

conclude "an application that GRUB 2.06 chain-loads gets the device of \$root."
