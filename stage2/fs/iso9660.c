// SPDX-License-Identifier: BSD-2-Clause
// See iso9660.h. ECMA-119 (ISO 9660), the Joliet specification, SUSP 1.12 (IEEE P1281) and
// RRIP 1.12 (Rock Ridge, IEEE P1282).
//
// A walk is a state machine: `task` says what the wanted sector is for. Each task reads what it can
// from the current sector, and sets the next task and the next wanted sector.
#include "stage2/fs/iso9660.h"

#include <string.h>
#include "loader/bytes.h"
#include "stage2/fs/iso9660_records.h"
#include "stage2/text/utf8.h"

/* ---- Volume descriptors (ECMA-119, 8.1, 8.4, 8.5) -------------------------------------------- */

enum {
    FIRST_DESCRIPTOR = 16, /* sector in the session */
    MAX_DESCRIPTORS = 64,

    DESCRIPTOR_IDENTIFIER = 1, /* byte positions from 0 */
    DESCRIPTOR_ESCAPES = 88,
};

/* ---- The walk -------------------------------------------------------------------------------- */

enum { TASK_DESCRIPTOR, TASK_ROOT, TASK_ENTER, TASK_RECORD, TASK_ENTRIES, TASK_DONE };
enum { GOAL_ROCK_RIDGE, GOAL_COMPARE, GOAL_LINK };
enum { COMPONENT_NAME, COMPONENT_PARENT };

static bool is_separator(char character)
{
    return character == '/' || character == 0;
}

static char fold(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character + ('a' - 'A')) : character;
}

static uint32_t sectors_of(uint32_t length_bytes)
{
    return length_bytes / ISO9660_SECTOR_SIZE + (length_bytes % ISO9660_SECTOR_SIZE != 0);
}

/* Checks that a file or directory lies on the disc. */
static bool check_extent(const struct iso9660_walk *walk, uint64_t lba, uint32_t length_bytes,
                         struct error *error)
{
    uint32_t sectors = sectors_of(length_bytes);
    if (!range_within(lba, sectors, walk->volume.end_lba)) {
        return fail(
            error, "sectors %llu to %llu: the disc ends before sector %u, was its image cut?",
            (unsigned long long)lba, (unsigned long long)lba + sectors - 1, walk->volume.end_lba);
    }
    return true;
}

/* Checks that a number in a sector is the same in both byte orders. */
static bool check_orders(const struct iso9660_walk *walk, const uint8_t *number, uint32_t sector,
                         struct error *error)
{
    return iso9660_orders_agree(number) || walk->volume.is_little_endian ||
           fail(error, "damaged: a number in sector %u is %u in one byte order and %u in the other",
                sector, load32(number), __builtin_bswap32(load32(number + 4)));
}

/* Checks where a record's file or directory is (ECMA-119, 9.1.3 and 9.1.4). */
static bool check_place(const struct iso9660_walk *walk, const uint8_t *record, uint32_t sector,
                        struct error *error)
{
    return check_orders(walk, record + RECORD_LBA, sector, error) &&
           check_orders(walk, record + RECORD_BYTES, sector, error);
}

/* Fails with the texts before and after: BEFORE "COMPONENT" in DIRECTORY AFTER. */
static bool fail_component(const struct iso9660_walk *walk, const char *before, const char *after,
                           struct error *error)
{
    size_t parent = (size_t)(walk->component - walk->path);
    while (parent > 1 && walk->path[parent - 1] == '/') {
        parent--;
    }
    return fail(error, "%s\"%.*s\" in %.*s%s", before, (int)walk->component_length, walk->component,
                parent == 0 ? 1 : (int)parent, parent == 0 ? "/" : walk->path, after);
}

/* Fails as fail_component(), because there is nothing of this path. */
static bool fail_absent(struct iso9660_walk *walk, const char *before, const char *after,
                        struct error *error)
{
    walk->file.is_absent = true;
    return fail_component(walk, before, after, error);
}

