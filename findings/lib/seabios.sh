# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what lib/debian.sh sets
# For the scripts in findings/ that ask which disks SeaBIOS boots. Its lines go to $work/log.

# Makes a disk whose boot sector ends QEMU: out 0xf4, al
make_disk() {
    printf '\xe6\xf4' >"$work/disk"
    truncate -s 510 "$work/disk"
    printf '\x55\xaa' >>"$work/disk"
    truncate -s 1M "$work/disk"
}

# seabios ARGUMENT…: a PC with nothing but the drive "disk", to which a device must be added.
seabios() {
    qemu -M pc -m 64 -nodefaults -vga none -display none -no-reboot \
        -chardev "file,id=log,path=$work/log" -device isa-debugcon,iobase=0x402,chardev=log \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -drive "if=none,id=disk,format=raw,file=$work/disk" "$@"
}

# Whether SeaBIOS has started the boot sector.
has_booted() {
    grep -q "Booting from 0000:7c00" "$work/log"
}
