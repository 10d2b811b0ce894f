// SPDX-License-Identifier: BSD-2-Clause
// C's <setjmp.h> (C11 7.13) for the boot image, on the compiler's own non-local jump. That one
// always returns 1, so the value travels beside it.
#pragma once

typedef struct {
    void *registers[5]; /* as __builtin_setjmp wants it */
    volatile int value;
} jmp_buf[1];

#define setjmp(environment)                                                                        \
    (__builtin_setjmp((environment)->registers) == 0 ? 0 : (environment)->value)

/* gcc never inlines a function that calls __builtin_longjmp, as that must not happen in the
   function that called __builtin_setjmp. */
static inline _Noreturn void longjmp(jmp_buf environment, int value)
{
    environment->value = value != 0 ? value : 1;
    __builtin_longjmp(environment->registers, 1);
}
