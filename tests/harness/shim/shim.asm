; SPDX-License-Identifier: BSD-2-Clause
; A hostile firmware, on a floppy that SeaBIOS starts. It takes the top of conventional memory,
; hooks the BIOS calls and starts the CD's El Torito image like a firmware, but with the faults that
; its configuration asks for (shim.py writes it).
;
; The faults: INT 13h extensions (EDD 3.0), INT 15h E820h/E801h/88h/24h/53h/C0h (ACPI 6.x, 15.1),
; the A20 line, a boot image that is loaded in part (El Torito 1.0), and registers that a call
; should preserve. INT 18h says "SHIM: INT 18h" on COM1 and stops.

CD_DRIVE        equ 0xe0        ; SeaBIOS's number for the first CD
SHIM_KIB        equ 20          ; taken from conventional memory
CONFIG          equ 0x1000      ; offsets in the resident part
E820_LIST       equ 0x1100
RESIDENT_SIZE   equ 0x4000      ; bytes on the floppy
BLOCK           equ 0x4000      ; buffer for one CD sector
STACK           equ SHIM_KIB * 1024
CD_SECTOR       equ 2048
BDA_MEMORY_KIB  equ 0x0413
LOAD_ADDRESS    equ 0x7c00
LOAD_END        equ 0x18000
COM1            equ 0x3f8
SMAP            equ 0x534d4150

; The floppy's geometry: 1.44 MB
FLOPPY_SECTORS  equ 18
FLOPPY_HEADS    equ 2

; ---- Boot sector ------------------------------------------------------------------------------
bits 16
section boot start=0 vstart=LOAD_ADDRESS
        jmp 0:.flat
.flat:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, LOAD_ADDRESS
        mov ax, [BDA_MEMORY_KIB]
        sub ax, SHIM_KIB
        mov [BDA_MEMORY_KIB], ax
        shl ax, 6
        mov es, ax
        xor bx, bx
        mov si, 1               ; the sector after this one
.next:  mov ax, si
        xor dx, dx
        mov cx, FLOPPY_SECTORS
        div cx
        inc dx
        mov cl, dl              ; sector, from 1
        mov dh, al
        and dh, FLOPPY_HEADS - 1
        shr ax, 1
        mov ch, al              ; cylinder
        mov dl, 0
        mov ax, 0x0201
        int 0x13
        jc .next
        add bx, 512
        inc si
        cmp bx, RESIDENT_SIZE
        jb .next
        push es
        push word start
        retf
        times 510 - ($ - $$) db 0
        dw 0xaa55

; ---- Resident part: segment of its own, offset 0 ----------------------------------------------
section resident start=512 vstart=0

; The caller's registers in a hook's stack frame, from BP upwards: PUSHAD's, and those above them.
F_EDI           equ 0
F_ESI           equ 4
F_EBP           equ 8
F_EBX           equ 16
F_EDX           equ 20
F_ECX           equ 24
F_EAX           equ 28
F_DS            equ 32
F_ES            equ 34
F_FS            equ 36
F_GS            equ 38
F_FLAGS         equ 44          ; after IP and CS
CARRY           equ 0x0001
STATUS_FLAGS    equ 0x08d5
DIRECTION       equ 0x0400
INTERRUPT       equ 0x0200

