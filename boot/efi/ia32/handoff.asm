; SPDX-License-Identifier: BSD-2-Clause
; loader/handoff.h for 32-bit firmware, which may have paging on. All arguments are on the stack.

CR0_PE          equ 1 << 0
CR0_ET          equ 1 << 4
CR4_PAE         equ 1 << 5
EFER            equ 0xc0000080
CPUID_EXTENDED  equ 0x80000001
CPUID_HAS_EFER  equ 1 << 20 | 1 << 29   ; no-execute, or 64-bit mode

section .text
bits 32

%include "loader/handoff_copy.inc"

; void handoff_leave_firmware(void *block, const struct handoff_entry *entry,
;                             const struct handoff_move *moves)
global handoff_leave_firmware
handoff_leave_firmware:
        cli
        cld
        mov edi, [esp + 4]
        mov edx, [esp + 8]
        mov ebx, [esp + 12]
        mov ebp, edi
        call .here
.here:  pop esi
        add esi, block - .here
        copy_block

        mov eax, cr4
        and eax, CR4_PAE                ; must stay while paging is on
        mov cr4, eax
        mov edx, CR0_PE | CR0_ET
        mov cr0, edx
        test eax, eax
        jz .done
        mov eax, CPUID_EXTENDED
        cpuid
        test edx, CPUID_HAS_EFER
        jz .done
        mov ecx, EFER
        xor eax, eax
        xor edx, edx
        wrmsr
.done:  xor eax, eax
        mov cr4, eax
        jmp ebp

; See boot/efi/uefi.h. In: on the stack, entry, EAX's value, EBX's value
global handoff_enter_in_firmware
handoff_enter_in_firmware:
        mov ecx, [esp + 4]
        mov eax, [esp + 8]
        mov ebx, [esp + 12]
        jmp ecx

%include "loader/handoff_block.inc"

section .note.GNU-stack noalloc noexec nowrite progbits
