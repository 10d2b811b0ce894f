// SPDX-License-Identifier: BSD-2-Clause
// See xen_hvm.h. Local APIC ids are twice the processor's number (Xen, hvm/vlapic.c). Interrupt
// lines, I/O ports and what is reserved are hvmloader's, as kernels have come to know them.
#include "boot/bare/xen_hvm.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/pci.h"
#include "boot/bare/pvh/xen_acpi.h"
#include "boot/bare/xen.h"
#include "boot/pc/bda.h"
#include "loader/bytes.h"

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
    PROCESSORS = 128, /* of a guest */
};
#define RESERVED       0xfc000000u /* Xen's pages, I/O APIC, local APIC, up to 4 GiB */
#define RESERVED_BYTES 0x04000000u
#define PCI_START      0xf0000000u
#define FOUR_GIB       UINT64_C(0x100000000)

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
    return count >= 1 && count <= PROCESSORS ? count : 1;
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

static void make_tables(const struct pci_layout *layout, size_t processors)
{
    uint8_t ids[PROCESSORS];
    struct xen_acpi_machine machine = {.apic_ids = ids,
                                       .processor_count = processors,
                                       .pci_start = layout->memory_start,
                                       .pci_end = layout->memory_end};
    for (size_t i = 0; i < processors; i++) {
        ids[i] = (uint8_t)(2 * i);
    }
    memcpy(machine.lines, layout->lines, sizeof machine.lines);
    memset((uint8_t *)(uintptr_t)bios_data(TABLES), 0, TABLES_BYTES);
    xen_acpi_write(&machine, (uint8_t *)(uintptr_t)bios_data(TABLES), TABLES);
    bare_machine.rsdp = TABLES;
}

void xen_hvm_start(void)
{
    size_t processors = processor_count();
    describe_memory();
    xen_set_parameter(XEN_PARAMETER_ACPI_PORTS, XEN_ACPI_PORTS_NEW);
    struct pci_layout layout = find_layout();
    pci_start(&layout);
    make_tables(&layout, processors);
}