; shim.py has the fields in the same order.
struc config
.magic:         resb 8
.drive:         resb 1          ; the number that the CD has
.entry:         resb 1          ; 1: start at 07c0:0000, not at 0000:7c00
.load_sectors:  resw 1          ; of 512 bytes; 0: as the catalogue says
.sector_size:   resw 1          ; of INT 13h
.reported_size: resw 1          ; the sector size that AH=48h returns
.fail_first:    resw 1          ; number of extended reads that fail
.fail_skip:     resw 1          ; number of extended reads that succeed before
.fail_period:   resw 1          ; n: only each n-th extended read succeeds; 0: all
.max_sectors:   resw 1          ; longer reads are refused; 0: none
.short_sectors: resw 1          ; longer reads are cut to it; 0: none
.short_carry:   resb 1          ; short reads return the carry flag
.empty_sectors: resw 1          ; longer reads succeed and read nothing; 0: none
.status:        resb 1          ; AH of a failed read
.fail_from:     resd 1          ; first CD sector that cannot be read
.flip_lba:      resd 1          ; CD sector with a wrong byte
.flip_offset:   resw 1          ; offset of the wrong byte
.flip_count:    resw 1          ; number of reads with the wrong byte; 0xffff: all
.refuse_cross:  resb 1          ; reads that cross 64 KiB are refused
.no_parameters: resb 1          ; no AH=48h
.no_extensions: resb 1          ; no AH=41h
.garbage:       resb 1          ; GARBAGE_*
.e820_count:    resw 1          ; 0: no E820h
.e820_bytes:    resb 1          ; bytes of an entry: 20 or 24
.e820_end:      resb 1          ; 1: the list ends with the carry flag; 2: its last entry comes again and again
.e801_present:  resw 1
.e801_ax:       resw 1
.e801_bx:       resw 1
.e801_cx:       resw 1
.e801_dx:       resw 1
.int88_present: resw 1
.int88_ax:      resw 1
.a20_off:       resb 1          ; A20_OFF_*
.a20_call:      resb 1          ; INT 15h 24xxh: 0 works, 1 fails, 2 says that it worked
.load_flip:     resd 1          ; wrong byte in the image that we load; -1: none
.no_config:     resb 1          ; no INT 15h C0h
.apm:           resb 1          ; INT 15h 53h: 1 no APM, 2 another program is connected
.dma:           resb 1          ; 0: the IDE function is switched off in PCI; its ports stay there
endstruc

IDE_COMMAND     equ 0x80000904  ; PCI configuration address, 00:01.1: command register

GARBAGE_UPPER    equ 1          ; upper halves of 32-bit registers
GARBAGE_SEGMENTS equ 2          ; DS, ES, FS, GS
GARBAGE_DIRECTION equ 4
GARBAGE_INTERRUPT equ 8         ; interrupts off
GARBAGE_VIDEO    equ 16         ; INT 10h: SI, DI, BP
A20_OFF_PORT_92  equ 1
A20_OFF_KEYBOARD equ 2

%define cfg(field) [CONFIG + config. %+ field]

%macro ENTER_HOOK 0
        push gs
        push fs
        push es
        push ds
        pushad
        mov bp, sp
        push cs
        pop ds
        cld
%endmacro

; Returns to the caller with the frame's registers.
%macro LEAVE_HOOK 0
        popad
        pop ds
        pop es
        pop fs
        pop gs
        iret
%endmacro

; ---- Start: hooks, the boot image, and into it ------------------------------------------------
start:  cli
        mov ax, cs
        mov ds, ax
        mov ss, ax
        mov sp, STACK
        sti
        cld
        mov dword [block_in_buffer], -1

        mov dx, COM1 + 3        ; 115200 8N1, in case nobody else sets the port up
        mov al, 0x80
        out dx, al
        mov dx, COM1
        mov al, 1
        out dx, al
        inc dx
        mov al, 0
        out dx, al
        mov dx, COM1 + 3
        mov al, 3
        out dx, al

        ; Fills memory, so that nothing is 0 by chance. 0x500-0x600 is the BIOS's.
        mov ax, 0x60
        mov cx, (LOAD_ADDRESS - 0x600) / 16
        call dirty
        mov ax, LOAD_ADDRESS / 16
        mov cx, cs
        sub cx, ax
        call dirty

        xor ax, ax
        mov es, ax
        mov ax, [es:0x13 * 4]
        mov [old13], ax
        mov ax, [es:0x13 * 4 + 2]
        mov [old13 + 2], ax
        call load_image

        xor ax, ax
        mov es, ax
        mov si, hooks
.hook:  mov di, [si]
        cmp di, -1
        je .hooked
        mov bx, [si + 4]
        mov eax, [es:di]
        mov [bx], eax
        cli
        mov ax, [si + 2]
        mov [es:di], ax
        mov [es:di + 2], cs
        sti
        add si, 6
        jmp .hook
