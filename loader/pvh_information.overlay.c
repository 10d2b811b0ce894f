// SPDX-License-Identifier: BSD-2-Clause
// See pvh.h: the start info as far as it does not depend on the machine.
#include "loader/pvh.h"

#include <string.h>

enum { VERSION = 1 };

/* Offsets of the parts after the structure and the memory map. */
struct layout {
    uint64_t command_line, modules, strings, end;
};

/* Short maps get the room of a usual one, so that the offsets do not depend on the machine. */
static struct layout lay_out(const struct boot_information *information)
{
    struct layout layout;
    size_t ranges = information->map->count;
    ranges = ranges > PVH_USUAL_RANGES ? ranges : PVH_USUAL_RANGES;
    layout.command_line =
        sizeof(struct hvm_start_info) + ranges * sizeof(struct hvm_memmap_table_entry);
    layout.modules = layout.command_line + strlen(information->command_line) + 1;
    layout.modules = (layout.modules + 7) & ~UINT64_C(7);
    layout.strings = layout.modules + information->module_count * sizeof(struct hvm_modlist_entry);
    layout.end = layout.strings;
    for (size_t i = 0; i < information->module_count; i++) {
        layout.end += strlen(information->modules[i].string) + 1;
    }
    return layout;
}

uint64_t pvh_information_size(const struct boot_information *information)
{
    return lay_out(information).end;
}

void pvh_write_boot(const struct boot_information *information, uint8_t *buffer, uint32_t address)
{
    struct layout layout = lay_out(information);
    struct hvm_start_info *info = (struct hvm_start_info *)buffer;
    struct hvm_modlist_entry *entry = (struct hvm_modlist_entry *)(buffer + layout.modules);
    size_t string = (size_t)layout.strings;
    info->magic = XEN_HVM_START_MAGIC_VALUE;
    info->version = VERSION;
    info->cmdline_paddr = address + layout.command_line;
    memcpy(buffer + layout.command_line, information->command_line,
           strlen(information->command_line) + 1);
    if (information->module_count != 0) {
        info->nr_modules = (uint32_t)information->module_count;
        info->modlist_paddr = address + layout.modules;
    }
    for (size_t i = 0; i < information->module_count; i++, entry++) {
        const struct boot_module *module = &information->modules[i];
        size_t length = strlen(module->string) + 1;
        entry->paddr = module->mod_start;
        entry->size = module->mod_end - module->mod_start;
        entry->cmdline_paddr = address + string;
        memcpy(buffer + string, module->string, length);
        string += length;
    }
}
