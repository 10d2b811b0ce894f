// SPDX-License-Identifier: BSD-2-Clause
// See placement.h.
#include "loader/placement.h"

#include <string.h>
#include "loader/format.h"

enum { STAGE_ALIGNMENT = 4096, BIOS_ROM = 0xf0000, MIB = 1024 * 1024 };

static uint64_t piece_length(const struct piece *piece)
{
    return (uint64_t)piece->length + piece->zero_length;
}

/* Whether two ranges have a byte in common; an empty range has none. Not inlined, as each copy of
   these 64-bit comparisons would cost the boot image 40 bytes. */
static __attribute__((noinline)) bool overlap(uint64_t a, uint64_t a_length, uint64_t b,
                                              uint64_t b_length)
{
    uint64_t later = a > b ? a : b;
    return later < a + a_length && later < b + b_length;
}

const char *piece_name(const struct piece *piece, char name[PIECE_NAME_BYTES])
{
    bool is_numbered = piece->number != PIECE_UNNUMBERED;
    format_text(name, PIECE_NAME_BYTES, is_numbered ? "%s %u" : "%s", piece->kind, piece->number);
    return name;
}

bool placement_start(struct placement *placement, size_t capacity, const struct memory_map *map,
                     struct arena *arena, struct error *error)
{
    *placement = (struct placement){.map = map, .fixed_map = map, .capacity = capacity};
    placement->pieces = ARENA_ARRAY(arena, capacity, struct piece);
    return placement->pieces != NULL ||
           fail(error, "%zu pieces are more than there is working memory for", capacity);
}

static bool append(struct placement *placement, const struct piece *piece, struct error *error)
{
    char name[PIECE_NAME_BYTES];
    if (placement->count == placement->capacity) {
        return fail(error, "%s: more than %zu pieces", piece_name(piece, name),
                    placement->capacity);
    }
    struct piece *added = &placement->pieces[placement->count++];
    *added = *piece;
    added->load_address = added->address;
    return true;
}

static bool check_ram(const struct placement *placement, const struct piece *piece,
                      struct error *error)
{
    static const char *const names[] = {"",         "",          "reserved", "ACPI tables",
                                        "ACPI NVS", "bad memory"};
    char name[PIECE_NAME_BYTES];
    struct memory_range obstacle;
    uint64_t length = piece_length(piece);
    if (memory_map_available(placement->fixed_map, piece->address, length, &obstacle)) {
        return true;
    }
    if (obstacle.type == 0) {
        return fail(error, "%s (0x%llx bytes at 0x%x) does not fit: there is no RAM at 0x%llx",
                    piece_name(piece, name), (unsigned long long)length, piece->address,
                    (unsigned long long)obstacle.address);
    }
    const char *kind =
        obstacle.type < sizeof names / sizeof names[0] ? names[obstacle.type] : "reserved";
    return fail(error, "%s (0x%llx bytes at 0x%x) does not fit: the memory from 0x%llx is %s",
                piece_name(piece, name), (unsigned long long)length, piece->address,
                (unsigned long long)obstacle.address, kind);
}

static const struct piece *piece_at(const struct placement *placement, uint64_t address,
                                    uint64_t length)
{
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        if (overlap(address, length, piece->address, piece_length(piece))) {
            return piece;
        }
    }
    return NULL;
}

bool placement_add_at(struct placement *placement, const struct piece *piece, struct error *error)
{
    uint64_t length = piece_length(piece);
    if (length == 0) {
        return append(placement, piece, error);
    }
    if (!check_ram(placement, piece, error)) {
        return false;
    }
    const struct piece *other = piece_at(placement, piece->address, length);
    if (other != NULL) {
        char name[PIECE_NAME_BYTES], other_name[PIECE_NAME_BYTES];
        return fail(error, "%s (0x%llx bytes at 0x%x) overlaps %s (0x%llx bytes at 0x%x)",
                    piece_name(piece, name), (unsigned long long)length, piece->address,
                    piece_name(other, other_name), (unsigned long long)piece_length(other),
                    other->address);
    }
    return append(placement, piece, error);
}

/* Cuts off the start of a segment that would lie in the BIOS's ROM. If code starts at 1 MiB, gold
   and many linker scripts put the ELF header right before it. No kernel needs it: GRUB writes it to
   the ROM without effect. */
static void leave_header_out_of_rom(struct piece *piece, const struct image *image)
{
    uint32_t in_rom = MIB - piece->address;
    if (image->format == IMAGE_ADDRESS_FIELDS || piece->file_offset != 0 ||
        piece->address < BIOS_ROM || piece->address >= MIB ||
        image->entry - piece->address < in_rom) {
        return;
    }
    uint32_t from_file = piece->length < in_rom ? piece->length : in_rom;
    uint32_t zeros = in_rom - from_file;
    piece->address = MIB;
    piece->file_offset = from_file;
    piece->length -= from_file;
    piece->zero_length -= piece->zero_length < zeros ? piece->zero_length : zeros;
}

