; SPDX-License-Identifier: BSD-2-Clause
; The start of a relocatable kernel (Multiboot 2.0, 3.1.14), which runs wherever the loader has put
; it. It copies the bytes after it to the address for which they are linked, and jumps there.
; In: EAX, EBX from the loader; out: the same, the other registers 0. A flat binary.

bits 32
org 0

LOAD_BASE equ 21                        ; 3.6.18: the image's lowest address, which is this code's

mover:
        lea esi, [ebx + 8]
.next:  cmp dword [esi], LOAD_BASE
        je .found
        mov ecx, [esi + 4]
        add ecx, 7
        and ecx, -8
        add esi, ecx
        jmp .next
.found: mov esi, [esi + 8]
        add esi, mover_end - mover
        mov edx, [esi - 8]
        mov ecx, [esi - 4]
        mov edi, edx
        rep movsb
        mov ebp, edx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        jmp ebp

        align 64, nop
        times 56 nop
        dd 0                            ; destination; multiboot2_kernels.py fills it in
        dd 0                            ; number of bytes
mover_end:
