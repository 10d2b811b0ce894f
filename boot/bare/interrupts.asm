; SPDX-License-Identifier: BSD-2-Clause
; The handlers of the 16 interrupt lines (Intel 8259A). The timer's counts ticks, as a BIOS's does.
; The others note that their line's interrupt has come. interrupts.c sets them up.

BDA_TICKS       equ 0x46c       ; boot/pc/bda.h
BDA_MIDNIGHT    equ 0x470       ; byte: the ticks have passed midnight
TICKS_A_DAY     equ 0x1800b0
PIC1_COMMAND    equ 0x20
PIC1_MASK       equ 0x21
PIC2_COMMAND    equ 0xa0
PIC2_MASK       equ 0xa1
PIC2_LINE       equ 8           ; its first line
PIC_END         equ 0x20        ; command: end of interrupt
LINES           equ 16

section .bss
global irq_ticks
irq_ticks:      resd 1          ; the timer's, since the start: a kernel's count of the day is set later
global irq_came
irq_came:       resd 1          ; a bit for each line whose interrupt has come

section .text
bits 32

; Handler for each line, of 8 bytes.
        align 8
global irq_handlers
irq_handlers:
%assign line 0
%rep LINES
        push eax
        mov al, line
        jmp near take
        align 8
%assign line line + 1
%endrep

; The device may keep its request up, so this masks all lines of its controller; who waits restores
; the mask. in: AL line; EAX on the stack
take:   push edx
        test al, al
        jz .timer
        movzx edx, al
        bts [irq_came], edx
        cmp al, PIC2_LINE
        mov al, 0xff
        jb .first
        out PIC2_MASK, al
        mov al, PIC_END
        out PIC2_COMMAND, al
        jmp .end
.first: out PIC1_MASK, al
        jmp .end
.timer: inc dword [irq_ticks]
        inc dword [BDA_TICKS]
        cmp dword [BDA_TICKS], TICKS_A_DAY
        jb .end
        mov dword [BDA_TICKS], 0
        inc byte [BDA_MIDNIGHT]
.end:   mov al, PIC_END
        out PIC1_COMMAND, al
        pop edx
        pop eax
        iretd

section .note.GNU-stack noalloc noexec nowrite progbits
