// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/fs/partitions.overlay.c on tables that these tests write.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "stage2/fs/partitions.h"

enum { BLOCK = 512, BLOCKS = 400, MOST = 600 };

static uint8_t disc[BLOCKS][BLOCK];
static struct partition found[MOST];

static void put32(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_entry(unsigned block, unsigned number, uint8_t type, uint32_t start, uint32_t count)
{
    uint8_t *entry = disc[block] + 446 + number * 16;
    entry[4] = type;
    put32(entry + 8, start);
    put32(entry + 12, count);
    disc[block][510] = 0x55;
    disc[block][511] = 0xaa;
}

/* Puts the header of a GPT whose entries are from block 2 on. */
static void put_header(uint32_t entries, uint32_t entry_bytes)
{
    put_entry(0, 0, 0xee, 1, UINT32_MAX);
    memcpy(disc[1], "EFI PART", 8);
    put32(disc[1] + 72, 2);
    put32(disc[1] + 80, entries);
    put32(disc[1] + 84, entry_bytes);
}

static void put_gpt_entry(unsigned number, uint64_t start, uint64_t last)
{
    uint8_t *entry = disc[2] + number * 128;
    entry[0] = 1;
    put32(entry + 32, start);
    put32(entry + 36, start >> 32);
    put32(entry + 40, last);
    put32(entry + 44, last >> 32);
}

static unsigned walk(void)
{
    struct partitions_walk walk;
    enum partitions_step step;
    unsigned count = 0;
    partitions_start(&walk, BLOCK);
    while (walk.wanted_block < BLOCKS &&
           (step = partitions_step(&walk, disc[walk.wanted_block])) != PARTITIONS_END) {
        if (step == PARTITIONS_FOUND) {
            assert_true(count < MOST);
            found[count++] = walk.partition;
        }
    }
    return count;
}

static void assert_partition(unsigned index, uint32_t number, uint64_t start, uint64_t count)
{
    assert_int_equal(found[index].number, number);
    assert_int_equal(found[index].start, start);
    assert_int_equal(found[index].count, count);
}

static int empty_disc(void **state)
{
    (void)state;
    memset(disc, 0, sizeof disc);
    return 0;
}

static void primary_partitions_have_the_number_of_their_entry(void **state)
{
    (void)state;
    put_entry(0, 0, 0x0c, 10, 20);
    put_entry(0, 3, 0x83, 100, 1);
    assert_int_equal(walk(), 2);
    assert_partition(0, 1, 10, 20);
    assert_partition(1, 4, 100, 1);
    assert_int_equal(found[0].scheme, PARTITION_MSDOS);
}

static void logical_partitions_count_from_5(void **state)
{
    (void)state;
    put_entry(0, 1, 0x05, 50, 100);
    put_entry(0, 2, 0x83, 200, 10);
    put_entry(50, 0, 0x83, 1, 7);
    put_entry(50, 1, 0x05, 20, 10);
    put_entry(70, 0, 0x83, 2, 8);
    assert_int_equal(walk(), 3);
    assert_partition(0, 3, 200, 10);
    assert_partition(1, 5, 51, 7);
    assert_partition(2, 6, 72, 8);
}

static void a_chain_of_logical_partitions_that_goes_round_ends(void **state)
{
    (void)state;
    put_entry(0, 1, 0x0f, 50, 100);
    put_entry(50, 0, 0x83, 1, 7);
    put_entry(50, 1, 0x05, 0, 10);
    assert_true(walk() > 200);
}

static void a_gpt_has_its_entries_and_not_the_protective_partition(void **state)
{
    (void)state;
    put_header(5, 128);
    put_gpt_entry(1, 0x123456789a, 0x12345678a9);
    put_gpt_entry(2, 20, 10);
    put_gpt_entry(4, 34, 34);
    assert_int_equal(walk(), 2);
    assert_partition(0, 2, 0x123456789a, 16);
    assert_partition(1, 5, 34, 1);
    assert_int_equal(found[0].scheme, PARTITION_GPT);
}

static void a_gpt_with_entries_of_an_odd_size_is_left_out(void **state)
{
    static const uint32_t sizes[] = {0, 64, 127, 200, 1024};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        put_header(4, sizes[i]);
        put_gpt_entry(0, 34, 40);
        assert_int_equal(walk(), 0);
    }
}

static void the_first_sector_of_a_file_system_is_no_table(void **state)
{
    (void)state;
    put_entry(0, 0, 0x83, 10, 20);
    disc[0][446 + 2 * 16] = 0x6f; /* text of its boot code */
    assert_int_equal(walk(), 0);
    disc[0][446 + 2 * 16] = 0x80;
    assert_int_equal(walk(), 1);
    disc[0][511] = 0;
    assert_int_equal(walk(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(primary_partitions_have_the_number_of_their_entry, empty_disc),
        cmocka_unit_test_setup(logical_partitions_count_from_5, empty_disc),
        cmocka_unit_test_setup(a_chain_of_logical_partitions_that_goes_round_ends, empty_disc),
        cmocka_unit_test_setup(a_gpt_has_its_entries_and_not_the_protective_partition, empty_disc),
        cmocka_unit_test_setup(a_gpt_with_entries_of_an_odd_size_is_left_out, empty_disc),
        cmocka_unit_test_setup(the_first_sector_of_a_file_system_is_no_table, empty_disc),
    };
    return cmocka_run_group_tests_name("partitions", tests, NULL, NULL);
}
