#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: qboot's memory map for a PVH kernel has an empty range of type 0 at its end.
#
# What we guessed: each of the memmap_entries is a range of memory; a map of which one has no bytes,
# or a type that is not defined, is damaged, and a careful loader refuses it.
#
# What is so: qboot counts one entry more than it fills, and the last is 0 bytes at 0, of type 0.
# SeaBIOS on the same machine has no such entry. A loader skips empty ranges, whatever their type.
# qboot's map is not sorted either: on pc the RAM from 1 MiB on comes after a range at 0xfd00000000.
#
# Seen on 2026-12-01 with the qboot.rom and SeaBIOS 1.16.2 that belong to Debian 12's QEMU 7.2.22
# (pc, 64 MiB):
#
#   SeaBIOS: 7 ranges, 0 empty, sorted
#   qboot: 7 ranges, 1 empty of type 0, not sorted
#
# Usage: findings/qemu-7.2-qboot-counts-an-empty-range.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1"
LIMIT=20                              # seconds that a program may run
EXPECTED="SeaBIOS: 7 ranges, 0 empty, sorted
qboot: 7 ranges, 1 empty of type 0, not sorted"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/pvh_kernel.sh
. "$(dirname "$0")/lib/pvh_kernel.sh"

# try NAME ARGUMENT…: what the map of this firmware is like.
try() {
    local name=$1 empty=0 types="" order=sorted before=0 start size i
    shift
    start_kernel -M pc -append "some words" -initrd "$work/module" "$@"
    for ((i = 23; i < ${#words[@]}; i += 6)); do
        start=$((words[i + 1] << 32 | words[i])) size=$((words[i + 3] << 32 | words[i + 2]))
        if [ $size = 0 ]; then
            empty=$((empty + 1)) types+=" of type ${words[i + 4]}"
        else
            [ $start -ge "$before" ] || order="not sorted"
            before=$start
        fi
    done
    echo "$name: ${words[1 + 12]} ranges, $empty empty$types, $order"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_kernel
echo module >"$work/module"
seen=$(
    try SeaBIOS
    try qboot -bios "$root/usr/share/qemu/qboot.rom"
)
echo "$seen"

conclude "the last range of qboot's map is none."
