// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/compression/decompress.overlay.c with data that liblzma, liblz4 and libzstd
// compress, whole and damaged. test_gzip.c tests gzip.
#include "stage2/compression/compression.h"
#include "stage2/compression/decompress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum {
    PLAIN_BYTES = 300000,
    COMPRESSED_BYTES = 1000000,
    SMALL_BYTES = 2000,       /* decompressed */
    XZ_INDEX_AND_FOOTER = 24, /* of a file of one block, of 1000 bytes decompressed */
};

static uint8_t plain[PLAIN_BYTES];
static uint8_t compressed[COMPRESSED_BYTES];
static uint8_t decompressed[2 * PLAIN_BYTES];
static uint8_t working_memory[DECOMPRESS_WORKING_BYTES];
static size_t decompressed_length;
static struct error error;

/* Text-like data: repeats, but not too much. */
static void make_plain(void)
{
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof plain; i++) {
        state = state * 1103515245 + 12345;
        plain[i] =
            i > 1000 && state >> 31 ? plain[i - 1000 + (state >> 8) % 900] : (uint8_t)(state >> 16);
    }
}

// ---- Packers: each puts plain's first bytes at compressed + before and returns the end

static size_t pack_xz_with(size_t before, size_t length, lzma_filter *filters, lzma_check check)
{
    size_t end = before;
    assert_int_equal(lzma_stream_buffer_encode(filters, check, NULL, plain, length, compressed,
                                               &end, sizeof compressed),
                     LZMA_OK);
    return end;
}

static size_t pack_xz_x86(size_t before, size_t length)
{
    lzma_options_lzma options;
    assert_false(lzma_lzma_preset(&options, 1));
    lzma_filter filters[] = {{.id = LZMA_FILTER_X86},
                             {.id = LZMA_FILTER_LZMA2, .options = &options},
                             {.id = LZMA_VLI_UNKNOWN}};
    return pack_xz_with(before, length, filters, LZMA_CHECK_CRC32);
}

static size_t pack_xz_check(size_t before, size_t length, lzma_check check)
{
    size_t end = before;
    assert_int_equal(
        lzma_easy_buffer_encode(1, check, NULL, plain, length, compressed, &end, sizeof compressed),
        LZMA_OK);
    return end;
}

static size_t pack_xz(size_t before, size_t length)
{
    return pack_xz_check(before, length, LZMA_CHECK_CRC64);
}

static size_t pack_xz_crc32(size_t before, size_t length)
{
    return pack_xz_check(before, length, LZMA_CHECK_CRC32);
}

static size_t pack_xz_sha256(size_t before, size_t length)
{
    return pack_xz_check(before, length, LZMA_CHECK_SHA256);
}

static size_t pack_lz4_as(size_t before, size_t length, const LZ4F_preferences_t *preferences)
{
    size_t size = LZ4F_compressFrame(compressed + before, sizeof compressed - before, plain, length,
                                     preferences);
    assert_false(LZ4F_isError(size));
    return before + size;
}

/* Blocks of 64 KiB whose matches reach into earlier blocks. */
static size_t pack_lz4(size_t before, size_t length)
{
    static const LZ4F_preferences_t preferences = {
        .frameInfo = {.blockMode = LZ4F_blockLinked,
                      .blockSizeID = LZ4F_max64KB,
                      .contentChecksumFlag = LZ4F_contentChecksumEnabled}};
    return pack_lz4_as(before, length, &preferences);
}

static size_t pack_lz4_blocks(size_t before, size_t length)
{
    LZ4F_preferences_t preferences = {.frameInfo = {.blockMode = LZ4F_blockIndependent,
                                                    .blockSizeID = LZ4F_max64KB,
                                                    .contentSize = length,
                                                    .blockChecksumFlag = LZ4F_blockChecksumEnabled},
                                      .compressionLevel = LZ4HC_CLEVEL_MAX};
    return pack_lz4_as(before, length, &preferences);
}

