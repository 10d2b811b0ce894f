// SPDX-License-Identifier: BSD-2-Clause
// See volume.h. Numbers are written in little-endian order only, as only stage2/fs reads them.
#include "boot/bare/pvh/volume.h"

#include <string.h>

enum {
    SECTOR = 2048,
    DESCRIPTORS_LBA = 16,
    FIRST_LBA = 18, /* after the primary descriptor and the one that ends the list */

    DESCRIPTOR_PRIMARY = 1, /* ECMA-119, 8.1 and 8.4 */
    DESCRIPTOR_TERMINATOR = 255,
    DESCRIPTOR_IDENTIFIER = 1,
    DESCRIPTOR_VERSION = 6,
    DESCRIPTOR_SPACE_SIZE = 80,
    DESCRIPTOR_BLOCK_SIZE = 128,
    DESCRIPTOR_ROOT = 156,

    RECORD_LBA = 2, /* ECMA-119, 9.1 */
    RECORD_BYTES = 10,
    RECORD_FLAGS = 25,
    RECORD_NAME_LENGTH = 32,
    RECORD_NAME = 33,
    RECORD_MIN = 34, /* with a name of one byte */
    RECORD_MOST = 254,
    FLAG_DIRECTORY = 2,
    NAME_SELF = 0,
    NAME_PARENT = 1,
    NAME_ANY = 'F', /* Rock Ridge's name counts */

    ENTRY_HEADER = 5, /* RRIP 4.1: signature, length, version, flags */
    COMPONENT_HEADER = 2,
    COMPONENT_CURRENT = 2, /* flags of a component of a link's target */
    COMPONENT_PARENT = 4,
    COMPONENT_ROOT = 8,
};

/* The root's record of itself announces Rock Ridge: SP (SUSP 5.3), and RR. */
static const uint8_t announcement[] = {'S', 'P', 7, 1, 0xbe, 0xef, 0, 'R', 'R', 5, 1, 0};

static bool is_full(struct error *error)
{
    return fail(error, "the archive's names do not fit into memory");
}

/* ---- The tree -------------------------------------------------------------------------------- */

static struct volume_node *new_node(struct volume *volume, struct volume_node *parent,
                                    struct bytes name, enum volume_kind kind, struct error *error)
{
    struct volume_node *node = NULL;
    if (volume->count == VOLUME_MOST_NODES) {
        fail(error, "the archive has more than %u files and directories", VOLUME_MOST_NODES);
        return NULL;
    }
    node = ARENA_NEW(volume->arena, struct volume_node);
    if (node == NULL) {
        is_full(error);
        return NULL;
    }
    node->name = name;
    node->kind = kind;
    node->parent = parent;
    if (volume->last != NULL) {
        volume->last->next = node;
    }
    volume->last = node;
    volume->count++;
    if (parent != NULL) {
        *(parent->first_child == NULL ? &parent->first_child : &parent->last_child->sibling) = node;
        parent->last_child = node;
    }
    return node;
}

bool volume_start(struct volume *volume, struct arena *arena, struct error *error)
{
    *volume = (struct volume){.arena = arena};
    volume->root = new_node(volume, NULL, (struct bytes){0}, VOLUME_DIRECTORY, error);
    return volume->root != NULL;
}

static bool is_name(struct bytes name, const char *wanted)
{
    return name.size == strlen(wanted) && memcmp(name.data, wanted, name.size) == 0;
}

/* Takes the path's next component; size 0: none is left. "." is left out. */
static struct bytes next_name(struct bytes *path)
{
    for (;;) {
        while (path->size > 0 && path->data[0] == '/') {
            path->data++;
            path->size--;
        }
        struct bytes name = {path->data, 0};
        while (path->size > 0 && path->data[0] != '/') {
            path->data++;
            path->size--;
            name.size++;
        }
        if (!is_name(name, ".")) {
            return name;
        }
    }
}

static struct volume_node *find_child(const struct volume_node *directory, struct bytes name)
{
    struct volume_node *node = directory->first_child;
    while (node != NULL &&
           (node->name.size != name.size || memcmp(node->name.data, name.data, name.size) != 0)) {
        node = node->sibling;
    }
    return node;
}

static bool has_nul(struct bytes name)
{
    while (name.size > 0 && name.data[name.size - 1] != 0) {
        name.size--;
    }
    return name.size > 0;
}

static bool check_name(struct bytes name, struct error *error)
{
    if (is_name(name, "..") || has_nul(name)) {
        return fail(error, "the archive has a name with \"..\" or a NUL in it");
    }
    return name.size <= VOLUME_MOST_NAME_BYTES ||
           fail(error, "the archive has a name of %zu bytes, more than %u", name.size,
                VOLUME_MOST_NAME_BYTES);
}

/* Finds or adds a name. False: there is a directory and no directory is wanted, or the other way
   round. */
