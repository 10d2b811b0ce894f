; SPDX-License-Identifier: BSD-2-Clause
; The report kernel's first bytes: entry at +0, a Multiboot 1 header at +8, then the manifest, all
; filled in by make_kernel.py; then the code that saves the loader's state before any other runs.
; In: the state of the Multiboot specification 0.6.96, 3.2. Mode: 32-bit protected, flat.

bits 32

extern report
extern code_start, code_end, file_end, memory_end

MANIFEST_ENTRIES equ 64
EFLAGS_ID       equ 1 << 21

section .head
global _start
_start:
    jmp near save_state
    align 8, db 0
    times 12 dd 0                       ; room for the header

global manifest
manifest:
    db "WHELKMAN"
    dd _start, code_start, code_end, file_end, memory_end
global manifest_options
manifest_options:
    dd 0
    dd 0                                ; number of entries
    times MANIFEST_ENTRIES * 4 dd 0     ; kind, address, length, Adler-32

section .text
; Saves all registers as the loader left them, without a stack; then whether .bss is zero, before
; the stack in .bss is used.
save_state:
    mov [saved.eax], eax
    mov [saved.ebx], ebx
    mov [saved.ecx], ecx
    mov [saved.edx], edx
    mov [saved.esi], esi
    mov [saved.edi], edi
    mov [saved.ebp], ebp
    mov [saved.esp], esp
    mov [saved.cs], cs
    mov [saved.ds], ds
    mov [saved.es], es
    mov [saved.fs], fs
    mov [saved.gs], gs
    mov [saved.ss], ss
    mov esp, flags_stack_top            ; in .data: changes no flag
    pushfd
    pop dword [saved.eflags]
    cli
    cld
    mov eax, cr0
    mov [saved.cr0], eax
    mov eax, cr3
    mov [saved.cr3], eax
    pushfd                              ; a 486 without CPUID has no CR4 either
    pop eax
    mov ecx, eax
    xor eax, EFLAGS_ID
    push eax
    popfd
    pushfd
    pop eax
    push ecx
    popfd
    xor eax, ecx
    test eax, EFLAGS_ID
    jz .no_cr4
    mov eax, cr4
    mov [saved.cr4], eax
.no_cr4:
    sgdt [saved.gdtr]
    sidt [saved.idtr]

    xor eax, eax
    mov edi, file_end
    mov ecx, memory_end
    sub ecx, edi
    repe scasb
    sete byte [saved.bss_zero]

    mov esp, memory_end                 ; the stack is the end of .bss
    push saved
    call report

section .data
    dd 0
flags_stack_top:
saved:
.eax:    dd 0
.ebx:    dd 0
.ecx:    dd 0
.edx:    dd 0
.esi:    dd 0
.edi:    dd 0
.ebp:    dd 0
.esp:    dd 0
.eflags: dd 0
.cr0:    dd 0
.cr3:    dd 0
.cr4:    dd 0
.cs:     dd 0
.ds:     dd 0
.es:     dd 0
.fs:     dd 0
.gs:     dd 0
.ss:     dd 0
.gdtr:   times 2 dd 0                   ; limit (2), base (4)
.idtr:   times 2 dd 0
.bss_zero: dd 0

section .note.GNU-stack noalloc noexec nowrite progbits
