; SPDX-License-Identifier: BSD-2-Clause
; The hybrid MBR: starts Whelk's boot image when the ISO is attached as a disk or USB stick.
; The PC's boot protocol for disks; reading by the INT 13h extensions (EDD-3, functions 41h to 48h).
;
; In:  loaded at 0:0x7c00 in real mode, DL = drive. IMAGE_BLOCK has the place of the boot image,
;      which the tool has written (tools/iso/hybrid.c).
; Out: the first 2048 bytes of the boot image at 0:0x7c00, started there with DL = drive.
;      Or one line "Whelk: boot error Mn …" on screen and serial (docs/boot-errors.md), INT 18h.

bits 16
cpu 386

LOADED_AT       equ 0x7c00
RUNS_AT         equ 0x0600              ; out of the boot sector's way
MBR_BYTES       equ 512
IMAGE_BLOCK     equ RUNS_AT + 0x1b0     ; 64 bit: 512-byte blocks before the image, plus 4
IMAGE_BLOCK_BIAS equ 4                  ; as xorriso's --grub2-mbr counts
BOOT_BYTES      equ 2048
READ_TRIES      equ 5

DRIVE_PARAMETERS equ 0x0800             ; EDD-3 result buffer
PARAMETERS_BYTES equ 26                 ; version 1, up to the sector size
SECTOR_BYTES    equ 24                  ; word in it

INFO_PVD        equ LOADED_AT + 8       ; boot information table: LBA of the volume descriptor,
INFO_IMAGE      equ LOADED_AT + 12      ; and of the boot image, both in 2048-byte blocks
PVD_LBA         equ 16

COM1_PORT       equ 0x400               ; BIOS data area; 0: none
UART_LSR        equ 5                   ; line status register
UART_THRE       equ 0x20                ; its bit: transmitter holding register empty
NO_UART         equ 0xff

NO_EXTENSIONS   equ '1'
BAD_SECTOR_SIZE equ '2'
READ_FAILED     equ '3'
NOT_OUR_IMAGE   equ '4'

org RUNS_AT

start:
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, LOADED_AT
        sti
        cld
        mov     si, LOADED_AT
        mov     di, RUNS_AT
        mov     cx, MBR_BYTES / 2
        rep movsw
        jmp     0:moved

moved:
        mov     [drive], dl

; The firmware must have the extensions, with the packet functions.
        mov     ah, 0x41
        mov     bx, 0x55aa
        call    disk
        mov     al, NO_EXTENSIONS
        jc      error
        cmp     bx, 0xaa55
        jne     error
        test    cl, 1
        jz      error

; How large are the drive's sectors? Firmware that cannot say so has 512-byte ones.
        mov     word [DRIVE_PARAMETERS], PARAMETERS_BYTES
        mov     word [DRIVE_PARAMETERS + SECTOR_BYTES], 0
        mov     ah, 0x48
        mov     si, DRIVE_PARAMETERS
        call    disk
        mov     di, [DRIVE_PARAMETERS + SECTOR_BYTES]
        jc      .unknown
        test    di, di
        jnz     .known
.unknown:
        mov     di, 512
.known:
        mov     eax, [IMAGE_BLOCK]
        mov     edx, [IMAGE_BLOCK + 4]
        sub     eax, IMAGE_BLOCK_BIAS
        sbb     edx, 0
        cmp     di, 512
        je      .scaled
        shrd    eax, edx, 2
        shr     edx, 2
        cmp     di, 2048
        je      .scaled
        mov     al, BAD_SECTOR_SIZE
        jmp     error
.scaled:
        mov     [packet.lba], eax
        mov     [packet.lba + 4], edx

; Reads one sector at a time, as all firmware can. DI: bytes in a sector.
.sector:
        mov     bp, READ_TRIES
.try:
        mov     word [packet.count], 1  ; firmware changes it when it fails
        mov     ah, 0x42
        mov     si, packet
        call    disk
        jnc     .read
        mov     ah, 0                   ; reset the drive, then try again
        call    disk
        dec     bp
        jnz     .try
        mov     al, READ_FAILED
        jmp     error
.read:
        add     dword [packet.lba], 1
        adc     dword [packet.lba + 4], 0
        add     [packet.offset], di
        cmp     word [packet.offset], LOADED_AT + BOOT_BYTES
        jb      .sector

; The boot information table must agree: the volume descriptor at 16, the image at our block / 4.
        mov     al, NOT_OUR_IMAGE
        cmp     dword [INFO_PVD], PVD_LBA
        jne     error
        mov     ecx, [IMAGE_BLOCK]
        mov     ebx, [IMAGE_BLOCK + 4]
        shrd    ecx, ebx, 2
        dec     ecx                     ; the bias is one 2048-byte block
        cmp     ecx, [INFO_IMAGE]
        jne     error
        mov     dl, [drive]
        jmp     0:LOADED_AT

; Calls INT 13h for our drive. In: AH = function, and its other registers, except DL. Out: as the
; function. Restores what some firmware changes: DS and ES 0, DF clear, interrupts on.
disk:
        mov     dl, [drive]
        push    bp
        push    di
        int     0x13
        pop     di
        pop     bp
        push    word 0
        pop     ds
        push    word 0
        pop     es
        cld
        sti
        ret

; Prints the error line and returns to the firmware. In: AL = the error's digit. Does not return.
error:
        mov     [message.digit], al
        mov     si, message
.next:
        lodsb
        test    al, al
        jz      .back
        push    ax
        push    si
        mov     ah, 0x0e                ; teletype
        mov     bx, 7
        int     0x10
        pop     si
        pop     ax
        push    word 0
        pop     ds
        cld
        call    serial
        jmp     .next
.back:
        int     0x18
.halt:
        hlt                             ; firmware that returns from INT 18h
        jmp     .halt

; Sends AL to the first serial port, if there is one. Clobbers AX, CX, DX.
serial:
        mov     ah, al
        mov     dx, [COM1_PORT]
        test    dx, dx
        jz      .done
        add     dx, UART_LSR
        xor     cx, cx                  ; 65536 polls: longer than a character takes
.wait:
        in      al, dx
        cmp     al, NO_UART
        je      .done
        test    al, UART_THRE
        loopz   .wait
        jz      .done
        sub     dx, UART_LSR
        mov     al, ah
        out     dx, al
.done:
        ret

message:
        db      13, 10, "Whelk: boot error M"
.digit: db      "0 (whelk help boot-errors)", 13, 10, 0

        align   4, db 0
packet:                                 ; EDD-3 disk address packet
        db      16, 0
.count: dw      0
.offset: dw     LOADED_AT, 0            ; and segment
.lba:   dd      0, 0

drive:  db      0

%if $ - $$ > 0x1b0
%error "the code runs into the image's block number"
%endif
