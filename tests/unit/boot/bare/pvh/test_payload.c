// SPDX-License-Identifier: BSD-2-Clause
// Tests boot/bare/pvh/payload.c: which volume a module becomes, and which config is written.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "boot/bare/pvh/payload.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { ARENA_BYTES = 256 * 1024, MODULE_BYTES = 40000 };

static uint8_t memory[ARENA_BYTES];
static uint8_t module[MODULE_BYTES];
static size_t length;
static struct arena arena;
static struct volume volume;
static struct error error;

static int start(void **state)
{
    (void)state;
    memset(module, 0, sizeof module);
    length = 0;
    arena = (struct arena){.base = memory, .size = sizeof memory};
    error.message[0] = 0;
    return 0;
}

/* Adds an entry to the archive; data may hold NULs. */
static void put(unsigned mode, const char *name, unsigned links, const void *data, size_t bytes)
{
    length += (size_t)sprintf(
        (char *)module + length, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 7u,
        mode, 0u, 0u, links, 0u, (unsigned)bytes, 8u, 9u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);
    strcpy((char *)module + length, name);
    length = (length + strlen(name) + 1 + 3) & ~(size_t)3;
    memcpy(module + length, data, bytes);
    length = (length + bytes + 3) & ~(size_t)3;
}

static void put_file(const char *name, const char *data)
{
    put(0100644, name, 1, data, strlen(data));
}

static bool make(void)
{
    return payload_make_volume((struct bytes){module, length}, &volume, &arena, &error);
}

static void assert_data(const char *path, const char *data)
{
    const struct volume_node *node = volume_find(&volume, path);
    assert_non_null(node);
    assert_int_equal(node->data.size, strlen(data));
    assert_memory_equal(node->data.data, data, node->data.size);
}

static void a_tree_with_a_config_is_as_it_is(void **state)
{
    (void)state;
    put(040755, ".", 2, "", 0);
    put_file("./boot/grub/grub.cfg", "set timeout=0");
    put_file("./boot/kernel", "k");
    put(0120777, "link", 1, "boot/kernel", 11);
    put(020666, "null", 1, "", 0);
    assert_true(make());
    assert_data("/boot/grub/grub.cfg", "set timeout=0");
    assert_data("/boot/kernel", "k");
    assert_int_equal(volume_find(&volume, "/link")->kind, VOLUME_LINK);
    assert_null(volume_find(&volume, "/null"));
}

static void grub_legacys_config_counts_too(void **state)
{
    (void)state;
    put_file("boot/grub/menu.lst", "default 0");
    assert_true(make());
    assert_null(volume_find(&volume, "/boot/grub/grub.cfg"));
}

static void without_a_config_the_first_file_is_the_kernel(void **state)
{
    (void)state;
    put(040755, "a", 2, "", 0);
    put_file("a/it's", "k");
    put_file("b c", "m");
    put_file("d", "");
    assert_true(make());
    assert_data("/boot/grub/grub.cfg", "set timeout=0\n"
                                       "menuentry 'it'\\''s' {\n"
                                       "multiboot '/a/it'\\''s'\n"
                                       "module '/b c' 'b c'\n"
                                       "module '/d' 'd'\n"
                                       "}\n");
}

static void a_kernel_alone_is_booted(void **state)
{
    (void)state;
    memcpy(module, "\x02\xb0\xad\x1b", 4);
    length = 100;
    assert_true(make());
    assert_int_equal(volume_find(&volume, "/kernel")->data.size, 100);
    assert_data("/boot/grub/grub.cfg",
                "set timeout=0\nmenuentry 'kernel' {\nmultiboot '/kernel'\n}\n");
}

static void a_kernel_with_a_multiboot2_header_alone_is_booted_by_it(void **state)
{
    (void)state;
    static const uint32_t header[] = {0xe85250d6, 0, 24, -(0xe85250d6u + 24), 0, 8};
    static const uint32_t multiboot1[] = {0x1badb002, 0, -0x1badb002u};
    memcpy(module + 64, header, sizeof header);
    length = 200;
    assert_true(make());
    assert_data("/boot/grub/grub.cfg",
                "set timeout=0\nmenuentry 'kernel' {\nmultiboot2 '/kernel'\n}\n");
    memcpy(module + 128, multiboot1, sizeof multiboot1);
    arena.used = 0;
    assert_true(make());
    assert_non_null(strstr((const char *)volume_find(&volume, "/boot/grub/grub.cfg")->data.data,
                           "multiboot '/kernel'"));
}

static void each_name_of_an_inode_has_its_data(void **state)
{
    (void)state;
    put(0100644, "first", 2, "", 0);
    put(0100644, "second", 2, "data", 4);
    assert_true(make());
    assert_data("/first", "data");
    assert_data("/second", "data");
}

static void a_damaged_archive_is_refused(void **state)
{
    (void)state;
    put_file("a", "1");
    put_file("b", "2");
    length -= 5;
    assert_false(make());
    assert_non_null(strstr(error.message, "was that cut?"));
}

static void an_archive_without_files_is_refused(void **state)
{
    (void)state;
    put(040755, "boot", 2, "", 0);
    assert_false(make());
    assert_string_equal(error.message, "the archive has no files");
}

static void too_little_memory_is_an_error(void **state)
{
    (void)state;
    put_file("a", "1");
    for (arena.size = 0; arena.size < 6000; arena.size += 100) {
        arena.used = 0;
        assert_false(make());
        assert_string_equal(error.message, "the archive's names do not fit into memory");
    }
}

static void an_iso_is_recognised_by_its_descriptor(void **state)
{
    (void)state;
    memcpy(module + 16 * 2048, "\1CD001\1", 7);
    assert_true(payload_is_iso((struct bytes){module, sizeof module}));
    assert_false(payload_is_iso((struct bytes){module, 17 * 2048}));
    module[16 * 2048 + 1] = 'X';
    assert_false(payload_is_iso((struct bytes){module, sizeof module}));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(a_tree_with_a_config_is_as_it_is),
        TEST(grub_legacys_config_counts_too),
        TEST(without_a_config_the_first_file_is_the_kernel),
        TEST(a_kernel_alone_is_booted),
        TEST(a_kernel_with_a_multiboot2_header_alone_is_booted_by_it),
        TEST(each_name_of_an_inode_has_its_data),
        TEST(a_damaged_archive_is_refused),
        TEST(an_archive_without_files_is_refused),
        TEST(too_little_memory_is_an_error),
        TEST(an_iso_is_recognised_by_its_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
