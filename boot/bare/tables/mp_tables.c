// SPDX-License-Identifier: BSD-2-Clause
// See mp_tables.h. Field names are the specification's.
#include "boot/bare/tables/mp_tables.h"

#include <string.h>
#include "loader/bytes.h"

enum {
    LINES = 16, /* of the PIC */
    CASCADE_LINE = 2,
    PCI_LINES = 1 << 5 | 1 << 9 | 1 << 10 | 1 << 11, /* where there is PCI, none of them is ISA's */

    BUS_PCI = 0, /* its number on the PCI side as well */
    BUS_ISA = 1,
    IO_APIC_ID = 0,
    IO_APIC_VERSION = 0x11,
    IO_APIC_USABLE = 1,
    EVERY_APIC = 0xff,
    PROCESSOR_USABLE = 1,
    PROCESSOR_BOOTS = 2,
    ACTIVE_HIGH = 1,

    ENTRY_PROCESSOR = 0,
    ENTRY_BUS = 1,
    ENTRY_IO_APIC = 2,
    ENTRY_INTERRUPT = 3,
    ENTRY_LOCAL_INTERRUPT = 4,
    INTERRUPT_INT = 0,
    INTERRUPT_NMI = 1,
    INTERRUPT_EXTINT = 3,
};
#define LOCAL_APIC 0xfee00000u
#define IO_APIC    0xfec00000u

struct mp_pointer {
    char signature[4];
    uint32_t table;
    uint8_t length; /* paragraphs */
    uint8_t version;
    uint8_t checksum;
    uint8_t features[5];
};
_Static_assert(sizeof(struct mp_pointer) == 16, "MP 1.4, 4.1");

struct mp_header {
    char signature[4];
    uint16_t length;
    uint8_t version;
    uint8_t checksum;
    char oem_id[8], product_id[12];
    uint32_t oem_table;
    uint16_t oem_table_size;
    uint16_t entry_count;
    uint32_t local_apic;
    uint16_t extended_length;
    uint8_t extended_checksum;
    uint8_t reserved;
};
_Static_assert(sizeof(struct mp_header) == 44, "MP 1.4, 4.2");

struct mp_processor {
    uint8_t type, apic_id, apic_version, flags;
    uint32_t signature, features;
    uint32_t reserved[2];
};
_Static_assert(sizeof(struct mp_processor) == 20, "MP 1.4, 4.3.1");

struct mp_bus {
    uint8_t type, id;
    char name[6];
};

struct mp_io_apic {
    uint8_t type, id, version, flags;
    uint32_t address;
};

struct mp_interrupt {
    uint8_t type, interrupt;
    uint16_t flags;
    uint8_t bus, bus_interrupt, apic, pin;
};
_Static_assert(sizeof(struct mp_bus) == 8 && sizeof(struct mp_io_apic) == 8 &&
                   sizeof(struct mp_interrupt) == 8,
               "MP 1.4, 4.3.2 to 4.3.5");

/* Where the next entry goes; NULL: they are only counted. */
struct output {
    uint8_t *at;
    size_t size;
    uint16_t entry_count;
};

static void put(struct output *output, const void *entry, size_t size)
{
    if (output->at != NULL) {
        memcpy(output->at + output->size, entry, size);
    }
    output->size += size;
    output->entry_count++;
}

static void put_bus(struct output *output, uint8_t id, const char *name)
{
    struct mp_bus bus = {.type = ENTRY_BUS, .id = id};
    memcpy(bus.name, name, sizeof bus.name);
    put(output, &bus, sizeof bus);
}

static void put_interrupt(struct output *output, uint16_t flags, uint8_t bus, unsigned source,
                          unsigned pin)
{
    put(output,
        &(struct mp_interrupt){ENTRY_INTERRUPT, INTERRUPT_INT, flags, bus, (uint8_t)source,
                               IO_APIC_ID, (uint8_t)pin},
        sizeof(struct mp_interrupt));
}

