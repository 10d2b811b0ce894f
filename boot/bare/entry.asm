; SPDX-License-Identifier: BSD-2-Clause
; The core's first instructions, at stage2_start. The code of boot/bare/images/ has copied the core
; there and jumps to it.
;
; in:       EBX  physical address of hvm_start_info; 0: started as a ROM
;           ESI  address of the overlay's bytes, ECX their number
;           32-bit protected mode, flat segments, paging and interrupts off
; memory:   stack below 0x7000

%include "boot/pc/read_tsc.inc"

extern bare_main                ; start.c
extern bss_start                ; linker script
extern bss_end
extern stack_top

CODE32          equ 0x08
DATA32          equ 0x10

section .entry progbits alloc exec nowrite align=4
bits 32
global bare_entry
bare_entry:
        cld
        mov esp, stack_top
        lgdt [gdt_pointer]
        jmp CODE32:.flat
.flat:  mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        push ecx
        push esi
        push ebx
        xor eax, eax
        mov edi, bss_start
        mov ecx, bss_end
        sub ecx, edi
        shr ecx, 2
        rep stosd
        call time_stamp
        push edx
        push eax
        push eax                ; no return address
        jmp bare_main

; Reads the time stamp counter. out: EDX:EAX, 0 if the processor has none; clobbers EBX, ECX
time_stamp:
        READ_TSC .none
        ret
.none:  xor eax, eax
        cdq
        ret

        align 4
gdt:
gdt_pointer:                    ; in the null descriptor, which is never used
        dw gdt_end - gdt - 1
        dd gdt
        dw 0
        dq 0x00cf9a000000ffff   ; CODE32: base 0, limit 4 GiB
        dq 0x00cf92000000ffff   ; DATA32
gdt_end:

section .note.GNU-stack noalloc noexec nowrite progbits
