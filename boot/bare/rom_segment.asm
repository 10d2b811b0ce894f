; SPDX-License-Identifier: BSD-2-Clause
; The page of code at the end of the segment 0xf0000, in the memory that a PC has there: what other
; processors start with, interrupts in real mode, and a reset by a jump to FFFF:0. rom_segment.c
; copies it to PAGE. All of it is 16-bit code, whose data are in its own page.
;
; rom_segment.h has the offsets of its parts.

PAGE_SEGMENT    equ 0xff00
MSR_LIST        equ 0x100               ; struct msr_value, a list that index 0 ends
STARTED         equ 0x3fc               ; word: processors that have begun; then those that are done
APIC_IDS        equ 0x400               ; a byte for each
BDA_CURSOR      equ 0x450
BDA_CURSOR_SHAPE equ 0x460
BDA_TICKS       equ 0x46c
TICKS_A_DAY     equ 0x1800b0

section .rodata
global rom_segment_code, rom_segment_code_end
bits 16

rom_segment_code:
; Offset 0: a processor starts here (SIPI). It sets its MSRs as on the list, leaves its APIC's id,
; and rests until a kernel starts it again. in: CS PAGE_SEGMENT, IP 0; clobbers everything
processor:
        cli
        mov ax, cs
        mov ds, ax
        mov si, MSR_LIST
.next:  mov ecx, [si]
        jecxz .done
        mov eax, [si + 4]
        mov edx, [si + 8]
        wrmsr
        add si, 12
        jmp .next
.done:  mov eax, 1
        cpuid
        shr ebx, 24
        mov di, 1
        lock xadd [STARTED], di
        mov [di + APIC_IDS], bl
        lock inc word [STARTED + 2]
.rest:  hlt
        jmp .rest

; Offset 0x40: an interrupt that no firmware answers: sets the caller's carry flag, which means
; failure to most services.
        times 0x40 - ($ - rom_segment_code) db 0
service:
        push bp
        mov bp, sp
        or byte [bp + 6], 1
        pop bp
        iret

; Offset 0x50: the PIC's lines 8 to 15; 0x58: lines 1 to 7; 0x60: the timer, line 0.
        times 0x50 - ($ - rom_segment_code) db 0
line_8_to_15:
        push ax
        mov al, 0x20
        out 0xa0, al
        jmp short line_1_to_7.end
        times 0x58 - ($ - rom_segment_code) db 0
line_1_to_7:
        push ax
        mov al, 0x20
.end:   out 0x20, al
        pop ax
        iret

        times 0x60 - ($ - rom_segment_code) db 0
line_0: push ds
        push word 0
        pop ds
        inc dword [BDA_TICKS]
        cmp dword [BDA_TICKS], TICKS_A_DAY
        jb .today
        and dword [BDA_TICKS], 0
.today: pop ds
        jmp line_1_to_7

; Offset 0x80: a reset, by the keyboard controller or the chipset.
        times 0x80 - ($ - rom_segment_code) db 0
reset:
        cli
        mov al, 0xfe
        out 0x64, al
        mov dx, 0xcf9
        mov al, 6
        out dx, al
.rest:  hlt
        jmp .rest

; Offset 0xa0: INT 10h where there is a screen, as far as it tells kernels of the text mode that is
; set: mode (0Fh), cursor (03h), kind of display (1A00h, 12h). All else fails.
        times 0xa0 - ($ - rom_segment_code) db 0
video:
        cmp ah, 0x0f
        je .mode
        cmp ah, 0x03
        je .cursor
        cmp ax, 0x1a00
        je .display
        cmp ah, 0x12
        jne service
        cmp bl, 0x10
        jne service
        mov bx, 0x0003          ; colours, 256 KiB
        mov cx, 0x0009
        iret
.mode:  mov ax, 80 << 8 | 3     ; columns, mode
        mov bh, 0
        iret
.display:
        mov al, 0x1a
        mov bx, 0x0008          ; VGA in colours
        iret
.cursor:
        push ds
        push word 0
        pop ds
        mov dx, [BDA_CURSOR]
        mov cx, [BDA_CURSOR_SHAPE]
        pop ds
        iret
rom_segment_code_end:

; The interrupt vectors of real mode: to the services above, which fail, and to the lines' handlers.
; INT 18h and 19h, which boot, reset.
%macro vectors 2                        ; number, offset in the page
        times %1 dw %2 - rom_segment_code, PAGE_SEGMENT
%endmacro
        align 4
global rom_segment_vectors, rom_segment_vectors_end
rom_segment_vectors:
        vectors 0x08, service
        vectors 1, line_0
        vectors 7, line_1_to_7
        vectors 0x08, service
        vectors 2, reset                ; 0x18
        vectors 0x70 - 0x1a, service
        vectors 8, line_8_to_15
rom_segment_vectors_end:

section .note.GNU-stack noalloc noexec nowrite progbits
