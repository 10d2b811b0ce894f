// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/compression/gzip.overlay.c with data that zlib compresses, whole and damaged.
#include "loader/bytes.h"
#include "stage2/compression/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

enum {
    PLAIN_BYTES = 300000,
    COMPRESSED_BYTES = 400000,
    HEADER_BYTES = 10,
    TRAILER_BYTES = 8,
    FLAG_HEADER_CRC = 2,
    FLAG_EXTRA = 4,
    FLAG_NAME = 8,
    FLAG_COMMENT = 16,
};

static uint8_t plain[PLAIN_BYTES];
static uint8_t compressed[2 * COMPRESSED_BYTES];
static uint8_t decompressed[2 * PLAIN_BYTES];
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

/* Compresses the first bytes of plain to the end of compressed, which has *length bytes so far. */
static size_t pack_more(size_t before, size_t length, int level, int strategy)
{
    z_stream stream = {.next_in = plain,
                       .avail_in = (uInt)length,
                       .next_out = compressed + before,
                       .avail_out = (uInt)(sizeof compressed - before)};
    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, 31, 9, strategy), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = stream.total_out;
    deflateEnd(&stream);
    return before + size;
}

static size_t pack(size_t length)
{
    return pack_more(0, length, 9, Z_DEFAULT_STRATEGY);
}

/* Decompresses a copy of exactly this size, so that the sanitizer sees a read beyond it. */
static bool unpack(size_t compressed_length, size_t capacity)
{
    uint8_t *exact = malloc(compressed_length + 1);
    uint8_t *destination = malloc(capacity + 1);
    assert_non_null(exact);
    assert_non_null(destination);
    memcpy(exact + 1, compressed, compressed_length);
    bool done = gzip_decompress((struct bytes){exact + 1, compressed_length}, destination + 1,
                                capacity, &decompressed_length, &error);
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
    if (!unpack(compressed_length, length)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(decompressed_length, length);
    assert_memory_equal(decompressed, plain, length);
}

static void assert_fails(size_t compressed_length, size_t capacity, const char *reason)
{
    assert_false(unpack(compressed_length, capacity));
    assert_string_equal(error.message, reason);
}

static void what_zlib_packs_comes_out_again_at_every_level_and_size(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 255, 32768, 65535, 65536, PLAIN_BYTES};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int level = 0; level <= 9; level += 3) { /* 0: stored blocks */
            assert_decompresses(pack_more(0, lengths[i], level, Z_DEFAULT_STRATEGY), lengths[i]);
        }
        assert_decompresses(pack_more(0, lengths[i], 9, Z_FIXED), lengths[i]);
        assert_decompresses(pack_more(0, lengths[i], 9, Z_HUFFMAN_ONLY), lengths[i]);
    }
}

/* Puts a header with these fields before the DEFLATE data that pack() wrote. */
static size_t replace_header(size_t compressed_length, uint8_t flags, const void *fields,
                             size_t fields_length)
{
    size_t crc_length = flags & FLAG_HEADER_CRC ? 2 : 0;
    size_t added = fields_length + crc_length;
    memmove(compressed + HEADER_BYTES + added, compressed + HEADER_BYTES,
            compressed_length - HEADER_BYTES);
    compressed[3] = flags;
    memcpy(compressed + HEADER_BYTES, fields, fields_length);
    if (crc_length != 0) {
        unsigned long crc =
            crc32(crc32(0, NULL, 0), compressed, (uInt)(HEADER_BYTES + fields_length));
        compressed[HEADER_BYTES + fields_length] = (uint8_t)crc;
        compressed[HEADER_BYTES + fields_length + 1] = (uint8_t)(crc >> 8);
    }
    return compressed_length + added;
}

static const char all_fields[] = "\x05\0extraname.gz\0a comment";
enum { ALL_FLAGS = FLAG_HEADER_CRC | FLAG_EXTRA | FLAG_NAME | FLAG_COMMENT | 1 };

