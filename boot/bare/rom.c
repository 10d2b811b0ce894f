// SPDX-License-Identifier: BSD-2-Clause
// The machine of QEMU that we are the ROM of (-bios), by fw_cfg.
#include "boot/bare/rom.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/fw_cfg.h"
#include "boot/bare/kernel_tables.h"
#include "boot/bare/pci.h"

enum {
    E820_ENTRIES = 32, /* of fw_cfg's list; QEMU's longest has 6 */
    CONVENTIONAL_END = 0x9fc00,
    EBDA_BYTES = 0x400,
    ROM_SEGMENT = 0xf0000, /* of the tables for kernels */
    MIB = 0x100000,
    FLASH_BYTES = 0x40000,
};
#define PCI_MEMORY_END 0xfec00000u /* the I/O APIC */
#define FOUR_GIB       0x100000000u
#define FLASH          0xfffc0000u /* our ROM, and what a larger one would take */

/* An entry of "etc/e820" (QEMU, hw/i386/e820_memory_layout.h). */
struct e820_entry {
    uint64_t address, length;
    uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct e820_entry) == 20, "etc/e820");

/* What is so on every PC. */
static const struct memory_range fixed[] = {
    {0, CONVENTIONAL_END, MEMORY_AVAILABLE},
    {CONVENTIONAL_END, EBDA_BYTES, MEMORY_RESERVED},
    {ROM_SEGMENT, MIB - ROM_SEGMENT, MEMORY_RESERVED},
    {FLASH, FLASH_BYTES, MEMORY_RESERVED},
};

/* Adds RAM from 1 MiB on. PCI has what is between the RAM and the I/O APIC, and what is after all
   RAM. Tables for kernels are at the end of the RAM from 1 MiB on. */
static void add_ram(uint64_t start, uint64_t end, struct pci_layout *layout)
{
    uint32_t tables = 0;
    if (end > FOUR_GIB) {
        layout->high_start = end > layout->high_start ? end : layout->high_start;
    } else if (end > layout->memory_start && end <= PCI_MEMORY_END) {
        layout->memory_start = (uint32_t)end;
    }
    if (start < MIB) {
        start = MIB;
        tables = end > MIB && end < FOUR_GIB ? kernel_tables_reserve((uint32_t)end) : 0;
    }
    if (end > start) {
        bare_add_range(start, end - tables - start, MEMORY_AVAILABLE);
        bare_add_range(end - tables, tables, MEMORY_RESERVED);
    }
}

void rom_describe_memory(struct pci_layout *layout)
{
    static struct e820_entry entries[E820_ENTRIES];
    struct fw_cfg_file file;
    *layout = (struct pci_layout){
        .memory_end = PCI_MEMORY_END,
        .high_start = FOUR_GIB,
        .lines = {10, 10, 11, 11},
    };
    if (!fw_cfg_is_present() || !fw_cfg_find("etc/e820", &file)) {
        return; /* stage 2 says that the memory is unknown */
    }
    uint32_t size = file.size < sizeof entries ? file.size : (uint32_t)sizeof entries;
    fw_cfg_read(file.key, 0, entries, size);
    memcpy(bare_machine.map.ranges, fixed, sizeof fixed);
    bare_machine.map.count = sizeof fixed / sizeof fixed[0];
    for (const struct e820_entry *entry = entries; size >= sizeof *entry;
         size -= (uint32_t)sizeof *entry, entry++) {
        if (entry->type == MEMORY_AVAILABLE) {
            add_ram(entry->address, entry->address + entry->length, layout);
        } else {
            bare_add_range(entry->address, entry->length, entry->type);
        }
    }
}