.hooked:
        call a20_off
        cmp byte cfg(dma), 0
        jne .dma
        mov dx, 0xcf8
        mov eax, IDE_COMMAND
        out dx, eax
        mov dx, 0xcfc
        xor ax, ax
        out dx, ax
.dma:
        mov si, text_start
        call print

        ; Garbage in all registers that firmware does not promise: only the stack and DL are right.
        mov ax, 0
        mov bx, LOAD_ADDRESS
        cmp byte cfg(entry), 1
        jne .entry
        mov si, text_entry
        call print
        mov ax, LOAD_ADDRESS / 16
        mov bx, 0
.entry: push ax
        push bx
        mov edx, 0xdead5a00
        mov dl, cfg(drive)
        mov eax, 0xdead1111
        mov ebx, 0xdead2222
        mov ecx, 0xdead3333
        mov esi, 0xdead4444
        mov edi, 0xdead5555
        mov ebp, 0xdead6666
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ds, ax
        std
        retf

; AX segment, CX paragraphs: fills them; clobbers AX, CX, DI, ES
dirty:  mov es, ax
        xor di, di
        push cx
        mov cx, 16
        mov al, 0xa5
        rep stosb
        pop cx
        mov ax, es
        inc ax
        loop dirty
        ret

; INT number * 4, handler, where the old vector goes
hooks:  dw 0x10 * 4, hook10, old10
        dw 0x12 * 4, hook12, old12
        dw 0x13 * 4, hook13, old13
        dw 0x15 * 4, hook15, old15
        dw 0x16 * 4, hook16, old16
        dw 0x18 * 4, hook18, old18
        dw -1

; El Torito, 2.0: boot record volume descriptor → catalogue → initial entry → image
load_image:
        mov eax, 17
.descriptor:
        call read_block
        jc .unreadable
        cmp byte [BLOCK], 0xff
        je .no_image
        cmp dword [BLOCK + 7], 'EL T'
        je .boot_record
        inc eax
        jmp .descriptor
.boot_record:
        mov eax, [BLOCK + 0x47]
        call read_block
        jc .unreadable
        cmp byte [BLOCK + 32], 0x88
        jne .no_image
        movzx ecx, word [BLOCK + 32 + 6]
        cmp word cfg(load_sectors), 0
        je .count
        movzx ecx, word cfg(load_sectors)
.count: shl ecx, 9              ; bytes
        cmp ecx, LOAD_END - LOAD_ADDRESS
        jbe .fits
        mov ecx, LOAD_END - LOAD_ADDRESS
.fits:  mov eax, [BLOCK + 32 + 8]
        mov edi, LOAD_ADDRESS
.sector:
        call read_block
        jc .unreadable
        push ecx
        cmp ecx, CD_SECTOR
        jbe .part
        mov ecx, CD_SECTOR
.part:  push eax
        mov eax, edi
        shr eax, 4
        mov es, ax
        pop eax
        push edi
        and di, 15
        mov si, BLOCK
        mov bx, cx
        rep movsb
        pop edi
        movzx ebx, bx
        add edi, ebx
        pop ecx
        sub ecx, ebx
        inc eax
        test ecx, ecx
        jnz .sector
        mov eax, cfg(load_flip)
        cmp eax, -1
        je .done
        xor bx, bx
        mov es, bx
        add ax, LOAD_ADDRESS
        mov di, ax
        xor byte [es:di], 0x10
.done:  mov dword [block_in_buffer], -1
        ret
.unreadable:
        mov si, text_unreadable
        jmp stop
.no_image:
        mov si, text_no_image
stop:   call print
.halt:  cli
        hlt
        jmp .halt

a20_off:
        test byte cfg(a20_off), A20_OFF_PORT_92
        jz .keyboard
        in al, 0x92
        and al, 0xfc
        out 0x92, al
