// SPDX-License-Identifier: BSD-2-Clause
// See lz4.h. The LZ4 frame format 1.6.2, with its legacy and skippable frames, and the block
// format.
#include "stage2/compression/lz4.h"

#include <string.h>
#include "stage2/compression/checksum.h"

enum {
    WORD_BYTES = 4, /* magic numbers, sizes, checksums */
    END_MARK = 0,

    /* A frame descriptor: FLG, BD, optionally the content's size, a checksum */
    DESCRIPTOR_BYTES = 3,
    FLAG_DICTIONARY = 1 << 0,
    FLAG_RESERVED = 1 << 1,
    FLAG_CONTENT_CHECKSUM = 1 << 2,
    FLAG_CONTENT_SIZE = 1 << 3,
    FLAG_BLOCK_CHECKSUM = 1 << 4,
    FLAG_INDEPENDENT = 1 << 5,
    FLAGS_VERSION = 3 << 6,
    VERSION = 1 << 6,
    BD_RESERVED = 0x8f,
    CONTENT_SIZE_BYTES = 8,

    /* Block_Maximum_Size is a code from 4 (64 KiB) to 7 (4 MiB) */
    SIZE_CODE_SHIFT = 4,
    SIZE_CODE_LOWEST = 4,
    LEGACY_BLOCK_BYTES = 8 << 20,
    LEGACY_BLOCK_COMPRESSED = LEGACY_BLOCK_BYTES + LEGACY_BLOCK_BYTES / 255 + 16, /* at most */

    LENGTH_MORE = 15, /* in a token: more bytes of the length follow */
    SHORTEST_MATCH = 4,
    OFFSET_BYTES = 2,
};

#define MAGIC              0x184d2204u
#define MAGIC_LEGACY       0x184c2102u
#define MAGIC_SKIPPABLE    0x184d2a50u /* to …5f */
#define SKIPPABLE_MASK     0xfffffff0u
#define BLOCK_UNCOMPRESSED 0x80000000u

struct frame {
    unsigned flags;
    uint32_t block_bytes;  /* the largest decompressed size of a block */
    uint64_t content_size; /* DECOMPRESS_SIZE_UNKNOWN: not stated */
};

// ---- Blocks

/* Completes a length, whose first part the token has, with the bytes at *at. False: the data
   ends. */
static bool read_length(const uint8_t **at, const uint8_t *end, size_t *length)
{
    uint8_t more = UINT8_MAX;
    if (*length < LENGTH_MORE) {
        return true;
    }
    while (more == UINT8_MAX) {
        if (*at == end) {
            return false;
        }
        more = *(*at)++;
        *length += more;
    }
    return true;
}

static bool fail_block(struct decompression *decompression, const uint8_t *at, const char *what)
{
    decompression->at = (size_t)(at - decompression->compressed.data);
    return decompress_fail_damaged(decompression, what);
}

/* Fails because a block's output exceeds the room or the block's maximum. */
static bool fail_too_long(struct decompression *decompression, uint32_t block_bytes)
{
    return decompress_room(decompression) < block_bytes
               ? decompress_fail_no_room(decompression)
               : decompress_fail_damaged(decompression, "a block that is too long");
}

/* Decompresses a block of size bytes to at most block_bytes; matches reach back to window at most.
   The last sequence has no match. */
static bool decompress_block(struct decompression *decompression, size_t size, uint32_t block_bytes,
                             const uint8_t *window)
{
    const uint8_t *at = decompress_at(decompression), *end = at + size;
    uint8_t *to = decompression->destination + decompression->length;
    size_t room =
        decompress_room(decompression) < block_bytes ? decompress_room(decompression) : block_bytes;
    while (at != end) {
        size_t token = *at++;
        size_t literals = token >> 4, match = token & LENGTH_MORE;
        if (!read_length(&at, end, &literals) || literals > (size_t)(end - at)) {
            return fail_block(decompression, at, "literals after the block's end");
        }
        if (literals > room) {
            return fail_too_long(decompression, block_bytes);
        }
        memcpy(to, at, literals);
        to += literals;
        at += literals;
        room -= literals;
        if (at == end) {
            decompression->length = (size_t)(to - decompression->destination);
            return true;
        }
        size_t offset = end - at >= OFFSET_BYTES ? load16(at) : 0;
        at += OFFSET_BYTES;
        if (offset == 0 || offset > (size_t)(to - window) || !read_length(&at, end, &match)) {
            return fail_block(decompression, at, "a match out of nowhere");
        }
        match += SHORTEST_MATCH;
        if (match > room) {
            return fail_too_long(decompression, block_bytes);
        }
        room -= match;
        for (; match != 0; match--, to++) { /* may overlap itself */
            *to = *(to - offset);
        }
    }
    return fail_block(decompression, at, "a block that ends in a match");
}

static bool copy_block(struct decompression *decompression, size_t size)
{
    if (size > decompress_room(decompression)) {
        return decompress_fail_no_room(decompression);
    }
    memcpy(decompression->destination + decompression->length, decompress_at(decompression), size);
    decompression->length += size;
    return true;
}

// ---- Frames

