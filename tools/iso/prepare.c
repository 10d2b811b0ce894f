// SPDX-License-Identifier: BSD-2-Clause
// See prepare.h. The finished ISO is read with the loader's own code, which finds what the loader
// will find.
#include "tools/iso/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stage2/config/config.h"
#include "stage2/fs/iso9660.h"
#include "loader/multiboot1.h"
#include "stage2/compression/compression.h"
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include "stage2/prepared/prepared.h"
#include "tools/check/check.h"
#include "tools/tree/iso.h"
#include "tools/iso/iso_bytes.h"
#include "tools/iso/output.h"
#include "tools/lib/pretend_pc.h"
#include "tools/tree/tree.h"

enum {
    BLOCK = ISO9660_SECTOR_SIZE,
    VOLUME_DESCRIPTOR_LBA = 16,
    PREPARED_LBA = VOLUME_DESCRIPTOR_LBA - 1,
    ARENA_BYTES = 8 << 20, /* for the largest config */
};

_Static_assert(sizeof(((struct iso_blocks *)0)->lbas) / sizeof(uint32_t) == PREPARED_MOST_BLOCKS,
               "all blocks that were seen may be in the block");

/* An ISO under preparation. */
struct preparation {
    struct iso iso;
    struct iso_blocks seen; /* all that the result depends on; too many: no block is written */
    struct arena arena;
    union prepared_block block;
    size_t used; /* bytes of the block */
};

/* Finds a file with at most one extent. False: there is none. */
static bool find_file(struct preparation *preparation, const char *path,
                      struct iso9660_extent *extent, struct bytes *contents)
{
    struct iso9660_file file;
    struct error ignored;
    if (!iso_find(&preparation->iso, path, &file, &preparation->arena, &ignored) ||
        file.is_directory || file.extent_count > 1 ||
        !iso_contents(&preparation->iso, &file, &preparation->arena, contents, &ignored)) {
        return false;
    }
    *extent = file.extent_count == 1 ? file.extents[0] : (struct iso9660_extent){0};
    return true;
}

/* Appends a text with its NUL and sets its offset; a text that is NULL has none. False: no room. */
static bool add_text(struct preparation *preparation, const char *text, uint16_t *offset)
{
    size_t length = text != NULL ? strlen(text) + 1 : 0;
    if (length > sizeof preparation->block - preparation->used) {
        return false;
    }
    if (text != NULL) {
        memcpy(preparation->block.bytes + preparation->used, text, length);
        *offset = (uint16_t)preparation->used;
        preparation->used += length;
    }
    return true;
}

static bool add_file(struct preparation *preparation, const struct config_file *wanted,
                     struct prepared_file *file)
{
    struct iso9660_extent extent;
    struct bytes contents;
    if (wanted->line > UINT16_MAX || !find_file(preparation, wanted->path, &extent, &contents) ||
        (!wanted->keep_compressed && compression_of(contents) != COMPRESSION_NONE)) {
        return false;
    }
    file->extent = extent;
    file->line = (uint16_t)wanted->line;
    file->flags = wanted->keep_compressed ? PREPARED_KEEPS_COMPRESSED : 0;
    return true;
}

static bool add_files(struct preparation *preparation, const struct config_boot *boot)
{
    struct prepared_file *files = prepared_files(&preparation->block);
    size_t count = 1 + boot->module_count;
    if (count > UINT8_MAX || (const uint8_t *)(files + count) > preparation->block.bytes + BLOCK) {
        return false;
    }
    preparation->block.prepared.file_count = (uint8_t)count;
    bool done = add_file(preparation, &boot->kernel, files);
    for (size_t i = 0; done && i < boot->module_count; i++) {
        done = add_file(preparation, &boot->modules[i], &files[1 + i]);
    }
    return done;
}

/* Adds the blocks with these bytes of the kernel to those that the result depends on. */
static void add_seen(struct preparation *preparation, uint64_t offset, uint64_t length)
{
    uint32_t lba = prepared_files(&preparation->block)->extent.lba;
    for (uint64_t i = offset / BLOCK; length != 0 && i * BLOCK < offset + length; i++) {
        iso_blocks_add(&preparation->seen, lba + (uint32_t)i);
    }
}

/* To plan, the tool has the files in memory; the loader that follows the plan has them on the disc.
 */
static void put_on_disc(struct plan *plan, size_t module_count)
{
    plan->kernel.contents = NULL;
    for (size_t i = 0; i < module_count; i++) {
        plan->modules[i].contents = NULL;
    }
    plan->modules_in_memory = false;
}