bool placement_add_image(struct placement *placement, const struct image *image,
                         const struct file *file, struct error *error)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        struct piece piece = {
            .address = segment->address,
            .kind = "segment",
            .number = (int32_t)segment->index,
            .length = segment->file_size,
            .zero_length = segment->memory_size - segment->file_size,
            .file = file,
            .file_offset = segment->file_offset,
        };
        leave_header_out_of_rom(&piece, image);
        if (!placement_add_at(placement, &piece, error)) {
            return false;
        }
    }
    return true;
}

uint64_t placement_end(const struct placement *placement)
{
    uint64_t end = 0;
    for (size_t i = 0; i < placement->count; i++) {
        uint64_t piece_end = placement->pieces[i].address + piece_length(&placement->pieces[i]);
        end = piece_end > end ? piece_end : end;
    }
    return end;
}

static const struct memory_range *range_in_use(const struct memory_range *in_use, size_t count,
                                               uint64_t address, uint64_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (overlap(address, length, in_use[i].address, in_use[i].length)) {
            return &in_use[i];
        }
    }
    return NULL;
}

/* A place to look for: length bytes within [lowest, limit), aligned, outside all pieces and ranges
   in use. */
struct search {
    const struct placement *placement;
    const struct memory_range *in_use;
    size_t in_use_count;
    uint64_t length, lowest;
    uint32_t limit, alignment; /* alignment: a power of two */
};

/* The end of a piece or a range in use that overlaps length bytes at this address; 0: none does. */
static uint64_t obstacle_end(const struct search *search, uint64_t address)
{
    const struct piece *piece = piece_at(search->placement, address, search->length);
    if (piece != NULL) {
        return piece->address + piece_length(piece);
    }
    const struct memory_range *range =
        range_in_use(search->in_use, search->in_use_count, address, search->length);
    return range != NULL ? range->address + range->length : 0;
}

/* Finds the lowest place in [at, end), of RAM, and sets *address. at and end are below 2^32. */
static bool find_between(const struct search *search, uint64_t at, uint64_t end, uint32_t *address)
{
    uint64_t mask = search->alignment - 1;
    at = (at + mask) & ~mask;
    while (at < end && search->length <= end - at) {
        uint64_t past = obstacle_end(search, at);
        if (past == 0) {
            *address = (uint32_t)at;
            return true;
        }
        at = (past + mask) & ~mask;
    }
    return false;
}

static bool find(const struct search *search, uint32_t *address)
{
    const struct memory_map *map = search->placement->map;
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t range_end = range->address + range->length;
        uint64_t end = range_end < search->limit ? range_end : search->limit;
        uint64_t at = range->address > search->lowest ? range->address : search->lowest;
        if (range->type == MEMORY_AVAILABLE && at < end && find_between(search, at, end, address)) {
            return true;
        }
    }
    return false;
}

bool placement_find(const struct placement *placement, uint64_t length, uint32_t alignment,
                    uint64_t lowest, uint64_t limit, uint32_t *address)
{
    return find(
        &(struct search){
            .placement = placement,
            .length = length,
            .alignment = alignment,
            .lowest = lowest,
            .limit = (uint32_t)limit,
        },
        address);
}

bool placement_find_unused(const struct placement *placement, const struct memory_range *in_use,
                           size_t in_use_count, uint64_t length, uint32_t alignment,
                           uint64_t lowest, uint32_t *address)
{
    return find(
        &(struct search){
            .placement = placement,
            .in_use = in_use,
            .in_use_count = in_use_count,
            .length = length,
            .alignment = alignment,
            .lowest = lowest,
            .limit = PLACEMENT_LIMIT,
        },
        address);
}

bool placement_add_above(struct placement *placement, struct piece *piece, uint32_t alignment,
                         uint64_t lowest, struct error *error)
{
    uint64_t length = piece_length(piece);
    if (!placement_find(placement, length, alignment, lowest, PLACEMENT_LIMIT, &piece->address)) {
        char name[PIECE_NAME_BYTES];
        return fail(error, "%s (0x%llx bytes) does not fit into the free memory above 0x%llx",
                    piece_name(piece, name), (unsigned long long)length,
                    (unsigned long long)lowest);
    }
    return append(placement, piece, error);
}

bool placement_assign_load_addresses(struct placement *placement, struct memory_range *in_use,
                                     size_t staying, size_t *in_use_count, struct error *error)
{
    for (size_t i = 0; i < placement->count; i++) {
        struct piece *piece = &placement->pieces[i];
        if (!piece->clobbers_pending &&
            range_in_use(in_use, staying, piece->address, piece_length(piece)) == NULL) {
            continue;
        }
        /* A piece of zeros has nothing to load, but another load_address defers it to the jump. */
        uint32_t length = piece->length != 0 ? piece->length : 1;
        if (!placement_find_unused(placement, in_use, *in_use_count, length, STAGE_ALIGNMENT, MIB,
                                   &piece->load_address)) {
            char name[PIECE_NAME_BYTES];
            return fail(error,
                        "%s (0x%x bytes) belongs at 0x%x, where the loader runs, and does not fit "
                        "anywhere else until the jump",
                        piece_name(piece, name), piece->length, piece->address);
        }
        in_use[(*in_use_count)++] =
            (struct memory_range){.address = piece->load_address, .length = piece->length};
    }
    return true;
}
