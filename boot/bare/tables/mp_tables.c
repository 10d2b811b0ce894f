// SPDX-License-Identifier: BSD-2-Clause
// See mp_tables.h. Field names are the specification's.
#include "boot/bare/tables/mp_tables.h"

#include <string.h>
#include "loader/bytes.h"

enum {
    LINES = 16,   /* of the PIC */
    DEVICES = 32, /* on a PCI bus */
    PINS = 4,
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

/* All other entries have 8 bytes (4.3.2 to 4.3.5): two words. An interrupt's: kind, flags; source
   and target. */
enum { ENTRY_WORDS = 2, ENTRY_BYTES = 8 };
#define BYTES(a, b, c, d)                                                                          \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static const uint32_t bus_pci[ENTRY_WORDS] = {BYTES(ENTRY_BUS, BUS_PCI, 'P', 'C'),
                                              BYTES('I', ' ', ' ', ' ')};

static const uint32_t bus_isa_and_io_apic[2 * ENTRY_WORDS] = {
    BYTES(ENTRY_BUS, BUS_ISA, 'I', 'S'),
    BYTES('A', ' ', ' ', ' '),
    BYTES(ENTRY_IO_APIC, IO_APIC_ID, IO_APIC_VERSION, IO_APIC_USABLE),
    IO_APIC,
};

/* The PIC at LINT0 of the first local APIC, NMI at LINT1 of all. */
static const uint32_t local_interrupts[2 * ENTRY_WORDS] = {
    BYTES(ENTRY_LOCAL_INTERRUPT, INTERRUPT_EXTINT, 0, 0),
    BYTES(BUS_ISA, 0, 0, 0),
    BYTES(ENTRY_LOCAL_INTERRUPT, INTERRUPT_NMI, 0, 0),
    BYTES(BUS_ISA, 0, EVERY_APIC, 1),
};

/* Each function returns where the next entry goes. */

static uint8_t *put(uint8_t *at, const uint32_t *words, size_t count)
{
    memcpy(at, words, count * sizeof *words);
    return at + count * sizeof *words;
}

static uint8_t *put_interrupt(uint8_t *at, unsigned flags, unsigned source, unsigned pin)
{
    const uint32_t words[ENTRY_WORDS] = {BYTES(ENTRY_INTERRUPT, INTERRUPT_INT, flags, 0),
                                         source | BYTES(0, 0, IO_APIC_ID, pin)};
    return put(at, words, ENTRY_WORDS);
}

static uint8_t *put_processors(uint8_t *at, const struct mp_machine *machine)
{
    struct mp_processor processor = {
        .type = ENTRY_PROCESSOR,
        .apic_version = machine->apic_version,
        .flags = PROCESSOR_USABLE | PROCESSOR_BOOTS,
        .signature = machine->signature,
        .features = machine->features,
    };
    for (size_t i = 0; i < machine->processor_count; i++) {
        processor.apic_id = machine->apic_ids[i];
        memcpy(at, &processor, sizeof processor);
        processor.flags = PROCESSOR_USABLE;
        at += sizeof processor;
    }
    return at;
}

/* Each pin of a device once: functions may share it. */
static uint8_t *put_pci_interrupts(uint8_t *at, const struct mp_machine *machine)
{
    uint32_t seen[DEVICES * PINS / 32] = {0};
    for (size_t i = 0; i < machine->pci_count; i++) {
        const struct mp_pci_interrupt *one = &machine->pci[i];
        unsigned source = (unsigned)one->device * PINS | (unsigned)(one->pin - 1);
        uint32_t bit = 1u << source % 32;
        if ((seen[source / 32] & bit) == 0) {
            seen[source / 32] |= bit;
            at = put_interrupt(at, ACTIVE_HIGH, BYTES(BUS_PCI, source, 0, 0), one->line);
        }
    }
    return at;
}

static uint8_t *put_isa_interrupts(uint8_t *at, const struct mp_machine *machine)
{
    unsigned timer_pin = machine->timer_at_pin_2 ? CASCADE_LINE : 0;
    unsigned others = (machine->has_pci ? PCI_LINES : 0) | (1u << timer_pin & ~1u);
    for (unsigned line = 0; line < LINES; line++) {
        if ((others >> line & 1) == 0) {
            at = put_interrupt(at, 0, BYTES(BUS_ISA, line, 0, 0), line == 0 ? timer_pin : line);
        }
    }
    return at;
}

size_t mp_tables_size(const struct mp_machine *machine)
{
    size_t others = ENTRY_BYTES * (3 + machine->pci_count + LINES + 2);
    return sizeof(struct mp_pointer) + sizeof(struct mp_header) +
           machine->processor_count * sizeof(struct mp_processor) + others;
}

void mp_tables_write(const struct mp_machine *machine, uint8_t *target, uint32_t address)
{
    struct mp_pointer pointer = {"_MP_", address + sizeof pointer, 1, 4, 0, {0}};
    struct mp_header header = {
        .signature = "PCMP",
        .version = 4,
        .oem_id = "WHELK   ",
        .product_id = "PC          ",
        .local_apic = LOCAL_APIC,
    };
    uint8_t *table = target + sizeof pointer;
    uint8_t *others = put_processors(table + sizeof header, machine), *end = others;
    end = machine->has_pci ? put(end, bus_pci, ENTRY_WORDS) : end;
    end = put(end, bus_isa_and_io_apic, 2 * ENTRY_WORDS);
    end = put_pci_interrupts(end, machine);
    end = put_isa_interrupts(end, machine);
    end = put(end, local_interrupts, 2 * ENTRY_WORDS);
    header.length = (uint16_t)(end - table);
    header.entry_count =
        (uint16_t)(machine->processor_count + (size_t)(end - others) / ENTRY_BYTES);
    memcpy(table, &header, sizeof header); /* with a checksum of 0 */
    table[offsetof(struct mp_header, checksum)] = (uint8_t)-byte_sum(table, header.length);
    memcpy(target, &pointer, sizeof pointer);
    target[offsetof(struct mp_pointer, checksum)] = (uint8_t)-byte_sum(target, sizeof pointer);
}
