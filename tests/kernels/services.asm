; SPDX-License-Identifier: BSD-2-Clause
; A Multiboot 2 kernel that keeps boot services (specification 2.0, 3.1.8 to 3.1.10). It prints by
; boot services its mode at entry and the tags that it was given, a letter for each ('A': type 0).

LOAD            equ 0x200000
EXIT_PORT       equ 0xf4
EXIT_CODE       equ 0x10
TAG_SYSTEM_32   equ 11
TAG_SYSTEM_64   equ 12
CON_OUT_32      equ 44          ; in EFI_SYSTEM_TABLE
CON_OUT_64      equ 64
OUTPUT_32       equ 4           ; in EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL
OUTPUT_64       equ 8

        org LOAD
header: dd 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)
        dw 2, 0
        dd 24, header, LOAD, image_end, image_end
        dw 3, 0
        dd 12, wrong, 0
        dw 7, 0
        dd 8
        dw 8, 1
        dd 12, start_32, 0
        dw 9, 1
        dd 12, start_64, 0
        dw 0, 0
        dd 8
header_end:

; The entry without boot services prints nothing.
bits 32
wrong:  xor eax, eax
        out EXIT_PORT, al

; in: EAX magic, EBX information
start_32:
        mov word [mode], '3'
        mov word [mode + 2], '2'
        cmp eax, 0x36d76289
        jne wrong
        mov edi, letters
        lea esi, [ebx + 8]
.next:  mov eax, [esi]
        lea ecx, [eax + 'A']
        mov [edi], cx
        add edi, 2
        cmp eax, TAG_SYSTEM_32
        jne .not
        mov ebp, [esi + 8]
.not:   mov ecx, [esi + 4]
        add ecx, 7
        and ecx, -8
        add esi, ecx
        test eax, eax
        jnz .next
        mov dword [edi], 10 << 16 | 13
        mov ecx, [ebp + CON_OUT_32]
        and esp, -16
        sub esp, 8
        push text
        push ecx
        call [ecx + OUTPUT_32]
        mov al, EXIT_CODE
        out EXIT_PORT, al
        jmp $

bits 64
; in: EAX magic, RBX information
start_64:
        mov dword [abs mode], '4' << 16 | '6'
        cmp eax, 0x36d76289
        jne wrong
        mov edi, letters
        lea rsi, [rbx + 8]
.next:  mov eax, [rsi]
        lea ecx, [rax + 'A']
        mov [rdi], cx
        add rdi, 2
        cmp eax, TAG_SYSTEM_64
        jne .not
        mov rbp, [rsi + 8]
.not:   mov ecx, [rsi + 4]
        add ecx, 7
        and ecx, -8
        add rsi, rcx
        test eax, eax
        jnz .next
        mov dword [rdi], 10 << 16 | 13
        mov rcx, [rbp + CON_OUT_64]
        mov edx, text
        and rsp, -16
        sub rsp, 32
        call [rcx + OUTPUT_64]
        mov al, EXIT_CODE
        out EXIT_PORT, al
        jmp $

        align 2
text:   dw 's', 'e', 'r', 'v', 'i', 'c', 'e', 's', ' '
mode:   dw 0, 0, ' '
letters:
        times 64 dw 0
image_end:
