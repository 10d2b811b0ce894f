; SPDX-License-Identifier: BSD-2-Clause
; Multiboot 1 header (specification 0.6.96, 3.1) and entry of kernels that begin in C, with
; kernel_main(magic, information). In: EAX 0x2badb002, EBX the boot information. Mode: 32-bit
; protected, flat.

bits 32

HEADER_MAGIC equ 0x1badb002
HEADER_FLAGS equ 0x3                    ; modules on page boundaries, memory information

extern kernel_main
global _start

section .multiboot
    align 4
    dd HEADER_MAGIC, HEADER_FLAGS, -(HEADER_MAGIC + HEADER_FLAGS)

section .text
_start:
    mov esp, stack_top
    push ebx
    push eax
    call kernel_main                    ; does not return

section .bss
    resb 16384
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
