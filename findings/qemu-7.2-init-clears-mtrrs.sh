#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: QEMU 7.2's emulation clears the MTRRs of a processor at INIT.
#
# What we guessed: an INIT leaves the MTRRs as they are (Intel SDM, volume 3, table 9-1: only
# power-up and RESET disable them), so a kernel that starts the other processors by INIT and SIPI
# finds the MTRRs that the firmware, or itself, has set on them.
#
# What is so: with the accelerator TCG, IA32_MTRR_DEF_TYPE is 0 after an INIT: MTRRs are off. The
# first processor, which gets no INIT, has what SeaBIOS has set. The second one has lost that; a
# value that is written and read back there is lost with the next INIT.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 (7.2+dfsg-7+deb12u18+b3) and SeaBIOS 1.16.2:
#
#   first processor: 0C06
#   second one after SeaBIOS and INIT: 0000
#   second one after a write: 0C06
#   second one after a write and INIT: 0000
#
# Usage: findings/qemu-7.2-init-clears-mtrrs.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1"
LIMIT=60                              # seconds that a program may run
KERNEL_EXIT=16                        # what the kernel writes to isa-debug-exit
QEMU_EXIT=$((KERNEL_EXIT * 2 + 1))    # what QEMU makes of it
EXPECTED="first processor: 0C06
second one after SeaBIOS and INIT: 0000
second one after a write: 0C06
second one after a write and INIT: 0000"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/kernel.sh
. "$(dirname "$0")/lib/kernel.sh"

# A Multiboot 1 kernel that prints the low half of IA32_MTRR_DEF_TYPE of two processors.
make_kernel() {
    assemble_kernel "-DKERNEL_EXIT=$KERNEL_EXIT" <<'SOURCE'

MTRR_DEF_TYPE equ 0x2ff
ENABLED equ 0xc06                       ; all MTRRs on, default: write-back
ICR     equ 0xfee00300                  ; interrupt command register of the local APIC
STARTER equ 0x8000                      ; the second processor's code
FOUND   equ 0x7000                      ; what it has found, what it reads after its write,
WRITTEN equ 0x7004                      ; and whether it is done
DONE    equ 0x7008

start:  mov esp, 0x90000
        cld
        mov esi, starter
        mov edi, STARTER
        mov ecx, starter_end - starter
        rep movsb
        mov ecx, MTRR_DEF_TYPE
        rdmsr
        mov esi, first
        call print
        call start_second
        mov eax, [FOUND]
        mov esi, second
        call print
        mov eax, [WRITTEN]
        mov esi, write
        call print
        call start_second
        mov eax, [FOUND]
        mov esi, again
        call print
        mov al, KERNEL_EXIT
        out 0xf4, al                    ; isa-debug-exit
        hlt

start_second:
        mov dword [DONE], 0
        mov dword [ICR + 16], 1 << 24   ; to the processor with APIC ID 1
        mov dword [ICR], 0x4500         ; INIT
        mov ecx, 10000
.pause: in al, 0x80                     ; about a microsecond
        loop .pause
        mov dword [ICR], 0x4600 | STARTER >> 12         ; SIPI
.wait:  pause
        cmp dword [DONE], 0
        je .wait
        ret

print:  mov ebx, eax                    ; the text at esi, bx in hexadecimal, end of line
.text:  lodsb
        test al, al
        jz .value
        call put
        jmp .text
.value: mov ecx, 4
.digit: rol bx, 4
        mov al, bl
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das                             ; 0 to 15 is now "0" to "F"
        call put
        loop .digit
        mov al, 10
put:    mov ah, al
        mov dx, 0x3fd                   ; COM1's line status: wait until it takes a character
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov al, ah
        mov dx, 0x3f8
        out dx, al
        ret

first:  db "first processor: ", 0
second: db "second one after SeaBIOS and INIT: ", 0
write:  db "second one after a write: ", 0
again:  db "second one after a write and INIT: ", 0

        bits 16
starter:
        xor ax, ax
        mov ds, ax
        mov ecx, MTRR_DEF_TYPE
        rdmsr
        mov [FOUND], eax
        mov eax, ENABLED
        xor edx, edx
        wrmsr
        rdmsr
        mov [WRITTEN], eax
        mov byte [DONE], 1
.halt:  hlt
        jmp .halt
starter_end:
SOURCE
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_kernel
status=0
qemu -smp 2 -display none -no-reboot -serial "file:$work/serial" \
    -device isa-debug-exit,iobase=0xf4 -kernel "$work/kernel" || status=$?
[ $status = $QEMU_EXIT ] || not_tried "QEMU ends with $status"
seen=$(cat "$work/serial")
echo "$seen"

conclude "INIT clears the MTRRs in QEMU 7.2's emulation."
