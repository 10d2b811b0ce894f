// SPDX-License-Identifier: BSD-2-Clause
// Shared parts of the report kernel: print lines "key: value" and "key[index]: part=value …".
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

/* Reports the ELF section headers of a table, with their names. */
void report_sections(uint32_t count, uint32_t size, uint32_t table, uint32_t names_index);

/* Reports the APM table, which is the same in both protocols. */
void report_apm(uint32_t address);

/* Reports Multiboot 2's boot information. */
enum { MULTIBOOT2_BOOT_MAGIC = 0x36d76289 };
void report_multiboot2(uint32_t address);

/* Reports PVH's start info. */
enum { PVH_START_MAGIC = 0x336ec578 };
void report_pvh(uint32_t address);
