# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what lib/debian.sh sets
# For the scripts in findings/ that start a Multiboot 1 kernel; they read lib/debian.sh first.

# assemble_kernel OPTION…: makes $work/kernel of the NASM code on stdin, which has the label start.
assemble_kernel() {
    {
        cat <<'SOURCE'
        bits 32
        org 0x100000
FLAGS   equ 1 << 16                     ; addresses are given below
header: dd 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
        dd header, header, 0, 0, start  ; where the file belongs, and the entry
SOURCE
        cat
    } >"$work/kernel.asm"
    unpacked nasm -f bin "$@" -o "$work/kernel" "$work/kernel.asm" || not_tried "NASM fails"
}
