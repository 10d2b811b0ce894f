; SPDX-License-Identifier: BSD-2-Clause
; Verifies the image, and has two quick ways to the rest of it; boot.asm reads it by INT 13h if both
; fail.
; 1. It follows the boot sector in memory, if the firmware loaded all of it.
; 2. Bus-master DMA reads it from a CD drive at a PIIX3 or PIIX4, which QEMU's and Xen's PCs have.
;    Their firmware needs a port access for every two bytes.
; It is the right drive if the image's first sector there is the one that the firmware loaded, with
; disc_id, and the image there has its sums. It is stored in image_drive, for piix_ide.c.
; The same command reads up to 31 sectors before the image: the prepared block, volume descriptors,
; directories, and small files (tools/iso/mkrescue.c).
; Intel 82371SB data sheet, 2.7; ATA/ATAPI-6 (T13), packet command; SFF-8020i, READ(12).
; Runs as a part of the boot sector: real mode, its stack and conventions.

%include "boot/bios/real_mode.inc"

extern image_start              ; linker script
extern image_words              ; 32-bit words of the image, without the overlay
extern image_rest_bytes         ; its bytes after the first 2048
extern image_sectors            ; its sectors
extern bounce_buffer
extern boot_info_volume_lba     ; boot.asm
extern boot_info_file_lba
extern image_drive
extern disc_id
extern boot_info_checksum
extern damaged
extern stamp_handoff            ; mode_switch.asm
extern enter_stage2
extern rest_for

candidate       equ 0x0541      ; byte: device register of the drive that is tried
whole           equ 0x0542      ; byte: 1: a drive gave the whole image
count           equ 0x0544      ; word, big-endian: sectors to read
regions         equ 0x0546      ; word: the region descriptors in use
front           equ 0x0580      ; dword: sectors before the image that are read as well
lba             equ 0x05b0      ; dword: the first sector to read
table           equ 0x0590      ; 3 regions
FRONT_MOST      equ 31          ; what bounce_buffer holds, up to the image
FIRST_SECTOR    equ IMAGE_SEGMENT << 4 ; SECTOR_SIZE bytes: the image's first sector, read again
LOADED_SEGMENT  equ 0x7c0       ; of the image as firmware loads it
FIRST_DISK      equ 0x80
UNCOMPARED      equ 40          ; before it: boot information table, and what changes

PCI_ADDRESS     equ 0xcf8
PCI_DATA        equ 0xcfc
PCI_FUNCTION    equ 0x80000000 | 1 << 11 | 1 << 8 ; bus 0, device 1, function 1
PCI_IDENTITY    equ 0x00
PCI_COMMAND     equ 0x04
PCI_COMMAND_IO  equ 1
PCI_COMMAND_BUS_MASTER equ 4
PCI_BAR4        equ 0x20
PCI_BAR_IO_MASK equ 0xfffc
PIIX3_IDE       equ 0x70108086
PIIX4_IDE       equ 0x71118086

BM_COMMAND      equ 0           ; bus master ports of a channel
BM_START        equ 0x01
BM_TO_MEMORY    equ 0x08
BM_STATUS       equ 2
BM_STATUS_CLEAR equ 0x06
BM_TABLE        equ 4
BM_SECONDARY    equ 8