.keyboard:
        test byte cfg(a20_off), A20_OFF_KEYBOARD
        jz .check
        cli
        mov al, 0xd1            ; write the output port:
        out 0x64, al
.busy:  in al, 0x64
        test al, 2
        jnz .busy
        mov al, 0xdd            ; bit 1, A20, is clear
        out 0x60, al
        sti
.check: cmp byte cfg(a20_off), 0
        je .done
        xor ax, ax
        mov es, ax
        dec ax
        mov fs, ax
        mov word [es:0x600], 0x1234
        mov word [fs:0x610], 0x4321
        cmp word [es:0x600], 0x4321
        mov si, text_a20_off
        je print
        mov si, text_a20_on
        jmp print
.done:  ret

; Reads CD sector EAX to BLOCK, unless it is there. Out: CF; clobbers nothing. DS is ours.
read_block:
        cmp eax, [block_in_buffer]
        je .there
        pushad
        push es
        mov cx, 5
.try:   mov dword [packet], 0x00010010
        mov word [packet + 4], BLOCK
        mov [packet + 6], cs
        mov [packet + 8], eax
        mov dword [packet + 12], 0
        pushad
        mov ah, 0x42
        mov dl, CD_DRIVE
        mov si, packet
        pushf
        call far [old13]
        popad
        jnc .good
        loop .try
        mov dword [block_in_buffer], -1
        pop es
        popad
        stc
        ret
.good:  mov [block_in_buffer], eax
        pop es
        popad
.there: clc
        ret

; Writes the text at SI in our segment to COM1; clobbers nothing
print:  pushad
.next:  lodsb
        test al, al
        jz .done
        mov ah, al
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov dx, COM1
        mov al, ah
        out dx, al
        jmp .next
.done:  popad
        ret

; ---- What the hooks share ---------------------------------------------------------------------

; Calls the old vector BX with the frame's registers, and stores the results in the frame.
call_old:
        push bp
        mov eax, [bx]
        mov [target], eax
        mov eax, [bp + F_EAX]
        mov ebx, [bp + F_EBX]
        mov ecx, [bp + F_ECX]
        mov edx, [bp + F_EDX]
        mov esi, [bp + F_ESI]
        mov edi, [bp + F_EDI]
        mov es, [bp + F_ES]
        push word [bp + F_DS]
        mov ebp, [bp + F_EBP]
        pop ds
        pushf
        call far [cs:target]
        push ds
        pushf
        push ebp
        mov bp, sp
        mov bp, [bp + 8]
        mov [bp + F_EAX], eax
        mov [bp + F_EBX], ebx
        mov [bp + F_ECX], ecx
        mov [bp + F_EDX], edx
        mov [bp + F_ESI], esi
        mov [bp + F_EDI], edi
        mov [bp + F_ES], es
        pop dword [bp + F_EBP]
        pop ax
        and ax, STATUS_FLAGS
        and word [bp + F_FLAGS], ~STATUS_FLAGS
        or [bp + F_FLAGS], ax
        pop word [bp + F_DS]
        pop bp
        push cs
        pop ds
        cld
        ret

; Fails the call with status AH: the caller gets it with the carry flag
fail:   mov [bp + F_EAX + 1], ah
        or byte [bp + F_FLAGS], CARRY
        ret

succeed:
        and byte [bp + F_FLAGS], ~CARRY
        ret

; Changes the registers that a caller must not rely on.
garbage:
        test byte cfg(garbage), GARBAGE_UPPER
        jz .wide
        mov word [bp + F_EAX + 2], 0xdead
        mov word [bp + F_EBX + 2], 0xbeef
        mov word [bp + F_ECX + 2], 0xdead
        mov word [bp + F_EDI + 2], 0xbeef
; Entry for calls with 32-bit results in EAX, EBX, ECX and a buffer at EDI
.wide:  test byte cfg(garbage), GARBAGE_UPPER
        jz .segments
        mov word [bp + F_EDX + 2], 0xdead
        mov word [bp + F_ESI + 2], 0xbeef
        mov word [bp + F_EBP + 2], 0xdead