/* Enters a directory; length_bytes 0: not known yet. */
static bool enter(struct iso9660_walk *walk, uint64_t lba, uint32_t length_bytes,
                  struct error *error)
{
    if (!check_extent(walk, lba, length_bytes == 0 ? 1 : length_bytes, error)) {
        return false;
    }
    walk->directory_lba = walk->wanted_lba = (uint32_t)lba;
    walk->directory_bytes = length_bytes;
    walk->task = TASK_ENTER;
    return true;
}

/* ---- Mount ----------------------------------------------------------------------------------- */

void iso9660_start_mount(struct iso9660_walk *walk, uint32_t session_lba, uint32_t disc_sectors)
{
    memset(walk, 0, sizeof *walk);
    walk->volume.end_lba = disc_sectors;
    walk->session_lba = session_lba;
    walk->descriptor_lba = walk->wanted_lba = session_lba + FIRST_DESCRIPTOR;
    walk->task = TASK_DESCRIPTOR;
}

static void next_descriptor(struct iso9660_walk *walk)
{
    walk->wanted_lba = ++walk->descriptor_lba;
    walk->task = TASK_DESCRIPTOR;
}

/* Takes the root directory and the size from a primary or supplementary descriptor. */
static bool take_root(struct iso9660_walk *walk, const uint8_t *descriptor, struct error *error)
{
    const uint8_t *root = descriptor + DESCRIPTOR_ROOT;
    unsigned block_size = load16(descriptor + DESCRIPTOR_BLOCK_SIZE);
    if (block_size != ISO9660_SECTOR_SIZE) {
        return fail(error, "ISO 9660 in blocks of %u bytes: only %u is supported", block_size,
                    ISO9660_SECTOR_SIZE);
    }
    if (walk->volume.end_lba == 0) {
        /* The volume's size counts from this session, though files may lie in earlier ones. */
        if (__builtin_add_overflow(walk->session_lba, load32(descriptor + DESCRIPTOR_SPACE_SIZE),
                                   &walk->volume.end_lba)) {
            walk->volume.end_lba = UINT32_MAX;
        }
    }
    walk->volume.is_little_endian = iso9660_is_little_endian(descriptor);
    uint64_t lba = (uint64_t)load32(root + RECORD_LBA) + root[RECORD_ATTRIBUTE_SECTORS];
    walk->volume.root_bytes = load32(root + RECORD_BYTES);
    if (!check_place(walk, root, walk->descriptor_lba, error) ||
        !enter(walk, lba, walk->volume.root_bytes, error)) {
        return fail_in(error, "root directory: ");
    }
    walk->volume.root_lba = walk->directory_lba;
    return true;
}

