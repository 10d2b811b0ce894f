; SPDX-License-Identifier: BSD-2-Clause
; The disk after us in the firmware's boot order: says on COM1 that it was booted, and nothing else.

COM1    equ 0x3f8

bits 16
org 0x7c00
        jmp 0:.flat
.flat:  xor ax, ax
        mov ds, ax
        cld
        mov si, text
.next:  lodsb
        test al, al
        jz .halt
        mov ah, al
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov dx, COM1
        mov al, ah
        out dx, al
        jmp .next
.halt:  cli
        hlt
        jmp .halt
text:   db 13, 10, "NEXT DEVICE", 13, 10, 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