/* Plans the boot, and adds the kernel's blocks that the plan depends on. False: this boot can only
   be planned on the machine itself. */
static bool find_plan(struct preparation *preparation, const struct config_boot *boot,
                      struct plan *plan)
{
    const struct prepared_file *kernel = prepared_files(&preparation->block);
    uint32_t size = kernel->extent.length_bytes;
    struct tree tree = {.iso = &preparation->iso};
    static struct pretend_memory memory; /* the plan refers to it */
    const struct plan_environment environment = {
        .config_name = CONFIG_PATH, .map = &memory.map, .overlay = plan_overlay_linked};
    struct error ignored;
    tree_select(&tree);
    if (boot->protocol == CONFIG_MULTIBOOT2 ||
        !pretend_memory(&memory, PRETEND_TYPICAL_MIB, &ignored) ||
        !plan_boot(plan, boot, &environment, &preparation->arena, &ignored)) {
        return false;
    }
    const struct kernel_headers *headers = &plan->headers;
    const struct elf *elf = &headers->elf;
    bool is_pvh = plan->protocol == CONFIG_PVH;
    uint32_t start = is_pvh ? (uint32_t)ELF_HEADER_BYTES : (uint32_t)MULTIBOOT1_START_BYTES;
    add_seen(preparation, 0, size < start ? size : start);
    add_seen(preparation, elf->program_headers_offset,
             elf->program_header_count * (uint64_t)elf->program_header_size);
    if (!is_pvh || headers->notes_are_sections) {
        add_seen(preparation, elf->section_headers_offset,
                 elf->section_header_count * (uint64_t)elf->section_header_size);
    }
    add_seen(preparation, headers->notes_start, headers->notes_end - headers->notes_start);
    put_on_disc(plan, boot->module_count);
    return true;
}

/* Writes the blocks that the result depends on, as ranges. False: no room. */
static bool add_ranges(struct preparation *preparation)
{
    struct prepared *prepared = &preparation->block.prepared;
    struct prepared_range *range = NULL;
    for (size_t i = 0; i < preparation->seen.count; i++) {
        uint32_t lba = preparation->seen.lbas[i];
        if (range != NULL && range->lba + range->count == lba) {
            range->count++;
            continue;
        }
        range = &prepared_ranges(&preparation->block)[prepared->range_count];
        if (prepared->range_count == UINT8_MAX ||
            (const uint8_t *)(range + 1) > preparation->block.bytes + BLOCK) {
            return false;
        }
        prepared->range_count++;
        *range = (struct prepared_range){lba, 1};
    }
    return true;
}

/* Writes the texts, after everything else in the block. False: no room. */
static bool add_texts(struct preparation *preparation, const struct config_boot *boot)
{
    struct prepared *prepared = &preparation->block.prepared;
    struct prepared_file *file = prepared_files(&preparation->block);
    preparation->used =
        (size_t)(prepared_information(&preparation->block) - preparation->block.bytes) +
        prepared->information_bytes;
    bool done = add_text(preparation, boot->gfxpayload, &prepared->gfxpayload) &&
                add_text(preparation, boot->timing, &prepared->timing);
    for (size_t i = 0; done && i <= boot->module_count; i++, file++) {
        const struct config_file *wanted = i == 0 ? &boot->kernel : &boot->modules[i - 1];
        done = add_text(preparation, wanted->path, &file->path) &&
               add_text(preparation, wanted->arguments, &file->arguments);
    }
    return done;
}

static bool add_boot(struct preparation *preparation, const struct config_boot *boot)
{
    struct prepared *prepared = &preparation->block.prepared;
    prepared->magic = PREPARED_MAGIC;
    prepared->protocol = (uint8_t)boot->protocol;
    prepared->flags =
        (uint8_t)((boot->ignore_address_fields ? PREPARED_IGNORES_ADDRESS_FIELDS : 0) |
                  (boot->modules_after_kernel ? PREPARED_MODULES_AFTER_KERNEL : 0) |
                  (boot->has_bochs_driver ? PREPARED_HAS_BOCHS_DRIVER : 0) |
                  (boot->has_cirrus_driver ? PREPARED_HAS_CIRRUS_DRIVER : 0));
    if (!add_files(preparation, boot)) {
        return false;
    }
    const struct preparation before = *preparation;
    struct plan plan;
    if (find_plan(preparation, boot, &plan) && add_ranges(preparation) &&
        prepared_write_plan(&preparation->block, &plan) && add_texts(preparation, boot)) {
        return true;
    }
    *preparation = before;
    return add_ranges(preparation) && add_texts(preparation, boot);
}