SECONDARY       equ 0x170       ; most CD drives are there
PRIMARY         equ 0x1f0
PRIMARY_BIT     equ 7           ; in the port: 1 primary, 0 secondary
FEATURES        equ 1           ; registers
DEVICE          equ 6
COMMAND         equ 7
CONTROL         equ 0x206       ; read: alternate status
FEATURE_DMA     equ 1
DEVICE_MASTER   equ 0xa0        ; as the firmware leaves it for a CD
DEVICE_SLAVE    equ 0x10
COMMAND_RESET   equ 0x08
COMMAND_PACKET  equ 0xa0
STATUS_BUSY     equ 0x80
STATUS_REQUEST  equ 0x08
NO_DEVICE       equ 0xff
CONTROL_NORMAL  equ 0x08
CONTROL_NO_INTERRUPT equ 0x0a
PACKET_WORDS    equ 6
READ_12         equ 0x00a8      ; first two bytes of the packet
REGION_LAST     equ 0x8000
PIT_COMMAND     equ 0x43
PIT_COUNTER     equ 0x40
PIT_READ_BACK   equ 0xe2        ; the status of counter 0
PIT_STATUS      equ 0x31        ; these bits of it
PIT_COUNTS      equ 0x30        ; both bytes, binary
PIC1_MASK       equ 0x21
TRIES           equ 1000000     ; polls: about a second, each an exit to the hypervisor
RESTS           equ 80          ; waits: four seconds of the timer's interrupts
LINE_SECONDARY  equ 15          ; interrupt line; the primary's is one less

bits 16
section .block progbits alloc exec nowrite align=4

; Physical region descriptors. By the linker script, no region crosses a boundary of 64 KiB. In the
; table, one for the front sectors comes before regions_all.
regions_all:
        dd FIRST_SECTOR
        dw SECTOR_SIZE, 0
        dd FIRST_SECTOR + SECTOR_SIZE
        dw image_rest_bytes, REGION_LAST
regions_first:
        dd FIRST_SECTOR
        dw SECTOR_SIZE, REGION_LAST

; Gets the image in one of the two ways, and starts it. Returns if there is no whole one. clobbers
; all but DS, ES, SS:SP
global find_image
find_image:
        call get_image
        jne .end
        pop ax                  ; the return address
        jmp enter_stage2
.end:   ret

; Starts the image at IMAGE_SEGMENT, if it is whole. Does not return
global start_image
start_image:
        call verify
        jne damaged
        jmp enter_stage2

; Compares the image at IMAGE_SEGMENT with both of its sums: that of stage2/sum/sum.h, of the
; words between the boot information table and the image's tail, and the table's. out: ZF set if
; they are right; clobbers nothing else
POLYNOMIAL      equ 0x04c11db7
verify: pushad
        push word IMAGE_SEGMENT
        pop ds
        mov si, INFO_TABLE_END
        mov cx, image_words
        sub cx, byte (INFO_TABLE_END + IMAGE_TAIL) / 4
        shr cx, 1
        xor edx, edx
        or ebp, byte -1
        or ebx, byte -1
.pair:
%rep 2
        lodsd
        add edx, eax
        xor ebp, eax            ; the parity
        add ebx, ebx            ; the weighted sum, times x
        sbb edi, edi
        and edi, POLYNOMIAL
        xor ebx, edi
        xor ebx, eax
%endrep
        loop .pair
        xor ebp, [si + 4]
        xor ebx, [si + 8]
        add edx, [si + 4]
        add edx, [si + 8]
        add edx, [si + 12]
        push byte 0
        pop ds
        xor edx, [boot_info_checksum]
        or ebp, ebx
        or ebp, edx
        popad
        ret

; out: ZF set if the image is at IMAGE_SEGMENT and whole; clobbers all but DS, ES, SS:SP
get_image:
        call stamp_handoff
        push word IMAGE_SEGMENT
        pop es
        push word LOADED_SEGMENT
        pop ds
        mov cx, image_words
        mov di, cx
        shl di, 2
        cmp dword [di - 4], IMAGE_MARK
        jne .part
        xor si, si
        xor di, di
        rep movsd
.part:  push byte 0
        pop ds
        push byte 0
        pop es
        jne read_by_dma         ; the firmware loaded less
        call verify
        jne read_by_dma
        ret

