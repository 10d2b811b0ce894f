// SPDX-License-Identifier: BSD-2-Clause
// The boot information of Multiboot 2 (specification 2.0, 3.6), its tags in GRUB's order. See
// multiboot2.h.
#include <string.h>
#include "loader/multiboot2.h"

enum {
    TAG_HEAD_BYTES = 8, /* type, size */
    TAG_ALIGNMENT = 8,
    MEMORY_MAP_ENTRY_BYTES = 24,
    MEMORY_MAP_ENTRY_VERSION = 0,
    VBE_FIELDS_BYTES = 8, /* mode and interface, before the two blocks */
    PALETTE_BYTES = sizeof(uint16_t) + sizeof video_palette,

    /* Room for the tags that describe the machine: head and padding of each, and all bodies. */
    MACHINE_BYTES = 5 * (TAG_HEAD_BYTES + TAG_ALIGNMENT) + sizeof(struct apm_table) +
                    VBE_FIELDS_BYTES + VBE_CONTROL_INFO_BYTES + VBE_MODE_INFO_BYTES +
                    sizeof(struct framebuffer) + PALETTE_BYTES + 2 * ACPI_RSDP_BYTES,

    SMBIOS_MAX_BYTES = 0x10000, /* of the table */
    SMBIOS_TAG_BYTES = TAG_HEAD_BYTES + 8 + SMBIOS_MAX_BYTES + TAG_ALIGNMENT,
};
_Static_assert(offsetof(struct memory_range, type) == 16, "the fields of an entry, in its order");
_Static_assert(offsetof(struct boot_module, mod_end) == 4, "the fields of a tag, in its order");
_Static_assert(offsetof(struct video, vbe_interface_len) ==
                   offsetof(struct video, vbe_mode) + VBE_FIELDS_BYTES - sizeof(uint16_t),
               "the fields of a tag, in its order");
_Static_assert(offsetof(struct boot_sections, shndx) == 8, "the fields of a tag, in its order");

/* Where the next byte goes. If buffer is NULL, the bytes are only counted. */
struct writer {
    uint8_t *buffer;
    size_t size;
    size_t tag; /* offset of the tag that is being written */
};

static void put(struct writer *writer, const void *data, size_t length)
{
    if (writer->buffer != NULL && length != 0) { /* data may be NULL if length is 0 */
        memcpy(writer->buffer + writer->size, data, length);
    }
    writer->size += length;
}

static void put32(struct writer *writer, uint32_t value)
{
    put(writer, &value, sizeof value);
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text) + 1);
}

/* Writes the number of bytes since start to the 32-bit field at this offset. */
static void enter_size(struct writer *writer, size_t start, size_t field)
{
    size_t size = writer->size;
    writer->size = field;
    put32(writer, (uint32_t)(size - start));
    writer->size = size;
}

static void begin_tag(struct writer *writer, uint32_t type)
{
    writer->tag = writer->size;
    put32(writer, type);
    put32(writer, 0);
}

static void end_tag(struct writer *writer)
{
    enter_size(writer, writer->tag, writer->tag + sizeof(uint32_t));
    writer->size = (writer->size + TAG_ALIGNMENT - 1) & ~(size_t)(TAG_ALIGNMENT - 1);
}

static void put_tag(struct writer *writer, uint32_t type, const void *body, size_t length)
{
    begin_tag(writer, type);
    put(writer, body, length);
    end_tag(writer);
}

static void put_text_tag(struct writer *writer, uint32_t type, const char *text)
{
    put_tag(writer, type, text, strlen(text) + 1);
}

static void put_modules(struct writer *writer, const struct boot_information *information)
{
    for (size_t i = 0; i < information->module_count; i++) {
        const struct boot_module *module = &information->modules[i];
        begin_tag(writer, MULTIBOOT2_MODULE);
        put(writer, module, offsetof(struct boot_module, mod_end) + sizeof module->mod_end);
        put_text(writer, module->string);
        end_tag(writer);
    }
}