/* Whether the names are UCS-2: the escape sequences of Joliet's three levels (Joliet, table 1). */
static bool is_joliet(const uint8_t *escapes)
{
    return escapes[0] == '%' && escapes[1] == '/' &&
           (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E');
}

static bool read_descriptor(struct iso9660_walk *walk, const uint8_t *sector, struct error *error)
{
    bool valid = memcmp(sector + DESCRIPTOR_IDENTIFIER, "CD001", 5) == 0;
    if (!valid || sector[0] == DESCRIPTOR_TERMINATOR ||
        walk->descriptor_lba - walk->session_lba >= FIRST_DESCRIPTOR + MAX_DESCRIPTORS) {
        walk->task = TASK_DONE;
        return walk->has_primary ||
               fail(error, "no ISO 9660 file system: sector %u %s", walk->descriptor_lba,
                    valid ? "ends the volume descriptors, none is primary"
                          : "is not a volume descriptor");
    }
    if (sector[0] == DESCRIPTOR_PRIMARY && !walk->has_primary) {
        walk->has_primary = true;
        if (!take_root(walk, sector, error)) {
            return false;
        }
        walk->task = TASK_ROOT; /* other descriptors only matter without Rock Ridge */
        return true;
    }
    if (sector[0] == DESCRIPTOR_SUPPLEMENTARY && walk->has_primary &&
        is_joliet(sector + DESCRIPTOR_ESCAPES)) {
        walk->volume.names = ISO9660_JOLIET;
        bool taken = take_root(walk, sector, error);
        walk->task = TASK_DONE;
        return taken;
    }
    next_descriptor(walk);
    return true;
}

/* Starts to read a record's system use entries, which follow its name. */
static void start_entries(struct iso9660_walk *walk, uint8_t goal, unsigned skip_bytes)
{
    unsigned start = ((RECORD_NAME + 1u + walk->record[RECORD_NAME_LENGTH]) & ~1u) + skip_bytes;
    unsigned length = walk->record[RECORD_LENGTH];
    walk->goal = goal;
    walk->area_lba = walk->wanted_lba = walk->scan_lba;
    walk->area_offset = walk->record_offset + start;
    walk->area_left = length > start ? length - start : 0;
    walk->next_length = walk->entry_length = walk->areas = 0;
    walk->task = TASK_ENTRIES;
}

/* Looks for SP, the first system use entry (SUSP 5.3), in the root directory's "." record. */
static bool read_root(struct iso9660_walk *walk, const uint8_t *sector)
{
    for (unsigned skip_bytes = 0; skip_bytes <= XA_BYTES; skip_bytes += XA_BYTES) {
        const uint8_t *entry = sector + RECORD_MIN + skip_bytes;
        if (sector[RECORD_LENGTH] >= RECORD_MIN + skip_bytes + SP_SIZE &&
            memcmp(entry, "SP\x07\x01\xbe\xef", 6) == 0) {
            memcpy(walk->record, sector, sizeof walk->record);
            walk->volume.skip_bytes = entry[6];
            walk->scan_lba = walk->volume.root_lba;
            start_entries(walk, GOAL_ROCK_RIDGE, skip_bytes);
            return true;
        }
    }
    next_descriptor(walk);
    return true;
}

/* ---- System use entries ---------------------------------------------------------------------- */

/* Skips the rest of a record's system use entries. */
static void leave_entries(struct iso9660_walk *walk)
{
    walk->area_left = walk->next_length = 0;
}

/* Compares the next part of a name with the component; skips the other entries if it differs. */
static void compare_name(struct iso9660_walk *walk, const char *part, unsigned length)
{
    walk->has_name = true;
    if (length > walk->component_length - walk->matched ||
        memcmp(walk->component + walk->matched, part, length) != 0) {
        walk->matched = UINT32_MAX;
        leave_entries(walk);
        return;
    }
    walk->matched += length;
}

static bool add_link_text(struct iso9660_walk *walk, const char *text, unsigned length)
{
    if (length > ISO9660_LINK_BYTES - walk->link_length) {
        return false;
    }
    memcpy(walk->link_text + walk->link_start + walk->link_length, text, length);
    walk->link_length += length;
    return true;
}

/* Adds the components of an SL entry to the link's target (RRIP 4.1.3.1). */
static bool read_link(struct iso9660_walk *walk, const uint8_t *entry, unsigned entry_length,
                      struct error *error)
{
    for (unsigned at = ENTRY_TEXT; at + 2 <= entry_length;) {
        unsigned flags = entry[at];
        unsigned length = entry[at + 1];
        const char *text = (const char *)entry + at + 2;
        at += 2 + length;
        if (at > entry_length || (flags & SL_UNKNOWN) != 0) {
            return fail_component(walk, "", " is a damaged symbolic link", error);
        }
        if (flags & (SL_CURRENT | SL_PARENT)) {
            text = "..";
            length = flags & SL_CURRENT ? 1 : 2;
        }
        if (flags & SL_ROOT) {
            walk->link_length = length = 0;
        }
        bool slash = flags & SL_ROOT || (walk->link_length != 0 && !walk->link_continues);
        walk->link_continues = flags & SL_CONTINUES;
        if ((slash && !add_link_text(walk, "/", 1)) || !add_link_text(walk, text, length)) {
            return fail_absent(walk, "", " is a symbolic link with too long a target", error);
        }
    }
    return true;
}

/* Reads an entry of the root's "." record: RR, PX or Rock Ridge's ER announce Rock Ridge. */
static void read_root_entry(struct iso9660_walk *walk, const uint8_t *entry, unsigned length)
{
    bool is_rock_ridge = false;
    switch (load16(entry)) {
    case SIGNATURE('R', 'R'):
    case SIGNATURE('P', 'X'):
        is_rock_ridge = true;
        break;
    case SIGNATURE('E', 'R'):
        is_rock_ridge =
            length >= ER_IDENTIFIER + 4 && (memcmp(entry + ER_IDENTIFIER, "RRIP", 4) == 0 ||
                                            memcmp(entry + ER_IDENTIFIER, "IEEE", 4) == 0);
        break;
    }
    if (is_rock_ridge) {
        walk->volume.names = ISO9660_ROCK_RIDGE;
        leave_entries(walk);
    }
}

/* Reads a Rock Ridge entry of a record that may be the component's. */
static bool read_record_entry(struct iso9660_walk *walk, const uint8_t *entry, unsigned length,
                              struct error *error)
{
    unsigned signature = load16(entry);
    bool wants_name = walk->component_kind == COMPONENT_NAME;
    switch (signature) {
    case SIGNATURE('N', 'M'):
        if (length >= ENTRY_TEXT && walk->goal == GOAL_COMPARE && wants_name &&
            !(entry[ENTRY_FLAGS] & (NM_CURRENT | NM_PARENT))) {
            compare_name(walk, (const char *)entry + ENTRY_TEXT, length - ENTRY_TEXT);
        }
        break;
    case SIGNATURE('S', 'L'):
        walk->is_link |= length >= ENTRY_TEXT;
        return walk->goal != GOAL_LINK || read_link(walk, entry, length, error);
    case SIGNATURE('C', 'L'):
    case SIGNATURE('P', 'L'):
        if (length >= CL_SIZE && wants_name == (signature == SIGNATURE('C', 'L'))) {
            walk->other_directory = load32(entry + 4);
            return check_orders(walk, entry + 4, walk->area_lba, error);
        }
        break;
    case SIGNATURE('R', 'E'):
        walk->is_relocated = wants_name;
        break;
    }
    return true;
}

static bool read_entry(struct iso9660_walk *walk, struct error *error)
{
    const uint8_t *entry = walk->entry;
    unsigned length = walk->entry_length;
    unsigned signature = load16(entry);
    if (signature == SIGNATURE('S', 'T')) {
        leave_entries(walk);
    } else if (signature == SIGNATURE('C', 'E') && length >= CE_SIZE) {
        walk->next_area_lba = load32(entry + 4);
        walk->next_area_offset = load32(entry + 12);
        walk->next_length = load32(entry + 20);
        return check_orders(walk, entry + 4, walk->area_lba, error) &&
               check_orders(walk, entry + 12, walk->area_lba, error) &&
               check_orders(walk, entry + 20, walk->area_lba, error);
    } else if (walk->goal == GOAL_ROCK_RIDGE) {
        read_root_entry(walk, entry, length);
    } else {
        return read_record_entry(walk, entry, length, error);
    }
    return true;
}

/* ---- Names (ECMA-119, 7.5 and 7.6; Joliet) --------------------------------------------------- */

uint32_t iso9660_take_ucs2(const uint8_t *name, unsigned name_length, unsigned *at)
{
    uint32_t character = (uint32_t)(name[*at] << 8 | name[*at + 1]);
    *at += 2;
    if ((character & 0xfc00) == 0xd800 && *at + 1 < name_length && (name[*at] & 0xfc) == 0xdc) {
        uint32_t low = (uint32_t)((name[*at] & 3) << 8 | name[*at + 1]);
        character = 0x10000 + ((character & 0x3ff) << 10) + low;
        *at += 2;
    }
    return character;
}

/* Compares a plain or Joliet name with the component; ignores case, version (";1") and closing
   dots. */
static bool plain_name_is(const struct iso9660_walk *walk, const uint8_t *name,
                          unsigned name_length)
{
    bool joliet = walk->volume.names == ISO9660_JOLIET;
    const char *wanted = walk->component;
    const char *wanted_end = wanted + walk->component_length;
    for (unsigned at = 0; at + joliet < name_length;) {
        char text[4] = {(char)name[at]};
        unsigned length = 1;
        if (joliet) {
            length = utf8_put(iso9660_take_ucs2(name, name_length, &at), text);
        } else {
            at++;
        }
        if (text[0] == ';') {
            break;
        }
        if (wanted == wanted_end && text[0] == '.') {
            continue; /* any character after the dots fails the comparison below */
        }
        for (unsigned i = 0; i < length; i++, wanted++) {
            if (wanted == wanted_end || fold(*wanted) != fold(text[i])) {
                return false;
            }
        }
    }
    return wanted == wanted_end;
}

/* ---- Open ------------------------------------------------------------------------------------ */

void iso9660_start_open(struct iso9660_walk *walk, const struct iso9660_volume *volume,
                        const char *path, struct arena *arena)
{
    struct iso9660_volume kept = *volume; /* may be part of *walk */
    memset(walk, 0, sizeof *walk);
    walk->volume = kept;
    walk->arena = arena;
    walk->path = walk->component = path;
    walk->directory_lba = walk->wanted_lba = kept.root_lba;
    walk->directory_bytes = kept.root_bytes;
    walk->task = TASK_ENTER;
}

static bool add_extent(struct iso9660_walk *walk, uint64_t lba, uint32_t length_bytes,
                       struct error *error)
{
    struct iso9660_file *file = &walk->file;
    if (length_bytes == 0) {
        return true;
    }
    if (file->size % ISO9660_SECTOR_SIZE != 0) {
        return fail(error, "extent %u ends inside a sector, and more follow", file->extent_count);
    }
    if (!check_extent(walk, lba, length_bytes, error)) {
        return false;
    }
    /* The list grows in place as long as nobody else takes from the arena. */
    struct iso9660_extent *extent = ARENA_NEW(walk->arena, struct iso9660_extent);
    if (extent != NULL && file->extent_count != 0 && extent != file->extents + file->extent_count) {
        struct iso9660_extent *before = file->extents;
        file->extents = ARENA_ARRAY(walk->arena, file->extent_count + 1u, struct iso9660_extent);
        if (file->extents == NULL) {
            extent = NULL;
        } else {
            memcpy(file->extents, before, file->extent_count * sizeof *before);
            extent = file->extents + file->extent_count;
        }
    }
    if (extent == NULL) {
        return fail(error, "no memory left for the list of its extents");
    }
    if (file->extent_count == 0) {
        file->extents = extent;
    }
    extent->lba = (uint32_t)lba;
    extent->length_bytes = length_bytes;
    file->extent_count++;
    file->size += length_bytes;
    return true;
}

/* Starts to look for the next name in the path; without one, the result is this directory. */
static bool next_component(struct iso9660_walk *walk, struct error *error)
{
    const char *at = walk->component;
    while (*at == '/' || (*at == '.' && is_separator(at[1]))) {
        at++;
    }
    walk->component = at;
    if (*at == 0) {
        walk->file.is_directory = true;
        walk->task = TASK_DONE;
        return add_extent(walk, walk->directory_lba, walk->directory_bytes, error);
    }
    unsigned characters = 0;
    for (; !is_separator(*at); at++) {
        characters += !utf8_is_inside(*at);
    }
    if (characters > ISO9660_NAME_CHARACTERS) {
        walk->file.is_absent = true;
        return fail(error, "a name in the path has more than %u characters",
                    ISO9660_NAME_CHARACTERS);
    }
    walk->component_length = (uint32_t)(at - walk->component);
    walk->component_kind = walk->component_length == 2 && memcmp(walk->component, "..", 2) == 0
                               ? COMPONENT_PARENT
                               : COMPONENT_NAME;
    walk->scan_lba = walk->directory_lba;
    walk->scan_end_lba = walk->directory_lba + sectors_of(walk->directory_bytes);
    walk->scan_offset = 0;
    walk->task = TASK_RECORD;
    return true;
}

/* Reads the first sector of an entered directory. */
static bool read_directory(struct iso9660_walk *walk, const uint8_t *sector, struct error *error)
{
    if (sector[RECORD_LENGTH] < RECORD_MIN || sector[RECORD_NAME_LENGTH] != 1 ||
        sector[RECORD_NAME] != NAME_SELF) {
        return fail(error, "damaged directory: sector %u has no record of itself",
                    walk->directory_lba);
    }
    if (walk->directory_bytes == 0) {
        walk->directory_bytes = load32(sector + RECORD_BYTES);
        if (walk->directory_bytes == 0) { /* its end would never be reached */
            return fail(error, "damaged directory: sector %u says that it has 0 bytes",
                        walk->directory_lba);
        }
        if (!check_orders(walk, sector + RECORD_BYTES, walk->directory_lba, error) ||
            !check_extent(walk, walk->directory_lba, walk->directory_bytes, error)) {
            return false;
        }
    }
    return next_component(walk, error);
}

/* Makes room for the path after a symbolic link, and starts to read the link. */
static bool start_link(struct iso9660_walk *walk, struct error *error)
{
    if (walk->links_followed++ == ISO9660_LINK_DEPTH) {
        return fail_absent(walk, "too many symbolic links: ", "", error);
    }
    walk->link_start = (size_t)(walk->component - walk->path);
    size_t rest_length = strlen(walk->component + walk->component_length);
    walk->link_text =
        arena_allocate(walk->arena, walk->link_start + ISO9660_LINK_BYTES + rest_length + 1, 1);
    if (walk->link_text == NULL) {
        return fail_component(walk, "no memory left to follow ", "", error);
    }
    memcpy(walk->link_text, walk->path, walk->link_start);
    walk->link_length = 0;
    walk->link_continues = false;
    start_entries(walk, GOAL_LINK, walk->volume.skip_bytes);
    return true;
}

/* Goes on with the link's target, from the root or from the link's directory. */
static bool follow_link(struct iso9660_walk *walk, struct error *error)
{
    char *target = walk->link_text + walk->link_start;
    const char *rest = walk->component + walk->component_length;
    size_t rest_length = strlen(rest);
    struct arena *arena = walk->arena;
    memcpy(target + walk->link_length, rest, rest_length); /* the arena's memory has the NUL */
    /* Gives back unused room, unless somebody else has taken from the arena since. */
    if ((uint8_t *)target + ISO9660_LINK_BYTES + rest_length + 1 == arena->base + arena->used) {
        arena->used -= ISO9660_LINK_BYTES - walk->link_length;
    }
    walk->component = target;
    if (target[0] == '/') {
        walk->path = target;
        return enter(walk, walk->volume.root_lba, walk->volume.root_bytes, error);
    }
    walk->path = walk->link_text;
    return enter(walk, walk->directory_lba, walk->directory_bytes, error);
}

/* Goes on with the path's next component in a directory; length_bytes 0: not known yet. */
static bool enter_next(struct iso9660_walk *walk, uint64_t lba, uint32_t length_bytes,
                       struct error *error)
{
    walk->component += walk->component_length;
    return enter(walk, lba, length_bytes, error);
}

/* Adds the record's extent to the file, which must be the last component of the path. */
static bool add_file_section(struct iso9660_walk *walk, uint64_t lba, uint32_t length_bytes,
                             struct error *error)
{
    const char *rest = walk->component + walk->component_length;
    while (*rest == '/') {
        rest++;
    }
    if (*rest != 0) {
        return fail_absent(walk, "", " is not a directory", error);
    }
    memcpy(walk->file.date, walk->record + RECORD_DATE, sizeof walk->file.date);
    walk->more_extents = walk->record[RECORD_FLAGS] & FLAG_MORE_EXTENTS;
    walk->task = walk->more_extents ? TASK_RECORD : TASK_DONE;
    return add_extent(walk, lba, length_bytes, error);
}

/* Follows the record of the component: a link, a directory or a file. */
static bool follow_record(struct iso9660_walk *walk, struct error *error)
{
    const uint8_t *record = walk->record;
    uint64_t lba = (uint64_t)load32(record + RECORD_LBA) + record[RECORD_ATTRIBUTE_SECTORS];
    uint32_t length_bytes = load32(record + RECORD_BYTES);
    bool is_directory = record[RECORD_FLAGS] & FLAG_DIRECTORY;
    bool has_extents = walk->more_extents || record[RECORD_FLAGS] & FLAG_MORE_EXTENTS;
    if (walk->is_link) {
        return start_link(walk, error);
    }
    if (walk->other_directory != 0) {
        return enter_next(walk, walk->other_directory, 0, error);
    }
    if (!check_place(walk, record, walk->scan_lba, error)) {
        return false;
    }
    if (record[RECORD_FILE_UNIT] != 0 || record[RECORD_GAP] != 0 || (is_directory && has_extents)) {
        return fail_component(walk, "", " is interleaved, which is not supported", error);
    }
    return (is_directory ? enter_next : add_file_section)(walk, lba, length_bytes, error);
}

/* Handles a record all of whose entries have been read: follows it if it is the component's. */
static bool record_done(struct iso9660_walk *walk, struct error *error)
{
    walk->task = TASK_RECORD;
    walk->wanted_lba = walk->scan_lba;
    bool matches = walk->has_name ? walk->matched == walk->component_length : walk->plain_match;
    bool is_wanted = walk->more_extents || (matches && !walk->is_relocated);
    return !is_wanted || follow_record(walk, error);
}

/* Goes to the directory's next sector, or fails at its end. */
static bool next_directory_sector(struct iso9660_walk *walk, struct error *error)
{
    walk->scan_offset = 0;
    walk->wanted_lba = ++walk->scan_lba;
    if (walk->scan_lba != walk->scan_end_lba) {
        return true;
    }
    return walk->more_extents ? fail_component(walk, "", " lacks its last extent", error)
                              : fail_absent(walk, "no such file or directory ", "", error);
}

/* Checks that a record and its name lie inside the sector. */
static bool check_record(const struct iso9660_walk *walk, const uint8_t *record,
                         struct error *error)
{
    unsigned length = record[RECORD_LENGTH];
    if (length < RECORD_MIN || length % 2 != 0 ||
        length > ISO9660_SECTOR_SIZE - walk->scan_offset ||
        RECORD_NAME + (unsigned)record[RECORD_NAME_LENGTH] > length) {
        return fail(error, "damaged directory record at byte %u of sector %u", walk->scan_offset,
                    walk->scan_lba);
    }
    return true;
}

/* Whether a record may be the component's: ".." or, for a name, neither "." nor "..". */
static bool may_be_wanted(const struct iso9660_walk *walk, const uint8_t *record)
{
    bool is_dots = record[RECORD_NAME_LENGTH] == 1 && record[RECORD_NAME] <= NAME_PARENT;
    if ((record[RECORD_FLAGS] & FLAG_ASSOCIATED) != 0) {
        return false;
    }
    return walk->component_kind == COMPONENT_PARENT ? is_dots && record[RECORD_NAME] == NAME_PARENT
                                                    : !is_dots;
}

/* Reads the directory's next record. */
static bool read_record(struct iso9660_walk *walk, const uint8_t *sector, struct error *error)
{
    const uint8_t *record = sector + walk->scan_offset;
    if (walk->scan_offset == ISO9660_SECTOR_SIZE || record[RECORD_LENGTH] == 0) {
        return next_directory_sector(walk, error);
    }
    if (!check_record(walk, record, error)) {
        return false;
    }
    memcpy(walk->record, record, sizeof walk->record);
    walk->record_offset = walk->scan_offset;
    walk->scan_offset += record[RECORD_LENGTH];
    if (!may_be_wanted(walk, record)) {
        return true;
    }
    walk->plain_match = walk->component_kind == COMPONENT_PARENT ||
                        plain_name_is(walk, record + RECORD_NAME, record[RECORD_NAME_LENGTH]);
    walk->has_name = walk->is_link = walk->is_relocated = false;
    walk->matched = walk->other_directory = 0;
    if (walk->volume.names != ISO9660_ROCK_RIDGE || walk->more_extents) {
        return record_done(walk, error);
    }
    start_entries(walk, GOAL_COMPARE, walk->volume.skip_bytes);
    return true;
}

/* ---- Reading system use entries -------------------------------------------------------------- */

/* Acts on the system use entries that have been read. */
static bool entries_done(struct iso9660_walk *walk, struct error *error)
{
    if (walk->goal == GOAL_COMPARE) {
        return record_done(walk, error);
    }
    if (walk->goal == GOAL_LINK) {
        return follow_link(walk, error);
    }
    if (walk->volume.names == ISO9660_ROCK_RIDGE) {
        walk->task = TASK_DONE;
    } else {
        next_descriptor(walk);
    }
    return true;
}

/* Goes to the next continuation area, if there is one. */
static bool next_area(struct iso9660_walk *walk, struct error *error)
{
    if (walk->next_length == 0) {
        return entries_done(walk, error);
    }
    walk->area_lba = walk->wanted_lba = walk->next_area_lba;
    walk->area_offset = walk->next_area_offset;
    walk->area_left = walk->next_length;
    walk->next_length = walk->entry_length = 0;
    if (++walk->areas > MAX_AREAS) {
        return fail(error, "Rock Ridge data goes round in circles at sector %u", walk->area_lba);
    }
    if (walk->area_lba >= walk->volume.end_lba || walk->area_offset >= ISO9660_SECTOR_SIZE ||
        walk->area_left > ISO9660_SECTOR_SIZE) {
        return fail(error, "Rock Ridge data in sector %u goes on outside of the disc, in sector %u",
                    walk->scan_lba, walk->area_lba);
    }
    return true;
}

/* Reads the system use entries of an area, each into walk->entry. Some authoring programs let
   continuation areas, and so entries, cross the end of a sector. */
static bool read_entries(struct iso9660_walk *walk, const uint8_t *sector, struct error *error)
{
    while (walk->area_left != 0) {
        if (walk->area_offset == ISO9660_SECTOR_SIZE) {
            walk->area_offset = 0;
            walk->wanted_lba = ++walk->area_lba;
            return check_extent(walk, walk->area_lba, 1, error);
        }
        uint32_t part = (walk->entry_length < ENTRY_HEADER ? ENTRY_HEADER : walk->entry[2]) -
                        walk->entry_length;
        if (part > ISO9660_SECTOR_SIZE - walk->area_offset) {
            part = ISO9660_SECTOR_SIZE - walk->area_offset;
        }
        if (part > walk->area_left) {
            part = walk->area_left;
        }
        memcpy(walk->entry + walk->entry_length, sector + walk->area_offset, part);
        walk->entry_length += part;
        walk->area_offset += part;
        walk->area_left -= part;
        if (walk->entry_length < ENTRY_HEADER) {
            continue; /* the rest is in the next sector, or this is padding at the area's end */
        }
        unsigned length = walk->entry[2];
        if (walk->entry[0] == 0) {
            walk->area_left = 0; /* padding */
        } else if (length < ENTRY_HEADER || length - walk->entry_length > walk->area_left) {
            return fail(error, "damaged Rock Ridge data in sector %u", walk->area_lba);
        } else if (length == walk->entry_length) {
            if (!read_entry(walk, error)) {
                return false;
            }
            walk->entry_length = 0;
        }
    }
    return next_area(walk, error);
}

/* ---- One step -------------------------------------------------------------------------------- */

static bool run_task(struct iso9660_walk *walk, const uint8_t *sector, struct error *error)
{
    switch (walk->task) {
    case TASK_DESCRIPTOR:
        return read_descriptor(walk, sector, error);
    case TASK_ROOT:
        return read_root(walk, sector);
    case TASK_ENTER:
        return read_directory(walk, sector, error);
    case TASK_RECORD:
        return read_record(walk, sector, error);
    default:
        return read_entries(walk, sector, error);
    }
}

enum iso9660_step iso9660_step(struct iso9660_walk *walk, const uint8_t *sector,
                               struct error *error)
{
    uint32_t in_hand = walk->wanted_lba;
    while (walk->task != TASK_DONE) {
        if (!walk->sector_wanted || walk->wanted_lba != in_hand) {
            walk->sector_wanted = true;
            return ISO9660_READ;
        }
        if (!run_task(walk, sector, error)) {
            return ISO9660_FAILED;
        }
    }
    return ISO9660_DONE;
}
