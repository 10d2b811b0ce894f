// SPDX-License-Identifier: BSD-2-Clause
// A filter that makes i386 code pack better: the operand of each CALL (0xe8), relative to where it
// stands, becomes an offset into the code, most significant byte first, so that calls of one
// function look alike. Done to whatever follows a byte 0xe8, so that it can always be undone.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"

enum { CALL_OPCODE = 0xe8, CALL_BYTES = 5 };

static inline void calls_filter(uint8_t *code, size_t size)
{
    for (size_t i = 0; i + CALL_BYTES <= size; i++) {
        if (code[i] == CALL_OPCODE) {
            uint32_t target = load32(code + i + 1) + (uint32_t)i;
            target = __builtin_bswap32(target);
            __builtin_memcpy(code + i + 1, &target, sizeof target);
            i += CALL_BYTES - 1;
        }
    }
}

static inline void calls_unfilter(uint8_t *code, size_t size)
{
    for (size_t i = 0; i + CALL_BYTES <= size; i++) {
        if (code[i] == CALL_OPCODE) {
            uint32_t operand = __builtin_bswap32(load32(code + i + 1)) - (uint32_t)i;
            __builtin_memcpy(code + i + 1, &operand, sizeof operand);
            i += CALL_BYTES - 1;
        }
    }
}
