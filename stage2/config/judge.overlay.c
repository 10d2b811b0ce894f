// SPDX-License-Identifier: BSD-2-Clause
// See config/prompt.h: whether an entry could boot, found out without booting it.
#include "stage2/config/prompt.h"

#include <string.h>
#include "loader/elf.h"
#include "loader/linux.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"
#include "stage2/compression/compression.h"
#include "stage2/config/evaluator.h"

/* Whether a file is there. */
static bool is_file(const struct config_platform *platform, const char *path)
{
    enum config_node node = platform->find != NULL ? platform->find(path) : CONFIG_NODE_FILE;
    return node == CONFIG_NODE_FILE || node == CONFIG_NODE_EMPTY;
}

/* Whether a kernel's start says that it could boot by a protocol. An ELF file without a Multiboot
   header could by its PVH note, which is anywhere in it; a compressed file is not looked into: that
   would take long. */
static bool could_be_kernel(struct bytes start, enum config_protocol protocol)
{
    bool is_1 = multiboot1_is_present(start);
    bool is_2 = multiboot2_is_present(start);
    bool is_elf = elf_recognise(start);
    struct linux_header header;
    struct error ignored;
    if (start.size >= COMPRESSION_MAGIC_BYTES && compression_of(start) != COMPRESSION_NONE) {
        return true;
    }
    switch (protocol) {
    case CONFIG_MULTIBOOT1:
        return is_1 || (is_elf && !is_2);
    case CONFIG_MULTIBOOT2:
        return is_2 || (is_elf && !is_1);
    case CONFIG_LINUX:
        return linux_is_present(start) || is_elf;
    case CONFIG_LINUX16:
        return linux_read_header(start, UINT32_MAX / 2, &header, &ignored);
    default:
        return is_elf;
    }
}

static bool has_kernel(const struct config_platform *platform, const struct config_boot *boot,
                       struct arena *arena)
{
    struct file file;
    struct error ignored;
    if (platform->open == NULL) {
        return true;
    }
    if (!platform->open(boot->kernel.path, FILE_AS_IT_IS, &file, arena, &ignored)) {
        return false;
    }
    size_t size =
        file.size < MULTIBOOT2_SEARCH_BYTES ? (size_t)file.size : (size_t)MULTIBOOT2_SEARCH_BYTES;
    uint8_t *start = arena_allocate(arena, size + 1, 8);
    if (start == NULL) {
        return true; /* nothing is known of it */
    }
    return platform->read_part(&file, 0, size, start, &ignored) &&
           could_be_kernel((struct bytes){start, size}, boot->protocol);
}

static bool has_files(const struct config_platform *platform, const struct config_boot *boot,
                      struct arena *arena)
{
    if (boot->action != CONFIG_ACTION_BOOT) {
        return true;
    }
    for (size_t i = 0; i < boot->module_count && !boot->boots_itself; i++) {
        if (!is_file(platform, boot->modules[i].path)) {
            return false;
        }
    }
    if (boot->protocol == CONFIG_CHAINLOADER) {
        bool is_block_list = boot->kernel.is_elsewhere && strchr(boot->kernel.path, '/') == NULL;
        return is_block_list || is_file(platform, boot->kernel.path);
    }
    return is_file(platform, boot->kernel.path) && has_kernel(platform, boot, arena);
}

/* The overlay is there: this is a part of it. The environment's own function would set the platform
   that shows something. */
static const struct config_overlay *own_overlay(struct config *config, struct error *error)
{
    (void)config;
    (void)error;
    return &config_overlay_table;
}

bool config_could_boot(struct config *config, size_t index)
{
    struct error ignored;
    config_overlay(config, &ignored); /* sets the platform, which a plain config does without */
    const struct config_platform *platform = config->environment.platform;
    if (platform == NULL) {
        return true;
    }
    const struct config_platform queries = {.find = platform->find,
                                            .read = platform->read,
                                            .list = platform->list,
                                            .open = platform->open,
                                            .read_part = platform->read_part,
                                            .volume = platform->volume,
                                            .has_device = platform->has_device,
                                            .device = platform->device,
                                            .search = platform->search,
                                            .has_feature = platform->has_feature,
                                            .smbios = platform->smbios,
                                            .cmos = platform->cmos};
    const struct config before = *config;
    size_t used = config->arena->used;
    struct config_boot boot;
    config->environment.platform = &queries;
    config->environment.overlay = own_overlay;
    config->warnings = NULL; /* the list stays as it is: new warnings begin another one */
    config->warning_count = 0;
    /* An entry that only shows something boots nothing, and is as it should be. */
    bool could = config_evaluate(config, &config->entries[index], &boot, &ignored)
                     ? has_files(platform, &boot, config->arena)
                     : boot.names_no_kernel && !boot.is_refused;
    *config = before;
    config->arena->used = used;
    return could;
}
