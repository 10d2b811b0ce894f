; SPDX-License-Identifier: BSD-2-Clause
; The machine kernel's entries besides its first: from another processor, which starts in real mode
; at 0x8000, and from the PIC's 16 lines.

extern processor_main
global processor_trampoline, processor_trampoline_bytes, processor_stack
global interrupts_start, interrupts_seen

CODE equ 8
DATA equ 16
VECTORS equ 0x20                        ; of the PIC's lines
INTERRUPT_GATE equ 0x8e00
PIC_COMMAND equ 0x20
PIC_2_COMMAND equ 0xa0
END_OF_INTERRUPT equ 0x20

section .text
bits 16
; In: CS 0x800, IP 0.
processor_trampoline:
    cli
    o32 lgdt [cs:.gdtr - processor_trampoline]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword CODE:processor_32
    align 4, db 0
.gdtr:
    dw gdt.end - gdt - 1
    dd gdt
.end:

bits 32
processor_32:
    mov eax, DATA
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, [processor_stack]
    call processor_main
.rest:
    cli
    hlt
    jmp .rest

; interrupts_start(handlers): with a GDT and IDT of our own, the PIC's lines at VECTORS, all masked
; but those with a handler, and interrupts enabled. A handler runs with interrupts disabled.
interrupts_start:
    push ebx
    push esi
    push edi
    mov esi, [esp + 16]
    mov [handlers], esi
    lgdt [gdtr]
    jmp CODE:.reloaded
.reloaded:
    mov eax, DATA
    mov ds, ax
    mov es, ax
    mov ss, ax
    xor ecx, ecx
.gate:
    mov eax, stubs
    lea edx, [ecx + ecx * 8]            ; a stub has 9 bytes
    add eax, edx
    mov edi, idt
    mov [edi + (VECTORS + ecx) * 8], ax
    mov word [edi + (VECTORS + ecx) * 8 + 2], CODE
    mov word [edi + (VECTORS + ecx) * 8 + 4], INTERRUPT_GATE
    shr eax, 16
    mov [edi + (VECTORS + ecx) * 8 + 6], ax
    inc ecx
    cmp ecx, 16
    jb .gate
    lidt [idtr]
    mov al, 0x11                        ; ICW1
    out PIC_COMMAND, al
    out PIC_2_COMMAND, al
    mov al, VECTORS
    out PIC_COMMAND + 1, al
    mov al, VECTORS + 8
    out PIC_2_COMMAND + 1, al
    mov al, 4
    out PIC_COMMAND + 1, al
    mov al, 2
    out PIC_2_COMMAND + 1, al
    mov al, 1
    out PIC_COMMAND + 1, al
    out PIC_2_COMMAND + 1, al
    xor ecx, ecx
    mov ebx, 0xfffb                     ; line 2: the second PIC
.mask:
    cmp dword [esi + ecx * 4], 0
    je .next
    btr ebx, ecx
.next:
    inc ecx
    cmp ecx, 16
    jb .mask
    mov al, bl
    out PIC_COMMAND + 1, al
    mov al, bh
    out PIC_2_COMMAND + 1, al
    pop edi
    pop esi
    pop ebx
    sti
    ret

align 16
stubs:
%assign line 0
%rep 16
    push dword line
    jmp near interrupt
    times 9 + 9 * line - ($ - stubs) nop
%assign line line + 1
%endrep

interrupt:
    pusha
    cld
    mov ecx, [esp + 32]
    bts dword [interrupts_seen], ecx
    mov edx, [handlers]
    call [edx + ecx * 4]
    mov al, END_OF_INTERRUPT
    cmp dword [esp + 32], 8
    jb .first
    out PIC_2_COMMAND, al
.first:
    out PIC_COMMAND, al
    popa
    add esp, 4
    iret

section .rodata
processor_trampoline_bytes:
    dd processor_trampoline.end - processor_trampoline

section .data
align 8
gdt:
    dq 0
    dq 0x00cf9a000000ffff
    dq 0x00cf92000000ffff
.end:
gdtr:
    dw gdt.end - gdt - 1
    dd gdt
idtr:
    dw idt.end - idt - 1
    dd idt

section .bss
processor_stack: resd 1
interrupts_seen: resd 1
handlers: resd 1
alignb 8
idt: resb (VECTORS + 16) * 8
.end:

section .note.GNU-stack noalloc noexec nowrite progbits
