; SPDX-License-Identifier: BSD-2-Clause
; See handoff.h. Copies a position-independent block (code, its GDT, entry values, moves) to where
; no move goes, and runs it there.

section .text
bits 32

%include "loader/handoff_copy.inc"

; void handoff_jump(void *block, const struct handoff_entry *entry,
;                   const struct handoff_move *moves)
global handoff_jump
handoff_jump:
        cli
        cld
        mov ebp, [esp + 4]
        mov edx, [esp + 8]
        mov ebx, [esp + 12]
        mov esi, block
        mov edi, ebp
        copy_block
        jmp ebp

%include "loader/handoff_block.inc"

section .note.GNU-stack noalloc noexec nowrite progbits
