; SPDX-License-Identifier: BSD-2-Clause
; The El Torito boot sector (El Torito 1.0, no emulation). It takes the first 512 bytes of the boot
; image, as some firmware loads no more. It reads the rest of the image and verifies the table's
; checksum. image_dma.asm verifies the image's sum and starts stage 2. The firmware or mbr.asm
; starts this sector.
;
; in:       CS:IP  linear address 0x7c00, real mode
;           DL     INT 13h drive number
; memory:   0x0500  EDD parameters, while this code runs
;           0x4f800  the image, as it is read: after its first sector, stage 2 is in its place
;           below 0x7000  stack
; failure:  one line with a code (docs/boot-errors.md), then INT 18h

%include "boot/bios/real_mode.inc"

extern image_start              ; linker script: 0x7c00
extern stack_top                ; 0x7000
extern image_file_size          ; bytes of the file, with the overlay, which is not loaded here
extern image_words              ; 32-bit words of the part that is loaded here
extern image_sectors            ; sectors of 2048 bytes of that part
extern block_mark               ; image_dma.asm: after all resident code, in the first 2048 bytes
extern find_image
extern start_image

READ_TRIES      equ 5
EDD_PARAMETERS  equ 0x0500      ; result buffer of INT 13h AH=48h
EDD_PARAMETERS_SIZE equ 26      ; EDD 1.1; sector size at offset 24
EDD_SECTOR_SIZE equ EDD_PARAMETERS + 24
PACKET_SIZE     equ 16
PACKET_COUNT    equ 2
PUSHED_DX       equ 20          ; PUSHAD
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
global boot_info_file_lba
boot_info_file_lba:   dd 0      ; this image
boot_info_length:     dd 0      ; bytes
global boot_info_checksum
boot_info_checksum:   dd 0      ; sum of the little-endian words after the table
; The table's reserved bytes: 0 if xorriso made the ISO, and not part of the sum.
global handoff_tsc
handoff_tsc:          dq 0      ; time stamp counter when the firmware started us; 0: no counter
global image_drive
image_drive:  times 8 db 0      ; image_dma.asm
global disc_id
disc_id:      times 16 db 0     ; identifies this disc (tools/iso/hybrid.c); 0: unknown
global disc_blocks
disc_blocks:  dd 0              ; blocks of 2048 bytes on the disc; valid with disc_id
        times INFO_TABLE_END - ($ - boot_start) db 0

begin:  cli
        jmp 0:.flat             ; some firmware starts us at 0x07c0:0
.flat:  xor ax, ax
        mov ss, ax
        mov sp, stack_top
        call restore
        mov [DRIVE], dl

        cmp dword [boot_info_file_lba], 0
        mov al, ERROR_NO_TABLE
        je fatal
        cmp dword [boot_info_length], image_file_size
        mov al, ERROR_LENGTH
        jne fatal
        cmp word [block_mark], BLOCK_MARK
        jne .read               ; the firmware has loaded 512 bytes
        call find_image         ; returns if it has not found it
.read:  mov ah, 0x41            ; extensions present?
        mov bx, 0x55aa
        call disk
        mov al, ERROR_EXTENSIONS
        jc fatal
        cmp bx, 0xaa55
        jne fatal
        mov si, EDD_PARAMETERS
        mov word [si], EDD_PARAMETERS_SIZE
        and word [si + EDD_SECTOR_SIZE - EDD_PARAMETERS], 0
        mov ah, 0x48
        call disk
        mov bx, [EDD_SECTOR_SIZE]
        mov bp, READ_TRIES      ; leaves the flags alone
        jc .unknown
        test bx, bx
        jnz .known
.unknown:
        mov bx, SECTOR_SIZE     ; tried as a CD first, then as a disk
        call read_image
        call checksum
        je whole
        mov bx, SECTOR_SIZE / 4
.known: cmp bx, SECTOR_SIZE
        je .usual
        cmp bx, SECTOR_SIZE / 4
        mov al, ERROR_SECTOR_SIZE
        jne fatal
.usual: call read_image
        mov al, ERROR_READ
        jc fatal
        call checksum
        je whole
        dec bp
        jnz .usual
global damaged
damaged:
        mov al, ERROR_CHECKSUM
        jmp fatal
