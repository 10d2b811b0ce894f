; SPDX-License-Identifier: BSD-2-Clause
; The end of a ROM for QEMU's `pc` that does nothing but read: from the reset to a jump to what was
; read there is one DMA command of the PIIX's IDE function (82371SB data sheet, 2.7; SFF-8020i). No
; boot from the CD can be faster. It reads from sector 0 on to 1 MiB, and jumps there as a Multiboot
; loader does, with the magic in EAX.
; The bench writes the number of sectors, a multiple of 32, to the first four bytes.
; In: the processor's state after a reset. Clobbers everything. Memory: 0x2000 to 0x7fff, 1 MiB on.

bits 16
org 0xfe00

ROM_BYTES        equ 512
LINEAR           equ 0xf0000            ; where the ROM's last 64 KiB are in the first MiB
TARGET           equ 0x100000
MULTIBOOT_MAGIC  equ 0x2badb002

PIC1_COMMAND     equ 0x20
PIC1_DATA        equ 0x21
PIC2_COMMAND     equ 0xa0
PIC2_DATA        equ 0xa1
PIC_END          equ 0x20
FIRST_VECTOR     equ 0x20
DRIVE_VECTOR     equ FIRST_VECTOR + 15  ; the secondary channel's line

APIC_SPURIOUS    equ 0xfee000f0
APIC_ENABLED     equ 0x1ff
APIC_LINT0       equ 0xfee00350
APIC_EXTERNAL    equ 0x700              ; from the PIC

PCI_ADDRESS      equ 0xcf8
PCI_DATA         equ 0xcfc
IDE_COMMAND      equ 0x80000904         ; function 00:01.1
IDE_BAR4         equ 0x80000920
IDE_ENABLED      equ 5                  ; I/O, bus master
BUS_MASTER       equ 0xc008             ; of the secondary channel
BUS_MASTER_TO_MEMORY equ 8
BUS_MASTER_START equ 1
BUS_MASTER_STATUS equ BUS_MASTER + 2
BUS_MASTER_TABLE equ BUS_MASTER + 4
STATUS_ACTIVE    equ 1
STATUS_CLEAR     equ 6

DATA_PORT        equ 0x170
FEATURES_PORT    equ 0x171
COUNT_LOW_PORT   equ 0x174
COUNT_HIGH_PORT  equ 0x175
DEVICE_PORT      equ 0x176
STATUS_PORT      equ 0x177
COMMAND_PACKET   equ 0xa0
BUSY_OR_DATA     equ 0x88
DATA_REQUEST     equ 8

INTERRUPTS       equ 0x2000             ; the table of interrupts
PACKET           equ 0x2f00
REGIONS          equ 0x3000             ; the physical region descriptors, 64 KiB each
STACK            equ 0x8000
SECTORS_OF_REGION equ 32
LAST_REGION      equ 0x80000000

%macro put 2                            ; port, byte
    mov al, %2
    mov dx, %1
    out dx, al
%endmacro

sectors: dd 0

start:
    o32 lgdt [cs:descriptors_pointer]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword CODE:LINEAR + protected

bits 32
protected:
    mov eax, DATA
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov esp, STACK
    cld

; One interrupt, that of the secondary channel. After a reset the local APIC lets none of the PIC's
; through.
    mov dword [APIC_SPURIOUS], APIC_ENABLED
    mov dword [APIC_LINT0], APIC_EXTERNAL
    mov word [INTERRUPTS + DRIVE_VECTOR * 8], drive_interrupt
    mov dword [INTERRUPTS + DRIVE_VECTOR * 8 + 2], 0x8e000000 | CODE
    mov word [INTERRUPTS + DRIVE_VECTOR * 8 + 6], LINEAR >> 16
    lidt [LINEAR + interrupts_pointer]
    mov esi, LINEAR + interrupt_setup
    xor edx, edx
    mov ecx, INTERRUPT_WRITES
.write:
    lodsw                               ; port, byte
    mov dl, al
    mov al, ah
    out dx, al
    loop .write

    mov dx, PCI_ADDRESS
    mov eax, IDE_BAR4
    out dx, eax
    mov dx, PCI_DATA
    mov eax, BUS_MASTER & ~15
    out dx, eax
    mov dx, PCI_ADDRESS
    mov eax, IDE_COMMAND
    out dx, eax
    mov dx, PCI_DATA
    mov eax, IDE_ENABLED
    out dx, ax

    mov edi, REGIONS
    mov eax, TARGET
    mov ebx, [LINEAR + sectors]
    mov ecx, ebx
.region:
    stosd
    mov dword [edi], 0                  ; 64 KiB
    add edi, 4
    add eax, SECTORS_OF_REGION * 2048
    sub ecx, SECTORS_OF_REGION
    ja .region
    mov dword [edi - 4], LAST_REGION
    mov dx, BUS_MASTER_TABLE
    mov eax, REGIONS
    out dx, eax
    put BUS_MASTER_STATUS, STATUS_CLEAR
    put BUS_MASTER, BUS_MASTER_TO_MEMORY

; READ(12): 0xa8, the first sector from byte 2 on, the number of sectors from byte 6 on.
    mov dword [PACKET], 0xa8
    mov dword [PACKET + 4], 0
    mov dword [PACKET + 8], 0
    bswap ebx
    mov [PACKET + 6], ebx
    put DEVICE_PORT, 0xa0
    put FEATURES_PORT, 1                ; DMA
    put COUNT_LOW_PORT, 0
    put COUNT_HIGH_PORT, 0
    put STATUS_PORT, COMMAND_PACKET
.ready:
    in al, dx
    and al, BUSY_OR_DATA
    cmp al, DATA_REQUEST
    jne .ready
    mov esi, PACKET
    mov dx, DATA_PORT
    mov ecx, 6
    rep outsw
    put BUS_MASTER, BUS_MASTER_TO_MEMORY | BUS_MASTER_START
    mov dx, BUS_MASTER_STATUS
.wait:
    sti
    hlt
    cli
    in al, dx
    test al, STATUS_ACTIVE
    jnz .wait

    mov eax, MULTIBOOT_MAGIC
    jmp CODE:TARGET

drive_interrupt:
    push eax
    mov al, PIC_END
    out PIC2_COMMAND, al
    out PIC1_COMMAND, al
    pop eax
    iretd

interrupt_setup:
    db PIC1_COMMAND, 0x11, PIC2_COMMAND, 0x11, PIC1_DATA, FIRST_VECTOR, PIC2_DATA, FIRST_VECTOR + 8
    db PIC1_DATA, 4, PIC2_DATA, 2, PIC1_DATA, 1, PIC2_DATA, 1
    db PIC1_DATA, 0xfb, PIC2_DATA, 0x7f ; lines 2 and 15 only
INTERRUPT_WRITES equ ($ - interrupt_setup) / 2

    align 8
descriptors: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
CODE equ 0x08
DATA equ 0x10
descriptors_pointer:
    dw $ - descriptors - 1
    dd LINEAR + descriptors
interrupts_pointer:
    dw (DRIVE_VECTOR + 1) * 8 - 1
    dd INTERRUPTS

    times ROM_BYTES - 16 - ($ - $$) db 0
    jmp start                           ; at 0xfffffff0
    times ROM_BYTES - ($ - $$) db 0