static void put_memory_map(struct writer *writer, const struct memory_map *map)
{
    begin_tag(writer, MULTIBOOT2_MEMORY_MAP);
    put32(writer, MEMORY_MAP_ENTRY_BYTES);
    put32(writer, MEMORY_MAP_ENTRY_VERSION);
    for (size_t i = 0; i < map->count; i++) {
        put(writer, &map->ranges[i],
            offsetof(struct memory_range, type) + sizeof map->ranges[i].type);
        put32(writer, 0); /* reserved */
    }
    end_tag(writer);
}

/* Writes the tag even if there are no sections, as GRUB does. */
static void put_sections(struct writer *writer, const struct boot_sections *sections)
{
    begin_tag(writer, MULTIBOOT2_ELF_SECTIONS);
    put(writer, sections, offsetof(struct boot_sections, shndx) + sizeof sections->shndx);
    put(writer, sections->headers, (size_t)sections->num * sections->size);
    end_tag(writer);
}

/* Sign extension widens the bytes of Multiboot 1's boot device: 0xff (none) becomes 0xffffffff. */
static void put_boot_device(struct writer *writer, uint32_t boot_device)
{
    const uint32_t body[] = {
        boot_device >> 24,                              /* biosdev */
        (uint32_t)(int32_t)(int8_t)(boot_device >> 16), /* partition */
        (uint32_t)(int32_t)(int8_t)(boot_device >> 8),  /* sub_partition */
    };
    put_tag(writer, MULTIBOOT2_BOOT_DEVICE, body, sizeof body);
}

static void put_video(struct writer *writer, const struct video *video, uint32_t address)
{
    const struct framebuffer *framebuffer = &video->framebuffer;
    bool graphics = framebuffer->type != FRAMEBUFFER_TEXT;
    if (framebuffer->type == FRAMEBUFFER_NONE) {
        return;
    }
    if (graphics && video->vbe_control_info != NULL) { /* not in text mode, as in GRUB */
        begin_tag(writer, MULTIBOOT2_VBE);
        put(writer, &video->vbe_mode, VBE_FIELDS_BYTES);
        video_copy_control_info(video, writer->buffer + writer->size,
                                address + (uint32_t)writer->size);
        writer->size += VBE_CONTROL_INFO_BYTES;
        put(writer, video->vbe_mode_info, VBE_MODE_INFO_BYTES);
        end_tag(writer);
    }
    begin_tag(writer, MULTIBOOT2_FRAMEBUFFER_INFORMATION);
    put(writer, framebuffer, offsetof(struct framebuffer, masks));
    if (framebuffer->type == FRAMEBUFFER_RGB) {
        put(writer, framebuffer->masks, sizeof framebuffer->masks);
    } else if (graphics) {
        const uint16_t colours = PALETTE_COLOURS;
        put(writer, &colours, sizeof colours);
        put(writer, video_palette, sizeof video_palette);
    }
    end_tag(writer);
}

/* The old tag has the part that ACPI 1.0 knows. It comes with the new tag, too. Some firmware has a
   separate root pointer for it. */
static void put_acpi(struct writer *writer, struct bytes rsdp, struct bytes old_rsdp)
{
    const uint8_t *old = old_rsdp.size != 0 ? old_rsdp.data : rsdp.data;
    if (old != NULL) {
        put_tag(writer, MULTIBOOT2_ACPI_OLD, old, ACPI_RSDP_OLD_BYTES);
    }
    if (rsdp.size == ACPI_RSDP_BYTES) {
        put_tag(writer, MULTIBOOT2_ACPI_NEW, rsdp.data, ACPI_RSDP_BYTES);
    }
}

/* A pointer of the firmware's size. type is the 32-bit tag, type + 1 the 64-bit tag. */
static void put_pointer(struct writer *writer, uint32_t type, uint64_t value, bool is_64)
{
    put_tag(writer, type + is_64, &value, is_64 ? sizeof value : sizeof(uint32_t));
}

