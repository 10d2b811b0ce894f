; SPDX-License-Identifier: BSD-2-Clause
; Switches between real and protected mode: into stage 2, and back for each BIOS call. Paging stays
; off. Interrupts are enabled in real mode only, where the firmware's handlers serve them.

%include "boot/bios/real_mode.inc"
%include "boot/pc/read_tsc.inc"

extern bss_start                ; linker script
extern bss_end
extern handoff_tsc              ; boot.asm
extern restore
extern bios_main                ; start.c, in stage 2

; In a page without code: emulators that translate code trap each write to its pages.
VARIABLES       equ 0x0548
stack           equ VARIABLES + 0 ; ESP of the protected-mode side during a call
registers       equ VARIABLES + 4
routine         equ VARIABLES + 8 ; word
calls           equ VARIABLES + 10 ; word: left to make
interrupt       equ VARIABLES + 12 ; far pointer
global ranges_end
ranges_end      equ VARIABLES + 16 ; word: end of the memory map at RANGES

CODE32          equ 0x08
DATA32          equ 0x10
CODE16          equ 0x18
DATA16          equ 0x20
CR0_PE          equ 1

section .block progbits alloc exec write align=4

bits 16
; Starts stage 2. The boot sector jumps here when the image is whole.
; in: real mode, DS 0, [DRIVE]; does not return
global enter_stage2
enter_stage2:
        call stamp_handoff
        call memory_ranges
        cli
        push dword stage2_entry
        movzx esp, sp
        mov [stack], esp
        jmp to_protected_mode

; Stores the time stamp counter in handoff_tsc. Does nothing if a value is there already, or if the
; processor has no counter. in: DS 0; clobbers EAX, EBX, ECX, EDX
global stamp_handoff
stamp_handoff:
        cmp dword [handoff_tsc], byte 0
        jne .end
        READ_TSC .end
        mov [handoff_tsc], eax
        mov [handoff_tsc + 4], edx
.end:   ret

bits 32
stage2_entry:
        mov edi, bss_start
        mov ecx, bss_end
        sub ecx, edi
        xor eax, eax
        shr ecx, 2
        rep stosd
        movzx eax, byte [DRIVE]
        push eax
        push eax                ; no return address
        jmp bios_main

; void bios_calls(struct bios_registers *registers, unsigned count)
; Calls count BIOS interrupts in one visit to real mode, and stores the registers that each returns.
; Stack and registers must lie below 0x10000. cdecl, protected mode.
REG_EAX         equ 0
REG_EBX         equ 4
REG_ECX         equ 8
REG_EDX         equ 12
REG_ESI         equ 16
REG_EDI         equ 20
REG_EBP         equ 24
REG_DS          equ 28
REG_ES          equ 30
REG_EFLAGS      equ 32
REG_INTERRUPT   equ 36
REG_SIZE        equ 40

global bios_calls
bios_calls:
        pushad
        mov eax, [esp + 36]
        mov [registers], eax
        mov eax, [esp + 40]
        mov [calls], ax
        mov esi, bios_interrupt
        call in_real_mode
        popad
        ret

; void bios_rest(void)
; Waits for an interrupt in real mode, so that the firmware serves it. cdecl, protected mode.
global bios_rest
bios_rest:
        pushad
        mov esi, rest
        call in_real_mode
        popad
        ret

; bool bios_rest_for(unsigned line)
; Calls rest_for; returns whether the line's interrupt came. cdecl, protected mode.
global bios_rest_for
bios_rest_for:
        pushad
        mov ecx, [esp + 36]
        mov esi, rest_for
        call in_real_mode
        popad
        movzx eax, byte [line_came]
        ret

; Runs the 16-bit routine at SI in real mode, with interrupts off. EBX, ECX, EDX, EDI and EBP pass
; to the routine and back. in: protected mode; clobbers EAX, ESI
in_real_mode:
        mov [stack], esp
        mov [routine], si
        lidt [real_mode_idt]
        jmp CODE16:.protected16