static struct volume_node *enter(struct volume *volume, struct volume_node *directory,
                                 struct bytes name, enum volume_kind kind, struct error *error)
{
    if (!check_name(name, error)) {
        return NULL;
    }
    struct volume_node *node = find_child(directory, name);
    if (node == NULL) {
        return new_node(volume, directory, name, kind, error);
    }
    if ((node->kind == VOLUME_DIRECTORY) != (kind == VOLUME_DIRECTORY)) {
        fail(error, "the archive has %.*s as a directory and as a file", (int)name.size,
             (const char *)name.data);
        return NULL;
    }
    node->kind = kind;
    return node;
}

bool volume_add(struct volume *volume, struct bytes path, enum volume_kind kind, struct bytes data,
                struct error *error)
{
    struct volume_node *node = volume->root;
    struct bytes name = next_name(&path);
    while (name.size > 0) {
        struct bytes following = next_name(&path);
        node = enter(volume, node, name, following.size > 0 ? VOLUME_DIRECTORY : kind, error);
        if (node == NULL) {
            return false;
        }
        name = following;
    }
    if (node->kind == VOLUME_LINK && data.size > VOLUME_MOST_NAME_BYTES) {
        return fail(error, "the archive has a symbolic link with a target of %zu bytes", data.size);
    }
    if (node->kind != VOLUME_DIRECTORY) {
        node->data = data;
    }
    return true;
}

const struct volume_node *volume_find(const struct volume *volume, const char *path)
{
    const struct volume_node *node = volume->root;
    struct bytes rest = {(const uint8_t *)path, strlen(path)};
    struct bytes name = next_name(&rest);
    while (node != NULL && name.size > 0) {
        node = find_child(node, name);
        name = next_name(&rest);
    }
    return node;
}

/* ---- Directories ----------------------------------------------------------------------------- */

/* A record, as it is made. */
struct record {
    uint8_t bytes[RECORD_MOST];
    unsigned length;
};

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < sizeof value; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void start_record(struct record *record, const struct volume_node *node, uint8_t name)
{
    memset(record, 0, sizeof *record);
    put32(record->bytes + RECORD_LBA, node->lba);
    put32(record->bytes + RECORD_BYTES, node->kind == VOLUME_LINK ? 0 : (uint32_t)node->data.size);
    record->bytes[RECORD_FLAGS] = node->kind == VOLUME_DIRECTORY ? FLAG_DIRECTORY : 0;
    record->bytes[RECORD_NAME_LENGTH] = 1;
    record->bytes[RECORD_NAME] = name;
    record->length = RECORD_MIN;
}

/* Adds bytes to the record. False: it is full. */
static bool add(struct record *record, const void *data, size_t length)
{
    if (length > sizeof record->bytes - record->length) {
        return false;
    }
    memcpy(record->bytes + record->length, data, length);
    record->length += (unsigned)length;
    return true;
}

/* Adds the header of a Rock Ridge entry with so many bytes after it. */
static bool add_header(struct record *record, char first, char second, size_t length)
{
    const uint8_t header[ENTRY_HEADER] = {(uint8_t)first, (uint8_t)second,
                                          (uint8_t)(ENTRY_HEADER + length), 1, 0};
    return add(record, header, sizeof header);
}

static bool add_component(struct record *record, struct bytes name)
{
    uint8_t flags = is_name(name, "..") ? COMPONENT_PARENT : 0;
    uint8_t length = flags != 0 ? 0 : (uint8_t)name.size;
    return add(record, (const uint8_t[]){flags, length}, COMPONENT_HEADER) &&
           add(record, name.data, length);
}

/* Adds SL (RRIP 4.1.3): the target's components. */
static bool add_target(struct record *record, struct bytes target)
{
    unsigned start = record->length;
    bool is_absolute = target.size > 0 && target.data[0] == '/';
    bool fits =
        add_header(record, 'S', 'L', 0) &&
        (!is_absolute || add(record, (const uint8_t[]){COMPONENT_ROOT, 0}, COMPONENT_HEADER));
    struct bytes name = next_name(&target);
    for (; fits && name.size > 0; name = next_name(&target)) {
        fits = add_component(record, name);
    }
    /* "." alone, or nothing at all: this directory. */
    if (fits && record->length == start + ENTRY_HEADER) {
        fits = add(record, (const uint8_t[]){COMPONENT_CURRENT, 0}, COMPONENT_HEADER);
    }
    if (fits) {
        record->bytes[start + 2] = (uint8_t)(record->length - start);
    }
    return fits;
}

/* Makes the record of a name in its directory. */
static bool make_record(struct record *record, const struct volume_node *node, struct error *error)
{
    start_record(record, node, NAME_ANY);
    return (add_header(record, 'N', 'M', node->name.size) &&
            add(record, node->name.data, node->name.size) &&
            (node->kind != VOLUME_LINK || add_target(record, node->data))) ||
           fail(error, "the archive has a symbolic link whose name and target are too long");
}

