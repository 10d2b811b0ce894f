; SPDX-License-Identifier: BSD-2-Clause
; whelk.rom, a flat binary of 256 KiB, which stands right below 4 GiB: overlay, core, and the code
; that runs from the reset on. It copies the core to RAM and jumps there. Nothing is packed: that
; would cost each boot more time than the bytes cost space.
; Intel SDM, volume 3, 10.1.4: the first instruction is at 0xfffffff0.
;
; -D CORE, OVERLAY: files
; in:       real mode, CS base 0xffff0000

ROM_BYTES       equ 256 * 1024
CORE_ADDRESS    equ 0x40000     ; linker/bare.ld: stage2_start
CODE_BYTES      equ 256         ; what runs from the reset on, at the end
CODE32          equ 0x08
DATA32          equ 0x10
CR0_PE          equ 1
CR0_CACHES_OFF  equ 0x60000000  ; cache disable, not write-through: set at the reset

org 0x100000000 - ROM_BYTES

; On QEMU's microvm the image is RAM, and its last 64 KiB are at 0xf0000 as well, where the tables for
; kernels go. The overlay is read after these were written, so it is before the last 64 KiB.
; findings/qemu-7.2-microvm-rom-is-ram.sh
start:
overlay: incbin OVERLAY
overlay_end:
%if overlay_end - overlay > ROM_BYTES - 0x10000
%error "the overlay reaches the last 64 KiB of the ROM"
%endif
        align 4, db 0
core:   incbin CORE
        align 4, db 0
core_end:

        times ROM_BYTES - CODE_BYTES - ($ - start) db 0xff
code:
bits 16
begin:  cli
        cld
        o32 lgdt [cs:0x10000 - CODE_BYTES + (gdt_pointer - code)]
        mov eax, cr0
        and eax, ~CR0_CACHES_OFF
        or al, CR0_PE
        mov cr0, eax
        jmp dword CODE32:protected
bits 32
protected:
        mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esi, core
        mov edi, CORE_ADDRESS
        mov ecx, (core_end - core) / 4
        rep movsd
        xor ebx, ebx            ; no hvm_start_info
        mov esi, overlay
        mov ecx, overlay_end - overlay
        mov eax, CORE_ADDRESS
        jmp eax

        align 4
gdt:
gdt_pointer:                    ; in the null descriptor, which is never used
        dw gdt_end - gdt - 1
        dd gdt
        dw 0
        dq 0x00cf9b000000ffff   ; CODE32: base 0, limit 4 GiB; accessed, as the ROM is not written
        dq 0x00cf93000000ffff   ; DATA32
gdt_end:

        times CODE_BYTES - 16 - ($ - code) db 0xff
bits 16
reset:  jmp near begin
        times ROM_BYTES - ($ - start) db 0
