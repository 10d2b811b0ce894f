// SPDX-License-Identifier: BSD-2-Clause
// See multiboot2_functions.h: for programs that need nothing loaded.
#include "stage2/multiboot2_functions.h"

const struct multiboot2_functions *multiboot2_functions(struct error *error)
{
    (void)error;
    return &multiboot2_table;
}