static void store32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static size_t pack_lz4_legacy(size_t before, size_t length)
{
    uint8_t *start = compressed + before;
    int size = LZ4_compress_default((const char *)plain, (char *)start + 8, (int)length,
                                    (int)(sizeof compressed - before - 8));
    assert_true(size > 0);
    store32(start, 0x184c2102);
    store32(start + 4, (uint32_t)size);
    return before + 8 + (size_t)size;
}

static size_t pack_zstd_at(size_t before, size_t length, int level)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_non_null(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    size_t size =
        ZSTD_compress2(context, compressed + before, sizeof compressed - before, plain, length);
    ZSTD_freeCCtx(context);
    assert_false(ZSTD_isError(size));
    return before + size;
}

static size_t pack_zstd(size_t before, size_t length)
{
    return pack_zstd_at(before, length, 3);
}

static size_t pack_zstd_most(size_t before, size_t length)
{
    return pack_zstd_at(before, length, 22);
}

static size_t pack_zstd_fast(size_t before, size_t length)
{
    return pack_zstd_at(before, length, -20);
}

static size_t pack_gzip(size_t before, size_t length)
{
    z_stream stream = {.next_in = plain,
                       .avail_in = (uInt)length,
                       .next_out = compressed + before,
                       .avail_out = (uInt)(sizeof compressed - before)};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = stream.total_out;
    deflateEnd(&stream);
    return before + size;
}

static const struct packer {
    enum compression compression;
    const char *format;
    size_t (*pack)(size_t before, size_t length);
    bool tells_size;
    bool has_sum;
} packers[] = {
    {COMPRESSION_GZIP, "gzip", pack_gzip, true, true},
    {COMPRESSION_XZ, "xz", pack_xz, true, true},
    {COMPRESSION_XZ, "xz", pack_xz_crc32, true, true},
    {COMPRESSION_XZ, "xz", pack_xz_sha256, true, true},
    {COMPRESSION_XZ, "xz", pack_xz_x86, true, true},
    {COMPRESSION_LZ4, "lz4", pack_lz4, false, true},
    {COMPRESSION_LZ4, "lz4", pack_lz4_blocks, true, true},
    {COMPRESSION_LZ4, "lz4", pack_lz4_legacy, false, false},
    {COMPRESSION_ZSTD, "zstd", pack_zstd, true, true},
    {COMPRESSION_ZSTD, "zstd", pack_zstd_most, true, true},
    {COMPRESSION_ZSTD, "zstd", pack_zstd_fast, true, true},
};
enum { COMPRESSORS = sizeof packers / sizeof packers[0] };

// ---- Decompression

/* Decompresses a copy of exactly this size into a block of exactly that size, so that the sanitizer
   sees each read and write beyond them. */
static bool decompress_compressed(size_t compressed_length, size_t capacity)
{
    uint8_t *exact = malloc(compressed_length + 1);
    uint8_t *destination = malloc(capacity + 1);
    struct arena working = {.base = working_memory, .size = sizeof working_memory};
    assert_non_null(exact);
    assert_non_null(destination);
    memcpy(exact + 1, compressed, compressed_length);
    struct decompression decompression = {.compressed = {exact + 1, compressed_length},
                                          .destination = destination + 1,
                                          .capacity = capacity,
                                          .working = &working,
                                          .error = &error};
    decompress_size(decompression.compressed);
    bool done = decompress(&decompression);
    decompressed_length = decompression.length;
    assert_int_equal(working.used, 0);
    if (done) {
        assert_true(decompressed_length <= capacity);
        memcpy(decompressed, destination + 1, decompressed_length);
    }
    free(exact);
    free(destination);
    return done;
}

