// SPDX-License-Identifier: BSD-2-Clause
// See xen_hvm.h. Local APIC ids are twice the processor's number (Xen, hvm/vlapic.c). Interrupt
// lines, I/O ports and what is reserved are hvmloader's, as kernels have come to know them.
#include "boot/bare/xen_hvm.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/chipset.h"
#include "boot/bare/cpuid.h"
#include "boot/bare/pci.h"
#include "boot/bare/processors.h"
#include "boot/bare/pvh/xen_acpi.h"
#include "boot/bare/rom_segment.h"
#include "boot/bare/tables/mp_tables.h"
#include "boot/bare/tables/pir_table.h"
#include "boot/bare/tables/room.h"
#include "boot/bare/tables/smbios_tables.h"
#include "boot/bare/xen.h"
#include "boot/pc/bda.h"
#include "loader/bytes.h"
#include "stage2/bus/pci.h"

enum {
    MIB = 0x100000,
    CONVENTIONAL_END = 0x9fc00,
    EBDA_BYTES = 0x400,
    TABLES = 0xf0000, /* RAM in such guests */
    TABLES_BYTES = 0x10000,

    /* What the toolstack tells of the guest (public/hvm/hvm_info_table.h). */
    INFO = 0x9f800,
    INFO_LENGTH = 8, /* offsets */
    INFO_PROCESSORS = 16,
    INFO_BYTES = 48, /* at least; a bit for each processor follows */
    INFO_MOST_BYTES = 4096 - 0x800,
    MOST_PROCESSORS = 128, /* of a guest */

    ACPI_ALIGNMENT = 64,
    TABLE_ALIGNMENT = 16,
    BUS_FUNCTIONS = 256,
    INTERRUPTS = 64, /* of bus 0 */
    PIIX = 1 << 3,   /* PCI function */

    SMBIOS_ENTRY_BYTES = 31,
    SYSTEM_HANDLE = 0x100,
    END_HANDLE = 0x7f00,
    POWER_SWITCH = 6,
};
#define LOCAL_APIC_VERSION 0xfee00030u
#define PIIX_COMPATIBLE    0x122e8086u

#define RESERVED       0xfc000000u /* Xen's pages, I/O APIC, local APIC, up to 4 GiB */
#define RESERVED_BYTES 0x04000000u
#define PCI_START      0xf0000000u
#define FOUR_GIB       UINT64_C(0x100000000)

/* SMBIOS's structure about the system, its strings, and the structure that ends the table. */
struct system {
    uint8_t type, length;
    uint16_t handle;
    uint8_t manufacturer, product, version, serial_number; /* numbers of strings; 0: none */
    uint8_t uuid[16];
    uint8_t wake_up, sku, family;
    char strings[sizeof "Xen\0HVM domU\0"];
    struct {
        uint8_t type, length;
        uint16_t handle;
        char strings[2];
    } __attribute__((packed)) end;
} __attribute__((packed));
_Static_assert(offsetof(struct system, strings) == 27, "SMBIOS 2.8, 7.2");

static const struct pci_layout usual_layout = {
    .memory_start = PCI_START,
    .memory_end = RESERVED,
    .high_start = FOUR_GIB,
    .lines = {5, 10, 11, 5},
};

/* The number of the guest's processors. */
static size_t processor_count(void)
{
    const uint8_t *info = (const uint8_t *)(uintptr_t)bios_data(INFO);
    uint32_t length = load32(info + INFO_LENGTH);
    if (memcmp(info, "HVM INFO", 8) != 0 || length < INFO_BYTES || length > INFO_MOST_BYTES ||
        !sums_to_zero(info, length)) {
        return 1;
    }
    uint32_t count = load32(info + INFO_PROCESSORS);
    return count >= 1 && count <= MOST_PROCESSORS ? count : 1;
}

static void describe_memory(void)
{
    bare_add_range(0, CONVENTIONAL_END, MEMORY_AVAILABLE);
    bare_add_range(CONVENTIONAL_END, EBDA_BYTES, MEMORY_RESERVED);
    bare_add_range(TABLES, TABLES_BYTES, MEMORY_RESERVED);
    bare_add_range(RESERVED, RESERVED_BYTES, MEMORY_RESERVED);
}

/* PCI has what is between the RAM and Xen's pages, and what is after all RAM. */
static struct pci_layout find_layout(void)
{
    struct pci_layout layout = usual_layout;
    for (size_t i = 0; i < bare_machine.map.count; i++) {
        const struct memory_range *range = &bare_machine.map.ranges[i];
        uint64_t end = range->address + range->length;
        if (range->type == MEMORY_AVAILABLE && end > layout.high_start) {
            layout.high_start = end;
        } else if (range->type == MEMORY_AVAILABLE && end <= RESERVED &&
                   end > layout.memory_start) {
            layout.memory_start = (uint32_t)end;
        }
    }
    return layout;
}

static uint8_t *at_address(uint32_t address)
{
    return (uint8_t *)(uintptr_t)bios_data(address);
}

static void make_acpi(const struct pci_layout *layout, const uint8_t *ids, size_t processors,
                      struct room *room)
{
    struct xen_acpi_machine machine = {.apic_ids = ids,
                                       .processor_count = processors,
                                       .pci_start = layout->memory_start,
                                       .pci_end = layout->memory_end};
    memcpy(machine.lines, layout->lines, sizeof machine.lines);
    bare_machine.rsdp = room_take(room, (uint32_t)xen_acpi_size(&machine), ACPI_ALIGNMENT);
    xen_acpi_write(&machine, at_address((uint32_t)bare_machine.rsdp), (uint32_t)bare_machine.rsdp);
}

