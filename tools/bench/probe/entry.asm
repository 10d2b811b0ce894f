; SPDX-License-Identifier: BSD-2-Clause
; The probe kernel's Multiboot 1 header (specification 0.6.96, 3.1) and its first instructions,
; which read the TSC.
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

; void rest(void): halts until an interrupt comes. Loads our own descriptors first: the boot
; loader's may be overwritten (3.2).
global rest
rest:
    lgdt [descriptors_pointer]
    lidt [interrupts_pointer]
    jmp CODE:.ours
.ours:
    sti
    hlt
    cli
    ret

PIC1_COMMAND equ 0x20
PIC2_COMMAND equ 0xa0
PIC_END equ 0x20
global drive_interrupt
drive_interrupt:
    push eax
    mov al, PIC_END
    out PIC2_COMMAND, al
    out PIC1_COMMAND, al
    pop eax
    iretd

CODE equ 0x08
FIRST_VECTOR equ 0x76                   ; lines 14 and 15, as a BIOS numbers them
section .data
    align 8
descriptors:
    dq 0
    dq 0x00cf9a000000ffff               ; CODE: base 0, limit 4 GiB
descriptors_pointer:
    dw descriptors_pointer - descriptors - 1
    dd descriptors
interrupts_pointer:
    dw (FIRST_VECTOR + 2) * 8 - 1
    dd interrupts - FIRST_VECTOR * 8    ; no other vectors occur
global interrupts
interrupts:                             ; two gates, filled by probe.c
    dd 0, 0, 0, 0

section .bss
    resb 16384
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