/* Where the next record of a directory goes. data NULL: only its length is wanted. */
struct directory {
    uint8_t *data;
    size_t length;
};

/* Adds a record; none crosses the end of a sector. */
static void put_record(struct directory *directory, struct record *record)
{
    unsigned length = (record->length + 1) & ~1u;
    if (SECTOR - directory->length % SECTOR < length) {
        directory->length = (directory->length + SECTOR - 1) & ~(size_t)(SECTOR - 1);
    }
    record->bytes[0] = (uint8_t)length;
    if (directory->data != NULL) {
        memcpy(directory->data + directory->length, record->bytes, record->length);
    }
    directory->length += length;
}

static bool put_records(struct directory *directory, const struct volume_node *node,
                        struct error *error)
{
    struct record record;
    start_record(&record, node, NAME_SELF);
    if (node->parent == NULL) {
        add(&record, announcement, sizeof announcement);
    }
    put_record(directory, &record);
    start_record(&record, node->parent != NULL ? node->parent : node, NAME_PARENT);
    put_record(directory, &record);
    for (const struct volume_node *child = node->first_child; child != NULL;
         child = child->sibling) {
        if (!make_record(&record, child, error)) {
            return false;
        }
        put_record(directory, &record);
    }
    return true;
}

/* Allocates a directory's sectors. */
static bool size_directory(struct volume *volume, struct volume_node *node, struct error *error)
{
    struct directory directory = {0};
    if (!put_records(&directory, node, error)) {
        return false;
    }
    node->data.size = (directory.length + SECTOR - 1) & ~(size_t)(SECTOR - 1);
    node->data.data = arena_allocate(volume->arena, node->data.size, 1);
    return node->data.data != NULL || is_full(error);
}

static bool write_descriptors(struct volume *volume, struct error *error)
{
    uint8_t *primary = arena_allocate(volume->arena, 2 * SECTOR, 1);
    struct record root;
    if (primary == NULL) {
        return is_full(error);
    }
    for (uint8_t *at = primary; at <= primary + SECTOR; at += SECTOR) {
        at[0] = at == primary ? DESCRIPTOR_PRIMARY : DESCRIPTOR_TERMINATOR;
        memcpy(at + DESCRIPTOR_IDENTIFIER, "CD001", 5);
        at[DESCRIPTOR_VERSION] = 1;
    }
    put32(primary + DESCRIPTOR_SPACE_SIZE, volume->end_lba);
    put32(primary + DESCRIPTOR_BLOCK_SIZE, SECTOR);
    start_record(&root, volume->root, NAME_SELF);
    root.bytes[0] = RECORD_MIN;
    memcpy(primary + DESCRIPTOR_ROOT, root.bytes, RECORD_MIN);
    volume->descriptors = (struct bytes){primary, 2 * SECTOR};
    return true;
}

static uint32_t sectors_of(const struct volume_node *node)
{
    return node->kind == VOLUME_LINK
               ? 0
               : (uint32_t)(node->data.size / SECTOR + (node->data.size % SECTOR != 0));
}

bool volume_write(struct volume *volume, struct error *error)
{
    uint32_t end_lba = FIRST_LBA;
    struct volume_node *node = volume->root;
    do { /* there is the root at least */
        if (node->kind == VOLUME_DIRECTORY && !size_directory(volume, node, error)) {
            return false;
        }
        node->lba = end_lba;
        if (__builtin_add_overflow(end_lba, sectors_of(node), &end_lba)) {
            return fail(error, "the archive's files are too large");
        }
        node = node->next;
    } while (node != NULL);
    for (node = volume->root; node != NULL; node = node->next) {
        if (node->kind == VOLUME_DIRECTORY) {
            struct directory directory = {(uint8_t *)(uintptr_t)node->data.data, 0};
            put_records(&directory, node, error);
        }
    }
    volume->end_lba = end_lba;
    return write_descriptors(volume, error);
}

struct bytes volume_sector(const struct volume *volume, uint32_t lba)
{
    const struct volume_node *node = volume->root;
    if (lba - DESCRIPTORS_LBA < FIRST_LBA - DESCRIPTORS_LBA) {
        size_t offset = (lba - DESCRIPTORS_LBA) * SECTOR;
        return (struct bytes){volume->descriptors.data + offset, 2 * SECTOR - offset};
    }
    while (node != NULL && lba - node->lba >= sectors_of(node)) {
        node = node->next;
    }
    if (node == NULL) {
        return (struct bytes){0};
    }
    size_t offset = (size_t)(lba - node->lba) * SECTOR;
    return (struct bytes){node->data.data + offset, node->data.size - offset};
}