/* Lists the interrupt pins of bus 0's functions. */
static size_t list_interrupts(struct mp_pci_interrupt interrupts[INTERRUPTS])
{
    size_t function_count, count = 0;
    const struct pci_function *function = pci_functions(&function_count);
    for (; function_count > 0 && count < INTERRUPTS; function_count--, function++) {
        if (function->interrupt != 0 && function->function < BUS_FUNCTIONS) {
            uint8_t pin = (uint8_t)(pci_read(function->function, PCI_INTERRUPT) >> 8);
            interrupts[count++] = (struct mp_pci_interrupt){(uint8_t)(function->function >> 3), pin,
                                                            function->interrupt};
        }
    }
    return count;
}

static void make_mp_tables(const uint8_t *ids, size_t processors, struct room *room)
{
    struct mp_pci_interrupt interrupts[INTERRUPTS];
    const struct cpuid features = cpuid(1, 0);
    const struct mp_machine machine = {
        .apic_ids = ids,
        .processor_count = processors,
        .apic_version = *(volatile uint32_t *)(uintptr_t)LOCAL_APIC_VERSION & 0xff,
        .signature = features.eax,
        .features = features.edx,
        .pci = interrupts,
        .pci_count = list_interrupts(interrupts),
        .has_pci = true,
        .timer_at_pin_2 = true,
    };
    uint32_t address = room_take(room, (uint32_t)mp_tables_size(&machine), TABLE_ALIGNMENT);
    mp_tables_write(&machine, at_address(address), address);
}

static void make_links(const struct pci_layout *layout, struct room *room)
{
    uint32_t address = room_take(room, PIR_BYTES, TABLE_ALIGNMENT);
    uint16_t lines = 0;
    for (size_t i = 0; i < sizeof layout->lines; i++) {
        lines |= (uint16_t)(1u << layout->lines[i]);
    }
    pir_write(at_address(address), PIIX, PIIX_COMPATIBLE, chipset_link(0), lines);
}

/* The structures about the firmware and the system (SMBIOS 2.8, 7.1 and 7.2), and the end. */
static void make_smbios(struct room *room)
{
    static const struct system system_structure = {
        .type = 1,
        .length = offsetof(struct system, strings),
        .handle = SYSTEM_HANDLE,
        .manufacturer = 1,
        .product = 2,
        .wake_up = POWER_SWITCH,
        .strings = "Xen\0HVM domU\0",
        .end = {.type = 127, .length = 4, .handle = END_HANDLE},
    };
    static const uint8_t entry[SMBIOS_ENTRY_BYTES] = {
        '_', 'S', 'M', '_',         [5] = SMBIOS_ENTRY_BYTES, 2, 8, [16] = '_', 'D',
        'M', 'I', '_', [30] = 0x28, /* version 2.8 */
    };
    struct smbios_structures structures;
    uint32_t entry_at = room_take(room, sizeof entry, TABLE_ALIGNMENT);
    uint32_t address =
        room_take(room, SMBIOS_FIRMWARE_BYTES + sizeof system_structure, TABLE_ALIGNMENT);
    struct system *system = (struct system *)(void *)at_address(address + SMBIOS_FIRMWARE_BYTES);
    *system = system_structure;
    xen_guest_uuid(system->uuid);
    memcpy(at_address(entry_at), entry, sizeof entry);
    smbios_measure((struct bytes){(const uint8_t *)system, sizeof *system}, &structures);
    const uint8_t *first = smbios_add_firmware((uint8_t *)system, &structures);
    smbios_complete_entry(at_address(entry_at), sizeof entry, &structures,
                          (uint32_t)(uintptr_t)first);
}

/* All tables are in the segment at 0xf0000, below the page of code. There is more room than they
   can take. */
static void make_tables(const struct pci_layout *layout, size_t processors)
{
    uint8_t ids[MOST_PROCESSORS] = {0};
    struct room room = {TABLES, ROM_SEGMENT_CODE};
    for (size_t i = 0; i < processors; i++) {
        ids[i] = (uint8_t)(2 * i);
    }
    make_acpi(layout, ids, processors, &room);
    make_mp_tables(ids, processors, &room);
    make_links(layout, &room);
    make_smbios(&room);
}

/* Sets all processors' MTRRs: uncached is what PCI has, or, if RAM reaches into that, what follows.
 */
static void start_processors(const struct pci_layout *layout, size_t count)
{
    memset(at_address(TABLES), 0, TABLES_BYTES);
    rom_segment_put_code();
    processors_start(count, layout->memory_start == PCI_START ? PCI_START : RESERVED, 0);
}

void xen_hvm_start(void)
{
    static struct processors found;
    size_t processors = processor_count();
    describe_memory();
    xen_set_parameter(XEN_PARAMETER_ACPI_PORTS, XEN_ACPI_PORTS_NEW);
    struct pci_layout layout = find_layout();
    start_processors(&layout, processors);
    pci_start(&layout);
    make_tables(&layout, processors);
    processors_wait(processors, &found);
}