static void every_optional_field_of_the_header_is_passed_over(void **state)
{
    (void)state;
    assert_decompresses(replace_header(pack(1000), FLAG_NAME, "kernel", 7), 1000);
    assert_decompresses(replace_header(pack(1000), FLAG_COMMENT, "", 1), 1000);
    assert_decompresses(replace_header(pack(1000), FLAG_EXTRA, "\0\0", 2), 1000);
    assert_decompresses(replace_header(pack(1000), FLAG_HEADER_CRC, "", 0), 1000);
    assert_decompresses(replace_header(pack(1000), ALL_FLAGS, all_fields, sizeof all_fields), 1000);
}

static void a_wrong_header_checksum_is_named(void **state)
{
    (void)state;
    size_t length = replace_header(pack(1000), ALL_FLAGS, all_fields, sizeof all_fields);
    compressed[4] ^= 1;
    assert_fails(length, 1000, "gzip data is damaged: the header's checksum is wrong");
}

static void reserved_flags_and_other_methods_are_refused(void **state)
{
    (void)state;
    size_t length = pack(1000);
    compressed[3] = 0x20;
    assert_fails(length, 1000, "unknown kind of gzip data: method 8, flags 0x20");
    compressed[3] = 0;
    compressed[2] = 7;
    assert_fails(length, 1000, "unknown kind of gzip data: method 7, flags 0x0");
}

static void data_cut_anywhere_is_named_as_cut(void **state)
{
    (void)state;
    size_t length = replace_header(pack(500), ALL_FLAGS, all_fields, sizeof all_fields);
    assert_decompresses(length, 500);
    for (size_t cut = 0; cut < length; cut++) {
        assert_fails(cut, 500, "gzip data is cut short");
        assert_true(decompressed_length <= 500);
    }
}

static void a_wrong_checksum_is_named(void **state)
{
    (void)state;
    size_t length = pack(1000);
    compressed[length - TRAILER_BYTES] ^= 0x80;
    assert_fails(length, 1000, "gzip data is damaged: the checksum is wrong");
}

static void a_wrong_length_is_named(void **state)
{
    (void)state;
    size_t length = pack(1000);
    compressed[length - 3] ^= 1;
    assert_fails(length, 1000, "gzip data is damaged: it decompresses to 1000 bytes, not 744");
}

static void data_that_is_no_deflate_stream_is_named(void **state)
{
    (void)state;
    size_t length = pack(1000);
    compressed[HEADER_BYTES] = 0x07; /* last block, of the reserved type 3 */
    assert_fails(length, 1000, "gzip data is damaged after byte 0 of what it decompresses to");
}

/* How many bits of the last byte of the DEFLATE data are not used, as zlib says. */
static unsigned unused_bits(size_t length)
{
    enum { LAST_BLOCK_ENDS = 128 | 64 };
    static uint8_t output[PLAIN_BYTES];
    z_stream stream = {.next_in = compressed + HEADER_BYTES,
                       .avail_in = (uInt)(length - HEADER_BYTES - TRAILER_BYTES),
                       .next_out = output,
                       .avail_out = sizeof output};
    assert_int_equal(inflateInit2(&stream, -MAX_WBITS), Z_OK);
    while ((stream.data_type & LAST_BLOCK_ENDS) != LAST_BLOCK_ENDS) {
        assert_int_equal(inflate(&stream, Z_BLOCK), Z_OK);
    }
    assert_int_equal(stream.avail_in, 0);
    unsigned count = (unsigned)stream.data_type & 7;
    inflateEnd(&stream);
    return count;
}

