// SPDX-License-Identifier: BSD-2-Clause
// The loader's variables, which each boot finds as they were at the first. tests/build.mk puts them
// into two sections of their own.
#include "tests/fuzz/machine/machine.h"

#include <stdlib.h>

extern uint8_t __start_loader_data[], __stop_loader_data[];
extern uint8_t __start_loader_bss[], __stop_loader_bss[];

static uint8_t *saved;

/* Not memcpy(): between the variables are bytes that the sanitizer guards. */
static void copy(void *to, const void *from, size_t length)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

static void clear(void *to, size_t length)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(0) : "memory");
}

void state_save(void)
{
    size_t length = (size_t)(__stop_loader_data - __start_loader_data);
    saved = malloc(length);
    copy(saved, __start_loader_data, length);
}

void state_restore(void)
{
    copy(__start_loader_data, saved, (size_t)(__stop_loader_data - __start_loader_data));
    clear(__start_loader_bss, (size_t)(__stop_loader_bss - __start_loader_bss));
}

bool state_has(uint64_t address)
{
    return (address >= (uintptr_t)__start_loader_data && address < (uintptr_t)__stop_loader_data) ||
           (address >= (uintptr_t)__start_loader_bss && address < (uintptr_t)__stop_loader_bss);
}
