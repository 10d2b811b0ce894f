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
static struct iso9660_file on_disc(struct prepared_file *file)
{
    uint32_t size = file->extent.length_bytes;
    return (struct iso9660_file){.size = size, .extent_count = size != 0, .extents = &file->extent};
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
        places[i] = on_disc(file);
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

static void plan_files(union prepared_block *block, struct file *files, struct boot_module *modules)
{
    struct prepared_file *from = prepared_files(block);
    for (unsigned left = block->prepared.file_count; left > 0; left--, from++, files++, modules++) {
        *files = (struct file){.path = prepared_text(block, from->path),
                               .size = from->extent.length_bytes,
                               .on_disc = on_disc(from),
                               .is_to_be_plain = (from->flags & PREPARED_KEEPS_PACKED) == 0};
        modules->string = prepared_text(block, from->arguments);
    }
}

/* And where the modules are, of which each is one piece. False: the block is none of the tool's. */
static bool plan_pieces(union prepared_block *block, const struct file *files,
                        struct boot_module *modules, struct piece *pieces)
{
    const struct prepared *prepared = &block->prepared;
    const struct prepared_piece *from = prepared_pieces(block);
    for (unsigned left = prepared->piece_count; left > 0; left--, from++, pieces++) {
        uint64_t end = (uint64_t)from->address + from->length + from->zero_length;
        if (from->address < PLAN_MODULES_LOWEST || end > prepared->end ||
            from->file >= prepared->file_count) {
            return false;
        }
        *pieces = (struct piece){.kind = "piece",
                                 .number = PIECE_UNNUMBERED,
                                 .address = from->address,
                                 .length = from->length,
                                 .zero_length = from->zero_length,
                                 .load_address = from->address,
                                 .file = &files[from->file],
                                 .file_offset = from->file_offset};
        modules[from->file].mod_start = from->address;
        modules[from->file].mod_end = from->address + from->length;
    }
    return true;
}

static void plan_information(union prepared_block *block, const struct memory_map *map,
                             const struct boot_module *modules, struct plan *plan)
{
    const struct prepared *prepared = &block->prepared;
    plan->information = (struct boot_information){.map = map,
                                                  .command_line = modules[0].string,
                                                  .loader_name = PLAN_LOADER_NAME,
                                                  .modules = modules + 1,
                                                  .module_count = prepared->file_count - 1u};
    if (prepared->section_header_count != 0) {
        plan->information.sections =
            (struct boot_sections){.num = prepared->section_header_count,
                                   .size = prepared->section_header_size,
                                   .shndx = prepared->section_names_index,
                                   .headers = prepared_section_headers(block)};
    }
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
    *plan = (struct plan){.placement = {map, pieces, piece_count + 1, piece_count + 1},
                          .kernel = files[0],
                          .modules = files + 1,
                          .entry = prepared->entry,
                          .protocol = CONFIG_MULTIBOOT1,
                          .information_address = PLAN_INFORMATION_LOWEST,
                          .information_piece = (uint32_t)piece_count,
                          .high_end = prepared->end};
    plan_information(block, map, modules, plan);
    uint64_t length = multiboot1_information_size(&plan->information);
    pieces[piece_count] = (struct piece){.kind = "boot information",
                                         .number = PIECE_UNNUMBERED,
                                         .address = PLAN_INFORMATION_LOWEST,
                                         .length = (uint32_t)length,
                                         .load_address = PLAN_INFORMATION_LOWEST};
    return plan_pieces(block, files, modules, pieces) &&
           memory_map_available(map, 0, PLAN_INFORMATION_LOWEST + length, NULL) &&
           memory_map_available(map, PLAN_MODULES_LOWEST,
                                (uint64_t)prepared->end - PLAN_MODULES_LOWEST, NULL);
}
