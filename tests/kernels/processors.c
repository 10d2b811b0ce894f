// SPDX-License-Identifier: BSD-2-Clause
// The MP tables (Intel MultiProcessor Specification 1.4, chapter 4) and INIT-SIPI-SIPI (B.4).
#include "processors.h"
#include "console.h"
#include "stage2/bus/io.h"
#include <string.h>

#define LOCAL_APIC_SPURIOUS     0xfee000f0u
#define LOCAL_APIC_COMMAND_LOW  0xfee00300u
#define LOCAL_APIC_COMMAND_HIGH 0xfee00310u

enum {
    APIC_SOFTWARE_ENABLE = 0x1ff,
    COMMAND_INIT = 0x4500,
    COMMAND_START_UP = 0x4600, /* low byte: page of the trampoline */

    TRAMPOLINE_PAGE = 0x8,
    TRAMPOLINE_ADDRESS = TRAMPOLINE_PAGE << 12,

    ONE_MILLISECOND = 1000, /* writes to the POST port, about 1 µs each */
    POST_PORT = 0x80,

    MP_POINTER_BYTES = 16,
    MP_TABLE_HEADER_BYTES = 44,
    MP_ENTRY_PROCESSOR = 0,
    MP_PROCESSOR_BYTES = 20,
};

extern const uint8_t trampoline[];
extern const uint32_t trampoline_size;

static void apic_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static void pause_milliseconds(uint32_t milliseconds)
{
    for (uint32_t i = 0; i < milliseconds * ONE_MILLISECOND; i++)
        out8(POST_PORT, 0);
}

uint32_t processors_start(void)
{
    uint8_t *target = (uint8_t *)TRAMPOLINE_ADDRESS;
    memcpy(target, trampoline, trampoline_size);
    volatile uint32_t *counter = (volatile uint32_t *)(target + trampoline_size - sizeof *counter);

    apic_write(LOCAL_APIC_SPURIOUS, APIC_SOFTWARE_ENABLE);
    apic_write(LOCAL_APIC_COMMAND_HIGH, 1u << 24);
    apic_write(LOCAL_APIC_COMMAND_LOW, COMMAND_INIT);
    pause_milliseconds(10);
    apic_write(LOCAL_APIC_COMMAND_HIGH, 1u << 24);
    apic_write(LOCAL_APIC_COMMAND_LOW, COMMAND_START_UP | TRAMPOLINE_PAGE);
    for (int waited = 0; waited < 1000 && *counter == 0; waited++)
        pause_milliseconds(1);
    return *counter;
}

static uint8_t byte_sum(const uint8_t *data, size_t length)
{
    uint8_t sum = 0;
    while (length--)
        sum = (uint8_t)(sum + *data++);
    return sum;
}

static const uint8_t *find_pointer(const uint8_t *from, const uint8_t *to)
{
    for (; from < to; from += MP_POINTER_BYTES)
        if (memcmp(from, "_MP_", 4) == 0 && byte_sum(from, MP_POINTER_BYTES) == 0)
            return from;
    return NULL;
}

static uint32_t listed_processors(const uint8_t *table)
{
    uint32_t processors = 0;
    uint32_t entries = (uint32_t)(table[34] | table[35] << 8);
    const uint8_t *entry = table + MP_TABLE_HEADER_BYTES;
    for (; entries && *entry == MP_ENTRY_PROCESSOR; entries--, entry += MP_PROCESSOR_BYTES)
        processors++;
    return processors;
}

static void line(const char *name, uint32_t value)
{
    console_text(name);
    console_text(": ");
    console_hex(value);
    console_text("\n");
}

void report_processor_tables(void)
{
    const uint8_t *pointer = find_pointer((const uint8_t *)0x9f000, (const uint8_t *)0xa0000);
    if (!pointer)
        pointer = find_pointer((const uint8_t *)0xf0000, (const uint8_t *)0x100000);
    line("mp_pointer", (uint32_t)pointer);
    if (!pointer)
        return;
    const uint8_t *table = *(const uint8_t *const *)(pointer + 4);
    size_t length = (size_t)(table[4] | table[5] << 8);
    line("mp_table_right", memcmp(table, "PCMP", 4) == 0 && byte_sum(table, length) == 0);
    line("mp_processors", listed_processors(table));
}
