// SPDX-License-Identifier: BSD-2-Clause
// Tests boot/bare/pvh/cpio.c on archives made by hand. tests/boot/test_pvh_image.py boots what
// cpio(1) writes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "boot/bare/pvh/cpio.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

static char text[2048];
static size_t length;
static struct cpio_entry entry;
static struct error error;
static size_t offset;

static void pad(void)
{
    while (length % 4 != 0) {
        text[length++] = 0;
    }
}

/* Adds an entry of this mode. */
static void put(const char *magic, unsigned mode, const char *name, const char *data)
{
    length += (size_t)sprintf(
        text + length, "%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", magic, 7u, mode,
        0u, 0u, 1u, 0u, (unsigned)strlen(data), 8u, 9u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);
    length += (size_t)sprintf(text + length, "%s", name) + 1;
    pad();
    length += (size_t)sprintf(text + length, "%s", data);
    pad();
}

static int start(void **state)
{
    (void)state;
    memset(text, 0, sizeof text);
    length = offset = 0;
    error.message[0] = 0;
    return 0;
}

static struct bytes archive(void)
{
    return (struct bytes){(const uint8_t *)text, length};
}

static enum cpio_step next(void)
{
    return cpio_next(archive(), &offset, &entry, &error);
}

static void assert_entry(enum cpio_kind kind, const char *name, const char *data)
{
    assert_int_equal(next(), CPIO_ENTRY);
    assert_int_equal(entry.kind, kind);
    assert_int_equal(entry.name.size, strlen(name));
    assert_memory_equal(entry.name.data, name, entry.name.size);
    assert_int_equal(entry.data.size, strlen(data));
    assert_memory_equal(entry.data.data, data, entry.data.size);
}

static void entries_are_read_up_to_the_end(void **state)
{
    (void)state;
    put("070701", 040755, "boot", "");
    put("070701", 0100644, "./boot/kernel", "12345");
    put("070702", 0120777, "link", "boot/kernel");
    put("070701", 020644, "console", "");
    put("070701", 0, "TRAILER!!!", "");
    assert_true(cpio_recognise(archive()));
    assert_entry(CPIO_DIRECTORY, "boot", "");
    assert_entry(CPIO_FILE, "./boot/kernel", "12345");
    assert_int_equal(entry.inode, 7);
    assert_int_equal(entry.device_major, 8);
    assert_int_equal(entry.device_minor, 9);
    assert_int_equal(entry.links, 1);
    assert_entry(CPIO_LINK, "link", "boot/kernel");
    assert_entry(CPIO_OTHER, "console", "");
    assert_int_equal(next(), CPIO_END);
}

static void an_archive_may_lack_its_end(void **state)
{
    (void)state;
    put("070701", 0100644, "a", "1");
    length -= 3; /* the padding, too */
    assert_entry(CPIO_FILE, "a", "1");
    assert_int_equal(next(), CPIO_END);
}

static void digits_may_be_small_letters(void **state)
{
    (void)state;
    put("070701", 0100644, "a", "0123456789");
    text[6 + 6 * 8 + 7] = 'a';
    assert_entry(CPIO_FILE, "a", "0123456789");
}

static void a_damaged_header_is_refused(void **state)
{
    (void)state;
    put("070701", 0100644, "a", "1");
    put("070701", 0100644, "b", "2");
    text[116 + 20] = 'g';
    assert_int_equal(next(), CPIO_ENTRY);
    assert_int_equal(next(), CPIO_FAILED);
    assert_string_equal(error.message, "cpio: no header of an entry at byte 116");
}

static void other_formats_are_not_recognised(void **state)
{
    (void)state;
    put("070707", 0100644, "a", "1");
    assert_false(cpio_recognise(archive()));
    assert_false(cpio_recognise((struct bytes){(const uint8_t *)"070701", 6}));
}

static void an_entry_after_the_end_is_refused(void **state)
{
    (void)state;
    put("070701", 0100644, "abc", "12345678");
    for (size_t cut = 1; cut <= 8; cut++) {
        offset = 0;
        length--;
        assert_int_equal(next(), CPIO_FAILED);
    }
    assert_non_null(strstr(error.message, "ends after the archive"));
}

static void a_name_without_bytes_is_refused(void **state)
{
    (void)state;
    put("070701", 0100644, "a", "");
    text[6 + 11 * 8 + 7] = '0';
    assert_int_equal(next(), CPIO_FAILED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(entries_are_read_up_to_the_end),   TEST(an_archive_may_lack_its_end),
        TEST(digits_may_be_small_letters),      TEST(a_damaged_header_is_refused),
        TEST(other_formats_are_not_recognised), TEST(an_entry_after_the_end_is_refused),
        TEST(a_name_without_bytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
