// SPDX-License-Identifier: BSD-2-Clause
// See newc.h.
#include "loader/newc.h"

#include <string.h>

enum {
    HEADER_BYTES = 110,
    MAGIC_BYTES = 6,
    FIELD_DIGITS = 8,
    MODE_FILE = 0100777,
    MODE_DIRECTORY = 040777,

    /* The fields after the magic number, in their order. */
    FIELD_MODE = 1,
    FIELD_NLINK = 4,
    FIELD_FILESIZE = 6,
    FIELD_NAMESIZE = 11,
    FIELDS = 13,
};

static const char trailer[] = "TRAILER!!!";

/* Of a member's header with its name, which ends with a NUL. */
static size_t header_size(size_t name_length)
{
    return (HEADER_BYTES + name_length + 1 + 3) & ~(size_t)3;
}

static void write_header(const char *name, size_t name_length, uint32_t mode, uint32_t file_bytes,
                         uint8_t *buffer)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t fields[FIELDS] = {[FIELD_MODE] = mode,
                               [FIELD_NLINK] = 1,
                               [FIELD_FILESIZE] = file_bytes,
                               [FIELD_NAMESIZE] = (uint32_t)name_length + 1};
    uint8_t *at = buffer;
    memset(buffer, 0, header_size(name_length));
    memcpy(at, "070701", MAGIC_BYTES);
    at += MAGIC_BYTES;
    for (unsigned i = 0; i < FIELDS; i++) {
        for (unsigned shift = 32; shift > 0; shift -= 4) {
            *at++ = (uint8_t)digits[fields[i] >> (shift - 4) & 15];
        }
    }
    memcpy(at, name, name_length);
}

/* The length of the name's next directory after length bytes of it; 0: the name has no more. */
static size_t next_directory(const char *name, size_t length)
{
    length += length != 0;
    while (name[length] == '/') {
        length++;
    }
    const char *slash = strchr(name + length, '/');
    return slash != NULL ? (size_t)(slash - name) : 0;
}

size_t newc_headers_size(const char *name)
{
    size_t size = header_size(strlen(name));
    for (size_t length = 0; (length = next_directory(name, length)) != 0;) {
        size += header_size(length);
    }
    return size;
}

void newc_write_headers(const char *name, uint32_t file_bytes, uint8_t *buffer)
{
    for (size_t length = 0; (length = next_directory(name, length)) != 0;) {
        write_header(name, length, MODE_DIRECTORY, 0, buffer);
        buffer += header_size(length);
    }
    write_header(name, strlen(name), MODE_FILE, file_bytes, buffer);
}

size_t newc_trailer_size(void)
{
    return header_size(sizeof trailer - 1);
}

void newc_write_trailer(uint8_t *buffer)
{
    write_header(trailer, sizeof trailer - 1, 0, 0, buffer);
}
