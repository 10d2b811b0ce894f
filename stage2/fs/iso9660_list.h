// SPDX-License-Identifier: BSD-2-Clause
// Lists the names in a directory of an ISO 9660 volume. Pure: like iso9660.h's walk it names the
// sector that it wants.
#pragma once

#include "stage2/fs/name.h"
#include "stage2/fs/iso9660.h"

struct iso9660_list {
    uint32_t wanted_lba;       /* after ISO9660_READ */
    struct listed_name *names; /* after ISO9660_DONE: in the directory's order, in the arena */

    /* For fs/iso9660_list.overlay.c only. */
    struct listed_name **link;
    struct arena *arena;
    uint32_t disc_end_lba;
    uint8_t name_kind; /* enum iso9660_names */
    uint8_t skip_bytes;
    bool is_little_endian; /* struct iso9660_volume's */
    uint8_t areas;         /* continuation areas of this record so far */
    bool sector_wanted;
    bool is_directory, is_hidden;  /* of the current record */
    uint32_t lba, end_lba, offset; /* the next record, and the directory's end */
    uint32_t area_lba, area_offset,
        area_length; /* the record's continuation area; length 0: none */
    uint64_t size;   /* of the file: the sum of its extents so far */
    size_t name_length;
    char name[256];
};

/* Starts to list a directory, which an open has found on the volume. */
void iso9660_list_start(struct iso9660_list *list, const struct iso9660_volume *volume,
                        const struct iso9660_file *directory, struct arena *arena);

/* Continues with the wanted sector. After ISO9660_FAILED the error holds the reason. */
enum iso9660_step iso9660_list_step(struct iso9660_list *list, const uint8_t *sector,
                                    struct error *error);
