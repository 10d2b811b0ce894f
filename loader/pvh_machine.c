// SPDX-License-Identifier: BSD-2-Clause
// See pvh.h: what the start info says of the machine. Apart from the rest, as a boot that the tool
// has prepared needs only this.
#include "loader/pvh.h"

void pvh_write_machine(const struct boot_information *information, uint8_t *buffer,
                       uint32_t address)
{
    struct hvm_start_info *info = (struct hvm_start_info *)buffer;
    struct hvm_memmap_table_entry *entry = (struct hvm_memmap_table_entry *)(info + 1);
    const struct memory_range *range = information->map->ranges;
    info->rsdp_paddr = (uintptr_t)information->rsdp.data;
    info->memmap_paddr = address + sizeof *info;
    info->memmap_entries = (uint32_t)information->map->count;
    for (size_t left = information->map->count; left > 0; left--, range++, entry++) {
        entry->addr = range->address;
        entry->size = range->length;
        entry->type = range->type;
    }
}
