# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what lib/debian.sh sets
# For the scripts in findings/ that boot GRUB; they read lib/debian.sh first.

# boot_grub: makes a disc of $work/tree with GRUB and the config on stdin, boots it with QEMU's
# options BOOT_OPTIONS, and prints what came over the serial line.
BOOT_OPTIONS=()
boot_grub() {
    local status=0
    mkdir -p "$work/tree/boot/grub"
    { printf 'serial --unit=0 --speed=115200\nterminal_output serial\n'; cat; echo halt; } \
        >"$work/tree/boot/grub/grub.cfg"
    unpacked grub-mkrescue --xorriso="$work/xorriso" -d "$root/usr/lib/grub/i386-pc" \
        --fonts= --locales= --themes= -o "$work/disc.iso" "$work/tree" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; not_tried "grub-mkrescue fails"; }
    rm -f "$work/serial"
    qemu -display none -no-reboot -serial "file:$work/serial" -cdrom "$work/disc.iso" \
        "${BOOT_OPTIONS[@]}" || status=$?
    [ $status = 0 ] || [ $status = "${QEMU_EXIT:-0}" ] || not_tried "QEMU ends with $status"
    # Without what GRUB sends to a terminal besides text.
    tr -d '\r' <"$work/serial" | sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g'
}

# grub-mkrescue starts xorriso by its name alone.
make_xorriso() {
    { echo '#!/bin/bash'; declare -f unpacked; echo "root='$root' LIMIT=$LIMIT"
      echo 'unpacked xorriso "$@"'; } >"$work/xorriso"
    chmod +x "$work/xorriso"
}