static void put_processors(struct output *output, const struct mp_machine *machine)
{
    for (size_t i = 0; i < machine->processor_count; i++) {
        const struct mp_processor processor = {
            .type = ENTRY_PROCESSOR,
            .apic_id = machine->apic_ids[i],
            .apic_version = machine->apic_version,
            .flags = i == 0 ? PROCESSOR_USABLE | PROCESSOR_BOOTS : PROCESSOR_USABLE,
            .signature = machine->signature,
            .features = machine->features,
        };
        put(output, &processor, sizeof processor);
    }
}

/* Each pin of a device once: functions may share it. */
static void put_pci_interrupts(struct output *output, const struct mp_machine *machine)
{
    for (size_t i = 0; i < machine->pci_count; i++) {
        const struct mp_pci_interrupt *one = &machine->pci[i];
        bool was_there = false;
        for (size_t before = 0; before < i; before++) {
            was_there |=
                machine->pci[before].device == one->device && machine->pci[before].pin == one->pin;
        }
        if (!was_there) {
            put_interrupt(output, ACTIVE_HIGH, BUS_PCI,
                          (unsigned)one->device << 2 | (unsigned)(one->pin - 1), one->line);
        }
    }
}

static void put_isa_interrupts(struct output *output, const struct mp_machine *machine)
{
    unsigned others = machine->has_pci ? PCI_LINES : 0;
    unsigned timer_pin = machine->timer_at_pin_2 ? CASCADE_LINE : 0;
    for (unsigned line = 0; line < LINES; line++) {
        if ((others >> line & 1) == 0 && (line == 0 || line != timer_pin)) {
            put_interrupt(output, 0, BUS_ISA, line, line == 0 ? timer_pin : line);
        }
    }
}

/* The PIC at LINT0 of the first local APIC, NMI at LINT1 of all. */
static void put_local_interrupts(struct output *output)
{
    static const struct mp_interrupt entries[] = {
        {ENTRY_LOCAL_INTERRUPT, INTERRUPT_EXTINT, 0, BUS_ISA, 0, 0, 0},
        {ENTRY_LOCAL_INTERRUPT, INTERRUPT_NMI, 0, BUS_ISA, 0, EVERY_APIC, 1},
    };
    put(output, &entries[0], sizeof entries[0]);
    put(output, &entries[1], sizeof entries[1]);
}

static void put_entries(struct output *output, const struct mp_machine *machine)
{
    const struct mp_io_apic io_apic = {ENTRY_IO_APIC, IO_APIC_ID, IO_APIC_VERSION, IO_APIC_USABLE,
                                       IO_APIC};
    put_processors(output, machine);
    if (machine->has_pci) {
        put_bus(output, BUS_PCI, "PCI   ");
    }
    put_bus(output, BUS_ISA, "ISA   ");
    put(output, &io_apic, sizeof io_apic);
    put_pci_interrupts(output, machine);
    put_isa_interrupts(output, machine);
    put_local_interrupts(output);
}

size_t mp_tables_size(const struct mp_machine *machine)
{
    struct output output = {NULL, sizeof(struct mp_pointer) + sizeof(struct mp_header), 0};
    put_entries(&output, machine);
    return output.size;
}

void mp_tables_write(const struct mp_machine *machine, uint8_t *target, uint32_t address)
{
    struct mp_pointer pointer = {"_MP_", address + sizeof pointer, 1, 4, 0, {0}};
    uint8_t *table = target + sizeof pointer;
    struct output output = {table, sizeof(struct mp_header), 0};
    put_entries(&output, machine);
    struct mp_header header = {
        .signature = "PCMP",
        .length = (uint16_t)output.size,
        .version = 4,
        .oem_id = "WHELK   ",
        .product_id = "PC          ",
        .entry_count = output.entry_count,
        .local_apic = LOCAL_APIC,
    };
    memcpy(table, &header, sizeof header); /* with a checksum of 0 */
    header.checksum = (uint8_t)-byte_sum(table, output.size);
    memcpy(table, &header, sizeof header);
    pointer.checksum = (uint8_t)-byte_sum((const uint8_t *)&pointer, sizeof pointer);
    memcpy(target, &pointer, sizeof pointer);
}