; The second way. out: as get_image
read_by_dma:
        mov al, [DRIVE]
        sub al, FIRST_DISK
        jz .none                ; not a CD
        mov al, PIT_READ_BACK   ; without the timer's interrupt a wait could last for ever
        out PIT_COMMAND, al
        in al, PIT_COUNTER
        and al, PIT_STATUS
        sub al, PIT_COUNTS
        jnz .none
        in al, PIC1_MASK
        test al, 1
        jnz .none
        mov al, PCI_IDENTITY
        call pci_select
        in eax, dx
        cmp eax, PIIX3_IDE
        je .found
        cmp eax, PIIX4_IDE
        jne .end
.found: mov al, PCI_BAR4
        call pci_select
        in eax, dx
        and ax, PCI_BAR_IO_MASK
        lea bx, [eax + BM_SECONDARY]
        mov al, PCI_COMMAND
        call pci_select
        in ax, dx
        test al, PCI_COMMAND_IO
        jz .none                ; the function is switched off
        push ax
        test al, PCI_COMMAND_BUS_MASTER
        jnz .master
        or al, PCI_COMMAND_BUS_MASTER
        out dx, ax
.master:
        mov eax, [boot_info_file_lba]
        mov ecx, eax
        sub ecx, [boot_info_volume_lba]
        inc cx                  ; the prepared block is before the descriptors
        cmp ecx, FRONT_MOST
        jbe .front
        xor ecx, ecx
.front: mov [front], ecx
        sub eax, ecx
        mov [lba], eax
        mov di, table
        mov [regions], di
        jcxz .image
        mov eax, bounce_buffer
        stosd
        mov eax, ecx
        shl ax, 11              ; bytes
        stosd
.image: mov ax, cx
        add ax, image_sectors
        xchg al, ah
        mov [count], ax
        mov si, regions_all
        movsd                   ; four, not rep: an emulator ends a translated block at each rep
        movsd
        movsd
        movsd
        mov byte [whole], 0
        mov bp, SECONDARY
.channel:
        mov al, DEVICE_MASTER
.drive: mov [candidate], al
        call read_drive
        jne .next
        cmp byte [whole], 0
        jne .ambiguous
        call verify
        jne .next
        mov [image_drive], bx
        mov [image_drive + 2], bp
        mov al, [candidate]
        mov ah, [front]
        mov [image_drive + 4], ax
        inc byte [whole]
        mov word [count], 1 << 8 ; of other drives only the first sector is read
        mov word [regions], regions_first
        mov eax, [boot_info_file_lba]
        mov [lba], eax
.next:  mov al, [candidate]
        xor al, DEVICE_SLAVE
        test al, DEVICE_SLAVE
        jnz .drive
        cmp bp, PRIMARY
        je .restore
        mov bp, PRIMARY
        sub bx, BM_SECONDARY
        jmp .channel
.restore:
        cmp dword [disc_id], 0
        jne .one                ; without one, stage 2 looks for the drive again
.ambiguous:                     ; two drives match: only the firmware knows which
        mov word [image_drive + 2], 0
.one:   pop ax
        test al, PCI_COMMAND_BUS_MASTER
        jnz .done
        cmp word [image_drive + 2], 0
        je .back
        mov [image_drive + 6], ax ; stays on for stage 2, which restores it: each change is slow in
                                ; an emulator
        jmp .done
.back:  mov dx, PCI_DATA        ; the command register is still selected
        out dx, ax
.done:
        cmp byte [whole], 1
.end:   ret
.none:  inc ax                  ; ZF clear
        ret

; Selects a PCI register. in: AL its offset; out: DX its port; clobbers EAX
pci_select:
        movzx eax, al
        or eax, PCI_FUNCTION
        mov dx, PCI_ADDRESS
        out dx, eax
        mov dx, PCI_DATA
        ret

