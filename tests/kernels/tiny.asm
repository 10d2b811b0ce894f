; SPDX-License-Identifier: BSD-2-Clause
; A kernel of a few dozen bytes, for tests of files that are too small for the report kernel. It
; says that it runs and ends QEMU. Linked at 1 MiB. In: nothing. Clobbers everything. Mode: 32-bit
; protected.

bits 32
org 0x100000

COM1        equ 0x3f8
LINE_STATUS equ COM1 + 5
EMPTY       equ 0x20

start:
    mov esi, text
.next:
    mov dx, LINE_STATUS
.wait:
    in al, dx
    test al, EMPTY
    jz .wait
    lodsb
    test al, al
    jz .end
    mov dx, COM1
    out dx, al
    jmp .next
.end:
    mov al, 0x10
    out 0xf4, al
    hlt

text:
    db "The tiny kernel runs.", 10, 0
