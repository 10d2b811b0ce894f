; SPDX-License-Identifier: BSD-2-Clause
; See handoff.h. One block, position-independent, copied to where no move goes: code, its GDT, entry
; values, moves.

section .text
bits 32

; size_t handoff_size(size_t move_count)
global handoff_size
handoff_size:
        imul eax, [esp + 4], MOVE_SIZE
        add eax, block_end - block + MOVES
        ret

; void handoff_jump(void *block, const struct handoff_entry *entry, const struct handoff_move *moves)
global handoff_jump
handoff_jump:
        cli
        cld
        mov ebp, [esp + 4]
        mov edx, [esp + 8]
        mov ebx, [esp + 12]
        mov esi, block
        mov edi, ebp
        mov ecx, block_end - block
        rep movsb
        mov esi, edx
        mov ecx, MOVES
        rep movsb
        imul ecx, [edx + MOVE_COUNT], MOVE_SIZE
        mov esi, ebx
        rep movsb
        jmp ebp

%include "loader/handoff_block.inc"

section .note.GNU-stack noalloc noexec nowrite progbits