static void assert_decompresses(size_t compressed_length, size_t length)
{
    if (!decompress_compressed(compressed_length, length)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(decompressed_length, length);
    assert_memory_equal(decompressed, plain, length);
}

static void assert_fails(size_t compressed_length, const char *reason)
{
    assert_false(decompress_compressed(compressed_length, SMALL_BYTES));
    if (strstr(error.message, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    }
}

static void what_the_libraries_pack_comes_out_again_at_every_size(void **state)
{
    (void)state;
    static const size_t lengths[] = {1000, 16383, 65535, 65536, 65537, 131072, PLAIN_BYTES};
    for (size_t i = 0; i < COMPRESSORS; i++) {
        for (size_t length = 0; length < 200; length++) {
            assert_decompresses(packers[i].pack(0, length), length);
        }
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            assert_decompresses(packers[i].pack(0, lengths[j]), lengths[j]);
        }
    }
}

static void zstd_files_of_every_level_come_out_again(void **state)
{
    (void)state;
    for (int level = -5; level <= 22; level++) {
        assert_decompresses(pack_zstd_at(0, PLAIN_BYTES, level), PLAIN_BYTES);
    }
}

static void the_size_is_known_where_the_file_tells_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMPRESSORS; i++) {
        size_t length = packers[i].pack(0, 5000);
        assert_int_equal(decompress_size((struct bytes){compressed, length}),
                         packers[i].tells_size ? 5000 : DECOMPRESS_SIZE_UNKNOWN);
    }
}

static void data_cut_anywhere_is_named_as_cut(void **state)
{
    (void)state;
    char reason[40];
    for (size_t i = 0; i < COMPRESSORS; i++) {
        size_t length = packers[i].pack(0, 700);
        snprintf(reason, sizeof reason, "%s data is cut short", packers[i].format);
        for (size_t cut = COMPRESSION_MAGIC_BYTES; cut < length; cut++) {
            assert_fails(cut, reason);
        }
    }
}

static void no_flipped_bit_goes_unnoticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMPRESSORS; i++) {
        size_t length = packers[i].pack(0, 700);
        for (size_t bit = 0; packers[i].has_sum && bit < 8 * length; bit++) {
            compressed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            error.message[0] = '\0';
            if (decompress_compressed(length, SMALL_BYTES)) {
                assert_int_equal(decompressed_length, 700); /* this bit has no meaning */
                assert_memory_equal(decompressed, plain, 700);
            } else {
                assert_string_not_equal(error.message, "");
            }
            compressed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void what_decompresses_to_more_than_fits_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMPRESSORS; i++) {
        size_t length = packers[i].pack(0, 100000);
        assert_false(decompress_compressed(length, 99999));
        assert_string_equal(error.message,
                            "decompresses to more than 99999 bytes: it does not fit");
        assert_int_equal(decompressed_length, 100000);
        assert_false(decompress_compressed(length, 0));
        assert_string_equal(error.message, "decompresses to more than 0 bytes: it does not fit");
    }
}

static void files_one_after_the_other_come_out_as_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMPRESSORS; i++) {
        size_t length = packers[i].pack(0, 1000);
        length = packers[i].pack(length, 70000);
        length = packers[i].pack(length, 7);
        assert_true(decompress_compressed(length, 71007));
        assert_int_equal(decompressed_length, 71007);
        assert_memory_equal(decompressed, plain, 1000);
        assert_memory_equal(decompressed + 1000, plain, 70000);
        assert_memory_equal(decompressed + 71000, plain, 7);
    }
}

static void damage_in_a_later_file_is_named_with_its_place(void **state)
{
    (void)state;
    char reason[60];
    for (size_t i = 1; i < COMPRESSORS; i++) {
        size_t first = packers[i].pack(0, 1000);
        size_t second = packers[i].pack(first, 7);
        compressed[first] ^= 1; /* changes its magic number */
        snprintf(reason, sizeof reason, "%s data is damaged at byte %zu: no ", packers[i].format,
                 first);
        assert_fails(second, reason);
    }
}

