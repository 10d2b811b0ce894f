// SPDX-License-Identifier: BSD-2-Clause
// What a directory of an ISO 9660 volume names. Pure: it says which sector it wants to see, as
// iso9660.h's walk does.
#pragma once

#include "stage2/config/config.h"
#include "stage2/fs/iso9660.h"

struct iso9660_list {
    uint32_t wanted_lba;       /* after ISO9660_READ */
    struct config_name *names; /* after ISO9660_DONE: in the directory's order, in the arena */

    /* The rest is fs/iso9660_list.overlay.c's own. */
    struct config_name **link;
    struct arena *arena;
    uint32_t disc_end_lba;
    uint8_t name_kind; /* enum iso9660_names */
    uint8_t skip_bytes;
    uint8_t areas; /* of this record, so far */
    bool sector_wanted;
    bool is_directory, is_hidden;                /* the record that is being read */
    uint32_t lba, end_lba, offset;               /* of the directory: the next record */
    uint32_t area_lba, area_offset, area_length; /* where the record's entries go on; 0: nowhere */
    uint64_t size;                               /* of the file, extents so far */
    size_t name_length;
    char name[256];
};

/* The directory as an open has found it on the volume. */
void iso9660_list_start(struct iso9660_list *list, const struct iso9660_volume *volume,
                        const struct iso9660_file *directory, struct arena *arena);

/* Goes on with the sector that was wanted. After ISO9660_FAILED the error holds the reason. */
enum iso9660_step iso9660_list_step(struct iso9660_list *list, const uint8_t *sector,
                                    struct error *error);
