// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the report kernel share: lines "key: value" and "key[index]: part=value …".
#pragma once

#include <stdint.h>

void key(const char *name);
void key_of(const char *name, uint32_t index);
void hex_line(const char *name, uint64_t value);
void text_line(const char *name, uint32_t address);
void part(const char *name, uint64_t value);

static inline uint64_t wide(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/* The ELF section headers in a table, and their names. */
void report_sections(uint32_t count, uint32_t size, uint32_t table, uint32_t names_index);

/* The APM table, which is the same in both protocols. */
void report_apm(uint32_t address);

/* Multiboot 2's boot information. */
enum { MULTIBOOT2_BOOT_MAGIC = 0x36d76289 };
void report_multiboot2(uint32_t address);
