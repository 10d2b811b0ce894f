// SPDX-License-Identifier: BSD-2-Clause
// See unpack_file.h.
#include "stage2/unpack_file.h"

#include <string.h>
#include "stage2/disc.h"
#include "stage2/packing.h"
#include "stage2/unpack.h"

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
