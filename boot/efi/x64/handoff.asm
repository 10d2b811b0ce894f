; SPDX-License-Identifier: BSD-2-Clause
; loader/handoff.h for 64-bit firmware. The block is 32-bit code. The code that leaves 64-bit mode
; must run below 4 GiB, in memory mapped to itself: it is copied to handoff_trampoline
; (boot/efi/memory.c). Intel SDM volume 3, 10.8.5.4.

CR0_PE          equ 1 << 0
CR0_ET          equ 1 << 4
CR4_PAE         equ 1 << 5
CR4_LA57        equ 1 << 12
EFER            equ 0xc0000080

extern handoff_trampoline

section .text
default rel
bits 64

; in: RDI move_count
; out: RAX
global handoff_size
handoff_size:
        imul rax, rdi, MOVE_SIZE
        add rax, block_end - block + MOVES
        ret

; in: RDI block, RSI entry, RDX moves
global handoff_leave_firmware
handoff_leave_firmware:
        cli
        cld
        mov ebp, edi
        mov rbx, rsi
        lea rsi, [block]
        mov ecx, block_end - block
        rep movsb
        mov rsi, rbx
        mov ecx, MOVES
        rep movsb
        imul ecx, [rbx + MOVE_COUNT], MOVE_SIZE
        mov rsi, rdx
        rep movsb

        mov rdi, [handoff_trampoline]
        mov rax, rdi
        lea rsi, [trampoline]
        mov ecx, trampoline_end - trampoline
        rep movsb
        jmp rax

; See boot/efi/uefi.h. In: EDI entry, ESI RAX's value, EDX RBX's value
global handoff_enter_in_firmware
handoff_enter_in_firmware:
        mov eax, esi
        mov ebx, edx
        mov edi, edi
        jmp rdi

; in: EBP address of the block
trampoline:
        sub rsp, 16
        lea rax, [gdt]
        mov word [rsp], gdt_pointer - gdt - 1
        mov [rsp + 2], rax
        lgdt [rsp]
        push CODE
        lea rax, [.compatible]
        push rax
        retfq
bits 32
.compatible:
        mov eax, DATA
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov eax, cr4
        and eax, CR4_PAE | CR4_LA57     ; must stay while paging is on
        mov cr4, eax
        mov eax, CR0_PE | CR0_ET
        mov cr0, eax
        mov ecx, EFER
        xor eax, eax
        xor edx, edx
        wrmsr
        mov cr4, eax
        jmp ebp
bits 64

%include "loader/handoff_block.inc"
trampoline_end:

section .note.GNU-stack noalloc noexec nowrite progbits
