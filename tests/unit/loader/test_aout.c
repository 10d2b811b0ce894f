// SPDX-License-Identifier: BSD-2-Clause
// Where an a.out file has its symbols (a.out(5)).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "loader/aout.h"

enum { TEXT = 0x3000, DATA = 0x500, SYMBOLS = 36, STRINGS = 29 };

static uint8_t header[32];

static void put32(size_t offset, uint32_t value)
{
    memcpy(header + offset, &value, sizeof value);
}

static void start_header(uint32_t magic)
{
    memset(header, 0, sizeof header);
    put32(0, magic);
    put32(4, TEXT);
    put32(8, DATA);
    put32(12, 0x10000); /* bss */
    put32(16, SYMBOLS);
}

static bool find(uint64_t file_size, unsigned n, struct aout_symbols *symbols)
{
    return aout_find_symbols((struct bytes){header, sizeof header}, file_size, n, symbols);
}

static void symbols_are_found_for_each_magic_number_and_text_offset(void **state)
{
    (void)state;
    /* OMAGIC, NMAGIC, ZMAGIC, QMAGIC, with a machine above them; NetBSD's in network order */
    const uint32_t magics[] = {0407, 0410, 0413, 0x640000 | 0314, 0x0b018600};
    const uint32_t offsets[AOUT_TEXT_OFFSETS] = {32, 1024, 4096, 0};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        for (unsigned n = 0; n < AOUT_TEXT_OFFSETS; n++) {
            struct aout_symbols symbols;
            uint32_t table = offsets[n] + TEXT + DATA;
            start_header(magics[i]);
            assert_true(find(table + SYMBOLS + STRINGS, n, &symbols));
            assert_int_equal(symbols.file_offset, table);
            assert_int_equal(symbols.table_bytes, SYMBOLS);
            assert_int_equal(symbols.string_bytes, STRINGS);
        }
    }
}

static void relocations_stand_in_front_of_the_symbols(void **state)
{
    (void)state;
    struct aout_symbols symbols;
    start_header(0407);
    put32(24, 0x80);
    put32(28, 0x18);
    assert_true(find(0x10000, 0, &symbols));
    assert_int_equal(symbols.file_offset, 32 + TEXT + DATA + 0x98);
}

static void other_files_and_stripped_ones_have_no_symbols(void **state)
{
    (void)state;
    struct aout_symbols symbols;
    const uint32_t magics[] = {0, 0x464c457f, 0411, 0x09010000};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        start_header(magics[i]);
        assert_false(find(0x10000, 0, &symbols));
    }
    start_header(0407);
    assert_true(find(0x10000, 0, &symbols));
    assert_false(aout_find_symbols((struct bytes){header, 31}, 0x10000, 0, &symbols));
    put32(16, 0);
    assert_false(find(0x10000, 0, &symbols));
}

static void tables_that_do_not_end_with_the_file_are_not_there(void **state)
{
    (void)state;
    struct aout_symbols symbols;
    uint32_t strings = 32 + TEXT + DATA + SYMBOLS;
    start_header(0407);
    assert_true(find(strings + 4, 0, &symbols));
    assert_int_equal(symbols.string_bytes, 4);
    assert_false(find(strings + 3, 0, &symbols));
    assert_false(find(strings - 1, 0, &symbols));
    assert_false(find(UINT64_C(0x100000000), 0, &symbols));
    for (size_t field = 4; field <= 28; field += field == 8 ? 8 : field == 16 ? 8 : 4) {
        start_header(0407);
        put32(field, UINT32_MAX); /* the sum of the sizes does not wrap */
        assert_false(find(strings + STRINGS, 0, &symbols));
    }
}

static void a_table_does_not_begin_in_the_header(void **state)
{
    (void)state;
    struct aout_symbols symbols;
    start_header(0314);
    put32(4, 0);
    put32(8, 31);
    assert_false(find(0x1000, 3, &symbols));
    put32(8, 32);
    assert_true(find(0x1000, 3, &symbols));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_found_for_each_magic_number_and_text_offset),
        cmocka_unit_test(relocations_stand_in_front_of_the_symbols),
        cmocka_unit_test(other_files_and_stripped_ones_have_no_symbols),
        cmocka_unit_test(tables_that_do_not_end_with_the_file_are_not_there),
        cmocka_unit_test(a_table_does_not_begin_in_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