static void a_wrong_checksum_is_named(void **state)
{
    (void)state;
    size_t length = pack_zstd(0, 1000);
    compressed[length - 1] ^= 1;
    assert_fails(length, ": the checksum is wrong");
    length = pack_lz4(0, 1000);
    compressed[length - 1] ^= 1;
    assert_fails(length, ": the checksum is wrong");
    length = pack_lz4_blocks(0, 1000);
    compressed[length - 5] ^= 1; /* the byte before the end mark */
    assert_fails(length, ": the checksum is wrong");
    length = pack_xz(0, 1000);
    compressed[length - XZ_INDEX_AND_FOOTER - 1] ^= 1;
    assert_fails(length, ": the checksum is wrong");
}

/* Puts a frame to be skipped at an offset; returns its end. */
static size_t put_frame_to_skip(size_t before, uint32_t magic, uint32_t bytes)
{
    store32(compressed + before, magic);
    store32(compressed + before + 4, bytes);
    memset(compressed + before + 8, 0xff, bytes);
    return before + 8 + bytes;
}

static void a_file_may_begin_with_frames_to_be_skipped(void **state)
{
    (void)state;
    static size_t (*const pack[])(size_t, size_t) = {pack_lz4, pack_lz4_legacy, pack_zstd};
    for (size_t i = 0; i < sizeof pack / sizeof pack[0]; i++) {
        for (uint32_t digit = 0; digit < 16; digit++) {
            size_t start = put_frame_to_skip(0, 0x184d2a50 + digit, 4);
            assert_int_equal(compression_of((struct bytes){compressed, start}),
                             COMPRESSION_SKIPPABLE);
            assert_decompresses(pack[i](put_frame_to_skip(start, 0x184d2a50, 0), 1000), 1000);
        }
        size_t length = pack[i](put_frame_to_skip(0, 0x184d2a5f, 100), 1000);
        assert_int_equal(decompress_size((struct bytes){compressed, length}),
                         DECOMPRESS_SIZE_UNKNOWN);
        assert_fails(length - 1, i == 2 ? "zstd data is cut short" : "lz4 data is cut short");
    }
}

static void frames_to_be_skipped_must_be_followed_by_compressed_data(void **state)
{
    (void)state;
    size_t length = put_frame_to_skip(0, 0x184d2a50, 4);
    assert_fails(length - 1, "cut short");
    assert_fails(6, "cut short");
    assert_decompresses(length, 0);
    memcpy(compressed + length, "text", 4);
    assert_fails(length + 4, "zstd data is damaged at byte 12: no frame starts there");
    assert_fails(pack_xz(length, 1000), "damaged at byte 12: no frame starts there");
    assert_int_equal(compression_of((struct bytes){compressed, 3}), COMPRESSION_NONE);
}

static void frames_to_be_skipped_are_skipped(void **state)
{
    (void)state;
    static size_t (*const pack[])(size_t, size_t) = {pack_lz4, pack_lz4_legacy, pack_zstd};
    for (size_t i = 0; i < sizeof pack / sizeof pack[0]; i++) {
        size_t length = pack[i](0, 1000);
        put_frame_to_skip(length, 0x184d2a5f, 100);
        assert_fails(length + 107, "cut short");
        assert_decompresses(length + 108, 1000);
        length = pack[i](length + 108, 1000);
        assert_true(decompress_compressed(length, 2000));
        assert_int_equal(decompressed_length, 2000);
    }
}

static void an_xz_file_may_be_padded_with_multiples_of_four_zeros(void **state)
{
    (void)state;
    size_t length = pack_xz(0, 1000);
    memset(compressed + length, 0, 8);
    assert_decompresses(length + 8, 1000);
    assert_int_equal(decompress_size((struct bytes){compressed, length + 8}), 1000);
    assert_fails(length + 7, "cut short");
    compressed[length + 7] = 1;
    assert_fails(length + 8, "damaged");
}

