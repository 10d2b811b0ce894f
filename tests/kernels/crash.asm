; SPDX-License-Identifier: BSD-2-Clause
; A kernel that crashes, for docs/debugging.md. It reads an address at which nothing answers, then
; executes an invalid instruction without an interrupt table, which ends in a triple fault.
; Mode: 32-bit protected.

bits 32
org 0x100000

HEADER_MAGIC    equ 0x1badb002
ADDRESS_FIELDS  equ 1 << 16
NOBODY          equ 0xfea00000          ; below the I/O APIC; QEMU has nothing there

header: dd HEADER_MAGIC, ADDRESS_FIELDS, -(HEADER_MAGIC + ADDRESS_FIELDS), header, header, end, end, start

start:  mov eax, [NOBODY]
        lidt [no_table]
        ud2

no_table:
        dw 0
        dd 0
end:
