// SPDX-License-Identifier: BSD-2-Clause
// The boot information of Multiboot 1 (specification 0.6.96, 3.3). See multiboot1.h.
#include <string.h>
#include "loader/multiboot1.h"

/* Flags of the information: which fields are valid. */
enum {
    INFO_MEMORY = 1u << 0,
    INFO_BOOT_DEVICE = 1u << 1,
    INFO_COMMAND_LINE = 1u << 2,
    INFO_MODULES = 1u << 3,
    INFO_AOUT_SYMBOLS = 1u << 4,
    INFO_ELF_SECTIONS = 1u << 5,
    INFO_MEMORY_MAP = 1u << 6,
    INFO_DRIVES = 1u << 7,
    INFO_CONFIG_TABLE = 1u << 8,
    INFO_LOADER_NAME = 1u << 9,
    INFO_APM_TABLE = 1u << 10,
    INFO_VBE = 1u << 11,
    INFO_FRAMEBUFFER = 1u << 12,
};

struct info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper; /* KiB */
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms_num, syms_size, syms_addr, syms_shndx; /* a.out: tabsize, strsize, addr, 0 */
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
    uint32_t apm_table;
    uint32_t vbe_control_info, vbe_mode_info;
    uint16_t vbe_mode, vbe_interface_seg, vbe_interface_off, vbe_interface_len;
    struct framebuffer framebuffer;
    uint16_t unused;
} __attribute__((packed));
_Static_assert(offsetof(struct info, mmap_length) == 44, "Multiboot 0.6.96, 3.3");
_Static_assert(offsetof(struct info, framebuffer) == 88, "Multiboot 0.6.96, 3.3");
_Static_assert(sizeof(struct info) == 120, "a multiple of 8");

struct module_entry {
    uint32_t mod_start, mod_end;
    uint32_t string;
    uint32_t reserved;
} __attribute__((packed));
_Static_assert(sizeof(struct module_entry) == 16, "Multiboot 0.6.96, 3.3");

struct mmap_entry {
    uint32_t size; /* of what follows */
    uint64_t base_addr, length;
    uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct mmap_entry) == 24, "Multiboot 0.6.96, 3.3");

/* The part that describes the machine. All of it has room, used or not. */
struct machine {
    struct boot_drive drives[BOOT_DRIVES];
    struct apm_table apm;
    uint8_t vbe_control[VBE_CONTROL_INFO_BYTES];
    uint8_t vbe_mode[VBE_MODE_INFO_BYTES];
    uint8_t palette[sizeof video_palette];
};
_Static_assert(sizeof(struct machine) == MULTIBOOT1_MACHINE_BYTES, "what prepared.c reckons with");

/* Entries that the memory map has room for. Short maps get the room of a usual one, so that the
   offsets after the map do not depend on the machine. */
static size_t map_room(const struct memory_map *map)
{
    return map->count > MULTIBOOT1_USUAL_RANGES ? map->count : MULTIBOOT1_USUAL_RANGES;
}

/* Offsets of the parts after the structure. */
struct layout {
    uint64_t mmap, command_line, loader_name, modules, strings, sections, machine, end;
};

static uint64_t align8(uint64_t offset)
{
    return (offset + 7) & ~UINT64_C(7);
}

static struct layout lay_out(const struct boot_information *information)
{
    struct layout layout;
    layout.mmap = sizeof(struct info);
    layout.command_line = layout.mmap + map_room(information->map) * sizeof(struct mmap_entry);
    layout.loader_name = layout.command_line + strlen(information->command_line) + 1;
    layout.modules = align8(layout.loader_name + strlen(information->loader_name) + 1);
    layout.strings = layout.modules + information->module_count * sizeof(struct module_entry);
    layout.sections = layout.strings;
    for (size_t i = 0; i < information->module_count; i++) {
        layout.sections += strlen(information->modules[i].string) + 1;
    }
    layout.sections = align8(layout.sections);
    layout.machine =
        align8(layout.sections + (uint64_t)information->sections.num * information->sections.size);
    layout.end = layout.machine + sizeof(struct machine);
    return layout;
}

uint64_t multiboot1_information_size(const struct boot_information *information)
{
    return lay_out(information).end;
}

uint32_t multiboot1_machine_offset(const struct boot_information *information)
{
    return (uint32_t)lay_out(information).machine;
}

static void write_memory_map(const struct memory_map *map, struct mmap_entry *entry)
{
    for (size_t i = 0; i < map->count; i++, entry++) {
        entry->size = sizeof *entry - sizeof entry->size;
        entry->base_addr = map->ranges[i].address;
        entry->length = map->ranges[i].length;
        entry->type = map->ranges[i].type;
    }
}

static void write_modules(const struct boot_information *information, struct module_entry *entry,
                          uint8_t *strings, uint32_t strings_address)
{
    for (size_t i = 0; i < information->module_count; i++, entry++) {
        const struct boot_module *module = &information->modules[i];
        size_t length = strlen(module->string) + 1;
        entry->mod_start = module->mod_start;
        entry->mod_end = module->mod_end;
        entry->string = strings_address;
        memcpy(strings, module->string, length);
        strings += length;
        strings_address += (uint32_t)length;
    }
}