.segments:
        test byte cfg(garbage), GARBAGE_SEGMENTS
        jz .direction
        mov word [bp + F_DS], 0xf123
        mov word [bp + F_ES], 0xf234
        mov word [bp + F_FS], 0xf345
        mov word [bp + F_GS], 0xf456
.direction:
        test byte cfg(garbage), GARBAGE_DIRECTION
        jz .interrupt
.called_so:
        test word [bp + F_FLAGS], DIRECTION
        jnz .called_so          ; the caller has it set: a BIOS may go wrong then
        or word [bp + F_FLAGS], DIRECTION
.interrupt:
        test byte cfg(garbage), GARBAGE_INTERRUPT
        jz .done
        and word [bp + F_FLAGS], ~INTERRUPT
.done:  ret

; ---- INT 10h, 12h, 16h: the BIOS's, then garbage ----------------------------------------------
hook10: ENTER_HOOK
        mov bx, old10
        call call_old
        call garbage
        test byte cfg(garbage), GARBAGE_VIDEO
        jz .done
        mov word [bp + F_ESI], 0x5151
        mov word [bp + F_EDI], 0xd1d1
        mov word [bp + F_EBP], 0xb9b9
.done:  LEAVE_HOOK

hook12: ENTER_HOOK
        mov bx, old12
        call call_old
        call garbage
        LEAVE_HOOK

hook16: ENTER_HOOK
        mov bx, old16
        call call_old
        call garbage
        LEAVE_HOOK

; ---- INT 18h: the loader gives the machine back -----------------------------------------------
hook18: mov ax, cs
        mov ds, ax
        mov si, text_int18
        cld
        jmp stop

; ---- INT 13h ----------------------------------------------------------------------------------
hook13: ENTER_HOOK
        mov ah, 0x01            ; invalid drive or function
        mov dl, [bp + F_EDX]
        cmp dl, cfg(drive)
        je .ours
        cmp dl, CD_DRIVE        ; the CD is not there under its true number
        je .fail
        mov bx, old13
        call call_old
        jmp .done
.ours:  mov al, [bp + F_EAX + 1]
        cmp al, 0x41
        je .extensions
        cmp al, 0x42
        je .read
        cmp al, 0x48
        je .parameters
.pass:  call call_cd
        jmp .done
.fail:  call fail
.done:  call garbage
        LEAVE_HOOK

.extensions:
        cmp byte cfg(no_extensions), 0
        jne .fail
        jmp .pass

.parameters:
        cmp byte cfg(no_extensions), 0
        jne .fail
        cmp byte cfg(no_parameters), 0
        jne .fail
        call call_cd
        test byte [bp + F_FLAGS], CARRY
        jnz .done
        mov es, [bp + F_DS]
        mov di, [bp + F_ESI]
        mov ax, cfg(reported_size)
        mov [es:di + 24], ax
        jmp .done

.read:  cmp byte cfg(no_extensions), 0
        jne .fail
        call read
        jmp .done

; Calls the BIOS's INT 13h for the CD with the BIOS's number for it
call_cd:
        mov byte [bp + F_EDX], CD_DRIVE
        mov bx, old13
        call call_old
        mov al, cfg(drive)
        mov [bp + F_EDX], al
        ret

; AH=42h. The packet: size, count at 2, buffer at 4, LBA at 8.
read:   mov es, [bp + F_DS]
        mov si, [bp + F_ESI]
        mov word [done], 0
        mov ah, 0x01
        cmp byte [es:si], 16
        jb .fail
        cmp dword [es:si + 12], 0
        jne .fail
        mov cx, [es:si + 2]
        test cx, cx
        jz .fail
        cmp word cfg(max_sectors), 0
        je .any_size
        cmp cx, cfg(max_sectors)
        ja .fail
.any_size:
        cmp word cfg(empty_sectors), 0
        je .not_empty
        cmp cx, cfg(empty_sectors)
        jbe .not_empty
        call tell_fault
        jmp .success
