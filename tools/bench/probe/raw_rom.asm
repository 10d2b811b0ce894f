; SPDX-License-Identifier: BSD-2-Clause
; The raw boot: QEMU's ROM (-bios) for `pc` that does nothing but read sectors from the CD at the
; secondary IDE channel by one DMA command, and jump. No loader can be quicker; how near one comes is
; what is measured. It knows where the kernel and its module are: whoever starts it fills in the
; parameters, which are the file's first 16 bytes, and places both so that they follow each other.
; Intel 82371SB data sheet, 2.7; ATA/ATAPI-6 (T13), packet command; SFF-8020i, READ(12).
; in: real mode, after a reset

ROM_BYTES       equ 0x10000
CODE_BYTES      equ 512
CODE32          equ 0x08
DATA32          equ 0x10
CR0_PE          equ 1
CR0_CACHES_OFF  equ 0x60000000

REGIONS         equ 0x1000      ; physical region descriptors, 8 bytes for each 64 KiB
REGION_LAST     equ 0x80000000
SECTOR          equ 2048

PCI_ADDRESS     equ 0xcf8
PCI_DATA        equ 0xcfc
PIIX_BAR4       equ 0x80000920  ; of bus 0, device 1, function 1
PIIX_COMMAND    equ 0x80000904
PIIX_ENABLE     equ 5           ; I/O, bus master
BUS_MASTER      equ 0xc000
CHANNEL         equ BUS_MASTER + 8 ; the secondary one
TABLE           equ CHANNEL + 4
START           equ 9           ; to memory
ACTIVE          equ 1
DRIVE           equ 0x170
CONTROL         equ 0x376
BUSY            equ 0x80
REQUEST         equ 0x08
COMMAND_PACKET  equ 0xa0
EXIT            equ 0xf4        ; QEMU's isa-debug-exit, if there is one

org 0x100000000 - ROM_BYTES

rom:
lba:            dd 0
sectors:        dd 0
address:        dd 0            ; where they go: a multiple of 64 KiB
entry:          dd 0            ; 0: ends at `done`

        times ROM_BYTES - CODE_BYTES - ($ - rom) db 0
code:
; The end without a kernel, at 0xfffffe00.
bits 32
done:   mov al, 0x10
        out EXIT, al
        hlt
        jmp done
bits 16
begin:  cli
        cld
        o32 lgdt [cs:0x10000 - CODE_BYTES + (gdt - code)]
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
        mov dx, PCI_ADDRESS
        mov eax, PIIX_BAR4
        out dx, eax
        mov dx, PCI_DATA
        mov eax, BUS_MASTER
        out dx, eax
        mov dx, PCI_ADDRESS
        mov eax, PIIX_COMMAND
        out dx, eax
        mov dx, PCI_DATA
        mov eax, PIIX_ENABLE
        out dx, ax
        mov edi, REGIONS
        mov eax, [address]
        mov ecx, [sectors]
        shl ecx, 11
.region:
        stosd
        add eax, 0x10000
        mov edx, ecx
        cmp ecx, 0x10000
        jbe .last
        xor edx, edx            ; 64 KiB
        mov [edi], edx
        add edi, 4
        sub ecx, 0x10000
        jmp .region
.last:  and edx, 0xffff
        or edx, REGION_LAST
        mov [edi], edx
        mov dx, TABLE
        mov eax, REGIONS
        out dx, eax
        mov dx, DRIVE + 1
        mov al, 1               ; by DMA
        out dx, al
        mov dx, DRIVE + 7
        mov al, COMMAND_PACKET
        out dx, al
        mov dx, CONTROL
.ready: in al, dx
        test al, BUSY
        jnz .ready
        mov edi, REGIONS - 16
        mov byte [edi], 0xa8    ; READ(12)
        mov byte [edi + 1], 0
        mov eax, [lba]
        bswap eax
        mov [edi + 2], eax
        mov eax, [sectors]
        bswap eax
        mov [edi + 6], eax
        mov word [edi + 10], 0
        mov esi, edi
        mov ecx, 6
        mov dx, DRIVE
        rep outsw
        mov dx, CHANNEL
        mov al, START
        out dx, al
        mov dx, CONTROL
.wait:  in al, dx
        test al, BUSY | REQUEST
        jnz .wait
        mov dx, CHANNEL + 2
.written:
        in al, dx
        test al, ACTIVE
        jnz .written
        mov eax, [entry]
        test eax, eax
        jz done
        jmp eax

        align 8
gdt:    dw gdt_end - gdt - 1    ; in the null descriptor, which is never used
        dd gdt
        dw 0
        dq 0x00cf9b000000ffff   ; CODE32
        dq 0x00cf93000000ffff   ; DATA32
gdt_end:
        times CODE_BYTES - 16 - ($ - code) db 0
bits 16
        jmp near begin
        times ROM_BYTES - ($ - rom) db 0
