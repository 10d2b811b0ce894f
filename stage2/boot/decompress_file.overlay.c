// SPDX-License-Identifier: BSD-2-Clause
// See decompress_file.h.
#include "stage2/boot/decompress_file.h"

#include <string.h>
#include "stage2/disc/staging.h"
#include "stage2/disc/read.h"
#include "stage2/compression/compression.h"
#include "stage2/compression/decompress.h"
#include "stage2/verify/verify.h"

bool decompress_file(struct file *file, struct arena *arena, struct error *error)
{
    uint8_t magic[COMPRESSION_MAGIC_BYTES];
    if (!file_read(file, 0, sizeof magic, magic, error)) {
        return false;
    }
    if (compression_of((struct bytes){magic, sizeof magic}) == COMPRESSION_NONE) {
        return true;
    }
    if (!verify_start(arena, error)) {
        return false; /* now: its memory stays in use */
    }
    size_t mark = staging_mark();
    struct arena working = {.base = staging_allocate(DECOMPRESS_WORKING_BYTES),
                            .size = DECOMPRESS_WORKING_BYTES};
    if (working.base == NULL || file->size > staging_free()) {
        return fail(error, "%llu bytes to decompress do not fit into memory",
                    (unsigned long long)file->size);
    }
    uint8_t *compressed = staging_allocate((size_t)file->size);
    struct decompression decompression = {
        .compressed = {compressed, (size_t)file->size}, .working = &working, .error = error};
    if (!file_read(file, 0, decompression.compressed.size, compressed, error) ||
        !verify_contents(file, compressed, decompression.compressed.size, arena, error)) {
        return false;
    }
    size_t most = staging_free();
    uint64_t size = decompress_size(decompression.compressed);
    decompression.capacity = size < most ? (size_t)size : most;
    for (;; decompression.capacity = most) {
        size_t below_compressed = staging_mark();
        decompression.destination = staging_allocate(decompression.capacity);
        if (decompress(&decompression)) {
            staging_reset(mark); /* moves it to the top, over the compressed bytes */
            file->contents = memmove(staging_allocate(decompression.length),
                                     decompression.destination, decompression.length);
            file->size = decompression.length;
            return true;
        }
        staging_reset(below_compressed);
        if (decompression.length <= decompression.capacity || decompression.capacity == most) {
            return false;
        }
    }
}

/* Sets pending_at of each decompressed module's piece. Returns the end of the highest module. */
static uint8_t *find_pending(struct plan *plan)
{
    const uint8_t *end = NULL;
    for (size_t i = 0; i < plan->placement.count; i++) {
        struct piece *piece = &plan->placement.pieces[i];
        const struct file *file = piece->file;
        if (file >= plan->modules && file < plan->modules + plan->information.module_count &&
            file->contents != NULL) {
            piece->pending_at = (uint32_t)(uintptr_t)file->contents;
            end = file->contents + file->size > end ? file->contents + file->size : end;
        }
    }
    return (uint8_t *)(uintptr_t)end;
}

static void reverse(uint8_t *first, uint8_t *end)
{
    while (first < end) {
        uint8_t byte = *first;
        *first++ = *--end;
        *end = byte;
    }
}

/* Reverses the decompressed modules' order in memory: the last one was the lowest. */
static void turn_round(struct plan *plan, uint8_t *lowest, uint8_t *end)
{
    reverse(lowest, end);
    for (size_t i = 0; i < plan->information.module_count; i++) {
        struct file *file = &plan->modules[i];
        if (file->contents != NULL) {
            uint8_t *start = lowest + (end - (file->contents + file->size));
            reverse(start, start + file->size);
            file->contents = start;
        }
    }
    find_pending(plan);
}

/* Modules are opened last, so theirs is the lowest part of the staged memory. */
void decompress_mark_pending(struct plan *plan, struct memory_range *in_use, size_t *in_use_count)
{
    struct memory_range *staged = &in_use[*in_use_count - 1];
    uint8_t *lowest = (uint8_t *)(uintptr_t)staged->address;
    uint8_t *end = find_pending(plan);
    size_t length = (size_t)(end - lowest);
    in_use[(*in_use_count)++] = (struct memory_range){.address = staged->address, .length = length};
    staged->address += length;
    staged->length -= length;
    if (placement_mark_clobbers(&plan->placement)) {
        turn_round(plan, lowest, end);
        placement_mark_clobbers(&plan->placement);
    }
}
