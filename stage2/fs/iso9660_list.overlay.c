// SPDX-License-Identifier: BSD-2-Clause
// See iso9660_list.h. ECMA-119, Joliet, and Rock Ridge's NM, CE, CL and RE (RRIP 4.1, SUSP 5.1).
#include "stage2/fs/iso9660_list.h"

#include <string.h>
#include "loader/bytes.h"
#include "stage2/fs/iso9660_records.h"
#include "stage2/text/utf8.h"

void iso9660_list_start(struct iso9660_list *list, const struct iso9660_volume *volume,
                        const struct iso9660_file *directory, struct arena *arena)
{
    memset(list, 0, sizeof *list);
    list->link = &list->names;
    list->arena = arena;
    list->disc_end_lba = volume->end_lba;
    list->name_kind = volume->names;
    list->skip_bytes = volume->skip_bytes;
    list->is_little_endian = volume->is_little_endian;
    if (directory->extent_count > 0) {
        const struct iso9660_extent *extent = directory->extents;
        list->lba = extent->lba;
        list->end_lba =
            extent->lba + (extent->length_bytes + ISO9660_SECTOR_SIZE - 1) / ISO9660_SECTOR_SIZE;
    }
}

static void add_text(struct iso9660_list *list, const char *text, size_t length)
{
    size_t room = sizeof list->name - 1 - list->name_length;
    length = length < room ? length : room;
    memcpy(list->name + list->name_length, text, length);
    list->name_length += length;
}

/* Adds a plain or Joliet name without its version (";1") and closing dot. */
static void add_plain_name(struct iso9660_list *list, const uint8_t *name, unsigned length)
{
    bool joliet = list->name_kind == ISO9660_JOLIET;
    for (unsigned at = 0; at + joliet < length;) {
        char text[4];
        uint32_t character = joliet ? iso9660_take_ucs2(name, length, &at) : name[at++];
        if (character == ';') {
            break;
        }
        unsigned bytes = utf8_put(character, text);
        add_text(list, text, bytes);
    }
    if (list->name_length > 1 && list->name[list->name_length - 1] == '.') {
        list->name_length--;
    }
}

static bool orders_agree(const struct iso9660_list *list, const uint8_t *number)
{
    return list->is_little_endian || iso9660_orders_agree(number);
}

/* Reads system use entries of a sector. Their name, if any, is used instead of the plain one. */
static bool read_entries(struct iso9660_list *list, const uint8_t *at, size_t length, uint32_t lba,
                         struct error *error)
{
    bool is_fine = true;
    list->area_length = 0;
    while (is_fine && length >= ENTRY_HEADER && at[2] >= ENTRY_HEADER && at[2] <= length) {
        unsigned signature = load16(at);
        if (signature == SIGNATURE('N', 'M') && at[2] >= ENTRY_TEXT) {
            add_text(list, (const char *)at + ENTRY_TEXT, at[2] - ENTRY_TEXT);
        } else if (signature == SIGNATURE('C', 'E') && at[2] >= CE_SIZE) {
            list->area_lba = load32(at + 4);
            list->area_offset = load32(at + 12);
            list->area_length = load32(at + 20);
            is_fine = orders_agree(list, at + 4) && orders_agree(list, at + 12) &&
                      orders_agree(list, at + 20);
        } else if (signature == SIGNATURE('C', 'L')) {
            list->is_directory = true;
        } else if (signature == SIGNATURE('R', 'E')) {
            list->is_hidden = true;
        } else if (signature == SIGNATURE('S', 'T')) {
            break;
        }
        length -= at[2];
        at += at[2];
    }
    return is_fine || fail(error, "damaged Rock Ridge data in sector %u", lba);
}

