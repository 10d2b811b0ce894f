// SPDX-License-Identifier: BSD-2-Clause
// Port I/O of the modelled machine, in the place of stage2/bus/io.h. tests/build.mk puts this
// folder before the project's when it compiles the loader for this machine; bus.c has the
// functions.
#pragma once

#include <stdint.h>

void out8(uint16_t port, uint8_t value);
uint8_t in8(uint16_t port);
void out16(uint16_t port, uint16_t value);
uint16_t in16(uint16_t port);
void out16_all(uint16_t port, const void *words, uint32_t count);
void in16_all(uint16_t port, void *words, uint32_t count);
void out32(uint16_t port, uint32_t value);
uint32_t in32(uint16_t port);
