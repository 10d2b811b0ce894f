; SPDX-License-Identifier: BSD-2-Clause
; See handoff.h. One block, position-independent, copied to where no move goes: code, its GDT, entry
; values, moves.

; Selectors as GRUB leaves them: kernels that never load segments of their own are found to
; rely on no more than the descriptors behind these.
CODE            equ 0x10
DATA            equ 0x18
STACK           equ 0x7ff00     ; GRUB's; undefined by the specification

; struct handoff_entry
ENTRY           equ 0
ENTRY_EAX       equ 4
ENTRY_EBX       equ 8
MOVE_COUNT      equ 12
MOVES           equ 16

; struct handoff_move
MOVE_TARGET     equ 0
MOVE_SOURCE     equ 4
MOVE_LENGTH     equ 8
MOVE_SIZE       equ 12

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

; in: EBP address of the block
        align 8
block:
        lea eax, [ebp + gdt - block]
        mov [ebp + gdt_pointer - block + 2], eax
        lgdt [ebp + gdt_pointer - block]
        lidt [ebp + no_idt - block]
        lea eax, [ebp + .flat - block]
        mov [ebp + .far - block], eax
        jmp far [ebp + .far - block]
.far:   dd 0
        dw CODE
.flat:  mov eax, DATA
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov esp, STACK          ; nothing is pushed: the kernel may lie there

        lea edx, [ebp + block_end - block + MOVES]
        mov ebx, [ebp + block_end - block + MOVE_COUNT]
.next:  test ebx, ebx
        jz .done
        mov edi, [edx + MOVE_TARGET]
        mov esi, [edx + MOVE_SOURCE]
        mov ecx, [edx + MOVE_LENGTH]
        test esi, esi
        jz .zero
        mov eax, ecx
        shr ecx, 2
        rep movsd
        mov ecx, eax
        and ecx, 3
        rep movsb
        jmp .moved
.zero:  xor eax, eax
        rep stosb
.moved: add edx, MOVE_SIZE
        dec ebx
        jmp .next

.done:  mov eax, [ebp + block_end - block + ENTRY]
        mov [ebp + .entry - block], eax
        mov eax, [ebp + block_end - block + ENTRY_EAX]
        mov ebx, [ebp + block_end - block + ENTRY_EBX]
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi

        mov ebp, ecx
        db 0xea                 ; JMP CODE:entry
.entry: dd 0
        dw CODE

        align 8
gdt:    dq 0
        dq 0
        dq 0x00cf9a000000ffff   ; CODE: base 0, limit 4 GiB
        dq 0x00cf92000000ffff   ; DATA
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd 0
no_idt: dw 0
        dd 0
        align 4
block_end:

section .note.GNU-stack noalloc noexec nowrite progbits
