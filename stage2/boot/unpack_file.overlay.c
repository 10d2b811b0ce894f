// SPDX-License-Identifier: BSD-2-Clause
// See unpack_file.h.
#include "stage2/boot/unpack_file.h"

#include <string.h>
#include "stage2/disc/disc.h"
#include "stage2/compression/packing.h"
#include "stage2/compression/unpack.h"

bool unpack_file(struct file *file, struct error *error)
{
    uint8_t magic[PACKING_MAGIC_BYTES];
    if (!file_read(file, 0, sizeof magic, magic, error)) {
        return false;
    }
    if (packing_of((struct bytes){magic, sizeof magic}) == PACKING_NONE) {
        return true;
    }
    size_t mark = disc_staging_mark();
    struct arena working = {.base = disc_staging_allocate(UNPACK_WORKING_BYTES),
                            .size = UNPACK_WORKING_BYTES};
    if (working.base == NULL || file->size > disc_staging_free()) {
        return fail(error, "%llu bytes to unpack do not fit into memory",
                    (unsigned long long)file->size);
    }
    uint8_t *packed = disc_staging_allocate((size_t)file->size);
    struct unpacking unpacking = {
        .packed = {packed, (size_t)file->size}, .working = &working, .error = error};
    if (!file_read(file, 0, unpacking.packed.size, packed, error)) {
        return false;
    }
    size_t most = disc_staging_free();
    uint64_t size = unpack_size(unpacking.packed);
    unpacking.capacity = size < most ? (size_t)size : most;
    for (;; unpacking.capacity = most) {
        size_t below_packed = disc_staging_mark();
        unpacking.destination = disc_staging_allocate(unpacking.capacity);
        if (unpack(&unpacking)) {
            disc_staging_reset(mark); /* up to the top, over what was packed */
            file->contents = memmove(disc_staging_allocate(unpacking.length), unpacking.destination,
                                     unpacking.length);
            file->size = unpacking.length;
            return true;
        }
        disc_staging_reset(below_packed);
        if (unpacking.length <= unpacking.capacity || unpacking.capacity == most) {
            return false;
        }
    }
}

/* Enters in the pieces where they wait; the end of the highest. */
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

/* Has the modules wait in their order, where the last one was the lowest. */
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

/* The modules are staged below all else, as they are opened last. */
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