whole:  push word IMAGE_SEGMENT
        pop ds
        mov si, INFO_TABLE_END  ; this code as well: the firmware's copy may be damaged
        mov di, image_start + INFO_TABLE_END
        mov cx, SECTOR_SIZE - INFO_TABLE_END
        rep movsb
        push byte 0
        pop ds
        jmp start_image

; Prints the error line to screen and first serial port, and returns to the firmware. in: AL code,
; DS 0. Does not return.
fatal:  mov [message.code], al
        cld
        mov si, message
.next:  lodsb
        test al, al
        jz .end
        call put
        jmp .next
.end:   int 0x18
.halt:  hlt                     ; firmware without INT 18h
        jmp .halt

; Compares the checksum of the image at IMAGE_SEGMENT with the table's. That is of the whole file,
; but the overlay adds 0 to it. It misses some changes, but is enough to try again, or to go on in
; the image's first 2048 bytes, where there is room for a better sum. out: ZF set if they are equal;
; clobbers EAX, CX, EDX, SI
checksum:
        push word IMAGE_SEGMENT
        pop ds
        mov si, INFO_TABLE_END
        mov cx, image_words - INFO_TABLE_END / 4
        xor edx, edx
.word:  lodsd
        add edx, eax
        loop .word
        push byte 0
        pop ds
        cmp edx, [boot_info_checksum]
        ret

; Reads the image, without the overlay. in: BX bytes in a sector of the drive, BP tries left; out: CF
; on failure; clobbers EAX, CX, EDX, SI, DI
read_image:
        mov ax, SECTOR_SIZE >> 8
        div bh
        movzx ecx, al           ; the drive's sectors in 2048 bytes
        mov eax, [boot_info_file_lba]
        mul ecx
        imul cx, image_sectors
        mov di, IMAGE_SEGMENT
; Reads sectors: all with one call or, if that fails or what came was wrong, one by one.
; in: EAX lba, CX sectors, DI buffer's segment, BX bytes in a sector, BP tries left; out: CF on
; failure; clobbers EDX, SI
read_sectors:
        pushad
        cmp bp, READ_TRIES
        jne .next               ; some firmware succeeds and reads nothing if it is too much
        mov dx, cx
        mov si, 1
        call transfer
        jnc .done
.next:  mov dx, 1
        mov si, READ_TRIES
        call transfer
        jc .done
        inc eax
        mov dx, bx
        shr dx, 4
        add di, dx
        loop .next
        clc
.done:  popad
        ret

; Reads sectors with one call. in: EAX lba, DX sectors, DI buffer's segment, SI tries; out: CF on
; failure; clobbers SI
transfer:
        pushad
        push dword 0            ; the disk address packet of INT 13h AH=42h, from its end
        push eax
        push di
        push byte 0
        push dx
        push word PACKET_SIZE
        mov si, sp
        mov ah, 0x42
        call disk
        mov bp, sp              ; CF stays
        mov ax, [bp + PACKET_COUNT] ; sectors transferred: fewer is a failure, too
        lea sp, [bp + PACKET_SIZE]
        jc .bad
        cmp ax, [bp + PACKET_SIZE + PUSHED_DX]
        je .done
.bad:   mov ah, 0               ; reset, for the next try
        call disk
        popad
        dec si
        jnz transfer
        stc
        ret
.done:  popad
        ret

; Calls INT 13h for the boot drive. in, out: as the function, except DL and what restore sets
disk:   mov dl, [DRIVE]
        int 0x13
; Restores what a BIOS call may have changed: DS and ES 0, IF set, DF clear. Changes no other flag
global restore
restore:
        push byte 0
        pop ds
        push byte 0
        pop es
        cld
        sti
        ret

; Writes AL to screen and serial port. Clobbers what restore sets
global put
put:    pushad
        push ax
        mov ah, 0x0e
        mov bx, 0x0007
        int 0x10
        call restore
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

message: db "Whelk: boot error "
.code:  db "? (whelk help boot-errors)", 13, 10, 0

; Other code may follow in this sector. The linker script checks that this code ends in it.
global boot_end
boot_end:

section .note.GNU-stack noalloc noexec nowrite progbits
