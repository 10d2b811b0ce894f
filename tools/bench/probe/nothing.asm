; SPDX-License-Identifier: BSD-2-Clause
; The boot image that does nothing: a boot without a loader. It is one sector for disks, padded to
; 2048 bytes for El Torito. It writes that it was reached, with the TSC; then it counts, writes that
; too, and halts. The counting is slow on a processor that is emulated instruction by instruction.
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
    rdtsc
    cld
    push eax
    push edx
    xor ax, ax
    mov ds, ax
    mov si, reached
    call print
    pop ebx
    call print_hex
    pop ebx
    call print_hex
    mov si, line_end
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

; Writes EBX to the first serial port, 8 hexadecimal digits. Clobbers AX, CX, DX, SI.
print_hex:
    mov cx, 8
.next:
    rol ebx, 4
    mov si, bx
    and si, 15
    mov al, [digits + si]
    call put
    loop .next
    ret

; Writes the text at DS:SI to the first serial port. Clobbers AX, DX, SI.
print:
    lodsb
    test al, al
    jz put.end
    call put
    jmp print

; Writes the character AL to the first serial port. Clobbers AH, DX.
put:
    mov ah, al
    mov dx, COM1 + LINE_STATUS
.wait:
    in al, dx
    test al, HOLDING_EMPTY
    jz .wait
    mov al, ah
    mov dx, COM1
    out dx, al
.end:
    ret

digits:
    db "0123456789abcdef"
reached:
    db "whelk-nothing 0x", 0
line_end:
    db 10, 0
counted:
    db "whelk-counted", 10, 0

    times PARTITION_TABLE - ($ - $$) db 0
    times SECTOR - 2 - ($ - $$) db 0
    dw 0xaa55
    times EL_TORITO_BYTES - ($ - $$) db 0
