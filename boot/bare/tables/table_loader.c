// SPDX-License-Identifier: BSD-2-Clause
// See table_loader.h. Commands and fields have the names of QEMU's bios-linker-loader.c.
#include "boot/bare/tables/table_loader.h"

#include <string.h>

enum {
    COMMAND_BYTES = 128,
    COMMAND_ALLOCATE = 1,
    COMMAND_ADD_POINTER = 2,
    COMMAND_ADD_CHECKSUM = 3,
    COMMAND_WRITE_POINTER = 4,

    /* Offsets in a command. */
    FIRST_FILE = 4,
    SECOND_FILE = FIRST_FILE + TABLE_NAME_BYTES,
    ALLOCATE_ALIGNMENT = SECOND_FILE,
    ALLOCATE_ZONE = SECOND_FILE + 4,
    CHECKSUM_OFFSET = SECOND_FILE,
    CHECKSUM_START = SECOND_FILE + 4,
    CHECKSUM_LENGTH = SECOND_FILE + 8,
    POINTER_OFFSET = SECOND_FILE + TABLE_NAME_BYTES,
    POINTER_SIZE = POINTER_OFFSET + 4,
    WRITE_SOURCE_OFFSET = POINTER_OFFSET + 4,
    WRITE_SIZE = POINTER_OFFSET + 8,

    LEAST_ALIGNMENT = 16,
};

static bool wrong(struct error *error, const uint8_t *command, const char *what)
{
    return fail(error, "etc/table-loader, command %u for %.*s: %s", (unsigned)load32(command),
                TABLE_NAME_BYTES, (const char *)command + FIRST_FILE, what);
}

/* The name at this offset; NULL: it does not end within its field. */
static const char *file_name(const uint8_t *command, size_t offset)
{
    const char *name = (const char *)command + offset;
    return name[TABLE_NAME_BYTES - 1] == 0 ? name : NULL;
}

static const struct table_file *find_file(const struct table_file *files, size_t count,
                                          const uint8_t *command, size_t offset)
{
    const char *name = file_name(command, offset);
    for (size_t i = 0; name != NULL && i < count; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    return NULL;
}

static bool list_file(const uint8_t *command, struct table_file *files, size_t *count,
                      struct error *error)
{
    struct table_file file = {
        .name = file_name(command, FIRST_FILE),
        .alignment = load32(command + ALLOCATE_ALIGNMENT),
        .zone = command[ALLOCATE_ZONE],
    };
    if (file.name == NULL || find_file(files, *count, command, FIRST_FILE) != NULL) {
        return wrong(error, command, "no name, or one that was there before");
    }
    if (*count == TABLE_FILES) {
        return wrong(error, command, "too many files");
    }
    if ((file.alignment & (file.alignment - 1)) != 0) {
        return wrong(error, command, "the alignment is no power of two");
    }
    if (file.zone != TABLE_ZONE_HIGH && file.zone != TABLE_ZONE_FSEG) {
        return wrong(error, command, "unknown zone");
    }
    if (file.alignment < LEAST_ALIGNMENT) {
        file.alignment = LEAST_ALIGNMENT;
    }
    files[(*count)++] = file;
    return true;
}

bool table_loader_files(struct bytes script, struct table_file files[TABLE_FILES], size_t *count,
                        struct error *error)
{
    *count = 0;
    for (size_t at = 0; range_within(at, COMMAND_BYTES, script.size); at += COMMAND_BYTES) {
        const uint8_t *command = script.data + at;
        if (load32(command) == COMMAND_ALLOCATE && !list_file(command, files, count, error)) {
            return false;
        }
    }
    return true;
}

bool table_loader_place(struct table_file *files, size_t count, struct room *high,
                        struct room *fseg, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct table_file *file = &files[i];
        struct room *room = file->zone == TABLE_ZONE_FSEG ? fseg : high;
        file->address = room_take(room, file->size, file->alignment);
        if (file->address == 0) {
            return fail(error, "no room for %s (%u bytes)", file->name, (unsigned)file->size);
        }
    }
    return true;
}

