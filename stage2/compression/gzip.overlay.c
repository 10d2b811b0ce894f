// SPDX-License-Identifier: BSD-2-Clause
// See gzip.h. RFC 1952 (gzip); puff does RFC 1951 (deflate).
#include "stage2/compression/gzip.h"

#include "stage2/compression/checksum.h"
#include "stage2/compression/compression.h"
#include "stage2/compression/puff/puff.h"

/* A member's header and trailer (RFC 1952, 2.2 and 2.3). */
enum {
    HEADER_FLAGS = 3,
    HEADER_SIZE = 10,
    TRAILER_SIZE = 8, /* CRC32, ISIZE */

    FLAG_HEADER_CRC = 1 << 1,
    FLAG_EXTRA = 1 << 2,
    FLAG_NAME = 1 << 3,
    FLAG_COMMENT = 1 << 4,
    FLAGS_RESERVED = 0xe0,
};

/* What puff() returns; negative: the data is invalid. */
enum { PUFF_DONE = 0, PUFF_NO_ROOM = 1, PUFF_INPUT_ENDS = 2 };

bool gzip_recognise(struct bytes start)
{
    return compression_of(start) == COMPRESSION_GZIP;
}

static bool fail_cut(struct error *error)
{
    return fail(error, "gzip data is cut short");
}

/* Moves *at after a NUL-terminated text, or to the end of the data. */
static void skip_text(struct bytes compressed, size_t *at)
{
    while (*at < compressed.size && compressed.data[(*at)++] != 0) {
    }
}

/* Checks a member's header and sets *size to its length, which is less than compressed.size. */
static bool read_header(struct bytes compressed, size_t *size, struct error *error)
{
    if (compressed.size < HEADER_SIZE) {
        return fail_cut(error);
    }
    unsigned flags = compressed.data[HEADER_FLAGS];
    if (!gzip_recognise(compressed) || (flags & FLAGS_RESERVED) != 0) {
        return fail(error, "unknown kind of gzip data: method %u, flags 0x%x", compressed.data[2],
                    flags);
    }
    size_t at = HEADER_SIZE;
    if (flags & FLAG_EXTRA) {
        if (compressed.size < HEADER_SIZE + 2) {
            return fail_cut(error);
        }
        at += 2u + load16(compressed.data + HEADER_SIZE);
    }
    if (flags & FLAG_NAME) {
        skip_text(compressed, &at);
    }
    if (flags & FLAG_COMMENT) {
        skip_text(compressed, &at);
    }
    if (flags & FLAG_HEADER_CRC) {
        if (!range_within(at, 2, compressed.size)) {
            return fail_cut(error);
        }
        if (load16(compressed.data + at) != (checksum_crc32(compressed.data, at) & 0xffff)) {
            return fail(error, "gzip data is damaged: the header's checksum is wrong");
        }
        at += 2;
    }
    if (at >= compressed.size) {
        return fail_cut(error);
    }
    *size = at;
    return true;
}

/* Decompresses the member at the start of compressed, and appends it to the *length bytes in
   destination. *size is set to the member's length. */
static bool decompress_member(struct bytes compressed, size_t *size, uint8_t *destination,
                              size_t capacity, size_t *length, struct error *error)
{
    if (!read_header(compressed, size, error)) {
        return false;
    }
    uint8_t *start = destination + *length;
    unsigned long decompressed = capacity - *length;
    unsigned long deflated = compressed.size - *size;
    int result = puff(start, &decompressed, compressed.data + *size, &deflated);
    if (result == PUFF_NO_ROOM) {
        *length = capacity + 1;
        return fail(error, "decompresses to more than %zu bytes: it does not fit", capacity);
    }
    if (result < PUFF_DONE) {
        return fail(error, "gzip data is damaged after byte %zu of what it decompresses to",
                    *length + (size_t)decompressed);
    }
    *size += deflated;
    if (result == PUFF_INPUT_ENDS || !range_within(*size, TRAILER_SIZE, compressed.size)) {
        return fail_cut(error);
    }
    const uint8_t *trailer = compressed.data + *size;
    if (load32(trailer) != checksum_crc32(start, decompressed)) {
        return fail(error, "gzip data is damaged: the checksum is wrong");
    }
    if (load32(trailer + 4) != (uint32_t)decompressed) {
        return fail(error, "gzip data is damaged: it decompresses to %lu bytes, not %u",
                    decompressed, (unsigned)load32(trailer + 4));
    }
    *size += TRAILER_SIZE;
    *length += decompressed;
    return true;
}

bool gzip_decompress(struct bytes compressed, uint8_t *destination, size_t capacity, size_t *length,
                     struct error *error)
{
    *length = 0;
    do {
        size_t size = 0;
        if (!decompress_member(compressed, &size, destination, capacity, length, error)) {
            return false;
        }
        compressed.data += size;
        compressed.size -= size;
    } while (gzip_recognise(compressed));
    return true;
}
