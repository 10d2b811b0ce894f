#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: OVMF's device for an El Torito image is four times as long as the image.
#
# What we guessed: the device that UEFI makes of the catalog's entry for an image ends where the
# image ends. The entry counts virtual sectors of 512 bytes; the device has blocks of 2048, so its
# last block is a quarter of the count, less 1.
#
# What is so: OVMF takes the count for one of blocks. An image of 4 MiB, 8192 sectors, is a device
# of 16 MiB, beyond the end of this disc, which has less than 5 MiB. A loader must not take the size
# of the device that it was started from for that of the image or of the disc.
#
# Seen on 2026-12-01 with Debian 12's ovmf 2022.11-6+deb12u2 and QEMU 7.2.22 (block size and last
# block, in hexadecimal, by "dh -p BlockIO -v" of the UEFI shell):
#
#   the image: 4194304 bytes, 8192 sectors in the catalog
#   its device: blocks of 0x800, the last one is 0x1FFF: 16777216 bytes
#   the disc is shorter than that
#
# Usage: findings/ovmf-2022.11-el-torito-image-ends-too-late.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 ovmf=2022.11-6+deb12u2
    xorriso=1.5.4-4"
LIMIT=120                             # seconds that a program may run
EXPECTED="the image: 4194304 bytes, 8192 sectors in the catalog
its device: blocks of 0x800, the last one is 0x1FFF: 16777216 bytes
the disc is shorter than that"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"

# number OFFSET BYTES: a number of the disc.
number() {
    echo $(($(od -An "-tu$2" -j "$1" -N "$2" "$work/disc")))
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
mkdir "$work/shell" "$work/tree"
printf 'dh -p BlockIO -v\r\nreset -s\r\n' >"$work/shell/startup.nsh"
truncate -s 4M "$work/tree/image"
unpacked xorriso -as mkisofs -quiet -o "$work/disc" -e image -no-emul-boot "$work/tree" \
    2>"$work/log" || not_tried "xorriso fails"
catalog=$(number $((17 * 2048 + 0x47)) 4)
ovmf -drive "if=none,id=shell,format=raw,file=fat:rw:$work/shell" \
    -device virtio-blk-pci,drive=shell,addr=1 \
    -drive "if=none,id=cd,format=raw,readonly=on,file=$work/disc" -device ide-cd,drive=cd,bus=ide.0
# The device's line ends with its path, "…/CDROM(0x0)".
device=$(sed -n 's|.* bsize \([0-9A-F]*\), lblock \([0-9A-F]*\) .*/CDROM(0x0) *$|\1 \2|p' \
    "$work/said")
[ -n "$device" ] || not_tried "the UEFI shell does not list the image's device"
read -r block last <<<"$device"
bytes=$(((16#$last + 1) * 16#$block))
seen="the image: $(stat -c %s "$work/tree/image") bytes, $(number $((catalog * 2048 + 38)) 2) \
sectors in the catalog
its device: blocks of 0x$block, the last one is 0x$last: $bytes bytes
$([ "$(stat -c %s "$work/disc")" -lt $bytes ] && echo the disc is shorter than that)"
echo "$seen"

conclude "OVMF counts an El Torito image's sectors as blocks of the disc."
