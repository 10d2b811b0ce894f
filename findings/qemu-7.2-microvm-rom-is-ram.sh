#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: on QEMU's microvm the firmware's image is RAM, and 0xf0000 is the same bytes once more.
#
# What we guessed: the image of -bios is read-only at the end of the 4 GiB, as on QEMU's pc and q35,
# and a firmware may put its tables at 0xf0000, or leave that alone: its code stays as it is.
#
# What is so: on microvm (and isapc) writes change the image. Its last 64 KiB are at 0xf0000 too: a
# table that a firmware writes there is written over its code below 4 GiB.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22, a firmware of 64 KiB whose first byte is 11h:
#
#   pc: after a write to F0000h 11h, after one to FFFF0000h 11h
#   q35: after a write to F0000h 11h, after one to FFFF0000h 11h
#   microvm: after a write to F0000h 55h, after one to FFFF0000h 66h
#
# Usage: findings/qemu-7.2-microvm-rom-is-ram.sh
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
EXPECTED="pc: after a write to F0000h 11h, after one to FFFF0000h 11h
q35: after a write to F0000h 11h, after one to FFFF0000h 11h
microvm: after a write to F0000h 55h, after one to FFFF0000h 66h"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# A firmware that writes to both places of its first byte, and what it reads below 4 GiB then to
# the debug port. Until a far jump cs is at FFFF0000h.
make_firmware() {
    cat >"$work/firmware.asm" <<'SOURCE'
        bits 16
        org 0
first:  db 0x11
start:  mov ax, 0xf000
        mov ds, ax
        mov byte [first], 0x55
        mov al, [cs:first]
        out 0xe9, al
        xor eax, eax                    ; FFFF0000h, with a segment of 4 GiB
        o32 lgdt [cs:gdt]
        mov eax, cr0
        inc ax
        mov cr0, eax
        mov bx, 8
        mov ds, bx
        dec ax
        mov cr0, eax
        mov edi, 0xffff0000
        mov byte [edi], 0x66
        mov al, [edi]
        out 0xe9, al
        out 0xf4, al                    ; isa-debug-exit
        hlt
gdt:    dw 15                           ; also the first entry, which is not used
        dd 0xffff0000 + gdt
        dw 0
        dw 0xffff, 0, 0x9200, 0xcf      ; data, 4 GiB
        times 0xfff0 - ($ - $$) db 0
        jmp start
        times 0x10000 - ($ - $$) db 0
SOURCE
    unpacked nasm -f bin -o "$work/firmware" "$work/firmware.asm" || not_tried "NASM fails"
}

# try MACHINE: what the firmware reads.
try() {
    local bytes
    rm -f "$work/answer"
    qemu -M "$1" -m 64 -nodefaults -display none -no-reboot -bios "$work/firmware" \
        -chardev "file,id=port,path=$work/answer" \
        -device isa-debugcon,iobase=0xe9,chardev=port -device isa-debug-exit,iobase=0xf4 || true
    read -ra bytes < <(od -An -tx1 "$work/answer")
    [ ${#bytes[@]} = 2 ] || not_tried "the firmware has not written two bytes"
    echo "$1: after a write to F0000h ${bytes[0]}h, after one to FFFF0000h ${bytes[1]}h"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_firmware
seen=$(
    for machine in pc q35 microvm; do
        try $machine
    done
)
echo "$seen"

conclude "on QEMU 7.2's microvm a firmware's image is RAM, and at 0xf0000 too."