/* Whether a pointer can have this size: 1, 2, 4 or 8. */
static bool is_pointer_size(unsigned size)
{
    return size - 1 < sizeof(uint64_t) && (size & (size - 1)) == 0;
}

/* Whether a pointer of this size holds the value without loss. */
static bool fits(unsigned size, uint64_t value)
{
    uint64_t held = 0;
    memcpy(&held, &value, size);
    return held == value;
}

/* Adds the address of the second file to the offset in it that the first one holds. */
static bool add_pointer(const uint8_t *command, const struct table_file *files, size_t count,
                        struct error *error)
{
    const struct table_file *file = find_file(files, count, command, FIRST_FILE);
    const struct table_file *source = find_file(files, count, command, SECOND_FILE);
    uint32_t offset = load32(command + POINTER_OFFSET);
    unsigned size = command[POINTER_SIZE];
    if (file == NULL || source == NULL) {
        return wrong(error, command, "unknown file");
    }
    uint64_t target = 0;
    if (!is_pointer_size(size) || !range_within(offset, size, file->size)) {
        return wrong(error, command, "the pointer is outside of the file");
    }
    memcpy(&target, file->data + offset, size);
    uint64_t address = source->address + target;
    if (target >= source->size || !fits(size, address)) {
        return wrong(error, command, "the pointer's target is out of reach");
    }
    memcpy(file->data + offset, &address, size);
    return true;
}

/* Subtracts the sum of a range, in which the checksum itself counts as well. */
static bool add_checksum(const uint8_t *command, const struct table_file *files, size_t count,
                         struct error *error)
{
    const struct table_file *file = find_file(files, count, command, FIRST_FILE);
    uint32_t offset = load32(command + CHECKSUM_OFFSET);
    uint32_t start = load32(command + CHECKSUM_START);
    uint32_t length = load32(command + CHECKSUM_LENGTH);
    if (file == NULL) {
        return wrong(error, command, "unknown file");
    }
    if (!range_within(offset, 1, file->size) || !range_within(start, length, file->size)) {
        return wrong(error, command, "the checksum is outside of the file");
    }
    file->data[offset] = (uint8_t)(file->data[offset] - byte_sum(file->data + start, length));
    return true;
}

bool table_loader_link(struct bytes script, const struct table_file *files, size_t count,
                       struct error *error)
{
    bool is_right = true;
    for (size_t at = 0; is_right && range_within(at, COMMAND_BYTES, script.size);
         at += COMMAND_BYTES) {
        const uint8_t *command = script.data + at;
        if (load32(command) == COMMAND_ADD_POINTER) {
            is_right = add_pointer(command, files, count, error);
        } else if (load32(command) == COMMAND_ADD_CHECKSUM) {
            is_right = add_checksum(command, files, count, error);
        }
    }
    return is_right;
}

static bool read_write(const uint8_t *command, const struct table_file *files, size_t count,
                       struct table_write *write, struct error *error)
{
    const struct table_file *source = find_file(files, count, command, SECOND_FILE);
    uint32_t source_offset = load32(command + WRITE_SOURCE_OFFSET);
    write->name = file_name(command, FIRST_FILE);
    write->offset = load32(command + POINTER_OFFSET);
    write->size = command[WRITE_SIZE];
    if (write->name == NULL || source == NULL) {
        return wrong(error, command, "unknown file");
    }
    write->value = (uint64_t)source->address + source_offset;
    if (source_offset >= source->size || !is_pointer_size(write->size) ||
        !fits(write->size, write->value)) {
        return wrong(error, command, "the pointer's target is out of reach");
    }
    return true;
}

bool table_loader_write(struct bytes script, const struct table_file *files, size_t count,
                        size_t *offset, struct table_write *write, struct error *error)
{
    error->message[0] = 0;
    while (range_within(*offset, COMMAND_BYTES, script.size)) {
        const uint8_t *command = script.data + *offset;
        *offset += COMMAND_BYTES;
        if (load32(command) == COMMAND_WRITE_POINTER) {
            return read_write(command, files, count, write, error);
        }
    }
    return false;
}