bits 16
.protected16:
        mov ax, DATA16          ; segments with real mode's limit
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, cr0
        and al, ~CR0_PE
        mov cr0, eax
        jmp 0:.real
.real:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        call [routine]
        xor ax, ax
        mov ds, ax
; Enters protected mode, loads ESP from [stack] and returns with it. in: real mode, DS 0
to_protected_mode:
        cli
        cld
        lgdt [gdt_pointer]      ; the firmware may have loaded its own
        mov eax, cr0
        or al, CR0_PE
        mov cr0, eax
        jmp CODE32:.protected
bits 32
.protected:
        mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, [stack]
        ret

bits 16
; Makes [calls] BIOS calls, with the registers at [registers] and after. in: real mode, DS 0;
; clobbers all but SP
bios_interrupt:
        sti
        cld                     ; the call before may have left it set
        mov si, [registers]
        mov di, [si + REG_INTERRUPT]
        shl di, 2
        mov eax, [di]           ; its vector
        mov [interrupt], eax
        mov eax, [si + REG_EAX]
        mov ebx, [si + REG_EBX]
        mov ecx, [si + REG_ECX]
        mov edx, [si + REG_EDX]
        mov edi, [si + REG_EDI]
        mov ebp, [si + REG_EBP]
        mov es, [si + REG_ES]
        push word [si + REG_DS]
        mov esi, [si + REG_ESI]
        pop ds
.call:  pushf                   ; as INT does
        cli
        call far [cs:interrupt]
        pushfd                  ; some BIOS calls leave segments and the direction flag changed
        push ds
        push esi
        xor si, si
        mov ds, si
        mov si, [registers]
        mov [si + REG_EAX], eax
        mov [si + REG_EBX], ebx
        mov [si + REG_ECX], ecx
        mov [si + REG_EDX], edx
        mov [si + REG_EDI], edi
        mov [si + REG_EBP], ebp
        mov [si + REG_ES], es
        pop dword [si + REG_ESI]
        pop word [si + REG_DS]
        pop dword [si + REG_EFLAGS]
        add word [registers], REG_SIZE
        dec word [calls]
        jnz bios_interrupt
        ret

rest:   sti
        hlt
        ret

; Stores the memory map of INT 15h E820h (ACPI 6.x, 15.1) at RANGES, and its end in [ranges_end].
; in: real mode, DS, ES 0; clobbers all but SP and segments
SYSTEM_E820     equ 0xe820
SMAP            equ 0x534d4150
RANGE_BYTES     equ 20          ; before ACPI 3.0
RANGES_MOST     equ 256         ; calls: some firmware never ends the list
memory_ranges:
        mov di, RANGES
        mov bp, RANGES_MOST
        xor ebx, ebx
.next:  mov byte [di + RANGE_ATTRIBUTES], 1 ; some firmware writes 20 bytes and says 24
        mov eax, SYSTEM_E820
        xor ecx, ecx
        mov cl, RANGE_SIZE
        mov edx, SMAP
        push di
        push bp
        int 0x15
        pop bp
        pop di
        call restore
        jc .end                 ; some firmware ends the list with CF set
        cmp eax, SMAP
        jne .end
        cmp cl, RANGE_BYTES     ; some firmware leaves the upper part undefined
        jb .skip
        cmp cl, RANGE_SIZE
        jb .keep
        test byte [di + RANGE_ATTRIBUTES], 1
        jz .skip
.keep:  add di, RANGE_SIZE
.skip:  dec bp
        jz .end
        test ebx, ebx
        jnz .next
.end:   mov [ranges_end], di
        ret

