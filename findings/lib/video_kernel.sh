# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what lib/debian.sh sets
# For the scripts in findings/ that ask which video mode GRUB gives a kernel.

KERNEL_EXIT=16                        # what the kernel writes to isa-debug-exit
# shellcheck disable=SC2034  # lib/grub.sh uses it
QEMU_EXIT=$((KERNEL_EXIT * 2 + 1))    # what QEMU makes of it
# shellcheck disable=SC2034  # lib/grub.sh uses it
BOOT_OPTIONS=(-vga std -device "isa-debug-exit,iobase=0xf4")

# A Multiboot 1 kernel that asks for graphics of any size, and prints what it was given.
make_kernel() {
    cat >"$work/kernel.asm" <<'SOURCE'
        bits 32
        org 0x100000
FLAGS   equ 1 << 16 | 1 << 2            ; addresses and video are given below
header: dd 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
        dd header, header, 0, 0, start  ; where the file belongs, and the entry
        dd 0, 0, 0, 0                   ; linear graphics; width, height, depth: no preference

start:  mov esp, 0x90000
        mov edi, [ebx + 100]            ; framebuffer_width
        mov cl, 'x'
        call print
        mov edi, [ebx + 104]            ; framebuffer_height
        call print
        movzx edi, byte [ebx + 108]     ; framebuffer_bpp
        mov cl, 10
        call print
        mov al, KERNEL_EXIT
        out 0xf4, al                    ; isa-debug-exit
        hlt

print:  mov eax, edi                    ; edi in decimal, and then the character cl
        movzx ecx, cl
        push ecx
        mov ecx, 10
        xor esi, esi
.digit: xor edx, edx
        div ecx
        add edx, '0'
        push edx
        inc esi
        test eax, eax
        jnz .digit
.put:   mov dx, 0x3fd                   ; COM1's line status: wait until it takes a character
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop eax
        mov dx, 0x3f8
        out dx, al
        dec esi
        jns .put
        mov cl, 'x'
        ret
SOURCE
    unpacked nasm -f bin -o "$work/tree/kernel" "-DKERNEL_EXIT=$KERNEL_EXIT" "$work/kernel.asm" ||
        not_tried "NASM cannot assemble the kernel"
}