static void write_symbols(const struct boot_information *information, struct info *info,
                          const struct layout *layout, uint8_t *buffer, uint32_t address)
{
    const struct boot_sections *sections = &information->sections;
    const struct boot_symbols *symbols = &information->symbols;
    if (sections->num != 0) {
        info->flags |= INFO_ELF_SECTIONS;
        info->syms_num = sections->num;
        info->syms_size = sections->size;
        info->syms_addr = address + (uint32_t)layout->sections;
        info->syms_shndx = sections->shndx;
        memcpy(buffer + layout->sections, sections->headers,
               (size_t)sections->num * sections->size);
    } else if (symbols->addr != 0) {
        info->flags |= INFO_AOUT_SYMBOLS;
        info->syms_num = symbols->tabsize;
        info->syms_size = symbols->strsize;
        info->syms_addr = symbols->addr;
    }
}

/* address: where machine is when the kernel starts. */
static void write_firmware(const struct boot_information *information, struct info *info,
                           struct machine *machine, uint32_t address)
{
    size_t drives_bytes = information->drive_count * sizeof machine->drives[0];
    if (drives_bytes != 0) {
        info->flags |= INFO_DRIVES;
        info->drives_length = (uint32_t)drives_bytes;
        info->drives_addr = address + offsetof(struct machine, drives);
        memcpy(machine->drives, information->drives, drives_bytes);
    }
    if (information->config_table != 0) {
        info->flags |= INFO_CONFIG_TABLE;
        info->config_table = information->config_table;
    }
    if (information->apm != NULL) {
        info->flags |= INFO_APM_TABLE;
        info->apm_table = address + offsetof(struct machine, apm);
        machine->apm = *information->apm;
    }
}

static void write_vbe(const struct video *video, struct info *info, struct machine *machine,
                      uint32_t address)
{
    if (video->vbe_control_info == NULL) {
        return;
    }
    info->flags |= INFO_VBE;
    info->vbe_control_info = address + offsetof(struct machine, vbe_control);
    info->vbe_mode_info = address + offsetof(struct machine, vbe_mode);
    info->vbe_mode = video->vbe_mode;
    info->vbe_interface_seg = video->vbe_interface_seg;
    info->vbe_interface_off = video->vbe_interface_off;
    info->vbe_interface_len = video->vbe_interface_len;
    video_copy_control_info(video, machine->vbe_control, info->vbe_control_info);
    memcpy(machine->vbe_mode, video->vbe_mode_info, VBE_MODE_INFO_BYTES);
}

static void write_framebuffer(const struct framebuffer *framebuffer, struct info *info,
                              struct machine *machine, uint32_t address)
{
    if (framebuffer->type == FRAMEBUFFER_NONE) {
        return;
    }
    info->flags |= INFO_FRAMEBUFFER;
    info->framebuffer = *framebuffer;
    if (framebuffer->type == FRAMEBUFFER_INDEXED) {
        uint32_t palette = address + offsetof(struct machine, palette);
        uint16_t colours = PALETTE_COLOURS;
        memcpy(info->framebuffer.masks, &palette, sizeof palette);
        memcpy(info->framebuffer.masks + sizeof palette, &colours, sizeof colours);
        memcpy(machine->palette, video_palette, sizeof video_palette);
    }
}

static void write_boot(const struct boot_information *information, const struct layout *layout,
                       uint8_t *buffer, uint32_t address)
{
    struct info *info = (struct info *)buffer;
    info->flags = INFO_COMMAND_LINE | INFO_LOADER_NAME;
    info->cmdline = address + (uint32_t)layout->command_line;
    info->boot_loader_name = address + (uint32_t)layout->loader_name;
    if (information->module_count != 0) {
        info->flags |= INFO_MODULES;
        info->mods_count = (uint32_t)information->module_count;
        info->mods_addr = address + (uint32_t)layout->modules;
    }
    write_symbols(information, info, layout, buffer, address);
    memcpy(buffer + layout->command_line, information->command_line,
           (size_t)(layout->loader_name - layout->command_line));
    memcpy(buffer + layout->loader_name, information->loader_name,
           strlen(information->loader_name) + 1);
    write_modules(information, (struct module_entry *)(buffer + layout->modules),
                  buffer + layout->strings, address + (uint32_t)layout->strings);
}

void multiboot1_write_boot(const struct boot_information *information, uint8_t *buffer,
                           uint32_t address)
{
    struct layout layout = lay_out(information);
    write_boot(information, &layout, buffer, address);
}

void multiboot1_write_machine(const struct boot_information *information, uint32_t machine_offset,
                              uint8_t *buffer, uint32_t address)
{
    struct info *info = (struct info *)buffer;
    struct machine *machine = (struct machine *)(buffer + machine_offset);
    uint32_t machine_address = address + machine_offset;
    info->flags |= INFO_MEMORY | INFO_MEMORY_MAP;
    info->mem_lower = memory_map_lower_kib(information->map);
    info->mem_upper = memory_map_upper_kib(information->map);
    info->mmap_length = (uint32_t)(information->map->count * sizeof(struct mmap_entry));
    info->mmap_addr = address + sizeof *info;
    write_memory_map(information->map, (struct mmap_entry *)(info + 1));
    info->boot_device = information->boot_device;
    if (information->boot_device != BOOT_DEVICE_UNKNOWN) {
        info->flags |= INFO_BOOT_DEVICE;
    }
    write_firmware(information, info, machine, machine_address);
    if (information->video != NULL) {
        write_vbe(information->video, info, machine, machine_address);
        write_framebuffer(&information->video->framebuffer, info, machine, machine_address);
    }
}

void multiboot1_write_information(const struct boot_information *information, uint8_t *buffer,
                                  uint32_t address)
{
    struct layout layout = lay_out(information);
    write_boot(information, &layout, buffer, address);
    multiboot1_write_machine(information, (uint32_t)layout.machine, buffer, address);
}
