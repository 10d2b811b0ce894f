// SPDX-License-Identifier: BSD-2-Clause
// C's <setjmp.h> (C11 7.13) for the boot image, on the compiler's built-in non-local jump. The
// built-in always returns 1, so the value is kept in the jmp_buf.
#pragma once

typedef struct {
    void *registers[5]; /* for __builtin_setjmp */
    volatile int value;
} jmp_buf[1];

#define setjmp(environment)                                                                        \
    (__builtin_setjmp((environment)->registers) == 0 ? 0 : (environment)->value)

/* __builtin_longjmp must not be called in the function that called __builtin_setjmp. gcc therefore
   never inlines a function that calls it. */
static inline _Noreturn void longjmp(jmp_buf environment, int value)
{
    environment->value = value != 0 ? value : 1;
    __builtin_longjmp(environment->registers, 1);
}
