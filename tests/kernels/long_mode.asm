; SPDX-License-Identifier: BSD-2-Clause
; A 64-bit kernel, linked as people link theirs: an ELF64 file. Its 32-bit Multiboot 1 entry
; (0.6.96, 3.2) enters long mode and calls 64-bit code. It says on COM1 that it runs, and ends QEMU.

HEADER_MAGIC    equ 0x1badb002
HEADER_FLAGS    equ 0x3                 ; modules on page boundaries, memory information
COM1            equ 0x3f8
EXIT_PORT       equ 0xf4
EXIT_CODE       equ 0x10
CR0_PAGING      equ 1 << 31
CR4_PAE         equ 1 << 5
EFER            equ 0xc0000080
EFER_LONG_MODE  equ 1 << 8
PRESENT_WRITE   equ 3
LARGE_PAGE      equ 1 << 7
CODE_64         equ 8

section .multiboot progbits alloc noexec nowrite align=4
        dd HEADER_MAGIC, HEADER_FLAGS, -(HEADER_MAGIC + HEADER_FLAGS)

section .text
bits 32
; in: EAX magic, EBX information; 32-bit protected mode, flat
global _start
_start: mov esp, stack_top
        mov edi, eax
        mov esi, ebx
        mov dword [level4], level3 + PRESENT_WRITE
        mov dword [level3], level2 + PRESENT_WRITE
        mov dword [level2], PRESENT_WRITE + LARGE_PAGE  ; the first 2 MiB
        mov eax, level4
        mov cr3, eax
        mov eax, cr4
        or eax, CR4_PAE
        mov cr4, eax
        mov ecx, EFER
        rdmsr
        or eax, EFER_LONG_MODE
        wrmsr
        mov eax, cr0
        or eax, CR0_PAGING
        mov cr0, eax
        lgdt [gdt_pointer]
        jmp CODE_64:enter

bits 64
enter:  call kernel_main

; in: EDI magic, ESI information; long mode
global kernel_main
kernel_main:
        lea rsi, [rel text]
        mov dx, COM1
.next:  lodsb
        test al, al
        jz .end
        out dx, al
        jmp .next
.end:   mov al, EXIT_CODE
        out EXIT_PORT, al
        hlt

section .rodata
text:   db "The 64-bit kernel runs.", 10, 0
        align 8
gdt:    dq 0
        dq 0x00209a0000000000           ; CODE_64: code, present, long
gdt_pointer:
        dw $ - gdt - 1
        dd gdt

section .bss align=4096
level4: resb 4096
level3: resb 4096
level2: resb 4096
        resb 4096
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