/* Adds up what each piece has from its file. */
static void sum_up_pieces(struct preparation *preparation)
{
    struct prepared *prepared = &preparation->block.prepared;
    struct prepared_piece *piece = prepared_pieces(&preparation->block);
    for (unsigned left = prepared->piece_count; left > 0; left--, piece++) {
        const struct prepared_file *file = &prepared_files(&preparation->block)[piece->file];
        piece->sum = SUM_OF_NOTHING;
        sum_add_bytes(&piece->sum,
                      preparation->iso.bytes.data + (size_t)file->extent.lba * BLOCK +
                          piece->file_offset,
                      piece->length);
    }
    prepared->flags |= PREPARED_HAS_SUMS;
}

static void sum_up(struct preparation *preparation)
{
    struct prepared *prepared = &preparation->block.prepared;
    prepared->block_count = (uint32_t)preparation->seen.count;
    prepared->ranges_sum = SUM_OF_NOTHING;
    for (size_t i = 0; i < preparation->seen.count; i++) {
        const uint8_t *data = preparation->iso.bytes.data; /* aligned to pages */
        sum_add(&prepared->ranges_sum, data + (size_t)preparation->seen.lbas[i] * BLOCK,
                BLOCK / sizeof(uint32_t));
    }
    prepared->block_sum = prepared_sum(&preparation->block);
}

/* True if the config boots at once, and boots the same on each machine. */
static bool evaluate(struct bytes text, struct arena *arena, struct config_boot *boot)
{
    static struct config config;
    struct error ignored;
    return memchr(text.data, '$', text.size) == NULL &&
           config_read(&config, text, CONFIG_PATH, arena, &ignored) &&
           config_seconds_to_wait(&config) == 0 &&
           config_evaluate(&config, &config.entries[config_default(&config)], boot, &ignored) &&
           boot->action == CONFIG_ACTION_BOOT && config.warnings == NULL && !config.needs_overlay &&
           (boot->verify == NULL || strcmp(boot->verify, "crc") == 0);
}

/* Reads the config, and adds its blocks to those that the result depends on. */
static bool read_config(struct preparation *preparation, struct bytes *text)
{
    struct iso9660_extent extent;
    if (!find_file(preparation, CONFIG_PATH, &extent, text) || text->size > CONFIG_MAX_BYTES) {
        return false;
    }
    for (uint32_t i = 0; i * (uint32_t)BLOCK < extent.length_bytes; i++) {
        iso_blocks_add(&preparation->seen, extent.lba + i);
    }
    return true;
}

/* Makes the block for this ISO. False: its config is not plain. */
static bool prepare(struct preparation *preparation, const char *iso_path,
                    const struct verification *verification)
{
    struct config_boot boot;
    struct bytes text;
    struct error ignored;
    if (verification->has_sha256 ||
        !iso_open(&preparation->iso, iso_path, &preparation->seen, &ignored) ||
        !read_config(preparation, &text) || !evaluate(text, &preparation->arena, &boot) ||
        !add_boot(preparation, &boot) || preparation->seen.are_more) {
        return false;
    }
    if (!verification->is_off) {
        sum_up_pieces(preparation);
    }
    sum_up(preparation);
    return true;
}

static bool write_block(const char *iso_path, const union prepared_block *block,
                        struct error *error)
{
    int iso = open(iso_path, O_WRONLY | O_CLOEXEC);
    if (iso < 0) {
        return fail(error, "%s: %s", iso_path, strerror(errno));
    }
    bool done = iso_write_bytes(iso, (uint64_t)PREPARED_LBA * BLOCK, block, sizeof *block, error);
    if (close(iso) != 0 && done) {
        done = output_fail(errno, error);
    }
    return done;
}

bool prepare_write(const char *iso_path, const struct verification *verification,
                   struct error *error)
{
    static struct preparation preparation; /* large */
    preparation = (struct preparation){
        .arena = {.base = malloc(ARENA_BYTES), .size = ARENA_BYTES},
    };
    if (preparation.arena.base == NULL) {
        return fail(error, "out of memory");
    }
    bool is_prepared = prepare(&preparation, iso_path, verification);
    iso_close(&preparation.iso);
    free(preparation.arena.base);
    return !is_prepared || write_block(iso_path, &preparation.block, error);
}