/* Reads the frame descriptor, which follows the magic number. */
static bool read_descriptor(struct decompression *decompression, struct frame *frame)
{
    const uint8_t *start = decompress_at(decompression);
    if (decompress_left(decompression) < DESCRIPTOR_BYTES) {
        return decompress_fail_cut(decompression);
    }
    unsigned size_code = start[1] >> SIZE_CODE_SHIFT;
    frame->flags = start[0];
    if ((frame->flags & FLAGS_VERSION) != VERSION || (frame->flags & FLAG_RESERVED) != 0 ||
        (start[1] & BD_RESERVED) != 0 || size_code < SIZE_CODE_LOWEST) {
        return decompress_fail_unknown(decompression, "another version");
    }
    if (frame->flags & FLAG_DICTIONARY) {
        return decompress_fail_unknown(decompression, "it needs a dictionary");
    }
    frame->block_bytes = (uint32_t)1 << (2 * size_code + 8);
    size_t size = frame->flags & FLAG_CONTENT_SIZE ? 2 + CONTENT_SIZE_BYTES : 2;
    if (decompress_left(decompression) <= size) {
        return decompress_fail_cut(decompression);
    }
    if (start[size] != (uint8_t)(checksum_xxh32(start, size) >> 8)) {
        return decompress_fail_damaged(decompression, "a header's checksum is wrong");
    }
    frame->content_size = size > 2 ? load64(start + 2) : DECOMPRESS_SIZE_UNKNOWN;
    decompression->at += size + 1;
    return true;
}

/* Reads the next four bytes. */
static bool take_word(struct decompression *decompression, uint32_t *word)
{
    if (decompress_left(decompression) < WORD_BYTES) {
        return decompress_fail_cut(decompression);
    }
    *word = load32(decompress_at(decompression));
    decompression->at += WORD_BYTES;
    return true;
}

/* Reads the checksum that comes next and compares it with the data's. */
static bool check_sum(struct decompression *decompression, const uint8_t *data, size_t size)
{
    uint32_t sum = 0;
    return take_word(decompression, &sum) &&
           (sum == checksum_xxh32(data, size) ||
            decompress_fail_damaged(decompression, "the checksum is wrong"));
}

/* Decompresses the block whose size word has been read. */
static bool decompress_frame_block(struct decompression *decompression, const struct frame *frame,
                                   uint32_t word, const uint8_t *frame_start)
{
    uint32_t size = word & ~BLOCK_UNCOMPRESSED;
    bool is_independent = (frame->flags & FLAG_INDEPENDENT) != 0;
    if (size > frame->block_bytes) {
        return decompress_fail_damaged(decompression, "a block that is too long");
    }
    if (size > decompress_left(decompression)) {
        return decompress_fail_cut(decompression);
    }
    const uint8_t *block = decompress_at(decompression);
    const uint8_t *window =
        is_independent ? decompression->destination + decompression->length : frame_start;
    bool done = word & BLOCK_UNCOMPRESSED
                    ? copy_block(decompression, size)
                    : decompress_block(decompression, size, frame->block_bytes, window);
    if (!done) {
        return false;
    }
    decompression->at += size;
    return !(frame->flags & FLAG_BLOCK_CHECKSUM) || check_sum(decompression, block, size);
}

static bool decompress_frame(struct decompression *decompression)
{
    struct frame frame = {0};
    uint32_t word = 0;
    const uint8_t *start = decompression->destination + decompression->length;
    if (!read_descriptor(decompression, &frame) || !take_word(decompression, &word)) {
        return false;
    }
    while (word != END_MARK) {
        if (!decompress_frame_block(decompression, &frame, word, start) ||
            !take_word(decompression, &word)) {
            return false;
        }
    }
    size_t size = (size_t)(decompression->destination + decompression->length - start);
    if (frame.content_size != DECOMPRESS_SIZE_UNKNOWN && frame.content_size != size) {
        return decompress_fail_damaged(decompression,
                                       "it decompresses to another size than it says");
    }
    return !(frame.flags & FLAG_CONTENT_CHECKSUM) || check_sum(decompression, start, size);
}

/* Decompresses blocks up to the end of the file or to the next frame. */
static bool decompress_legacy_frame(struct decompression *decompression)
{
    uint32_t size = 0;
    while (decompress_left(decompression) > 0) {
        if (!take_word(decompression, &size)) {
            return false;
        }
        if (size > LEGACY_BLOCK_COMPRESSED) { /* a magic number */
            decompression->at -= WORD_BYTES;
            break;
        }
        if (size > decompress_left(decompression)) {
            return decompress_fail_cut(decompression);
        }
        const uint8_t *window = decompression->destination + decompression->length;
        if (!decompress_block(decompression, size, LEGACY_BLOCK_BYTES, window)) {
            return false;
        }
        decompression->at += size;
    }
    return true;
}

static bool skip_frame(struct decompression *decompression)
{
    uint32_t size = 0;
    if (!take_word(decompression, &size)) {
        return false;
    }
    if (size > decompress_left(decompression)) {
        return decompress_fail_cut(decompression);
    }
    decompression->at += size;
    return true;
}

bool lz4_decompress(struct decompression *decompression)
{
    while (decompress_left(decompression) > 0) {
        uint32_t magic = 0;
        bool done = take_word(decompression, &magic);
        if (done && magic == MAGIC) {
            done = decompress_frame(decompression);
        } else if (done && magic == MAGIC_LEGACY) {
            done = decompress_legacy_frame(decompression);
        } else if (done && (magic & SKIPPABLE_MASK) == MAGIC_SKIPPABLE) {
            done = skip_frame(decompression);
        } else if (done) {
            decompression->at -= WORD_BYTES;
            done = decompress_fail_damaged(decompression, "no frame starts there");
        }
        if (!done) {
            return false;
        }
    }
    return true;
}

uint64_t lz4_size(struct bytes compressed)
{
    bool known = compressed.size >= WORD_BYTES + DESCRIPTOR_BYTES + CONTENT_SIZE_BYTES &&
                 load32(compressed.data) == MAGIC &&
                 (compressed.data[WORD_BYTES] & FLAG_CONTENT_SIZE) != 0;
    return known ? load64(compressed.data + WORD_BYTES + 2) : DECOMPRESS_SIZE_UNKNOWN;
}
