#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: QEMU's video BIOS says VBE 3.0 and lacks function 0Ah, which came with VBE 2.0.
#
# What we guessed: a video BIOS with a version of 2.0 or more has function 4F0Ah, which returns the
# protected mode interface. A Multiboot loader asks for it for each kernel: the boot information has
# fields for it (vbe_interface_seg, _off and _len), which follow from the version then.
#
# What is so: the video BIOSes of QEMU's VGA, which are SeaBIOS's, say 3.0 and answer 4F0Ah with
# AX=0100h: no such function. The three fields of the boot information stay 0.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 and SeaBIOS 1.16.2:
#
#   std: 4F00h gives 004F, version 0300; 4F0Ah gives 0100
#   cirrus: 4F00h gives 004F, version 0300; 4F0Ah gives 0100
#   virtio: 4F00h gives 004F, version 0300; 4F0Ah gives 0100
#
# Usage: findings/seabios-1.16-vbe-3-without-function-0a.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1"
LIMIT=30                              # seconds that a program may run
EXPECTED="std: 4F00h gives 004F, version 0300; 4F0Ah gives 0100
cirrus: 4F00h gives 004F, version 0300; 4F0Ah gives 0100
virtio: 4F00h gives 004F, version 0300; 4F0Ah gives 0100"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# A boot sector that writes three words to the debug port: AX after 4F00h, the version, AX after
# 4F0Ah.
make_boot_sector() {
    cat >"$work/disk.asm" <<'SOURCE'
        bits 16
        org 0x7c00
ANSWER  equ 0x8000
        xor ax, ax
        mov ss, ax
        mov sp, 0x7c00
        mov es, ax
        mov ds, ax
        mov di, ANSWER
        mov dword [di], "VBE2"
        mov ax, 0x4f00
        int 0x10
        call print
        mov ax, [ANSWER + 4]
        call print
        xor bx, bx
        mov ax, 0x4f0a
        int 0x10
        call print
        out 0xf4, al            ; isa-debug-exit
        hlt

print:  out 0xe9, al
        mov al, ah
        out 0xe9, al
        ret
        times 510 - ($ - $$) db 0
        dw 0xaa55
SOURCE
    unpacked nasm -f bin -o "$work/disk" "$work/disk.asm" || not_tried "NASM fails"
    truncate -s 1M "$work/disk"
}

# try CARD: what the card's BIOS answers.
try() {
    local words
    rm -f "$work/answer"
    qemu -M pc -m 64 -vga "$1" -display none -no-reboot -drive "format=raw,file=$work/disk" \
        -chardev "file,id=port,path=$work/answer" \
        -device isa-debugcon,iobase=0xe9,chardev=port -device isa-debug-exit,iobase=0xf4 || true
    read -ra words < <(od -An -tx2 "$work/answer" | tr a-f A-F)
    [ ${#words[@]} = 3 ] || not_tried "the boot sector has not written three words"
    echo "$1: 4F00h gives ${words[0]}, version ${words[1]}; 4F0Ah gives ${words[2]}"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_boot_sector
seen=$(
    for card in std cirrus virtio; do
        try $card
    done
)
echo "$seen"

conclude "the video BIOSes of SeaBIOS 1.16.2 have no function 4F0Ah."