static void xz_streams_of_many_blocks_and_of_none_are_decompressed(void **state)
{
    (void)state;
    lzma_mt options = {.threads = 1, .block_size = 10000, .preset = 1, .check = LZMA_CHECK_CRC64};
    lzma_stream stream = LZMA_STREAM_INIT;
    assert_int_equal(lzma_stream_encoder_mt(&stream, &options), LZMA_OK);
    stream.next_in = plain;
    stream.avail_in = 100001;
    stream.next_out = compressed;
    stream.avail_out = sizeof compressed;
    assert_int_equal(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
    size_t length = stream.total_out;
    lzma_end(&stream);
    assert_decompresses(length, 100001);
    assert_int_equal(decompress_size((struct bytes){compressed, length}), 100001);
    assert_decompresses(pack_xz(0, 0), 0);
}

static void an_xz_index_of_other_blocks_is_named(void **state)
{
    (void)state;
    size_t length = pack_xz(0, 1000);
    uint8_t *index = compressed + length - XZ_INDEX_AND_FOOTER;
    assert_int_equal(index[1], 1); /* block */
    index[4]++;                    /* its size */
    assert_fails(length, "an index of other blocks");
}

static void unknown_kinds_are_named(void **state)
{
    (void)state;
    lzma_options_lzma options;
    lzma_lzma_preset(&options, 1);
    lzma_filter arm[] = {{.id = LZMA_FILTER_ARM},
                         {.id = LZMA_FILTER_LZMA2, .options = &options},
                         {.id = LZMA_VLI_UNKNOWN}};
    assert_fails(pack_xz_with(0, 100, arm, LZMA_CHECK_CRC32),
                 "unknown kind of xz data: a filter other than LZMA2 and x86");
    size_t length = pack_zstd(0, 100);
    memmove(compressed + 6, compressed + 5, length - 5); /* room for a dictionary number */
    compressed[4] |= 1;
    compressed[5] = 7;
    assert_fails(length + 1, "unknown kind of zstd data: it needs a dictionary");
    compressed[4] = 1 << 3;
    assert_fails(length, "unknown kind of zstd data: another version");
    length = pack_lz4(0, 100);
    compressed[4] |= 1;
    assert_fails(length, "unknown kind of lz4 data: it needs a dictionary");
    compressed[4] = 0;
    assert_fails(length, "unknown kind of lz4 data: another version");
}

static void matches_from_before_the_data_are_refused(void **state)
{
    (void)state;
    static const uint8_t far[] = {0x02, 0x21, 0x4c, 0x18, 5, 0, 0, 0, 0x10, 'x', 2, 0, 0};
    static const uint8_t zero[] = {0x02, 0x21, 0x4c, 0x18, 5, 0, 0, 0, 0x10, 'x', 0, 0, 0};
    static const uint8_t near[] = {0x02, 0x21, 0x4c, 0x18, 5, 0, 0, 0, 0x10, 'x', 1, 0, 0};
    memcpy(compressed, far, sizeof far);
    assert_fails(sizeof far, "lz4 data is damaged at byte 12: a match out of nowhere");
    memcpy(compressed, zero, sizeof zero);
    assert_fails(sizeof zero, "lz4 data is damaged at byte 12: a match out of nowhere");
    memcpy(compressed, near, sizeof near);
    assert_true(decompress_compressed(sizeof near, 5));
    assert_memory_equal(decompressed, "xxxxx", 5);
}

static void a_match_that_is_a_byte_too_long_for_its_place_does_not_fit(void **state)
{
    (void)state;
    static const uint8_t match_of_4[] = {0x02, 0x21, 0x4c, 0x18, 5, 0, 0, 0, 0x10, 'x', 1, 0, 0};
    memcpy(compressed, match_of_4, sizeof match_of_4);
    assert_true(decompress_compressed(sizeof match_of_4, 5));
    assert_false(decompress_compressed(sizeof match_of_4, 4));
    assert_string_equal(error.message, "decompresses to more than 4 bytes: it does not fit");
}

static void an_lz4_block_that_is_longer_than_its_frame_allows_is_refused(void **state)
{
    (void)state;
    enum { BLOCK_SIZE = 7, UNCOMPRESSED = 0x80, MOST = 64 * 1024 };
    size_t length = pack_lz4(0, PLAIN_BYTES);
    assert_true(length > MOST + 1000);
    for (unsigned kind = 0; kind <= UNCOMPRESSED; kind += UNCOMPRESSED) {
        const uint8_t size[] = {(MOST & 0xff) + 1, MOST >> 8 & 0xff, MOST >> 16, (uint8_t)kind};
        memcpy(compressed + BLOCK_SIZE, size, sizeof size);
        assert_fails(length, "a block that is too long");
    }
}

static void every_compression_is_recognised_by_as_many_bytes_as_it_takes(void **state)
{
    (void)state;
    static const struct {
        enum compression compression;
        const char *magic;
        size_t size;
    } foreign[] = {{COMPRESSION_LZOP, "\x89LZO\0\r\n", 4}, {COMPRESSION_BZIP2, "BZh91AY", 3}};
    for (size_t i = 0; i < COMPRESSORS; i++) {
        packers[i].pack(0, 1000);
        struct bytes start = {compressed, COMPRESSION_MAGIC_BYTES};
        assert_int_equal(compression_of(start), packers[i].compression);
        assert_int_equal(compression_of((struct bytes){compressed, 2}), COMPRESSION_NONE);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct bytes start = {(const uint8_t *)foreign[i].magic, foreign[i].size};
        assert_int_equal(compression_of(start), foreign[i].compression);
        start.size--;
        assert_int_equal(compression_of(start), COMPRESSION_NONE);
    }
    assert_int_equal(compression_of((struct bytes){(const uint8_t *)"\x7f"
                                                                    "ELF\1\1",
                                                   6}),
                     COMPRESSION_NONE);
    assert_int_equal(compression_of((struct bytes){NULL, 0}), COMPRESSION_NONE);
}

static void data_in_another_format_is_refused_by_name(void **state)
{
    (void)state;
    memcpy(compressed, "BZh91AY", 7);
    assert_fails(7, "is compressed with bzip2, which Whelk does not decompress");
    memcpy(compressed, "nothing", 7);
    assert_fails(7, "is not compressed");
}

int main(void)
{
    make_plain();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_libraries_pack_comes_out_again_at_every_size),
        cmocka_unit_test(zstd_files_of_every_level_come_out_again),
        cmocka_unit_test(the_size_is_known_where_the_file_tells_it),
        cmocka_unit_test(data_cut_anywhere_is_named_as_cut),
        cmocka_unit_test(no_flipped_bit_goes_unnoticed),
        cmocka_unit_test(what_decompresses_to_more_than_fits_is_refused),
        cmocka_unit_test(files_one_after_the_other_come_out_as_one),
        cmocka_unit_test(damage_in_a_later_file_is_named_with_its_place),
        cmocka_unit_test(a_wrong_checksum_is_named),
        cmocka_unit_test(frames_to_be_skipped_are_skipped),
        cmocka_unit_test(a_file_may_begin_with_frames_to_be_skipped),
        cmocka_unit_test(frames_to_be_skipped_must_be_followed_by_compressed_data),
        cmocka_unit_test(an_xz_file_may_be_padded_with_multiples_of_four_zeros),
        cmocka_unit_test(xz_streams_of_many_blocks_and_of_none_are_decompressed),
        cmocka_unit_test(an_xz_index_of_other_blocks_is_named),
        cmocka_unit_test(unknown_kinds_are_named),
        cmocka_unit_test(matches_from_before_the_data_are_refused),
        cmocka_unit_test(a_match_that_is_a_byte_too_long_for_its_place_does_not_fit),
        cmocka_unit_test(an_lz4_block_that_is_longer_than_its_frame_allows_is_refused),
        cmocka_unit_test(every_compression_is_recognised_by_as_many_bytes_as_it_takes),
        cmocka_unit_test(data_in_another_format_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
