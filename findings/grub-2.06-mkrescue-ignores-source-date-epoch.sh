#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: grub-mkrescue's ISOs of one tree differ, also with SOURCE_DATE_EPOCH.
#
# What we guessed: with SOURCE_DATE_EPOCH set, grub-mkrescue makes the same ISO of the same tree
# each time. All that it writes goes through xorriso, which follows the variable.
#
# What is so: two ISOs that are made of the same files a second apart differ. grub-mkrescue takes
# the clock's time itself and hands it to xorriso as the volume's date, which is also the UUID by
# which GRUB's boot image looks for the disc. xorriso alone makes the same ISO twice.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2 and xorriso 1.5.4:
#
#   grub-mkrescue: different
#   xorriso: the same
#
# Usage: findings/grub-2.06-mkrescue-ignores-source-date-epoch.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="grub-pc-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2 xorriso=1.5.4-4"
# shellcheck disable=SC2034  # lib/debian.sh uses it
LIMIT=60                              # seconds that a program may run
EXPECTED="grub-mkrescue: different
xorriso: the same"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"

export SOURCE_DATE_EPOCH=1700000000

# try NAME COMMAND…: whether the command makes the same ISO twice, more than a second apart.
try() {
    local name=$1 number
    shift
    for number in 1 2; do
        "$@" -o "$work/$number.iso" "$work/tree" >"$work/log" 2>&1 ||
            { cat "$work/log" >&2; not_tried "$name fails"; }
        sleep 2
    done
    if cmp -s "$work/1.iso" "$work/2.iso"; then
        echo "$name: the same"
    else
        echo "$name: different"
    fi
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_xorriso
mkdir -p "$work/tree/boot/grub"
echo halt >"$work/tree/boot/grub/grub.cfg"
seen=$(
    try grub-mkrescue unpacked grub-mkrescue --xorriso="$work/xorriso" \
        -d "$root/usr/lib/grub/i386-pc" --fonts= --locales= --themes=
    try xorriso unpacked xorriso -as mkisofs
)
echo "$seen"

conclude "grub-mkrescue of GRUB 2.06 takes the clock's time, not SOURCE_DATE_EPOCH."
