# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what lib/debian.sh sets
# For the scripts in findings/ that start a PVH kernel; they read lib/debian.sh first.

# assemble_pvh_kernel BITS OPTION…: makes $work/kernel of the NASM code on stdin, which has the label
# start and follows the note with the entry (XEN_ELFNOTE_PHYS32_ENTRY). It is an ELF file of 32 or 64
# bits with two program headers.
assemble_pvh_kernel() {
    local bits=$1
    shift
    {
        cat <<'SOURCE'
        org 0x100000
        bits 32
file:   db 0x7f, "ELF", BITS_OF / 32, 1, 1, 0
        dd 0, 0
%if BITS_OF = 32
        dw 2, 3                         ; an executable for the 80386
        dd 1, start, headers - file, 0, 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file, end - file, end - file, 7, 0x1000
        dd 4, note - file, note, note, note_end - note, note_end - note, 4, 4
%else
        dw 2, 62                        ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7
        dq 0, file, file, end - file, end - file, 0x1000
        dd 4, 4
        dq note - file, note, note, note_end - note, note_end - note, 4
%endif
        align 4
note:   dd 4, 4, 18                     ; XEN_ELFNOTE_PHYS32_ENTRY
        db "Xen", 0
        dd start
note_end:
SOURCE
        cat
        echo "end:"
    } >"$work/kernel.asm"
    unpacked nasm -f bin -o "$work/kernel" -DBITS_OF="$bits" "$@" "$work/kernel.asm" ||
        not_tried "NASM fails"
}

# Makes $work/kernel, which writes to the debug port: EBX, start_info, the first entry of the list of
# modules, and the memory map (Xen, public/arch-x86/hvm/start_info.h).
make_kernel() {
    assemble_pvh_kernel 32 <<'SOURCE'
address dd 0
start:  mov [address], ebx
        mov dx, 0xe9
        mov esi, address
        mov ecx, 4
        rep outsb
        mov esi, ebx
        mov ecx, 56
        rep outsb
        mov esi, [ebx + 16]             ; modlist_paddr
        mov ecx, 32
        rep outsb
        mov esi, [ebx + 40]             ; memmap_paddr
        imul ecx, [ebx + 48], 24        ; memmap_entries
        rep outsb
        out 0xf4, al                    ; isa-debug-exit
        hlt
SOURCE
}

# start_kernel ARGUMENT…: starts the kernel on a PC of 64 MiB. $words gets what it has written, in
# words of 4 bytes: 0 is EBX, start_info begins at 1, the module at 15, the map at 23.
start_kernel() {
    rm -f "$work/answer"
    qemu -m 64 -nodefaults -display none -no-reboot -kernel "$work/kernel" \
        -chardev "file,id=port,path=$work/answer" \
        -device isa-debugcon,iobase=0xe9,chardev=port -device isa-debug-exit,iobase=0xf4 "$@" ||
        true
    mapfile -t words < <(od -An -v -tu4 -w4 "$work/answer" 2>/dev/null | tr -d ' ')
    [ ${#words[@]} -gt 23 ] || not_tried "the kernel has not started"
}
