; SPDX-License-Identifier: BSD-2-Clause
; An option ROM in front of the video BIOS. It writes the number of each VBE call to a debug port,
; and makes some calls fail or answer otherwise (VBE 3.0, section 4). test_video.py defines FAULT as
; one of the numbers below and sets the checksum.

DEBUG_PORT      equ 0xe9
ROM_BYTES       equ 4096
VECTOR          equ 0x10 * 4

OK              equ 0x004f
FAILED          equ 0x014f

NONE            equ 0
NO_VBE          equ 1           ; no call works
NO_EDID         equ 2           ; the display says nothing
BROKEN_EDID     equ 3           ; the display's EDID has a wrong checksum
SET_FAILS       equ 4           ; no mode can be set
SET_ONE_FAILS   equ 5           ; only MODE cannot be set
BANKED          equ 6           ; no mode has a linear frame buffer
ENDLESS         equ 7           ; the list of modes repeats MODE without an end
UNKNOWN         equ 8           ; the list has MODE, but its description fails
VERSION_2       equ 9           ; VBE 2.0, with rubbish in the fields of 3.0
VERSION_3       equ 10          ; VBE 3.0, with another pitch for linear frame buffers
INTERFACE       equ 11          ; there is a protected-mode interface

bits 16
org 0
        db 0x55, 0xaa, ROM_BYTES / 512
        jmp init

        align 4
old:    dd 0

; The firmware calls this with a far call, while the ROM can still be written to.
init:   push es
        push eax
        xor ax, ax
        mov es, ax
        mov eax, [es:VECTOR]
        mov [cs:old], eax
        mov word [es:VECTOR], hook
        mov [es:VECTOR + 2], cs
        pop eax
        pop es
        retf

hook:   cmp ah, 0x4f
        jne .old
        push ax
        out DEBUG_PORT, al
        pop ax
%if FAULT = NO_VBE
        jmp fail
%elif FAULT = NO_EDID
        cmp al, 0x15
        je fail
%elif FAULT = BROKEN_EDID
        cmp ax, 0x4f15
        jne .old
        call original
        inc byte [es:di + 127]
        iret
%elif FAULT = SET_FAILS
        cmp al, 0x02
        je fail
%elif FAULT = SET_ONE_FAILS
        cmp al, 0x02
        jne .old
        cmp bx, MODE | 1 << 14
        je fail
%elif FAULT = BANKED
        cmp al, 0x01
        jne .old
        call original
        and byte [es:di], ~0x80
        iret
%elif FAULT = ENDLESS
        cmp al, 0x00
        jne .old
        call original
        mov word [es:di + 14], list
        mov [es:di + 16], cs
        iret
%elif FAULT = UNKNOWN
        cmp al, 0x01
        jne .old
        cmp cx, MODE
        je fail
%elif FAULT = VERSION_2 || FAULT = VERSION_3
        cmp al, 0x01
        ja .old
        call original
        jb .control
        mov word [es:di + 50], 0x2345
        iret
.control:
        mov word [es:di + 4], 0x200 + (FAULT - VERSION_2) * 0x100
        iret
%elif FAULT = INTERFACE
        cmp al, 0x0a
        jne .old
        mov ax, cs
        mov es, ax
        mov di, 0x1234
        mov cx, 0x56
        mov ax, OK
        iret
%endif
.old:   jmp far [cs:old]

fail:   mov ax, FAILED
        iret

; Flags are kept
original:
        pushf
        pushf
        call far [cs:old]
        popf
        ret

%ifdef MODE
list:   times (ROM_BYTES - ($ - $$)) / 2 dw MODE
%endif
        times ROM_BYTES - ($ - $$) db 0
