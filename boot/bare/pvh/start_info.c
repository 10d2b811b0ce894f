// SPDX-License-Identifier: BSD-2-Clause
// See start_info.h.
#include "boot/bare/pvh/start_info.h"

#include <string.h>

/* Copies length bytes at an address. False: they are not in this memory. */
static bool copy(struct bytes memory, uint64_t address, void *target, size_t length)
{
    if (!range_within(address, length, memory.size)) {
        return false;
    }
    memcpy(target, memory.data + address, length);
    return true;
}

/* Finds the first module. VMMs that have none set the list's address to 0, or the count alone. */
static bool find_module(struct bytes memory, struct start_info *info, struct error *error)
{
    struct hvm_modlist_entry module;
    info->module = (struct bytes){0};
    if (info->header.nr_modules == 0 || info->header.modlist_paddr == 0) {
        return true;
    }
    if (!copy(memory, info->header.modlist_paddr, &module, sizeof module)) {
        return fail(error, "start_info: the list of modules is at 0x%llx, out of reach",
                    (unsigned long long)info->header.modlist_paddr);
    }
    if (!range_within(module.paddr, module.size, memory.size)) {
        return fail(error, "start_info: the module is at 0x%llx, out of reach",
                    (unsigned long long)module.paddr);
    }
    /* Xen's toolstack lists a module at 0 that it has not loaded: firmware_override by a file with
       a PVH note, in a guest with a BIOS. */
    if (module.paddr != 0) {
        info->module = (struct bytes){memory.data + module.paddr, (size_t)module.size};
    }
    return true;
}

bool start_info_read(struct bytes memory, uint64_t address, struct start_info *info,
                     struct error *error)
{
    struct hvm_start_info *header = &info->header;
    memset(info, 0, sizeof *info);
    if (!copy(memory, address, header, START_INFO_BYTES_0) || header->magic != START_INFO_MAGIC) {
        return fail(error, "no PVH start_info at 0x%llx: only PVH loaders can start this file",
                    (unsigned long long)address);
    }
    if (header->version >= 1 && !copy(memory, address, header, sizeof *header)) {
        return fail(error, "start_info: ends after the memory");
    }
    return find_module(memory, info, error);
}

bool start_info_map(struct bytes memory, const struct start_info *info, struct memory_map *map,
                    struct error *error)
{
    struct hvm_memmap_table_entry entry;
    uint64_t address = info->header.memmap_paddr;
    for (uint32_t left = info->header.memmap_entries; left > 0; left--, address += sizeof entry) {
        if (!copy(memory, address, &entry, sizeof entry)) {
            return fail(error, "start_info: the memory map is at 0x%llx, out of reach",
                        (unsigned long long)address);
        }
        if (entry.size == 0) { /* findings/qemu-7.2-qboot-counts-an-empty-range.sh */
            continue;
        }
        if (map->count == map->capacity) {
            return fail(error, "start_info: %u memory ranges, more than %zu",
                        info->header.memmap_entries, map->capacity);
        }
        map->ranges[map->count++] = (struct memory_range){entry.addr, entry.size, entry.type};
    }
    return true;
}

void start_info_command_line(struct bytes memory, const struct start_info *info,
                             char text[START_INFO_TEXT_BYTES])
{
    uint64_t address = info->header.cmdline_paddr;
    size_t length = 0;
    if (address != 0) {
        while (length < START_INFO_TEXT_BYTES - 1 && address + length < memory.size &&
               memory.data[address + length] != 0) {
            text[length] = (char)memory.data[address + length];
            length++;
        }
    }
    text[length] = 0;
}
