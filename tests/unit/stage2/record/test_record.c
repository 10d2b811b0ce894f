// SPDX-License-Identifier: BSD-2-Clause
// Tests the record by which files are verified: what it accepts, and what a difference means.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/record/record.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { FILES = 2, SIZE = 5003, LBA = 40, BITS_OF_BYTE = 8 };

static const char *const paths[FILES] = {"/boot/kernel", "/boot/mod"};
static const uint8_t made[ISO9660_DATE_BYTES] = {80, 1, 1},
                     later[ISO9660_DATE_BYTES] = {126, 11, 3};
static union {
    struct {
        struct record record;
        struct record_entry entries[FILES];
        char texts[32];
    } parts;
    uint64_t aligned;
    uint8_t bytes[256];
} block;
static uint8_t contents[SIZE];
static struct iso9660_extent extent;
static struct iso9660_file file;

static struct digest digest_of(bool is_sha256)
{
    struct digest digest;
    digest_start(&digest, is_sha256);
    digest_add(&digest, contents, sizeof contents);
    digest_end(&digest);
    return digest;
}

/* Makes a record of two files with the same contents, and the first file as it is on the disc. */
static int start(void **state)
{
    (void)state;
    memset(&block, 0, sizeof block);
    for (size_t i = 0; i < SIZE; i++) {
        contents[i] = (uint8_t)(i * i >> 3);
    }
    struct record *record = &block.parts.record;
    memcpy(record->magic, RECORD_MAGIC, sizeof record->magic);
    record->byte_count = sizeof block.parts;
    record->entry_count = FILES;
    size_t text = sizeof *record + sizeof block.parts.entries;
    for (uint32_t i = 0; i < FILES; i++) {
        struct record_entry *entry = &block.parts.entries[i];
        *entry = (struct record_entry){LBA + 3 * i, SIZE, .sum = digest_of(false).sum};
        memcpy(entry->sha256, digest_of(true).sha256, sizeof entry->sha256);
        memcpy(entry->date, made, sizeof made);
        entry->path = (uint32_t)text;
        strcpy((char *)block.bytes + text, paths[i]);
        text += strlen(paths[i]) + 1;
    }
    record->sum = record_sum(record);
    extent = (struct iso9660_extent){LBA, SIZE};
    file = (struct iso9660_file){.size = SIZE, .extent_count = 1, .extents = &extent};
    memcpy(file.date, made, sizeof made);
    return 0;
}

static bool is_right(size_t size)
{
    return record_is_right((struct bytes){block.bytes, size});
}

static void a_record_with_any_wrong_bit_is_refused(void **state)
{
    (void)state;
    assert_true(is_right(sizeof block));
    assert_true(is_right(sizeof block.parts));
    for (size_t bit = 0; bit < sizeof block.parts * BITS_OF_BYTE; bit++) {
        block.bytes[bit / BITS_OF_BYTE] ^= (uint8_t)(1 << bit % BITS_OF_BYTE);
        assert_false(is_right(sizeof block));
        block.bytes[bit / BITS_OF_BYTE] ^= (uint8_t)(1 << bit % BITS_OF_BYTE);
    }
}

static void a_record_that_is_cut_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof block.parts; size++) {
        assert_false(is_right(size));
    }
}

static void numbers_that_lead_out_of_the_record_are_refused(void **state)
{
    (void)state;
    struct record *record = &block.parts.record;
    record->entry_count = FILES + 1;
    record->sum = record_sum(record);
    assert_false(is_right(sizeof block));
    record->entry_count = UINT32_MAX;
    record->sum = record_sum(record);
    assert_false(is_right(sizeof block));
    record->entry_count = FILES;
    block.parts.entries[1].path = record->byte_count;
    record->sum = record_sum(record);
    assert_false(is_right(sizeof block));
    block.parts.entries[1].path = 0;
    block.parts.texts[sizeof block.parts.texts - 1] = 'x';
    record->sum = record_sum(record);
    assert_false(is_right(sizeof block));
}

static void a_file_is_found_by_its_path_and_then_by_its_place(void **state)
{
    (void)state;
    const struct record *record = &block.parts.record;
    const struct record_entry *entries = record_entries(record);
    assert_ptr_equal(record_find(record, "/boot/kernel", &file), &entries[0]);
    assert_ptr_equal(record_find(record, "(cd)/boot/mod", &file), &entries[1]);
    assert_ptr_equal(record_find(record, "/boot/../boot/kernel", &file), &entries[0]);
    extent.lba++;
    assert_null(record_find(record, "/boot/../boot/kernel", &file));
    assert_string_equal(record_path(record, &entries[1]), "/boot/mod");
}

