# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what lib/debian.sh sets
# For the scripts in findings/ that boot by OVMF; they read lib/debian.sh first.

# ovmf ARGUMENT…: boots a PC that has nothing but the arguments' devices, with new variables of the
# firmware. What came over the serial line goes to $work/said.
ovmf() {
    rm -f "$work/serial"
    cp "$root/usr/share/OVMF/OVMF_VARS_4M.fd" "$work/variables"
    qemu -machine q35 -m 256 -nodefaults -display none -no-reboot -serial "file:$work/serial" \
        -drive "if=pflash,format=raw,readonly=on,file=$root/usr/share/OVMF/OVMF_CODE_4M.fd" \
        -drive "if=pflash,format=raw,file=$work/variables" "$@" || not_tried "QEMU ends with $?"
    # Without what OVMF sends to a terminal besides text.
    tr -d '\r' <"$work/serial" | sed -e 's/\x1b\[[0-9;=]*[A-Za-z]//g' >"$work/said"
}

# make_application FILE: makes of the GRUB config on stdin an application that runs it.
make_application() {
    cat >"$work/start.cfg"
    unpacked grub-mkimage -O x86_64-efi -d "$root/usr/lib/grub/x86_64-efi" -p /boot/grub \
        -c "$work/start.cfg" -o "$1" part_msdos fat iso9660 serial terminal echo ls chain halt \
        normal search multiboot || not_tried "grub-mkimage fails"
}

# make_fat FILE MIB APPLICATION…: makes a FAT volume; the first application starts by itself, the
# others are in the root directory.
make_fat() {
    local image=$1 application=$3
    truncate -s "$2M" "$image"
    shift 3
    unpacked mformat -i "$image" ::
    unpacked mmd -i "$image" ::/EFI ::/EFI/BOOT
    unpacked mcopy -i "$image" "$application" ::/EFI/BOOT/BOOTX64.EFI
    [ $# = 0 ] || unpacked mcopy -i "$image" "$@" ::/
}
