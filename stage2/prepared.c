// SPDX-License-Identifier: BSD-2-Clause
// See prepared.h.
#include "stage2/prepared.h"

#include <string.h>

enum { WORDS = sizeof(union prepared_block) / sizeof(uint32_t) };

bool prepared_is_present(const union prepared_block *block)
{
    const struct prepared *prepared = &block->prepared;
    size_t used = sizeof *prepared + prepared->file_count * sizeof(struct prepared_file) +
                  prepared->range_count * sizeof(struct prepared_range) +
                  prepared->piece_count * sizeof(struct prepared_piece) +
                  prepared->section_header_count * (size_t)prepared->section_header_size;
    return memcmp(prepared->magic, PREPARED_MAGIC, PREPARED_MAGIC_BYTES) == 0 &&
           prepared->file_count != 0 && used < sizeof *block &&
           block->bytes[sizeof *block - 1] == 0; /* ends the last text */
}

uint32_t prepared_sum(uint32_t sum, const void *block)
{
    const uint32_t *words = block;
    for (size_t i = 0; i < WORDS; i++) {
        sum = (sum ^ words[i]) * 0x01000193; /* FNV-1a's prime: quick, and sees every change */
    }
    return sum;
}

/* On the disc. */
static void place_file(struct prepared_file *file, struct iso9660_file *on_disc)
{
    on_disc->size = file->extent.length_bytes;
    on_disc->extent_count = file->extent.length_bytes != 0;
    on_disc->extents = &file->extent;
}

bool prepared_read(union prepared_block *block, const char *config, struct config_boot *boot,
                   struct arena *arena)
{
    const struct prepared *prepared = &block->prepared;
    size_t count = prepared->file_count;
    struct config_file *files = ARENA_ARRAY(arena, count, struct config_file);
    struct iso9660_file *places = ARENA_ARRAY(arena, count, struct iso9660_file);
    if (files == NULL || places == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct prepared_file *file = &prepared_files(block)[i];
        place_file(file, &places[i]);
        files[i] = (struct config_file){.path = prepared_text(block, file->path),
                                        .arguments = prepared_text(block, file->arguments),
                                        .config = config,
                                        .line = file->line,
                                        .keep_packed = (file->flags & PREPARED_KEEPS_PACKED) != 0,
                                        .on_disc = &places[i]};
    }
    *boot = (struct config_boot){
        .action = CONFIG_ACTION_BOOT,
        .protocol = prepared->protocol == CONFIG_MULTIBOOT2 ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1,
        .ignore_address_fields = (prepared->flags & PREPARED_IGNORES_ADDRESS_FIELDS) != 0,
        .modules_after_kernel = (prepared->flags & PREPARED_MODULES_AFTER_KERNEL) != 0,
        .gfxpayload = prepared->gfxpayload != 0 ? prepared_text(block, prepared->gfxpayload) : NULL,
        .timing = prepared->timing != 0 ? prepared_text(block, prepared->timing) : NULL,
        .kernel = files[0],
        .modules = files + 1,
        .module_count = count - 1};
    return true;
}

/* What follows sets fields of zeroed memory: a structure as a whole would be cleared once more. */
static void plan_files(union prepared_block *block, struct file *files, struct boot_module *modules)
{
    struct prepared_file *from = prepared_files(block);
    for (unsigned left = block->prepared.file_count; left > 0; left--, from++, files++, modules++) {
        files->path = prepared_text(block, from->path);
        files->size = from->extent.length_bytes;
        files->is_to_be_plain = (from->flags & PREPARED_KEEPS_PACKED) == 0;
        place_file(from, &files->on_disc);
        modules->string = prepared_text(block, from->arguments);
    }
}

/* And where the modules are, of which each is one piece. False: the block is none of the tool's. */
static bool plan_pieces(union prepared_block *block, const struct file *files,
                        struct boot_module *modules, struct piece *piece)
{
    const struct prepared *prepared = &block->prepared;
    const struct prepared_piece *from = prepared_pieces(block);
    for (unsigned left = prepared->piece_count; left > 0; left--, from++, piece++) {
        uint64_t end = (uint64_t)from->address + from->length + from->zero_length;
        if (from->address < PLAN_MODULES_LOWEST || end > prepared->end ||
            from->file >= prepared->file_count) {
            return false;
        }
        piece->kind = "piece";
        piece->number = PIECE_UNNUMBERED;
        piece->address = from->address;
        piece->load_address = from->address;
        piece->length = from->length;
        piece->zero_length = from->zero_length;
        piece->file = &files[from->file];
        piece->file_offset = from->file_offset;
        modules[from->file].mod_start = from->address;
        modules[from->file].mod_end = from->address + from->length;
    }
    return true;
}

static void plan_information(union prepared_block *block, const struct memory_map *map,
                             const struct boot_module *modules,
                             struct boot_information *information)
{
    const struct prepared *prepared = &block->prepared;
    information->map = map;
    information->command_line = modules[0].string;
    information->loader_name = PLAN_LOADER_NAME;
    information->modules = modules + 1;
    information->module_count = prepared->file_count - 1u;
    information->sections.num = prepared->section_header_count;
    information->sections.size = prepared->section_header_size;
    information->sections.shndx = prepared->section_names_index;
    information->sections.headers = prepared_section_headers(block);
}

/* Why it is the same plan: plan_boot() takes the lowest free place, for the information from where
   this kernel has no pieces, for all else that may be anywhere from 1 MiB on. With RAM throughout
   up to the last piece, nothing else of the map matters. */
bool prepared_plan(union prepared_block *block, const struct memory_map *map, struct plan *plan,
                   struct arena *arena)
{
    const struct prepared *prepared = &block->prepared;
    size_t file_count = prepared->file_count, piece_count = prepared->piece_count;
    struct file *files = ARENA_ARRAY(arena, file_count, struct file);
    struct boot_module *modules =
        ARENA_ARRAY(arena, file_count, struct boot_module); /* [0]: none */
    struct piece *pieces = ARENA_ARRAY(arena, piece_count + 1, struct piece);
    if (piece_count == 0 || files == NULL || modules == NULL || pieces == NULL) {
        return false;
    }
    plan_files(block, files, modules);
    memset(plan, 0, sizeof *plan);
    plan->placement = (struct placement){map, pieces, piece_count + 1, piece_count + 1};
    plan->kernel = files[0];
    plan->modules = files + 1;
    plan->entry = prepared->entry;
    plan->protocol = CONFIG_MULTIBOOT1;
    plan->high_end = prepared->end;
    plan_information(block, map, modules, &plan->information);
    uint64_t length = multiboot1_information_size(&plan->information);
    struct piece *information = &pieces[piece_count];
    information->kind = "boot information";
    information->number = PIECE_UNNUMBERED;
    information->address = PLAN_INFORMATION_LOWEST;
    information->load_address = PLAN_INFORMATION_LOWEST;
    information->length = (uint32_t)length;
    plan->information_address = PLAN_INFORMATION_LOWEST;
    plan->information_piece = (uint32_t)piece_count;
    return plan_pieces(block, files, modules, pieces) &&
           memory_map_available(map, 0, PLAN_INFORMATION_LOWEST + length, NULL) &&
           memory_map_available(map, PLAN_MODULES_LOWEST,
                                (uint64_t)prepared->end - PLAN_MODULES_LOWEST, NULL);
}
