// SPDX-License-Identifier: BSD-2-Clause
// See prepared.h. Code that runs in each boot joins conditions by & instead of &&: && is compiled
// to jumps, and each jump costs time on an emulated processor.
#include "stage2/prepared/prepared.h"

enum {
    WORD = sizeof(uint32_t),
    WORDS_BEFORE_SUM = offsetof(struct prepared, block_sum) / WORD,
    WORDS_AFTER_SUM = (sizeof(union prepared_block) - offsetof(struct prepared, ranges_sum)) / WORD,
    MOST_FILES = 64, /* more than fit into a block with their pieces */
};

_Static_assert((int)PVH_USUAL_RANGES == (int)MULTIBOOT1_USUAL_RANGES, "fits() checks one of them");

/* Bytes of the information as plan_boot() places it. */
static uint32_t information_size(const struct prepared *prepared)
{
    return prepared->information_bytes +
           (prepared->protocol == CONFIG_PVH ? 0u : MULTIBOOT1_MACHINE_BYTES);
}

struct sum prepared_sum(const union prepared_block *block)
{
    struct sum sum = SUM_OF_NOTHING;
    sum_add(&sum, block, WORDS_BEFORE_SUM);
    sum_add(&sum, &block->prepared.ranges_sum, WORDS_AFTER_SUM);
    return sum;
}

bool prepared_is_present(const union prepared_block *block)
{
    const struct prepared *prepared = &block->prepared;
    size_t used = sizeof *prepared + prepared->file_count * sizeof(struct prepared_file) +
                  prepared->range_count * sizeof(struct prepared_range) +
                  prepared->piece_count * sizeof(struct prepared_piece);
    if (prepared->magic != PREPARED_MAGIC) {
        return false;
    }
    const struct sum sum = prepared_sum(block);
    return sum_equals(&sum, &prepared->block_sum) & (prepared->file_count != 0) &
           (prepared->block_count <= PREPARED_MOST_BLOCKS) &
           (used + prepared->information_bytes < sizeof *block) &
           (prepared->protocol >= CONFIG_MULTIBOOT1) & (prepared->protocol <= CONFIG_PVH) &
           (block->bytes[sizeof *block - 1] == 0); /* ends the last text */
}

/* Describes where the file is on the disc. */
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
        files[i] =
            (struct config_file){.path = prepared_text(block, file->path),
                                 .arguments = prepared_text(block, file->arguments),
                                 .config = config,
                                 .line = file->line,
                                 .keep_compressed = (file->flags & PREPARED_KEEPS_COMPRESSED) != 0,
                                 .on_disc = &places[i]};
    }
    *boot = (struct config_boot){
        .action = CONFIG_ACTION_BOOT,
        .protocol = prepared->protocol,
        .ignore_address_fields = (prepared->flags & PREPARED_IGNORES_ADDRESS_FIELDS) != 0,
        .modules_after_kernel = (prepared->flags & PREPARED_MODULES_AFTER_KERNEL) != 0,
        .has_bochs_driver = (prepared->flags & PREPARED_HAS_BOCHS_DRIVER) != 0,
        .has_cirrus_driver = (prepared->flags & PREPARED_HAS_CIRRUS_DRIVER) != 0,
        .gfxpayload = prepared_optional_text(block, prepared->gfxpayload),
        .timing = prepared_optional_text(block, prepared->timing),
        .kernel = files[0],
        .modules = files + 1,
        .module_count = count - 1};
    return true;
}

/* Whether the block has a plan, and plan_boot() would make the same one with this map. plan_boot()
   takes the lowest free places: from 0x10000 for the information, where this kernel has no pieces,
   and from 1 MiB for all else that may be anywhere. If all up to the last piece is RAM, only the
   number of the map's ranges matters besides. */
static bool fits(const struct prepared *prepared, const struct memory_map *map)
{
    uint32_t low_end = PLAN_INFORMATION_LOWEST + information_size(prepared);
    bool low = false, high = false;
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t end = range->address + range->length;
        if (range->type == MEMORY_AVAILABLE) {
            low |= (range->address == 0) & (end >= low_end);
            high |= (range->address <= PLAN_MODULES_LOWEST) & (end >= prepared->end);
        }
    }
    return low & high & (prepared->piece_count != 0) & (map->count <= MULTIBOOT1_USUAL_RANGES) &
           (prepared->protocol != CONFIG_MULTIBOOT2) &
           (information_size(prepared) >= PVH_LEAST_BYTES);
}

/* Reads the block's pieces, and makes a file for each. This is one loop, as it runs in each boot.
   False: a piece is not inside a file of the block, or not between 1 MiB and prepared.end. */
static bool read_pieces(union prepared_block *block, struct piece *piece, struct file *file)
{
    unsigned wrong = 0;
    const struct prepared_piece *from = prepared_pieces(block);
    for (unsigned left = block->prepared.piece_count; left > 0; left--, from++, piece++, file++) {
        struct prepared_file *whole = &prepared_files(block)[from->file % MOST_FILES];
        uint32_t size = whole->extent.length_bytes;
        uint64_t end = (uint64_t)from->address + from->length + from->zero_length;
        wrong |= (from->file >= block->prepared.file_count) | (from->file_offset > size) |
                 (from->length > size - from->file_offset) | (from->address < PLAN_MODULES_LOWEST) |
                 (end > block->prepared.end);
        piece->address = piece->load_address = from->address;
        piece->length = from->length;
        piece->zero_length = from->zero_length;
        piece->file_offset = from->file_offset;
        piece->file = file;
        file->path = prepared_text(block, whole->path);
        file->size = file->on_disc.size = size;
        file->on_disc.extent_count = 1;
        file->on_disc.extents = &whole->extent;
        file->must_be_uncompressed = (whole->flags & PREPARED_KEEPS_COMPRESSED) == 0;
    }
    return wrong == 0;
}

bool prepared_plan(union prepared_block *block, const struct memory_map *map, struct plan *plan,
                   struct arena *arena)
{
    const struct prepared *prepared = &block->prepared;
    if (!fits(prepared, map)) {
        return false;
    }
    size_t count = prepared->piece_count + 1u; /* and the information */
    struct parts {
        struct piece piece;
        struct file file;
    };
    struct piece *pieces =
        arena_allocate(arena, count * sizeof(struct parts), _Alignof(struct parts));
    if (pieces == NULL) {
        return false;
    }
    *plan = (struct plan){
        .protocol = prepared->protocol,
        .entry = prepared->entry,
        .placement = {map, map, pieces, count, count},
        .kernel.path = prepared_text(block, prepared_files(block)->path),
        .information.map = map,
        .information_address = PLAN_INFORMATION_LOWEST,
        .ready_information = {prepared_information(block), prepared->information_bytes},
    };
    pieces->address = pieces->load_address = plan->information_address;
    pieces->length = information_size(prepared);
    return read_pieces(block, pieces + 1, (struct file *)(void *)(pieces + count));
}
