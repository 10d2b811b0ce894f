; SPDX-License-Identifier: BSD-2-Clause
; The boot image that does nothing: what is left of a boot when there is no loader. One sector for
; disks, the same padded to 2048 bytes for El Torito. It says that it was reached, counts,
; says that as well (a processor that is emulated instruction by instruction is found by it), halts.
; In: loaded at 0x7c00. Clobbers everything. Mode: real.

bits 16
org 0x7c00

COM1             equ 0x3f8
LINE_STATUS      equ 5
HOLDING_EMPTY    equ 0x20
COUNT            equ 1 << 24            ; some ten milliseconds
SECTOR           equ 512
PARTITION_TABLE  equ 446
EL_TORITO_BYTES  equ 2048

start:
    cld
    xor ax, ax
    mov ds, ax
    mov si, reached
    call print
    mov ecx, COUNT
.count:
    dec ecx
    jnz .count
    mov si, counted
    call print
.halt:
    cli
    hlt
    jmp .halt

; Writes the text at DS:SI to the first serial port. Clobbers AX, DX, SI.
print:
    mov dx, COM1 + LINE_STATUS
.wait:
    in al, dx
    test al, HOLDING_EMPTY
    jz .wait
    lodsb
    test al, al
    jz .end
    mov dx, COM1
    out dx, al
    jmp print
.end:
    ret

reached:
    db "whelk-nothing", 10, 0
counted:
    db "whelk-counted", 10, 0

    times PARTITION_TABLE - ($ - $$) db 0
    times SECTOR - 2 - ($ - $$) db 0
    dw 0xaa55
    times EL_TORITO_BYTES - ($ - $$) db 0
