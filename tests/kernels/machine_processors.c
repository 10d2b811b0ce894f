// SPDX-License-Identifier: BSD-2-Clause
// Starts processors by INIT and SIPI (Intel SDM 3, 9.4.4), those that ACPI's MADT (6.x, 5.2.12) or
// the MP tables (1.4, chapter 4) list; and a processor's own registers.
#include <string.h>
#include "console.h"
#include "machine.h"
#include "stage2/bus/io.h"

#define LOCAL_APIC 0xfee00000u

enum {
    APIC_ID = 0x20,
    APIC_SPURIOUS = 0xf0,
    APIC_COMMAND_LOW = 0x300,
    APIC_COMMAND_HIGH = 0x310,
    COMMAND_INIT = 0x4500,
    COMMAND_START_UP = 0x4600, /* low byte: page of the trampoline */
    TRAMPOLINE_PAGE = 0x8,
    MSR_MTRR_CAPABILITIES = 0xfe,
    MADT_HEADER_BYTES = 44,
    MADT_PROCESSOR = 0,
    MP_HEADER_BYTES = 44,
    MP_PROCESSOR_BYTES = 20,
    MP_OTHER_BYTES = 8,
};

static const uint16_t msrs[] = {
    0xfe,  0x2ff, 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d,
    0x26e, 0x26f, 0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208,
    0x209, 0x20a, 0x20b, 0x20c, 0x20d, 0x20e, 0x20f, 0x1b,  0x277,
};
static const uint16_t apic_registers[] = {0x20, 0x80, 0xd0, 0xe0, 0xf0, 0x320, 0x350, 0x360, 0x370};

static struct processor_state started;
static volatile bool is_done;
static uint8_t stack[8192];

static uint64_t read_msr(uint32_t index)
{
    uint64_t value;
    __asm__ volatile("rdmsr" : "=A"(value) : "c"(index));
    return value;
}

void processor_read(struct processor_state *state)
{
    for (size_t i = 0; i < sizeof msrs / sizeof *msrs; i++)
        state->msr[i] = read_msr(msrs[i]);
    for (size_t i = 0; i < sizeof apic_registers / sizeof *apic_registers; i++)
        state->apic[i] = read32(LOCAL_APIC + apic_registers[i]);
}

void processor_print(const struct processor_state *state, uint32_t index)
{
    for (size_t i = 0; i < sizeof msrs / sizeof *msrs; i++) {
        console_text("processor ");
        console_hex(index);
        machine_line(" msr", msrs[i]);
        machine_value(state->msr[i]);
        machine_end_line();
    }
    for (size_t i = 0; i < sizeof apic_registers / sizeof *apic_registers; i++) {
        console_text("processor ");
        console_hex(index);
        machine_line(" apic", apic_registers[i]);
        machine_value(state->apic[i]);
        machine_end_line();
    }
}

void processor_main(void)
{
    processor_read(&started);
    is_done = true;
}

static void pause_milliseconds(uint32_t milliseconds)
{
    for (uint32_t i = 0; i < milliseconds * 1000; i++)
        out8(0x80, 0); /* about 1 µs */
}

static void send(uint32_t id, uint32_t command)
{
    write32(LOCAL_APIC + APIC_COMMAND_HIGH, id << 24);
    write32(LOCAL_APIC + APIC_COMMAND_LOW, command);
}

static void start_processor(const char *by, uint32_t id)
{
    if (id == read32(LOCAL_APIC + APIC_ID) >> 24)
        return;
    memcpy((void *)(TRAMPOLINE_PAGE << 12), processor_trampoline, processor_trampoline_bytes);
    processor_stack = stack + sizeof stack;
    is_done = false;
    send(id, COMMAND_INIT);
    pause_milliseconds(10);
    for (int tries = 0; tries < 2 && !is_done; tries++) {
        send(id, COMMAND_START_UP | TRAMPOLINE_PAGE);
        for (int waited = 0; waited < 1000 && !is_done; waited++)
            pause_milliseconds(1);
    }
    machine_line(by, id);
    machine_value(is_done);
    machine_end_line();
    if (is_done)
        processor_print(&started, id);
}

void machine_processors_by_acpi(void)
{
    enum { ENABLED = 1 };
    const uint8_t *madt = acpi_table("APIC");
    uint32_t length = madt ? *(const uint32_t *)(madt + 4) : 0;
    for (uint32_t at = MADT_HEADER_BYTES; at < length; at += madt[at + 1])
        if (madt[at] == MADT_PROCESSOR && (*(const uint32_t *)(madt + at + 4) & ENABLED))
            start_processor("started_by_acpi", madt[at + 3]);
}

void machine_processors_by_mp(void)
{
    enum { USABLE = 1 };
    const uint8_t *pointer = machine_find("_MP_", 16);
    const uint8_t *table = pointer ? memory_at(*(const uint32_t *)(pointer + 4)) : NULL;
    if (!table || !sums_right(table, *(const uint16_t *)(table + 4)))
        return;
    const uint8_t *entry = table + MP_HEADER_BYTES;
    for (uint32_t entries = *(const uint16_t *)(table + 34); entries; entries--) {
        if (*entry == 0 && (entry[3] & USABLE))
            start_processor("started_by_mp", entry[1]);
        entry += *entry == 0 ? MP_PROCESSOR_BYTES : MP_OTHER_BYTES;
    }
}