static void each_flipped_bit_of_data_or_trailer_is_noticed(void **state)
{
    (void)state;
    enum { PACKED = 250, TYPE = 6, TYPE_FIXED = 2 };
    memcpy(plain + PACKED - 50, plain, 50); /* the only match, as all other data is random */
    size_t length = pack_more(0, PACKED, 9, Z_FIXED);
    make_plain();
    assert_int_equal(compressed[HEADER_BYTES] & TYPE, TYPE_FIXED); /* a stored block has padding */
    size_t data_end = 8 * (length - TRAILER_BYTES);
    size_t used_end = data_end - unused_bits(length);
    for (size_t bit = 8 * HEADER_BYTES; bit < 8 * length; bit++) {
        compressed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(unpack(length, PACKED), bit >= used_end && bit < data_end);
        compressed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void what_decompresses_to_more_than_fits_is_refused(void **state)
{
    (void)state;
    size_t length = pack(1000);
    assert_fails(length, 999, "decompresses to more than 999 bytes: it does not fit");
    assert_fails(length, 0, "decompresses to more than 0 bytes: it does not fit");
    length = pack_more(length, 500, 0, Z_DEFAULT_STRATEGY);
    assert_fails(length, 1499, "decompresses to more than 1499 bytes: it does not fit");
    assert_int_equal(decompressed_length, 1500);
}

static void members_one_after_the_other_come_out_as_one(void **state)
{
    (void)state;
    size_t length = pack_more(0, 0, 9, Z_DEFAULT_STRATEGY);
    length = pack_more(length, 1000, 9, Z_DEFAULT_STRATEGY);
    length = pack_more(length, 7, 0, Z_DEFAULT_STRATEGY);
    assert_true(unpack(length, 1007));
    assert_int_equal(decompressed_length, 1007);
    assert_memory_equal(decompressed, plain, 1000);
    assert_memory_equal(decompressed + 1000, plain, 7);
}

static void damage_in_a_later_member_is_named(void **state)
{
    (void)state;
    size_t first = pack(1000);
    size_t length = pack_more(first, 7, 0, Z_DEFAULT_STRATEGY);
    assert_fails(length - 1, 1007, "gzip data is cut short");
    compressed[length - TRAILER_BYTES] ^= 1;
    assert_fails(length, 1007, "gzip data is damaged: the checksum is wrong");
}

static void zeros_and_garbage_after_the_last_member_are_ignored(void **state)
{
    (void)state;
    size_t length = pack(1000);
    memset(compressed + length, 0, 600);
    assert_decompresses(length + 600, 1000);
    memcpy(compressed + length, "\x1fnot gzip", 9);
    assert_decompresses(length + 1, 1000);
    assert_decompresses(length + 9, 1000);
}

static void a_gzip_file_in_a_gzip_file_is_decompressed_once(void **state)
{
    (void)state;
    size_t inner = pack(1000);
    uint8_t kept[1100];
    assert_true(inner <= sizeof kept);
    memcpy(kept, compressed, inner);
    memcpy(plain, compressed, inner);
    size_t outer = pack(inner);
    make_plain();
    assert_true(unpack(outer, inner));
    assert_int_equal(decompressed_length, inner);
    assert_memory_equal(decompressed, kept, inner);
    assert_true(gzip_recognise((struct bytes){decompressed, decompressed_length}));
}

static void only_gzip_files_are_recognised_as_such(void **state)
{
    (void)state;
    assert_true(gzip_recognise((struct bytes){(const uint8_t *)"\x1f\x8b\x08", 3}));
    assert_false(gzip_recognise((struct bytes){(const uint8_t *)"\x1f\x8b\x08", 2}));
    assert_false(gzip_recognise((struct bytes){(const uint8_t *)"\x1f\x8b\x07", 3}));
    assert_false(gzip_recognise((struct bytes){(const uint8_t *)"\x7f"
                                                                "ELF",
                                               4}));
    assert_false(gzip_recognise((struct bytes){NULL, 0}));
}

int main(void)
{
    make_plain();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_zlib_packs_comes_out_again_at_every_level_and_size),
        cmocka_unit_test(every_optional_field_of_the_header_is_passed_over),
        cmocka_unit_test(a_wrong_header_checksum_is_named),
        cmocka_unit_test(reserved_flags_and_other_methods_are_refused),
        cmocka_unit_test(data_cut_anywhere_is_named_as_cut),
        cmocka_unit_test(a_wrong_checksum_is_named),
        cmocka_unit_test(a_wrong_length_is_named),
        cmocka_unit_test(data_that_is_no_deflate_stream_is_named),
        cmocka_unit_test(each_flipped_bit_of_data_or_trailer_is_noticed),
        cmocka_unit_test(what_decompresses_to_more_than_fits_is_refused),
        cmocka_unit_test(members_one_after_the_other_come_out_as_one),
        cmocka_unit_test(damage_in_a_later_member_is_named),
        cmocka_unit_test(zeros_and_garbage_after_the_last_member_are_ignored),
        cmocka_unit_test(a_gzip_file_in_a_gzip_file_is_decompressed_once),
        cmocka_unit_test(only_gzip_files_are_recognised_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
