// SPDX-License-Identifier: BSD-2-Clause
// See pvh.h: the note in a kernel.
#include "loader/pvh.h"

#include <string.h>

enum {
    NOTE_HEADER_BYTES = 12, /* n_namesz, n_descsz, n_type */
    XEN_ELFNOTE_PHYS32_ENTRY = 18,
    USUAL_ALIGNMENT = 4,
    ALIGNMENT_64 = 8,
};

static const char xen[] = "Xen";

#define FOUR_GIB (UINT64_C(1) << 32)

/* alignment is a power of two. */
static uint64_t align(uint64_t offset, uint32_t alignment)
{
    return (offset + alignment - 1) & ~(uint64_t)(alignment - 1);
}

static uint64_t read_address(const uint8_t *at, uint32_t size)
{
    return size == sizeof(uint32_t) ? load32(at) : size == sizeof(uint64_t) ? load64(at) : 0;
}

/* Reads the notes, each aligned to this, up to one that does not lie within them. */
static void walk(struct bytes notes, uint32_t alignment, struct pvh_note *found)
{
    uint64_t at = 0;
    while (range_within(at, NOTE_HEADER_BYTES, notes.size)) {
        const uint8_t *note = notes.data + at;
        uint32_t name_size = load32(note), size = load32(note + 4), type = load32(note + 8);
        uint64_t descriptor = align(at + NOTE_HEADER_BYTES + name_size, alignment);
        if (!range_within(descriptor, size, notes.size)) {
            return;
        }
        if (type == XEN_ELFNOTE_PHYS32_ENTRY && name_size == sizeof xen && size != 0 &&
            memcmp(note + NOTE_HEADER_BYTES, xen, sizeof xen) == 0) {
            *found = (struct pvh_note){size, read_address(notes.data + descriptor, size)};
        }
        at = align(descriptor + size, alignment);
    }
}

void pvh_read_notes(struct bytes notes, uint64_t alignment, struct pvh_note *note)
{
    struct pvh_note found = {0};
    if (alignment == ALIGNMENT_64) {
        walk(notes, ALIGNMENT_64, &found);
    }
    /* Xen knows this alignment only, and linkers have put such notes into segments of the other. */
    if (found.size == 0) {
        walk(notes, USUAL_ALIGNMENT, &found);
    }
    if (found.size != 0) {
        *note = found;
    }
}

bool pvh_check_note(const struct pvh_note *note, struct error *error)
{
    if (note->size == 0) {
        return fail(error, "has no PVH entry: no note XEN_ELFNOTE_PHYS32_ENTRY");
    }
    if (note->size != sizeof(uint32_t) && note->size != sizeof(uint64_t)) {
        return fail(error, "the note with its PVH entry has %u bytes, neither 4 nor 8", note->size);
    }
    return note->entry < FOUR_GIB || fail(error, "its PVH entry 0x%llx does not lie below 4 GiB",
                                          (unsigned long long)note->entry);
}
