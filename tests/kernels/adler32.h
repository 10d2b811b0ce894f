// SPDX-License-Identifier: BSD-2-Clause
// Adler-32 (RFC 1950, 8.2), written to be fast under emulation.
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t adler32(const uint8_t *data, size_t length);
