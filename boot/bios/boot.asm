; SPDX-License-Identifier: BSD-2-Clause
; The El Torito boot sector (El Torito 1.0, no emulation), in the first 2048 bytes of the boot image.
; It makes sure that the image in memory is whole, reads what the firmware did not, and goes
; on in protected mode. The firmware, or mbr.asm, starts it.
;
; in:       CS:IP  linear address 0x7c00, real mode
;           DL     INT 13h drive number
; memory:   0x0500  EDD parameters and packets, while this code runs
;           below 0x7000  stack
; failure:  one line with a code (docs/boot-errors.md), then INT 18h

extern image_start              ; linker script: 0x7c00,
extern stack_top                ; 0x7000,
extern image_size               ; bytes from 0x7c00 to the end of the image,
extern image_checked_words      ; 32-bit words of it behind the boot information table,
extern image_rest_sectors       ; sectors of 2048 bytes behind the first one
extern enter_stage2             ; gate.asm

SECTOR_SIZE     equ 2048
INFO_TABLE_END  equ 64          ; the checksum covers what lies behind the table
READ_TRIES      equ 5
EDD_PARAMETERS  equ 0x0500      ; result buffer of INT 13h AH=48h
EDD_PARAMETERS_SIZE equ 26      ; EDD 1.1; sector size at offset 24
EDD_SECTOR_SIZE equ EDD_PARAMETERS + 24
PACKET          equ 0x0540      ; disk address packet of INT 13h AH=42h
PACKET_SIZE     equ 16
BDA_COM1        equ 0x0400      ; the firmware's first serial port, 0: none
UART_LINE_STATUS equ 5
UART_TRANSMIT_EMPTY equ 0x20
UART_TRIES      equ 0xffff

ERROR_NO_TABLE   equ '1'
ERROR_LENGTH     equ '2'
ERROR_EXTENSIONS equ '3'
ERROR_SECTOR_SIZE equ '4'
ERROR_READ       equ '5'
ERROR_CHECKSUM   equ '6'

bits 16
section .boot progbits alloc exec nowrite align=16

global boot_start
boot_start:
        jmp short begin
        align 8, db 0
; Boot information table (mkisofs(8), -boot-info-table): patched when the ISO is made.
global boot_info_volume_lba
boot_info_volume_lba: dd 0      ; primary volume descriptor, in sectors of 2048 bytes
boot_info_file_lba:   dd 0      ; this image
boot_info_length:     dd 0      ; bytes
boot_info_checksum:   dd 0      ; sum of the little-endian words behind the table
        times INFO_TABLE_END - ($ - boot_start) db 0

begin:  cli
        jmp 0:.flat             ; some firmware starts us at 0x07c0:0
.flat:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, stack_top
        sti
        cld
        push dx                 ; the drive: the image itself stays untouched until it is checked

        cmp dword [boot_info_file_lba], 0
        mov al, ERROR_NO_TABLE
        je fatal
        cmp dword [boot_info_length], image_size
        mov al, ERROR_LENGTH
        jne fatal
        call checksum
        je whole
        call read_rest
        call checksum
        mov al, ERROR_CHECKSUM
        jne fatal
whole:  pop dx
        jmp enter_stage2

; out: ZF set if the image has the checksum of the table; clobbers EAX, CX, SI
checksum:
        mov si, image_start + INFO_TABLE_END
        mov cx, image_checked_words
        xor edx, edx
.word:  lodsd
        add edx, eax
        loop .word
        cmp edx, [boot_info_checksum]
        ret

; Reads the sectors of the image behind the first one: all at once, or one by one where the firmware
; does not take that. in: the drive is the word above the return address
read_rest:
        mov bp, sp
        mov ah, 0x41            ; extensions present?
        mov bx, 0x55aa
        mov dl, [bp + 2]
        int 0x13
        mov al, ERROR_EXTENSIONS
        jc fatal
        cmp bx, 0xaa55
        jne fatal

        mov word [EDD_PARAMETERS], EDD_PARAMETERS_SIZE
        mov word [EDD_SECTOR_SIZE], 0
        mov ah, 0x48
        mov dl, [bp + 2]
        mov si, EDD_PARAMETERS
        int 0x13
        mov ax, [EDD_SECTOR_SIZE]
        jc .cd                  ; old firmware answers for hard disks only
        test ax, ax
        jnz .known
.cd:    mov ax, SECTOR_SIZE
.known: mov [EDD_SECTOR_SIZE], ax
        xor cx, cx              ; CL: log2 of the firmware's sectors in one of ours
        cmp ax, SECTOR_SIZE
        je .sized
        mov cl, 2
        cmp ax, SECTOR_SIZE / 4
        mov al, ERROR_SECTOR_SIZE
        jne fatal
.sized: mov eax, [boot_info_file_lba]
        inc eax
        shl eax, cl
        mov di, image_start + SECTOR_SIZE
        mov bx, image_rest_sectors
        shl bx, cl
        mov si, 1
        call read_sectors       ; all
        jnc .done
        mov cx, bx              ; one by one
        mov bx, 1
.next:  mov si, READ_TRIES
        push cx
        call read_sectors
        pop cx
        jc .failed
        inc eax
        add di, [EDD_SECTOR_SIZE]
        loop .next
.done:  ret
.failed:
        mov al, ERROR_READ
        jmp fatal

; in: EAX lba, BX sectors, DI buffer, SI tries, [BP+2] drive; out: CF on failure; clobbers CX, DX, SI
read_sectors:
        pushad
.try:   mov word [PACKET], PACKET_SIZE
        mov [PACKET + 2], bx
        mov [PACKET + 4], di
        mov word [PACKET + 6], 0
        mov [PACKET + 8], eax
        mov dword [PACKET + 12], 0
        pushad
        mov ah, 0x42
        mov dl, [bp + 2]
        mov si, PACKET
        push bp
        int 0x13
        pop bp
        jnc .good
        mov ah, 0               ; reset, for the next try
        mov dl, [bp + 2]
        int 0x13
        popad
        dec si
        jnz .try
        popad
        stc
        ret
.good:  popad
        popad
        clc
        ret

; Shows the code in AL on screen and first serial port, gives the machine back. Does not return.
global fatal
fatal:  xor cx, cx
        mov ds, cx
        cld
        mov ah, al
        mov si, message
.next:  lodsb
        test al, al
        jz .end
        cmp al, '#'
        jne .plain
        mov al, ah
.plain: call put
        jmp .next
.end:   int 0x18
        cli                     ; firmware without INT 18h
.halt:  hlt
        jmp .halt

; AL to screen and serial port; clobbers nothing
put:    pushad
        push ax
        mov ah, 0x0e
        mov bx, 0x0007
        int 0x10
        pop ax
        mov dx, [BDA_COM1]
        test dx, dx
        jz .done
        xchg ah, al
        add dx, UART_LINE_STATUS
        mov cx, UART_TRIES
.wait:  in al, dx
        test al, UART_TRANSMIT_EMPTY
        loopz .wait
        jz .done
        sub dx, UART_LINE_STATUS
        mov al, ah
        out dx, al
.done:  popad
        ret

message: db "Whelk: boot error #, see docs/boot-errors.md", 13, 10, 0

; Whatever follows in the image may share the first sector; what is needed to read the rest may not
; leave it: the linker script checks.
global boot_end
boot_end:

section .note.GNU-stack noalloc noexec nowrite progbits
