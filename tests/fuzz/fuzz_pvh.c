// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the reader of notes: the first byte is their alignment, the others are notes. Besides the
// sanitizers' checks: an accepted entry is below 4 GiB, and notes read twice give the same.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/pvh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pvh_note note = {0}, again = {0};
    struct error error = {""};
    if (size == 0) {
        return 0;
    }
    uint8_t *copy = malloc(size - 1); /* of just that size, for the sanitizer */
    if (size > 1) {
        memcpy(copy, data + 1, size - 1);
    }
    const struct bytes notes = {copy, size - 1};
    pvh_read_notes(notes, data[0], &note);
    again = note;
    pvh_read_notes(notes, data[0], &again);
    require(again.size == note.size && again.entry == note.entry);
    if (pvh_check_note(&note, &error)) {
        require(note.entry <= UINT32_MAX && (note.size == 4 || note.size == 8));
    } else {
        require(error.message[0] != 0);
    }
    free(copy);
    return 0;
}
