// SPDX-License-Identifier: BSD-2-Clause
// Adler-32 (RFC 1950, 8.2), in the shape that is fast under emulation.
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t adler32(const uint8_t *data, size_t length);
