#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: SeaBIOS takes a packet with a flat address, says success, and reads to somewhere else.
#
# What we guessed: firmware whose INT 13h AH=41h says version 3.0 knows the packet of 24 bytes, with
# ffff:ffff as the buffer and its 64-bit address at the end, by which EDD 3.0 reads to memory above
# 1 MiB. What it does not know it refuses: so a loader may try such packets first.
#
# What is so: SeaBIOS says 3.0 and success, and leaves the flat address alone. ffff:ffff is its
# buffer: the sector is at 0x10ffef from a virtio disk, and at 0xffef from an IDE disk. Both are
# memory that the caller has not named. A loader uses packets of 16 bytes only.
#
# Seen on 2026-12-01 with Debian 12's QEMU 7.2.22 and SeaBIOS 1.16.2:
#
#   ide-hd: version 30, CF 00, status 00; read to 0xffef
#   virtio-blk-pci: version 30, CF 00, status 00; read to 0x10ffef
#
# Usage: findings/seabios-1.16-misreads-flat-packets.sh
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
EXPECTED="ide-hd: version 30, CF 00, status 00; read to 0xffef
virtio-blk-pci: version 30, CF 00, status 00; read to 0x10ffef"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/seabios.sh
. "$(dirname "$0")/lib/seabios.sh"

# A disk whose boot sector reads the sector after it, full of "A", to 0x20000. It writes to the
# debug port: version, carry flag, status, and the first byte at 0x20000, 0xffef and 0x10ffef.
make_reading_disk() {
    cat >"$work/disk.asm" <<'SOURCE'
        org 0x7c00
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov [drive], dl
        mov ah, 0x41                    ; are there extensions?
        mov bx, 0x55aa
        int 0x13
        mov al, ah
        out 0xe9, al
        mov ah, 0x42                    ; read
        mov dl, [drive]
        mov si, packet
        int 0x13
        setc al
        out 0xe9, al
        mov al, ah
        out 0xe9, al
        mov ax, 0x2000
        mov fs, ax
        mov al, [fs:0]                  ; 0x20000
        out 0xe9, al
        mov di, 0xffef
        mov al, [es:di]                 ; 0xffef
        out 0xe9, al
        mov ax, 0xffff
        mov fs, ax
        mov di, 0xffff
        mov al, [fs:di]                 ; 0x10ffef
        out 0xe9, al
        out 0xf4, al                    ; isa-debug-exit
        hlt
        align 4
packet: db 24, 0
        dw 1, 0xffff, 0xffff            ; one sector; "the address is flat"
        dq 1, 0x20000                   ; from sector 1; the address
drive:  db 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
        times 512 db "A"
SOURCE
    unpacked nasm -f bin -o "$work/disk" "$work/disk.asm" || not_tried "NASM fails"
    truncate -s 1M "$work/disk"
}

# try DEVICE: what the boot sector finds on a disk there.
try() {
    local answer place=nowhere
    rm -f "$work/answer"
    seabios -device "$1,drive=disk" -chardev "file,id=port,path=$work/answer" \
        -device isa-debugcon,iobase=0xe9,chardev=port 2>/dev/null || true
    read -r -a answer < <(od -An -tx1 "$work/answer")
    [ ${#answer[@]} = 6 ] || not_tried "the boot sector has written ${#answer[@]} bytes, not 6"
    [ "${answer[3]}" != 41 ] || place=0x20000
    [ "${answer[4]}" != 41 ] || place=0xffef
    [ "${answer[5]}" != 41 ] || place=0x10ffef
    echo "$1: version ${answer[0]}, CF ${answer[1]}, status ${answer[2]}; read to $place"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_reading_disk
seen=$(
    try ide-hd
    try virtio-blk-pci
)
echo "$seen"

conclude "SeaBIOS 1.16.2 reads to ffff:ffff if a packet's address is flat."
