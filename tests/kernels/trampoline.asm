; SPDX-License-Identifier: BSD-2-Clause
; The code that a second processor starts with, at 0x8000 as in HermitCore: it counts itself in and
; halts. In: CS 0x0800, IP 0, real mode. Clobbers everything.

section .rodata

bits 16
global trampoline, trampoline_size
trampoline:
    lock inc word [cs:counter - trampoline]
.rest:
    cli
    hlt
    jmp .rest
    align 4, db 0
counter:
    dd 0
trampoline_size:
    dd $ - trampoline

section .note.GNU-stack noalloc noexec nowrite progbits
