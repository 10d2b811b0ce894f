// SPDX-License-Identifier: BSD-2-Clause
// Tests loader/newc.h: the bytes of an archive's headers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "loader/newc.h"

static uint8_t buffer[4096];

/* A header as the format's description has it: 13 numbers of 8 digits, the name, its NUL, zeros up
   to a multiple of 4. */
static void assert_header(const uint8_t *at, const char *mode, const char *file_bytes,
                          const char *name_bytes, const char *name)
{
    static const char zeros[] = "00000000";
    const char *const fields[] = {zeros, mode,  zeros, zeros, "00000001", zeros, file_bytes,
                                  zeros, zeros, zeros, zeros, name_bytes, zeros};
    assert_memory_equal(at, "070701", 6);
    for (size_t i = 0; i < 13; i++) {
        assert_memory_equal(at + 6 + 8 * i, fields[i], 8);
    }
    assert_memory_equal(at + 110, name, strlen(name) + 1);
}

static void a_plain_name_has_one_header(void **state)
{
    (void)state;
    memset(buffer, 0xff, sizeof buffer);
    assert_int_equal(newc_headers_size("init"), 116); /* 110 + 5, padded */
    newc_write_headers("init", 0x1234, buffer);
    assert_header(buffer, "000081ff", "00001234", "00000005", "init");
    assert_int_equal(buffer[115], 0);
    assert_int_equal(buffer[116], 0xff);
}

static void a_name_with_directories_has_a_header_for_each(void **state)
{
    (void)state;
    memset(buffer, 0xff, sizeof buffer);
    assert_int_equal(newc_headers_size("a/bc//d"), 112 + 116 + 120);
    newc_write_headers("a/bc//d", 1, buffer);
    assert_header(buffer, "000041ff", "00000000", "00000002", "a");
    assert_header(buffer + 112, "000041ff", "00000000", "00000005", "a/bc");
    assert_header(buffer + 228, "000081ff", "00000001", "00000008", "a/bc//d");
    assert_int_equal(buffer[348], 0xff);
}

static void an_archive_ends_with_a_trailer(void **state)
{
    (void)state;
    memset(buffer, 0xff, sizeof buffer);
    assert_int_equal(newc_trailer_size(), 124);
    newc_write_trailer(buffer);
    assert_header(buffer, "00000000", "00000000", "0000000b", "TRAILER!!!");
    assert_int_equal(buffer[124], 0xff);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_name_has_one_header),
        cmocka_unit_test(a_name_with_directories_has_a_header_for_each),
        cmocka_unit_test(an_archive_ends_with_a_trailer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