.not_empty:
        mov ah, cfg(status)
        cmp word cfg(fail_skip), 0
        je .no_skip
        dec word cfg(fail_skip)
        jmp .no_first
.no_skip:
        cmp word cfg(fail_first), 0
        je .no_first
        dec word cfg(fail_first)
        jmp .fail
.no_first:
        cmp word cfg(fail_period), 0
        je .no_period
        inc word [period]
        mov bx, cfg(fail_period)
        cmp [period], bx
        jb .fail
        mov word [period], 0
.no_period:
        ; EDI: the buffer's linear address, EBX: CD sectors × 2048 + offset in one
        movzx edi, word [es:si + 6]
        shl edi, 4
        movzx eax, word [es:si + 4]
        add edi, eax
        cmp byte cfg(refuse_cross), 0
        je .may_cross
        movzx eax, cx
        movzx edx, word cfg(sector_size)
        imul eax, edx
        lea eax, [edi + eax - 1]
        mov edx, edi
        xor edx, eax
        shr edx, 16
        mov ah, 0x09            ; DMA across a 64 KiB boundary
        jnz .fail
.may_cross:
        cmp word cfg(short_sectors), 0
        je .whole
        cmp cx, cfg(short_sectors)
        jbe .whole
        mov cx, cfg(short_sectors)
        call tell_fault
.whole: mov eax, [es:si + 8]
        mov [lba], eax
.sector:
        mov eax, [lba]
        xor dx, dx              ; offset in the CD sector
        cmp word cfg(sector_size), CD_SECTOR
        je .located
        mov dl, al
        and dx, 3
        shl dx, 9
        shr eax, 2
.located:
        cmp eax, cfg(fail_from)
        jae .bad_medium
        call read_block
        jc .bad_medium
        push cx
        push es
        push edi
        push si
        mov esi, edi
        shr esi, 4
        mov es, si
        and di, 15
        mov si, BLOCK
        add si, dx
        mov cx, cfg(sector_size)
        push di
        rep movsb
        pop di
        call flip
        pop si
        pop edi
        pop es
        pop cx
        inc word [done]
        inc dword [lba]
        movzx eax, word cfg(sector_size)
        add edi, eax
        loop .sector
        mov ax, [done]
        cmp ax, [es:si + 2]
        je .success
        mov [es:si + 2], ax
        mov ah, cfg(status)
        cmp byte cfg(short_carry), 0
        jne fail
.success:
        mov byte [bp + F_EAX + 1], 0
        jmp succeed
.bad_medium:
        mov ah, cfg(status)
.fail:  call tell_fault
        mov cx, [done]
        mov [es:si + 2], cx
        jmp fail

; Tells of the first read that fails, once; clobbers nothing.
tell_fault:
        cmp byte [fault_is_told], 0
        jne .done
        inc byte [fault_is_told]
        push si
        mov si, text_fault
        call print
        pop si
.done:  ret

; EAX: CD sector, DX: offset in it of the bytes that were just copied to ES:DI; clobbers CX, DI
flip:   cmp eax, cfg(flip_lba)
        jne .done
        cmp word cfg(flip_count), 0
        je .done
        mov cx, cfg(flip_offset)
        sub cx, dx
        jb .done
        cmp cx, cfg(sector_size)
        jae .done
        add di, cx
        xor byte [es:di], 0x10
        call tell_fault
        cmp word cfg(flip_count), 0xffff
        je .done
        dec word cfg(flip_count)
.done:  ret

; ---- INT 15h ----------------------------------------------------------------------------------
hook15: cmp ah, 0x4f            ; the BIOS's own, from its keyboard interrupt
        je .bios
        cmp ah, 0x90
        je .bios
        cmp ah, 0x91
        jne .ours
.bios:  jmp far [cs:old15]
.ours:  ENTER_HOOK
        mov ax, [bp + F_EAX]
        cmp ax, 0xe820
        je .e820
        cmp ax, 0xe801
        je .e801
        cmp ax, 0xe881
        je .absent
        cmp ah, 0xc7
        je .absent
        cmp ah, 0x88
        je .int88
        cmp ah, 0x24
        je .a20
        cmp ah, 0x53
        je .apm
        cmp ah, 0xc0
        je .config
