; SPDX-License-Identifier: BSD-2-Clause
; The rows of the text screen's 256 characters, 16 bytes each (font/font.h). They are drawn when the
; loader is built, since code that runs once costs a boot more than the bytes do.
;
; -D FONT: what write_font.host.c has written

section .rodata
global screen_font
screen_font:
        incbin FONT

section .note.GNU-stack noalloc noexec nowrite progbits
