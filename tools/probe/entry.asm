; SPDX-License-Identifier: BSD-2-Clause
; The probe kernel's Multiboot 1 header (specification 0.6.96, 3.1) and its first instructions, which
; take the time.
; In: EAX 0x2badb002, EBX the boot information. Mode: 32-bit protected, flat.

bits 32

HEADER_MAGIC equ 0x1badb002
HEADER_FLAGS equ 0x3                    ; modules on page boundaries, memory information

extern probe
global _start

section .multiboot
    align 4
    dd HEADER_MAGIC, HEADER_FLAGS, -(HEADER_MAGIC + HEADER_FLAGS)

section .text
_start:
    rdtsc
    mov esp, stack_top
    cld
    push edx
    push eax
    push ebx
    call probe
.halt:
    cli
    hlt
    jmp .halt

section .bss
    resb 16384
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
