// SPDX-License-Identifier: BSD-2-Clause
// Host program: stage 2 from standard input to standard output, ready to be packed. The operand of
// each CALL (0xe8), relative to where it ends, becomes an offset into the code, so that calls of
// one function are the same bytes. Done to whatever follows a byte 0xe8, so that gate.asm can undo
// it.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20, CALL_OPCODE = 0xe8, CALL_BYTES = 5 };

static void filter(uint8_t *code, size_t size)
{
    for (size_t i = 0; i + CALL_BYTES < size; i++) {
        if (code[i] == CALL_OPCODE) {
            uint32_t operand;
            memcpy(&operand, code + i + 1, sizeof operand);
            operand += (uint32_t)i;
            memcpy(code + i + 1, &operand, sizeof operand);
            i += CALL_BYTES - 1;
        }
    }
}

int main(void)
{
    static uint8_t code[MAX_BYTES];
    size_t size = fread(code, 1, sizeof code, stdin);
    if (ferror(stdin) || size == sizeof code) {
        fputs("filter: stage 2 cannot be read, or is not small\n", stderr);
        return 1;
    }
    filter(code, size);
    return fwrite(code, 1, size, stdout) == size && fflush(stdout) == 0 ? 0 : 1;
}