static enum record_verdict verdict(bool is_sha256)
{
    const struct digest digest = digest_of(is_sha256);
    return record_judge(&block.parts.entries[0], &file, &digest);
}

static void each_wrong_bit_of_a_file_is_damage(void **state)
{
    (void)state;
    assert_int_equal(verdict(false), RECORD_SAME);
    assert_int_equal(verdict(true), RECORD_SAME);
    for (size_t bit = 0; bit < sizeof contents * BITS_OF_BYTE; bit += 7) {
        contents[bit / BITS_OF_BYTE] ^= (uint8_t)(1 << bit % BITS_OF_BYTE);
        assert_int_equal(verdict(false), RECORD_DAMAGED);
        contents[bit / BITS_OF_BYTE] ^= (uint8_t)(1 << bit % BITS_OF_BYTE);
    }
    contents[SIZE - 1] ^= 0x80;
    assert_int_equal(verdict(false), RECORD_DAMAGED);
    assert_int_equal(verdict(true), RECORD_DAMAGED);
}

static void another_directory_record_is_a_change(void **state)
{
    (void)state;
    extent.lba++;
    assert_int_equal(verdict(false), RECORD_MOVED);
    contents[0] ^= 1;
    assert_int_equal(verdict(false), RECORD_CHANGED);
    extent.lba--;
    assert_int_equal(verdict(false), RECORD_DAMAGED);
    memcpy(file.date, later, sizeof later);
    assert_int_equal(verdict(false), RECORD_CHANGED);
    file.size = extent.length_bytes = SIZE - 1;
    memcpy(file.date, made, sizeof made);
    assert_int_equal(verdict(false), RECORD_CHANGED);
}

static void one_wrong_bit_in_the_date_excuses_no_wrong_bit_in_the_file(void **state)
{
    (void)state;
    contents[0] ^= 1;
    for (size_t bit = 0; bit < sizeof file.date * BITS_OF_BYTE; bit++) {
        file.date[bit / BITS_OF_BYTE] ^= (uint8_t)(1 << bit % BITS_OF_BYTE);
        assert_int_equal(verdict(false), RECORD_DAMAGED);
        file.date[bit / BITS_OF_BYTE] ^= (uint8_t)(1 << bit % BITS_OF_BYTE);
    }
}

static void a_file_whose_date_is_not_known_is_damaged(void **state)
{
    (void)state;
    contents[0] ^= 1;
    memset(file.date, 0, sizeof file.date);
    assert_int_equal(verdict(false), RECORD_DAMAGED);
}

static void the_reason_has_both_digests(void **state)
{
    (void)state;
    struct error error;
    char expected[40];
    for (int is_sha256 = 0; is_sha256 < 2; is_sha256++) {
        contents[0] ^= 1;
        const struct digest digest = digest_of(is_sha256 != 0);
        contents[0] ^= 1;
        assert_false(record_fail(&block.parts.entries[0], &digest, &error));
        const struct sum *sum = &block.parts.entries[0].sum;
        snprintf(expected, sizeof expected, ", not %08x%08x:", sum->parity, sum->weighted);
        assert_int_equal(strstr(error.message, expected) != NULL, is_sha256 == 0);
        assert_non_null(strstr(error.message, is_sha256 != 0 ? "SHA-256 begins with" : "sum is"));
    }
}

static void the_pieces_in_which_bytes_come_do_not_matter(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 3, 7, 8, 9, 16, 64, 65, 1000};
    const struct digest whole = digest_of(false);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct digest digest;
        digest_start(&digest, false);
        for (size_t at = 0; at < SIZE; at += steps[i]) {
            digest_add(&digest, contents + at, SIZE - at < steps[i] ? SIZE - at : steps[i]);
        }
        digest_end(&digest);
        assert_true(sum_equals(&digest.sum, &whole.sum));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_record_with_any_wrong_bit_is_refused),
        TEST(a_record_that_is_cut_is_refused),
        TEST(numbers_that_lead_out_of_the_record_are_refused),
        TEST(a_file_is_found_by_its_path_and_then_by_its_place),
        TEST(each_wrong_bit_of_a_file_is_damage),
        TEST(another_directory_record_is_a_change),
        TEST(one_wrong_bit_in_the_date_excuses_no_wrong_bit_in_the_file),
        TEST(a_file_whose_date_is_not_known_is_damaged),
        TEST(the_reason_has_both_digests),
        TEST(the_pieces_in_which_bytes_come_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
