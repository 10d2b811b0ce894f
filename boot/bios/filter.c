// SPDX-License-Identifier: BSD-2-Clause
// A filter program for the build: stage 2 from standard input to standard output, ready to be
// packed (calls.h).
#include <stdio.h>
#include "boot/bios/calls.h"

enum { MAX_BYTES = 1 << 20 };

int main(void)
{
    static uint8_t code[MAX_BYTES];
    size_t size = fread(code, 1, sizeof code, stdin);
    if (ferror(stdin) || size == sizeof code) {
        fputs("filter: stage 2 cannot be read, or is not small\n", stderr);
        return 1;
    }
    calls_filter(code, size);
    return fwrite(code, 1, size, stdout) == size && fflush(stdout) == 0 ? 0 : 1;
}
