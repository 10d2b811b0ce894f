// SPDX-License-Identifier: BSD-2-Clause
// ISO 9660 (stage2/fs/iso9660.c): any volume descriptor, and any directory record that starts in a
// sector's last 64 bytes or at its start, with its name in each kind of names. A record is read
// alone: the walk's other tasks are fuzzed.
#include "tests/proofs/prove.h"

#include "stage2/fs/iso9660.c"
#include "stage2/text/utf8_put.c"

enum { LAST_BYTES = 64 };

static uint8_t sector[ISO9660_SECTOR_SIZE];
static struct iso9660_walk walk;

static void read_at(uint32_t offset)
{
    struct error error;
    const uint8_t *record = sector + offset;
    walk.scan_offset = offset;
    if (offset == ISO9660_SECTOR_SIZE || !check_record(&walk, record, &error)) {
        return;
    }
    memcpy(walk.record, record, sizeof walk.record);
    may_be_wanted(&walk, record);
    plain_name_is(&walk, record + RECORD_NAME, record[RECORD_NAME_LENGTH]);
    check_place(&walk, record, any_32(), &error);
}

int main(void)
{
    struct error error;
    ANY(sector);
    ANY(walk);
    walk.path = walk.component = "b";
    walk.component_length = 1;
    walk.link_text = NULL;
    walk.arena = NULL;
    walk.has_primary = any_size(0, 1) != 0;
    walk.volume.is_little_endian = any_size(0, 1) != 0;
    read_descriptor(&walk, sector, &error);
    read_at(0);
    for (uint32_t offset = ISO9660_SECTOR_SIZE - LAST_BYTES; offset <= ISO9660_SECTOR_SIZE;
         offset++) {
        read_at(offset);
    }
    return 0;
}