static void put_system_table(struct writer *writer, const struct boot_efi *efi)
{
    put_pointer(writer, MULTIBOOT2_EFI32_SYSTEM_TABLE, efi->system_table, efi->is_64);
}

/* Kernels that keep boot services are told so; the others get UEFI's memory map. Both get the
   handle of our image. */
static void put_efi(struct writer *writer, const struct boot_efi *efi, bool keeps_boot_services)
{
    if (keeps_boot_services) {
        put_tag(writer, MULTIBOOT2_EFI_BOOT_SERVICES_RUN, NULL, 0);
    } else {
        begin_tag(writer, MULTIBOOT2_EFI_MEMORY_MAP);
        put32(writer, efi->descriptor_size);
        put32(writer, efi->descriptor_version);
        put(writer, efi->memory_map.data, efi->memory_map.size);
        end_tag(writer);
    }
    put_pointer(writer, MULTIBOOT2_EFI32_IMAGE_HANDLE, efi->image_handle, efi->is_64);
}

/* The table is empty unless the kernel asked for it: others need not wait for it. */
static void put_smbios(struct writer *writer, const struct smbios *smbios)
{
    const uint8_t version[8] = {smbios->major, smbios->minor}; /* and 6 reserved bytes */
    if (smbios->table.size == 0 || smbios->table.size > SMBIOS_MAX_BYTES) {
        return;
    }
    begin_tag(writer, MULTIBOOT2_SMBIOS);
    put(writer, version, sizeof version);
    put(writer, smbios->table.data, smbios->table.size);
    end_tag(writer);
}

static size_t write(const struct boot_information *information, uint8_t *buffer, uint32_t address)
{
    struct writer writer = {.buffer = buffer};
    const uint32_t memory[] = {memory_map_lower_kib(information->map),
                               memory_map_upper_kib(information->map)};
    put32(&writer, 0); /* total_size */
    put32(&writer, 0); /* reserved */
    put_tag(&writer, MULTIBOOT2_LOAD_BASE, &information->load_base, sizeof information->load_base);
    put_text_tag(&writer, MULTIBOOT2_COMMAND_LINE, information->command_line);
    put_text_tag(&writer, MULTIBOOT2_LOADER_NAME, information->loader_name);
    if (information->apm != NULL) {
        put_tag(&writer, MULTIBOOT2_APM, information->apm, sizeof *information->apm);
    }
    put_modules(&writer, information);
    if (!information->keeps_boot_services) { /* boot services know what is free */
        put_memory_map(&writer, information->map);
    }
    put_sections(&writer, &information->sections);
    if (!information->keeps_boot_services) {
        put_tag(&writer, MULTIBOOT2_BASIC_MEMORY, memory, sizeof memory);
    }
    if (information->boot_device != BOOT_DEVICE_UNKNOWN) {
        put_boot_device(&writer, information->boot_device);
    }
    if (information->video != NULL) {
        put_video(&writer, information->video, address);
    }
    if (information->efi != NULL) {
        put_system_table(&writer, information->efi);
    }
    put_smbios(&writer, &information->smbios);
    put_acpi(&writer, information->rsdp, information->old_rsdp);
    if (information->efi != NULL) {
        put_efi(&writer, information->efi, information->keeps_boot_services);
    }
    put_tag(&writer, MULTIBOOT2_INFORMATION_END, NULL, 0);
    enter_size(&writer, 0, 0);
    return writer.size;
}

size_t multiboot2_information_size(const struct boot_information *information)
{
    struct boot_information without_machine = *information;
    without_machine.apm = NULL;
    without_machine.video = NULL;
    without_machine.rsdp = (struct bytes){0};
    return write(&without_machine, NULL, 0) + MACHINE_BYTES +
           (information->keeps_room_for_smbios ? SMBIOS_TAG_BYTES : 0);
}

void multiboot2_write_information(const struct boot_information *information, uint8_t *buffer,
                                  uint32_t address)
{
    write(information, buffer, address);
}
