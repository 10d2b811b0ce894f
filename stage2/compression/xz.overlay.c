// SPDX-License-Identifier: BSD-2-Clause
// See xz.h. The .xz file format 1.2.0; XZ Embedded does LZMA2 and the x86 filter.
#include "stage2/compression/xz.h"

#include <string.h>
#include "stage2/compression/checksum.h"
#include "stage2/compression/xz-embedded/xz_private.h"

enum {
    /* A stream's header and footer */
    MAGIC_BYTES = 6,
    FLAGS_BYTES = 2,
    HEADER_BYTES = 12,
    FOOTER_BYTES = 12,
    ALIGNMENT = 4,
    CRC32_BYTES = 4,

    CHECK_NONE = 0,
    CHECK_CRC32 = 1,
    CHECK_CRC64 = 4,
    CHECK_SHA256 = 10,

    /* A block's header */
    INDEX_INDICATOR = 0,         /* the index follows, not a block */
    BLOCK_MORE_FILTERS = 3 << 0, /* the number of filters - 1 */
    BLOCK_RESERVED = 0x3c,
    BLOCK_HAS_COMPRESSED_SIZE = 1 << 6,
    BLOCK_HAS_SIZE = 1 << 7,
    FILTER_X86 = 0x04,
    FILTER_LZMA2 = 0x21,

    NUMBER_BYTES = 9, /* the longest multibyte integer */
};

#define DATA_DAMAGED "it makes no sense"

/* The sums over all blocks, either of the blocks themselves or of the index's records. */
struct totals {
    uint64_t count;
    uint64_t unpadded;
    uint64_t decompressed;
};

struct stream {
    unsigned check;
    size_t check_bytes;
    struct xz_dec_lzma2 *lzma2;
    struct xz_dec_bcj *x86;
    struct totals blocks;
};

struct block {
    uint64_t compressed_size; /* DECOMPRESS_SIZE_UNKNOWN: not stated */
    uint64_t size;            /* decompressed; DECOMPRESS_SIZE_UNKNOWN: not stated */
    bool is_x86;
};

/* The arena of xz_allocate(), which XZ Embedded calls. */
static struct arena *working;

void *xz_allocate(size_t size)
{
    return arena_allocate(working, size, _Alignof(uint64_t));
}

/* Reads a multibyte integer (1.2). False: it is invalid or cut short. */
static bool read_number(struct bytes data, size_t *at, uint64_t *number)
{
    *number = 0;
    for (unsigned i = 0; i < NUMBER_BYTES && *at < data.size; i++) {
        uint8_t byte = data.data[(*at)++];
        *number |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            return byte != 0 || i == 0;
        }
    }
    return false;
}

// ---- Blocks

static bool read_filters(struct decompression *decompression, const struct stream *stream,
                         struct bytes header, size_t at, struct block *block)
{
    unsigned more = header.data[1] & BLOCK_MORE_FILTERS;
    const uint8_t *filters = header.data + at;
    block->is_x86 = more == 1 && header.size - at >= 2 && filters[0] == FILTER_X86;
    if (block->is_x86) {
        if (filters[1] != 0 || xz_dec_bcj_reset(stream->x86, FILTER_X86) != XZ_OK) {
            return decompress_fail_unknown(decompression, "a filter with an offset");
        }
        filters += 2;
        at += 2;
    }
    if (more != block->is_x86 || header.size - at < 3 || filters[0] != FILTER_LZMA2 ||
        filters[1] != 1 || xz_dec_lzma2_reset(stream->lzma2, filters[2]) != XZ_OK) {
        return decompress_fail_unknown(decompression, "a filter other than LZMA2 and x86");
    }
    for (at += 3; at < header.size; at++) {
        if (header.data[at] != 0) {
            return decompress_fail_unknown(decompression, "a block header with more fields");
        }
    }
    return true;
}

/* Reads a block header. */
static bool read_block_header(struct decompression *decompression, const struct stream *stream,
                              struct block *block)
{
    struct bytes header = {decompress_at(decompression),
                           (*decompress_at(decompression) + 1u) * ALIGNMENT};
    size_t size = header.size, at = 2;
    if (size > decompress_left(decompression)) {
        return decompress_fail_cut(decompression);
    }
    header.size -= CRC32_BYTES;
    if (load32(header.data + header.size) != checksum_crc32(header.data, header.size)) {
        return decompress_fail_damaged(decompression, "a block header's checksum is wrong");
    }
    *block = (struct block){DECOMPRESS_SIZE_UNKNOWN, DECOMPRESS_SIZE_UNKNOWN, false};
    if (((header.data[1] & BLOCK_HAS_COMPRESSED_SIZE) &&
         !read_number(header, &at, &block->compressed_size)) ||
        ((header.data[1] & BLOCK_HAS_SIZE) && !read_number(header, &at, &block->size))) {
        return decompress_fail_damaged(decompression, DATA_DAMAGED);
    }
    if (header.data[1] & BLOCK_RESERVED) {
        return decompress_fail_unknown(decompression, "a block header with more fields");
    }
    if (!read_filters(decompression, stream, header, at, block)) {
        return false;
    }
    decompression->at += size;
    return true;
}

