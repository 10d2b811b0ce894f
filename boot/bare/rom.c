// SPDX-License-Identifier: BSD-2-Clause
// The machine of QEMU that we are the ROM of (-bios), by fw_cfg.
#include "boot/bare/rom.h"

#include "boot/bare/bare.h"
#include "boot/bare/fw_cfg.h"
#include "boot/bare/pci.h"

enum {
    E820_ENTRIES = 32, /* of fw_cfg's list; QEMU's longest has 6 */
    CONVENTIONAL_END = 0x9fc00,
    EBDA_BYTES = 0x400,
    VIDEO_START = 0xa0000,
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

/* Adds RAM, without what is no RAM on a PC: the video memory and what ROMs are copied to. */
static void add_ram(uint64_t address, uint64_t length)
{
    uint64_t end = address + length;
    if (address < VIDEO_START && end > address) {
        uint64_t low_end = end < VIDEO_START ? end : VIDEO_START;
        bare_add_range(address, low_end - address, MEMORY_AVAILABLE);
    }
    if (end > MIB) {
        uint64_t start = address < MIB ? MIB : address;
        bare_add_range(start, end - start, MEMORY_AVAILABLE);
    }
}

void rom_describe_memory(void)
{
    static struct e820_entry entries[E820_ENTRIES];
    struct fw_cfg_file file;
    if (!fw_cfg_is_present() || !fw_cfg_find("etc/e820", &file)) {
        return; /* stage 2 says that the memory is unknown */
    }
    uint32_t size = file.size < sizeof entries ? file.size : (uint32_t)sizeof entries;
    fw_cfg_read(file.key, 0, entries, size);
    for (uint32_t i = 0; i < size / sizeof entries[0]; i++) {
        const struct e820_entry *entry = &entries[i];
        if (entry->type == MEMORY_AVAILABLE) {
            add_ram(entry->address, entry->length);
        } else {
            bare_add_range(entry->address, entry->length, entry->type);
        }
    }
    bare_add_range(CONVENTIONAL_END, EBDA_BYTES, MEMORY_RESERVED);
    bare_add_range(ROM_SEGMENT, MIB - ROM_SEGMENT, MEMORY_RESERVED);
    bare_add_range(FLASH, FLASH_BYTES, MEMORY_RESERVED);
}

/* PCI has what is between the RAM and the I/O APIC, and what is after all RAM. */
void rom_start_pci(void)
{
    struct pci_layout layout = {
        .memory_end = PCI_MEMORY_END,
        .high_start = FOUR_GIB,
        .lines = {10, 10, 11, 11},
    };
    for (size_t i = 0; i < bare_machine.map.count; i++) {
        const struct memory_range *range = &bare_machine.map.ranges[i];
        uint64_t end = range->address + range->length;
        if (range->type == MEMORY_AVAILABLE && end <= PCI_MEMORY_END && end > layout.memory_start) {
            layout.memory_start = (uint32_t)end;
        } else if (range->type == MEMORY_AVAILABLE && end > layout.high_start) {
            layout.high_start = end;
        }
    }
    pci_start(&layout);
}