/* Adds the current record, all of whose entries have been read, to the names. */
static bool add_name(struct iso9660_list *list, struct error *error)
{
    if (list->is_hidden) {
        return true;
    }
    struct listed_name *name = ARENA_NEW(list->arena, struct listed_name);
    char *text = arena_text(list->arena, list->name, list->name_length);
    if (name == NULL || text == NULL) {
        return fail(error, "no memory left for the directory's names");
    }
    *name =
        (struct listed_name){.text = text, .size = list->size, .is_directory = list->is_directory};
    *list->link = name;
    list->link = &name->next;
    return true;
}

static bool read_record(struct iso9660_list *list, const uint8_t *sector, struct error *error)
{
    const uint8_t *record = sector + list->offset;
    unsigned room = ISO9660_SECTOR_SIZE - list->offset;
    unsigned length = room == 0 ? 0 : record[RECORD_LENGTH];
    if (length == 0) {
        list->lba++;
        list->offset = 0;
        return true;
    }
    unsigned name_length = length >= RECORD_MIN ? record[RECORD_NAME_LENGTH] : 0;
    unsigned entries = RECORD_NAME + name_length + (name_length % 2 == 0) + list->skip_bytes;
    if (length < RECORD_MIN || length > room || RECORD_NAME + name_length > length ||
        !orders_agree(list, record + RECORD_BYTES)) {
        return fail(error, "damaged directory record at byte %u of sector %u", list->offset,
                    list->lba);
    }
    list->offset += length;
    list->size += load32(record + RECORD_BYTES);
    if ((record[RECORD_FLAGS] & FLAG_MORE_EXTENTS) != 0) {
        return true;
    }
    list->name_length = list->areas = 0;
    list->is_directory = (record[RECORD_FLAGS] & FLAG_DIRECTORY) != 0;
    list->is_hidden = (record[RECORD_FLAGS] & FLAG_ASSOCIATED) != 0 ||
                      (name_length == 1 && record[RECORD_NAME] <= NAME_PARENT);
    if (list->name_kind == ISO9660_ROCK_RIDGE && entries < length &&
        !read_entries(list, record + entries, length - entries, list->lba, error)) {
        return false;
    }
    if (list->area_length == 0 && list->name_length == 0) {
        add_plain_name(list, record + RECORD_NAME, name_length);
    }
    bool is_fine = list->area_length != 0 || add_name(list, error);
    list->size = list->area_length != 0 ? list->size : 0;
    return is_fine;
}

/* Reads the record's continuation area. Entries that cross the end of its sector are left out. */
static bool read_area(struct iso9660_list *list, const uint8_t *sector, struct error *error)
{
    uint32_t offset = list->area_offset;
    if (offset >= ISO9660_SECTOR_SIZE || ++list->areas > MAX_AREAS) {
        return fail(error, "damaged Rock Ridge data in sector %u", list->area_lba);
    }
    uint32_t room = ISO9660_SECTOR_SIZE - offset;
    if (!read_entries(list, sector + offset, list->area_length < room ? list->area_length : room,
                      list->area_lba, error)) {
        return false;
    }
    if (list->area_length != 0) {
        return true;
    }
    bool is_fine = add_name(list, error);
    list->size = 0;
    return is_fine;
}

enum iso9660_step iso9660_list_step(struct iso9660_list *list, const uint8_t *sector,
                                    struct error *error)
{
    uint32_t in_hand = list->wanted_lba;
    while (list->area_length != 0 || list->lba < list->end_lba) {
        bool is_area = list->area_length != 0;
        if (is_area && list->area_lba >= list->disc_end_lba) {
            fail(error, "Rock Ridge data in sector %u goes on outside of the disc", list->lba);
            return ISO9660_FAILED;
        }
        list->wanted_lba = is_area ? list->area_lba : list->lba;
        if (!list->sector_wanted || list->wanted_lba != in_hand) {
            list->sector_wanted = true;
            return ISO9660_READ;
        }
        if (!(is_area ? read_area : read_record)(list, sector, error)) {
            return ISO9660_FAILED;
        }
    }
    return ISO9660_DONE;
}