/* Decompresses a block's data. */
static bool decode(struct decompression *decompression, const struct stream *stream,
                   const struct block *block)
{
    struct xz_buf buffer = {
        .in = decompression->compressed.data,
        .in_pos = decompression->at,
        .in_size = decompression->compressed.size,
        .out = decompression->destination,
        .out_pos = decompression->length,
        .out_size = decompression->capacity,
    };
    enum xz_ret result = block->is_x86 ? xz_dec_bcj_run(stream->x86, stream->lzma2, &buffer)
                                       : xz_dec_lzma2_run(stream->lzma2, &buffer);
    decompression->at = buffer.in_pos;
    if (result == XZ_OK) { /* needs more input or more room */
        return buffer.in_pos == buffer.in_size ? decompress_fail_cut(decompression)
                                               : decompress_fail_no_room(decompression);
    }
    if (result != XZ_STREAM_END) {
        return decompress_fail_damaged(decompression, DATA_DAMAGED);
    }
    decompression->length = buffer.out_pos;
    return true;
}

/* Skips zeros up to a multiple of four bytes after start. */
static bool pass_padding(struct decompression *decompression, size_t start)
{
    for (; (decompression->at - start) % ALIGNMENT != 0; decompression->at++) {
        if (decompress_left(decompression) == 0) {
            return decompress_fail_cut(decompression);
        }
        if (*decompress_at(decompression) != 0) {
            return decompress_fail_damaged(decompression, DATA_DAMAGED);
        }
    }
    return true;
}

static bool check_data(struct decompression *decompression, const struct stream *stream,
                       const uint8_t *data, size_t size)
{
    uint8_t sum[CHECKSUM_SHA256_BYTES];
    const uint8_t *expected = decompress_at(decompression);
    bool is_right = true;
    if (stream->check_bytes > decompress_left(decompression)) {
        return decompress_fail_cut(decompression);
    }
    switch (stream->check) {
    case CHECK_CRC32:
        is_right = checksum_crc32(data, size) == load32(expected);
        break;
    case CHECK_CRC64:
        is_right = checksum_crc64(data, size) == load64(expected);
        break;
    case CHECK_SHA256:
        checksum_sha256(data, size, sum);
        is_right = memcmp(sum, expected, sizeof sum) == 0;
        break;
    }
    decompression->at += stream->check_bytes;
    return is_right || decompress_fail_damaged(decompression, "the checksum is wrong");
}

static bool decompress_block(struct decompression *decompression, struct stream *stream)
{
    struct block block = {0};
    size_t header = decompression->at, before = decompression->length;
    if (!read_block_header(decompression, stream, &block)) {
        return false;
    }
    size_t start = decompression->at;
    if (!decode(decompression, stream, &block)) {
        return false;
    }
    size_t compressed_size = decompression->at - start, size = decompression->length - before;
    if ((block.compressed_size != DECOMPRESS_SIZE_UNKNOWN &&
         block.compressed_size != compressed_size) ||
        (block.size != DECOMPRESS_SIZE_UNKNOWN && block.size != size)) {
        return decompress_fail_damaged(decompression, "a block of another size than it says");
    }
    stream->blocks.count++;
    stream->blocks.unpadded += decompression->at - header + stream->check_bytes;
    stream->blocks.decompressed += size;
    return pass_padding(decompression, header) &&
           check_data(decompression, stream, decompression->destination + before, size);
}

// ---- Streams

/* Reads the index at *at and adds up its records. False: it is invalid. */
static bool read_index(struct bytes compressed, size_t *at, struct totals *totals)
{
    *totals = (struct totals){0};
    *at += 1;
    if (!read_number(compressed, at, &totals->count)) {
        return false;
    }
    for (uint64_t i = 0; i < totals->count; i++) {
        uint64_t unpadded, decompressed;
        if (!read_number(compressed, at, &unpadded) ||
            !read_number(compressed, at, &decompressed)) {
            return false;
        }
        totals->unpadded += unpadded;
        totals->decompressed += decompressed;
    }
    return true;
}

static bool check_index(struct decompression *decompression, const struct totals *blocks)
{
    struct totals totals = {0};
    size_t start = decompression->at;
    bool is_read = read_index(decompression->compressed, &decompression->at, &totals);
    if (decompress_left(decompression) == 0) {
        return decompress_fail_cut(decompression);
    }
    if (!is_read || totals.count != blocks->count || totals.unpadded != blocks->unpadded ||
        totals.decompressed != blocks->decompressed) {
        return decompress_fail_damaged(decompression, "an index of other blocks");
    }
    if (!pass_padding(decompression, start)) {
        return false;
    }
    if (decompress_left(decompression) < CRC32_BYTES) {
        return decompress_fail_cut(decompression);
    }
    if (load32(decompress_at(decompression)) !=
        checksum_crc32(decompression->compressed.data + start, decompression->at - start)) {
        return decompress_fail_damaged(decompression, "the index's checksum is wrong");
    }
    decompression->at += CRC32_BYTES;
    return true;
}