; Reads from a drive. in: BP, BX ports of drive and bus master, [candidate], [lba], [count],
; [regions]; out: ZF set if it has the image's first sector; clobbers EAX, ECX, DX, SI, DI, FS
read_drive:
        push word IMAGE_SEGMENT
        pop fs
        inc word [fs:UNCOMPARED] ; another drive's sector there must not match
        call command
        jc .compare
        mov al, CONTROL_NORMAL  ; enables the interrupt for the end
        lea dx, [bp + CONTROL]
        out dx, al
        mov al, BM_TO_MEMORY | BM_START
        mov dx, bx
        out dx, al
        mov cx, LINE_SECONDARY
        bt bp, PRIMARY_BIT
        sbb cx, 0
        mov di, RESTS
.rest:  call rest_for
        pushf
        lea dx, [bp + CONTROL]
        in al, dx
        test al, STATUS_BUSY | STATUS_REQUEST
        jz .ready
        popf
        dec di
        jnz .rest
        mov al, COMMAND_RESET
        lea dx, [bp + COMMAND]
        out dx, al
        jmp .stop
.ready: popf
        jnz .stop
        call rest_for           ; its interrupt is still to come
.stop:  mov al, 0
        mov dx, bx
        out dx, al
        lea dx, [bx + BM_STATUS]
        in al, dx
        or al, BM_STATUS_CLEAR  ; writing 1 clears error and interrupt; the kernel needs the rest
        out dx, al
        call put_back
.compare:
        mov si, UNCOMPARED
        mov di, image_start + UNCOMPARED
        mov cx, (SECTOR_SIZE - UNCOMPARED) / 4
        push word IMAGE_SEGMENT
        pop ds
        repe cmpsd
        push byte 0
        pop ds
        ret

; Sends the drive the command, with its interrupt disabled, and prepares the bus master; does not
; start the transfer. in: as read_drive; out: CF set if there is no drive, or it takes no packets;
; clobbers EAX, ECX, DX, SI
command:
        mov al, [candidate]
        lea dx, [bp + DEVICE]
        out dx, al
        mov ah, STATUS_BUSY | STATUS_REQUEST
        call wait_clear
        jc .end
        cmp al, 1
        jc .end                 ; no drive: this is all that it costs
        mov al, CONTROL_NO_INTERRUPT
        out dx, al
        mov al, FEATURE_DMA
        lea dx, [bp + FEATURES]
        out dx, al
        mov al, COMMAND_PACKET
        lea dx, [bp + COMMAND]
        out dx, al
        mov ah, STATUS_BUSY
        call wait_clear
        jc put_back
        test al, STATUS_REQUEST
        jz put_back             ; no drive, or one without packets
        movzx eax, word [regions]
        lea dx, [bx + BM_TABLE]
        out dx, eax
        mov al, BM_TO_MEMORY
        mov dx, bx
        out dx, al
        push word 0             ; the packet, from its end, on the stack: this block must not
                                ; change, for the checksum
        push word [count]
        push word 0
        mov eax, [lba]
        bswap eax
        push eax
        push word READ_12
        mov si, sp
        mov cx, PACKET_WORDS
        mov dx, bp
        rep outsw
        mov sp, si
        clc
.end:   ret

; Clears the drive's interrupt and enables it, as firmware leaves it. out: CF set; clobbers AL, DX
put_back:
        lea dx, [bp + COMMAND]
        in al, dx               ; clears a pending interrupt
        lea dx, [bp + CONTROL]
        mov al, CONTROL_NORMAL
        out dx, al
        stc
        ret

; Waits until no bit of AH is set in the status. out: AL status, DX its port, CF set if it takes too
; long or there is no drive; clobbers ECX
wait_clear:
        lea dx, [bp + CONTROL]
        mov ecx, TRIES
.look:  in al, dx
        cmp al, NO_DEVICE
        je .never
        test al, ah
        jz .end
        dec ecx
        jnz .look
.never: stc
.end:   ret

section .block_end progbits alloc noexec nowrite align=1
global block_mark
block_mark: dw BLOCK_MARK
section .note.GNU-stack noalloc noexec nowrite progbits