; Halts until a device's interrupt, so that an emulator gets time to emulate the device. Any other
; interrupt ends the wait as well, the timer's at the latest. CH 1, for machines without a timer:
; does not halt, but takes an interrupt that is already there. Restores the mask of the interrupt
; controller (Intel 8259A) and the vector.
; in: CL line, 1 to 15; CH 0 or 1; real mode, DS 0; out: ZF clear if that interrupt came; clobbers AX, DX, SI
PIC1_COMMAND    equ 0x20
PIC1_MASK       equ 0x21
PIC1_VECTORS    equ 0x08 * 4
PIC2_COMMAND    equ 0xa0
PIC2_MASK       equ 0xa1
PIC2_VECTORS    equ 0x70 * 4
PIC2_LINE       equ 8           ; its first line
PIC_END         equ 0x20        ; command: end of interrupt
line_came       equ VARIABLES + 0x28 ; byte; the variables before it are image_dma.asm's
line_mask       equ VARIABLES + 0x2a ; word: port
global rest_for
rest_for:
        pushf
        cli
        movzx si, cl
        shl si, 2
        mov dx, PIC1_MASK
        cmp cl, PIC2_LINE
        jb .first
        mov dl, PIC2_MASK
        add si, PIC2_VECTORS - PIC1_VECTORS - PIC2_LINE * 4
.first: mov byte [line_came], 0
        mov [line_mask], dx
        push dword [si + PIC1_VECTORS]
        mov dword [si + PIC1_VECTORS], take_line ; in segment 0
        in al, dx
        push ax
        mov ah, al              ; bits 0 to 7 and 8 to 15
        btr ax, cx
        cmp cl, PIC2_LINE
        jb .unmask
        mov al, ah
.unmask:
        out dx, al
        test ch, ch
        jnz .take
        sti
        hlt
.take:  sti
        nop
        cli
        mov dx, [line_mask]
        pop ax
        out dx, al
        pop dword [si + PIC1_VECTORS]
        popf
        cmp byte [line_came], 0
        ret

; The interrupt's handler for rest_for. The device may keep its request up, so this masks all lines
; of its controller; rest_for restores the mask.
take_line:
        push ax
        push dx
        mov dx, [cs:line_mask]
        mov al, 0xff
        out dx, al
        mov al, PIC_END
        out PIC2_COMMAND, al
        out PIC1_COMMAND, al
        mov byte [cs:line_came], 1
        pop dx
        pop ax
        iret

; The firmware's timer tick (INT 1Ch) while INT 13h runs, which may never return: when [ticks_left]
; have passed, prints the next of the texts at [slow_text], and starts to count anew. disc.c sets it
; up. Clobbers nothing.
SLOW_TICKS      equ 164         ; nine seconds
TEXT_END        equ 1           ; after each text but the last, which ends with 0
global ticks_left
ticks_left      equ VARIABLES + 0x2c ; word
global slow_text
slow_text       equ VARIABLES + 0x2e ; far pointer
global next_tick
next_tick       equ VARIABLES + 0x32 ; far pointer: the handler before
global slow_tick
extern put                      ; boot.asm
slow_tick:
        push ds
        push byte 0
        pop ds
        dec word [ticks_left]
        jnz .end
        pushad
        push es
.next:  lds si, [slow_text]
        lodsb
        push byte 0
        pop ds
        test al, al
        jz .done
        mov [slow_text], si
        cmp al, TEXT_END
        je .done
        call put
        jmp .next
.done:  mov word [ticks_left], SLOW_TICKS
        pop es
        popad
.end:   pop ds
        jmp far [cs:next_tick]

        align 4
gdt:
gdt_pointer:                    ; in the null descriptor, which is never used
        dw gdt_end - gdt - 1
        dd gdt
        dw 0
        dq 0x00cf9a000000ffff   ; CODE32: base 0, limit 4 GiB
        dq 0x00cf92000000ffff   ; DATA32
        dq 0x00009a000000ffff   ; CODE16: base 0, limit 64 KiB
        dq 0x000092000000ffff   ; DATA16
gdt_end:
real_mode_idt:
        dw 0x3ff
        dd 0

; Where the overlay is; declared in overlay.c.
extern image_sectors
extern overlay_sectors
extern overlay_bss_start
extern overlay_bss_end
global overlay_place
overlay_place:
        dd image_sectors, overlay_sectors, overlay_bss_start, overlay_bss_end

section .note.GNU-stack noalloc noexec nowrite progbits
