; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that writes what it was given to COM1: registers, the partition
; entry at DS:SI, the fields of its BIOS parameter block, and END. Then it halts.
bits 16
org 0x7c00

SERIAL          equ 0x3f8
LINE_STATUS     equ SERIAL + 5
HOLDING_EMPTY   equ 0x20

start:  jmp short code
        nop
        times 28 - ($ - $$) db 0
hidden: dd 0                    ; BPB: hidden sectors
        times 64 - ($ - $$) db 0
drive:  db 0                    ; BPB of FAT32: the drive
        times 0x5a - ($ - $$) db 0

code:   mov [registers.dx], dx
        mov [registers.si], si
        mov [registers.bp], bp
        mov [registers.sp], sp
        mov [registers.ss], ss
        mov [registers.ds], ds
        mov [registers.es], es
        mov [registers.cs], cs
        cli
        mov ax, [hidden]
        mov [registers.hidden], ax
        mov al, [drive]
        mov [registers.drive], al
        mov cx, (names.end - names) / 4
        mov si, names
        mov di, registers
        mov byte [registers.dx + 1], 0 ; only DL is the drive
.next:  call print_name
        mov ax, [di]
        call print_word
        add di, 2
        loop .next
        mov si, text_entry
        call print_name
        mov si, [registers.si]
        mov cx, 16
        test si, si
        jz .end
.byte:  lodsb
        call print_byte
        loop .byte
.end:   mov si, text_end
        call print_name
        cli
.halt:  hlt
        jmp .halt

; in: SI four characters; out: SI after them
print_name:
        push cx
        mov cx, 4
.next:  lodsb
        call print
        loop .next
        pop cx
        ret

print_word:
        push ax
        mov al, ah
        call print_byte
        pop ax
print_byte:
        push ax
        shr al, 4
        call print_digit
        pop ax
        and al, 15
print_digit:
        add al, '0'
        cmp al, '9'
        jbe print
        add al, 'a' - '0' - 10
print:  push dx
        push ax
        mov dx, LINE_STATUS
.wait:  in al, dx
        test al, HOLDING_EMPTY
        jz .wait
        pop ax
        mov dx, SERIAL
        out dx, al
        pop dx
        ret

names:  db ` dx=`, ` si=`, ` bp=`, ` sp=`, ` ss=`, ` ds=`, ` es=`, ` cs=`, ` hs=`, ` dr=`
.end:
text_entry: db `  e=`
text_end: db `END\n`
registers:
.dx:    dw 0
.si:    dw 0
.bp:    dw 0
.sp:    dw 0
.ss:    dw 0
.ds:    dw 0
.es:    dw 0
.cs:    dw 0
.hidden: dw 0
.drive: dw 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
