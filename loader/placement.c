// SPDX-License-Identifier: BSD-2-Clause
// See placement.h.
#include "loader/placement.h"

#include <string.h>
#include "loader/format.h"

enum { STAGE_ALIGNMENT = 4096, MIB = 1024 * 1024 };

static uint64_t piece_length(const struct piece *piece)
{
    return (uint64_t)piece->length + piece->zero_length;
}

static bool overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a < b + b_length && b < a + a_length;
}

bool placement_start(struct placement *placement, size_t capacity, const struct memory_map *map,
                     struct arena *arena, struct error *error)
{
    *placement = (struct placement){.map = map, .capacity = capacity};
    placement->pieces = ARENA_ARRAY(arena, capacity, struct piece);
    return placement->pieces != NULL ||
           fail(error, "%zu pieces are more than there is working memory for", capacity);
}

static bool append(struct placement *placement, const struct piece *piece, struct error *error)
{
    if (placement->count == placement->capacity) {
        return fail(error, "%s: more than %zu pieces", piece->name, placement->capacity);
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
    struct memory_range obstacle;
    uint64_t length = piece_length(piece);
    if (memory_map_available(placement->map, piece->address, length, &obstacle)) {
        return true;
    }
    if (obstacle.type == 0) {
        return fail(error, "%s (0x%llx bytes at 0x%x) does not fit: there is no RAM at 0x%llx",
                    piece->name, (unsigned long long)length, piece->address,
                    (unsigned long long)obstacle.address);
    }
    const char *kind =
        obstacle.type < sizeof names / sizeof names[0] ? names[obstacle.type] : "reserved";
    return fail(error, "%s (0x%llx bytes at 0x%x) does not fit: the memory from 0x%llx is %s",
                piece->name, (unsigned long long)length, piece->address,
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
        return fail(error, "%s (0x%llx bytes at 0x%x) overlaps %s (0x%llx bytes at 0x%x)",
                    piece->name, (unsigned long long)length, piece->address, other->name,
                    (unsigned long long)piece_length(other), other->address);
    }
    return append(placement, piece, error);
}

bool placement_add_image(struct placement *placement, const struct image *image,
                         const struct file *file, struct error *error)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        struct piece piece = {
            .address = segment->address,
            .length = segment->file_size,
            .zero_length = segment->memory_size - segment->file_size,
            .file = file,
            .file_offset = segment->file_offset,
        };
        format_text(piece.name, sizeof piece.name, "segment %u", segment->index);
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

/* The end of something that is in the way at [address, address + length), 0: nothing is. */
static uint64_t obstacle_end(const struct placement *placement, const struct memory_range *in_use,
                             size_t in_use_count, uint64_t address, uint64_t length)
{
    const struct piece *piece = piece_at(placement, address, length);
    if (piece != NULL) {
        return piece->address + piece_length(piece);
    }
    for (size_t i = 0; i < in_use_count; i++) {
        if (overlap(address, length, in_use[i].address, in_use[i].length)) {
            return in_use[i].address + in_use[i].length;
        }
    }
    return 0;
}

static bool find(const struct placement *placement, const struct memory_range *in_use,
                 size_t in_use_count, uint64_t length, uint32_t alignment, uint64_t lowest,
                 uint64_t limit, uint32_t *address)
{
    uint64_t mask = alignment - 1;
    for (size_t i = 0; i < placement->map->count; i++) {
        const struct memory_range *range = &placement->map->ranges[i];
        if (range->type != MEMORY_AVAILABLE) {
            continue;
        }
        uint64_t range_end = range->address + range->length;
        uint64_t end = range_end < limit ? range_end : limit;
        uint64_t at = range->address > lowest ? range->address : lowest;
        at = (at + mask) & ~mask;
        while (at < end && length <= end - at) {
            uint64_t past = obstacle_end(placement, in_use, in_use_count, at, length);
            if (past == 0) {
                *address = (uint32_t)at;
                return true;
            }
            at = (past + mask) & ~mask;
        }
    }
    return false;
}

bool placement_find(const struct placement *placement, uint64_t length, uint32_t alignment,
                    uint64_t lowest, uint64_t limit, uint32_t *address)
{
    return find(placement, NULL, 0, length, alignment, lowest, limit, address);
}

bool placement_find_high(const struct placement *placement, uint64_t length, uint32_t alignment,
                         uint64_t lowest, uint64_t limit, uint32_t *address)
{
    uint64_t mask = alignment - 1;
    for (size_t i = placement->map->count; i-- > 0;) {
        const struct memory_range *range = &placement->map->ranges[i];
        if (range->type != MEMORY_AVAILABLE) {
            continue;
        }
        uint64_t range_end = range->address + range->length;
        uint64_t end = range_end < limit ? range_end : limit;
        uint64_t start = range->address > lowest ? range->address : lowest;
        while (end >= start && length <= end - start && ((end - length) & ~mask) >= start) {
            uint64_t at = (end - length) & ~mask;
            const struct piece *piece = piece_at(placement, at, length);
            if (piece == NULL) {
                *address = (uint32_t)at;
                return true;
            }
            end = piece->address;
        }
    }
    return false;
}

bool placement_find_unused(const struct placement *placement, const struct memory_range *in_use,
                           size_t in_use_count, uint64_t length, uint32_t alignment,
                           uint64_t lowest, uint32_t *address)
{
    return find(placement, in_use, in_use_count, length, alignment, lowest, PLACEMENT_LIMIT,
                address);
}

bool placement_add_above(struct placement *placement, struct piece *piece, uint32_t alignment,
                         uint64_t lowest, struct error *error)
{
    uint64_t length = piece_length(piece);
    if (!placement_find(placement, length, alignment, lowest, PLACEMENT_LIMIT, &piece->address)) {
        return fail(error, "%s (0x%llx bytes) does not fit into the free memory above 0x%llx",
                    piece->name, (unsigned long long)length, (unsigned long long)lowest);
    }
    return append(placement, piece, error);
}

static bool is_in_use(const struct piece *piece, const struct memory_range *in_use, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (overlap(piece->address, piece_length(piece), in_use[i].address, in_use[i].length)) {
            return true;
        }
    }
    return false;
}

bool placement_stage(struct placement *placement, struct memory_range *in_use, size_t *in_use_count,
                     struct error *error)
{
    size_t used_before = *in_use_count;
    for (size_t i = 0; i < placement->count; i++) {
        struct piece *piece = &placement->pieces[i];
        if (!is_in_use(piece, in_use, used_before)) {
            continue;
        }
        if (!placement_find_unused(placement, in_use, *in_use_count, piece->length, STAGE_ALIGNMENT,
                                   MIB, &piece->load_address)) {
            return fail(error,
                        "%s (0x%x bytes) belongs at 0x%x, where the loader runs, and does not fit "
                        "anywhere else until the jump",
                        piece->name, piece->length, piece->address);
        }
        in_use[(*in_use_count)++] =
            (struct memory_range){.address = piece->load_address, .length = piece->length};
    }
    return true;
}
