; SPDX-License-Identifier: BSD-2-Clause
; An ELF file with core and overlay, for loaders that start kernels by PVH (Xen, docs/misc/pvh.pandoc;
; XEN_ELFNOTE_PHYS32_ENTRY). There are two of it:
;   whelk.elf      64 bits, with the note: VMMs exist that take only this
;   whelk-hvm.elf  32 bits, without a note (-D HVM): in the place of Xen's hvmloader. Only such a
;                  file gets the module of bios_path_override; Xen's toolstack does not load it for
;                  a file with a note
; The code copies the core to where it runs, and jumps there. The rest of the image is needed until
; boot/bare/pvh.c has copied the overlay.
;
; -D CORE, OVERLAY: files
; in:       EBX  physical address of hvm_start_info
;           32-bit protected mode, flat segments, paging and interrupts off, no stack

ADDRESS         equ 0x100000    ; RAM on any PC; SeaBIOS overwrites what is below 0x90000
CORE_ADDRESS    equ 0x40000     ; linker/bare.ld: stage2_start

EXECUTABLE      equ 2           ; ELF, System V ABI, chapter 4
EM_386          equ 3
EM_X86_64       equ 62
PT_LOAD         equ 1
PT_NOTE         equ 4
READ_WRITE_EXECUTE equ 7
READ            equ 4
PAGE            equ 0x1000
NOTE_ENTRY      equ 18          ; XEN_ELFNOTE_PHYS32_ENTRY

org ADDRESS
bits 32

image:
%ifdef HVM
        db 0x7f, "ELF", 1, 1, 1 ; 32 bits, little-endian
        times 9 db 0
        dw EXECUTABLE, EM_386
        dd 1, entry, headers - image, 0, 0
        dw headers - image, 32, 1, 0, 0, 0
headers:
        dd PT_LOAD, 0, ADDRESS, ADDRESS, image_end - image, image_end - image
        dd READ_WRITE_EXECUTE, PAGE
%else
        db 0x7f, "ELF", 2, 1, 1 ; 64 bits, little-endian
        times 9 db 0
        dw EXECUTABLE, EM_X86_64
        dd 1
        dq entry, headers - image, 0
        dd 0
        dw headers - image, 56, 2, 0, 0, 0
headers:
        dd PT_LOAD, READ_WRITE_EXECUTE
        dq 0, ADDRESS, ADDRESS, image_end - image, image_end - image, PAGE
        dd PT_NOTE, READ
        dq note - image, note, note, note_end - note, note_end - note, 4
note:   dd 4, 8, NOTE_ENTRY     ; length of the name; of the entry's address, 8 bytes for QEMU
        db "Xen", 0
        dq entry
note_end:
%endif

        align 4
entry:  cld
        mov esi, core
        mov edi, CORE_ADDRESS
        mov ecx, (core_end - core) / 4
        rep movsd
        mov esi, overlay
        mov ecx, overlay_end - overlay
        mov eax, CORE_ADDRESS
        jmp eax

        align 4
core:   incbin CORE
        align 4, db 0
core_end:
overlay: incbin OVERLAY
overlay_end:
image_end:
