; SPDX-License-Identifier: BSD-2-Clause
; A bzImage of boot protocol 2.15 (Linux, Documentation/x86/boot.rst) that writes to COM1 what it
; was given, and ends QEMU. By its 32-bit entry: registers, boot_params, the command line, the sum of
; the initrd's bytes. By its real-mode code: segments, stack, its own header, the command line, and
; what INT 12h says. tests/kernels/linux_kernel.py changes its header.

COM1        equ 0x3f8
LINE_STATUS equ COM1 + 5
EMPTY       equ 0x20
EXIT        equ 0xf4
PARAMS      equ 4096            ; bytes of boot_params
CMD_LINE    equ 0x228
RAMDISK     equ 0x218
RAMDISK_END equ 0x21c

; Writes a character. in: AL
%macro write_character 0
        push dx
        push ax
        mov dx, LINE_STATUS
%%wait: in al, dx
        test al, EMPTY
        jz %%wait
        mov dx, COM1
        pop ax
        out dx, al
        pop dx
%endmacro

; Writes AL as two digits.
%macro write_digits 0
        push ax
        shr al, 4
        call digit
        pop ax
        and al, 15
        call digit
        ret
digit:  add al, '0'
        cmp al, '9'
        jbe .below
        add al, 'a' - '0' - 10
.below: write_character
        ret
%endmacro

section .text
bits 16
org 0
boot_sector:
        times 0x1f1 - ($ - $$) db 0
        db 4                    ; setup_sects
        dw 1                    ; root_flags
        dd (kernel_end - kernel) / 16
        dw 0, 0xffff, 0         ; ram_size, vid_mode, root_dev
        dw 0xaa55
        jmp short setup
header: db "HdrS"
        dw 0x020f
        dd 0                    ; realmode_swtch
        dw 0, 0                 ; start_sys_seg, kernel_version
        db 0, 1                 ; type_of_loader, loadflags: LOADED_HIGH
        dw 0x8000               ; setup_move_size
        dd 0x100000             ; code32_start
        dd 0, 0, 0              ; ramdisk_image, ramdisk_size, bootsect_kludge
        dw 0                    ; heap_end_ptr
        db 0, 0                 ; ext_loader_ver, ext_loader_type
        dd 0                    ; cmd_line_ptr
        dd 0x7fffffff           ; initrd_addr_max
        dd 0x200000             ; kernel_alignment
        db 1, 21                ; relocatable_kernel, min_alignment
        dw 0                    ; xloadflags
        dd 2047                 ; cmdline_size
        dd 0                    ; hardware_subarch
        dq 0                    ; hardware_subarch_data
        dd 0, 0                 ; payload_offset, payload_length
        dq 0, 0x1000000         ; setup_data, pref_address
        dd 0x400000             ; init_size
        dd 0, 0                 ; handover_offset, kernel_info_offset
setup:
        pushf
        mov ax, cs
        call word_16
        mov ax, ds
        call word_16
        mov ax, es
        call word_16
        mov ax, ss
        call word_16
        mov ax, fs
        call word_16
        mov ax, gs
        call word_16
        mov ax, sp
        add ax, 2               ; the flags
        call word_16
        pop ax
        and ax, 0x600           ; IF, DF
        call word_16
        int 0x12
        call word_16
        mov eax, cr0
        call word_16
        mov al, 10
        call character
        xor si, si
.header:
        lodsb
        call byte_16
        cmp si, 0x290
        jb .header
        mov al, 10
        call character
        mov eax, [CMD_LINE]
        mov si, ax
        and si, 15
        shr eax, 4
        mov ds, ax
.text:  lodsb
        test al, al
        jz .end
        call character
        jmp .text
.end:   mov al, 10
        call character
        mov al, 0x10
        out EXIT, al
        cli
        hlt

; Writes AX and a blank.
word_16:
        push ax
        mov al, ah
        call byte_16
        pop ax
        call byte_16
        mov al, ' '
character:
        write_character
        ret
byte_16:
        write_digits

        times 5 * 512 - ($ - $$) db 0

bits 32
kernel:                         ; position-independent
        mov eax, cs             ; there is a stack: GRUB's at 0x7ff00
        call word_32
        mov eax, ds
        call word_32
        mov eax, ss
        call word_32
        mov eax, ebx
        call word_32
        mov eax, ebp
        call word_32
        mov eax, edi
        call word_32
        mov eax, cr0
        call word_32
        mov eax, esi
        call word_32
        call .here
.here:  pop eax
        sub eax, .here - kernel
        call word_32
        mov al, 10
        call character_32
        mov ebx, esi
        mov ecx, PARAMS
.params:
        lodsb
        call byte_32
        loop .params
        mov al, 10
        call character_32
        mov esi, [ebx + CMD_LINE]
.text:  lodsb
        test al, al
        jz .sum
        call character_32
        jmp .text
.sum:   mov al, 10
        call character_32
        mov esi, [ebx + RAMDISK]
        mov ecx, [ebx + RAMDISK_END]
        xor edx, edx
        jecxz .summed
.next:  lodsb
        movzx eax, al
        imul edx, 31
        add edx, eax
        dec ecx
        jnz .next
.summed:
        mov eax, edx
        call word_32
        mov al, 10
        call character_32
        mov al, 0x10
        out EXIT, al
        cli
        hlt

; Writes EAX and a blank.
word_32:
        push ecx
        mov ecx, 4
.next:  rol eax, 8
        push eax
        call byte_32
        pop eax
        loop .next
        pop ecx
        mov al, ' '
character_32:
        write_character
        ret
byte_32:
        push eax
        shr al, 4
        call digit_32
        pop eax
        push eax
        and al, 15
        call digit_32
        pop eax
        ret
digit_32:
        add al, '0'
        cmp al, '9'
        jbe .below
        add al, 'a' - '0' - 10
.below: write_character
        ret
        align 16
kernel_end:
