; SPDX-License-Identifier: BSD-2-Clause
; What a second processor runs when it is started, copied to 0x8000 as HermitCore does: it counts
; itself in and halts. In: CS 0x0800, IP 0, real mode. Clobbers everything.

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