static bool check_footer(struct decompression *decompression, const uint8_t *flags,
                         size_t index_size)
{
    const uint8_t *footer = decompress_at(decompression);
    if (decompress_left(decompression) < FOOTER_BYTES) {
        return decompress_fail_cut(decompression);
    }
    if (load32(footer) != checksum_crc32(footer + 4, 6) ||
        load32(footer + 4) != index_size / ALIGNMENT - 1 ||
        memcmp(footer + 8, flags, FLAGS_BYTES) != 0 || footer[10] != 'Y' || footer[11] != 'Z') {
        return decompress_fail_damaged(decompression, "no footer that fits to the header");
    }
    decompression->at += FOOTER_BYTES;
    return true;
}

static bool read_stream_header(struct decompression *decompression, struct stream *stream)
{
    const uint8_t *header = decompress_at(decompression), *flags = header + MAGIC_BYTES;
    if (decompress_left(decompression) < HEADER_BYTES) {
        return decompress_fail_cut(decompression);
    }
    if (memcmp(header, decompression->compressed.data, MAGIC_BYTES) != 0) {
        return decompress_fail_damaged(decompression, "no stream starts there");
    }
    if (load32(flags + FLAGS_BYTES) != checksum_crc32(flags, FLAGS_BYTES)) {
        return decompress_fail_damaged(decompression, "a header's checksum is wrong");
    }
    stream->blocks = (struct totals){0};
    stream->check = load16(flags) >> 8;
    switch (load16(flags)) {
    case CHECK_NONE << 8:
        stream->check_bytes = 0;
        break;
    case CHECK_CRC32 << 8:
        stream->check_bytes = sizeof(uint32_t);
        break;
    case CHECK_CRC64 << 8:
        stream->check_bytes = sizeof(uint64_t);
        break;
    case CHECK_SHA256 << 8:
        stream->check_bytes = CHECKSUM_SHA256_BYTES;
        break;
    default:
        return decompress_fail_unknown(decompression,
                                       "a checksum other than CRC32, CRC64 and SHA-256");
    }
    decompression->at += HEADER_BYTES;
    return true;
}

static bool decompress_stream(struct decompression *decompression, struct stream *stream)
{
    const uint8_t *flags = decompress_at(decompression) + MAGIC_BYTES;
    if (!read_stream_header(decompression, stream)) {
        return false;
    }
    while (decompress_left(decompression) != 0 &&
           *decompress_at(decompression) != INDEX_INDICATOR) {
        if (!decompress_block(decompression, stream)) {
            return false;
        }
    }
    if (decompress_left(decompression) == 0) {
        return decompress_fail_cut(decompression);
    }
    size_t index = decompression->at;
    return check_index(decompression, &stream->blocks) &&
           check_footer(decompression, flags, decompression->at - index);
}

bool xz_decompress(struct decompression *decompression)
{
    struct stream stream = {0};
    working = decompression->working;
    stream.lzma2 = xz_dec_lzma2_create(XZ_SINGLE, 0);
    stream.x86 = xz_dec_bcj_create(true);
    if (stream.lzma2 == NULL || stream.x86 == NULL) {
        return fail(decompression->error, "out of working memory");
    }
    while (decompress_left(decompression) != 0) {
        if (*decompress_at(decompression) == 0) { /* padding (2.2) */
            decompression->at++;
            if (!pass_padding(decompression, 0)) {
                return false;
            }
        } else if (!decompress_stream(decompression, &stream)) {
            return false;
        }
    }
    return true;
}

/* The size that the last stream's index states. */
uint64_t xz_size(struct bytes compressed)
{
    struct totals totals = {0};
    size_t end = compressed.size & ~(size_t)(ALIGNMENT - 1);
    while (end > HEADER_BYTES + FOOTER_BYTES && load32(compressed.data + end - ALIGNMENT) == 0) {
        end -= ALIGNMENT;
    }
    if (end <= HEADER_BYTES + FOOTER_BYTES) {
        return DECOMPRESS_SIZE_UNKNOWN;
    }
    size_t index_end = end - FOOTER_BYTES;
    uint64_t index_size = ((uint64_t)load32(compressed.data + index_end + 4) + 1) * ALIGNMENT;
    size_t at = index_end - (size_t)index_size;
    return index_size < index_end &&
                   read_index((struct bytes){compressed.data, index_end}, &at, &totals)
               ? totals.decompressed
               : DECOMPRESS_SIZE_UNKNOWN;
}