.pass:  mov bx, old15
        call call_old
        jmp .done
.absent:
        mov ah, 0x86            ; function not supported
        call fail
.done:  call garbage
        LEAVE_HOOK

.e820:  mov ebx, [bp + F_EBX]   ; the continuation: 0, then 0xabcd0000 + index
        cmp word cfg(e820_count), 0
        je .absent
        cmp dword [bp + F_EDX], SMAP
        jne .absent
        movzx ecx, byte cfg(e820_bytes)
        cmp [bp + F_ECX], ecx
        jae .length
        mov ecx, [bp + F_ECX]   ; the caller may know only 20 bytes
.length:
        cmp ecx, 20
        jb .absent
        cmp bx, cfg(e820_count)
        jae .absent
        imul si, bx, 24
        add si, E820_LIST
        mov es, [bp + F_ES]
        mov di, [bp + F_EDI]
        mov [bp + F_ECX], ecx
        rep movsb
        inc bx
        cmp byte cfg(e820_end), 1
        je .more
        cmp bx, cfg(e820_count)
        jb .more
        dec bx
        cmp byte cfg(e820_end), 2
        je .more
        xor ebx, ebx
        jmp .listed
.more:  movzx ebx, bx
        or ebx, 0xabcd0000
.listed:
        mov [bp + F_EBX], ebx
        mov dword [bp + F_EAX], SMAP
        call succeed
        call garbage.wide
        LEAVE_HOOK

.e801:  cmp word cfg(e801_present), 0
        je .absent
        mov ax, cfg(e801_ax)
        mov [bp + F_EAX], ax
        mov ax, cfg(e801_bx)
        mov [bp + F_EBX], ax
        mov ax, cfg(e801_cx)
        mov [bp + F_ECX], ax
        mov ax, cfg(e801_dx)
        mov [bp + F_EDX], ax
        call succeed
        jmp .done

.int88: cmp word cfg(int88_present), 0
        je .absent
        mov ax, cfg(int88_ax)
        mov [bp + F_EAX], ax
        call succeed
        jmp .done

.a20:   cmp byte cfg(a20_call), 1
        jb .pass
        je .absent
        mov byte [bp + F_EAX + 1], 0
        call succeed
        jmp .done

.apm:   cmp byte cfg(apm), 1
        jb .pass
        je .absent
        cmp al, 0x04            ; disconnect
        je .disconnect
        cmp al, 0x03            ; connect
        jne .pass
        mov ah, 0x05            ; another program is connected
        call fail
        jmp .done
.disconnect:
        mov byte cfg(apm), 0
        jmp .pass

.config:
        cmp byte cfg(no_config), 0
        jne .absent
        jmp .pass

; ---- Data -------------------------------------------------------------------------------------
text_start:      db "SHIM: start", 13, 10, 0
text_entry:      db "SHIM: entry at 07c0:0", 13, 10, 0
text_fault:      db "SHIM: a read goes wrong", 13, 10, 0
text_int18:      db "SHIM: INT 18h", 13, 10, 0
text_unreadable: db "SHIM: the CD cannot be read", 13, 10, 0
text_no_image:   db "SHIM: no El Torito image", 13, 10, 0
text_a20_off:    db "SHIM: A20 off", 13, 10, 0
text_a20_on:     db "SHIM: A20 cannot be turned off", 13, 10, 0

        align 4
old10:  dd 0
old12:  dd 0
old13:  dd 0
old15:  dd 0
old16:  dd 0
old18:  dd 0
target: dd 0
packet: times 16 db 0
block_in_buffer: dd 0           ; CD sector
lba:    dd 0
done:   dw 0
period: dw 0
fault_is_told: db 0

        times CONFIG - ($ - $$) db 0
        db "WHELKSHM"
        times RESIDENT_SIZE - ($ - $$) db 0
