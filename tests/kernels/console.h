// SPDX-License-Identifier: BSD-2-Clause
// The test kernels' output: COM1, or port 0xe9 if there is no UART; the VGA text screen on request.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void console_start(bool with_screen);
void console_text(const char *text);
void console_hex(uint64_t value); /* 0x… */
void console_decimal(uint32_t value);
void console_escaped(const char *text); /* "…" with \xNN for everything unprintable */

/* Ends QEMU through isa-debug-exit with status code << 1 | 1; halts where there is none. */
_Noreturn void console_end(uint8_t code);
