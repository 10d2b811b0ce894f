; SPDX-License-Identifier: BSD-2-Clause
; Stage 2 as it lies in the boot image: one LZ4 block. PACKED names the file.

section .packed progbits alloc noexec nowrite align=1
        incbin PACKED
section .note.GNU-stack noalloc noexec nowrite progbits
