// SPDX-License-Identifier: BSD-2-Clause
// Tests boot/bare/pvh/volume.c: stage2/fs must find in a volume what was added to it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "boot/bare/pvh/volume.h"
#include "stage2/fs/iso9660.h"
#include "stage2/fs/iso9660_list.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { SECTOR = ISO9660_SECTOR_SIZE, ARENA_BYTES = 1024 * 1024 };

static uint8_t memory[ARENA_BYTES], more_memory[ARENA_BYTES];
static struct arena arena, walk_arena;
static struct volume volume;
static struct error error;
static struct iso9660_walk walk;

static int start(void **state)
{
    (void)state;
    arena = (struct arena){.base = memory, .size = sizeof memory};
    walk_arena = (struct arena){.base = more_memory, .size = sizeof more_memory};
    error.message[0] = 0;
    return !volume_start(&volume, &arena, &error);
}

static struct bytes text(const char *string)
{
    return (struct bytes){(const uint8_t *)string, strlen(string)};
}

static bool add(const char *path, enum volume_kind kind, const char *data)
{
    return volume_add(&volume, text(path), kind, text(data), &error);
}

static void read_sector(uint32_t lba, uint8_t sector[SECTOR])
{
    struct bytes bytes = volume_sector(&volume, lba);
    memset(sector, 0, SECTOR);
    memcpy(sector, bytes.data, bytes.size < SECTOR ? bytes.size : SECTOR);
}

static bool run(void)
{
    uint8_t sector[SECTOR];
    enum iso9660_step step = iso9660_step(&walk, NULL, &error);
    while (step == ISO9660_READ) {
        assert_true(walk.wanted_lba < volume.end_lba);
        read_sector(walk.wanted_lba, sector);
        step = iso9660_step(&walk, sector, &error);
    }
    return step == ISO9660_DONE;
}

/* Writes the volume, and mounts it. */
static void finish(void)
{
    assert_true(volume_write(&volume, &error));
    iso9660_start_mount(&walk, 0, 0);
    assert_true(run());
    assert_int_equal(walk.volume.names, ISO9660_ROCK_RIDGE);
    assert_int_equal(walk.volume.end_lba, volume.end_lba);
}

static bool open(const char *path)
{
    struct iso9660_volume mounted = walk.volume;
    iso9660_start_open(&walk, &mounted, path, &walk_arena);
    return run();
}

static void assert_file(const char *path, const char *data)
{
    uint8_t sector[SECTOR] = {0};
    if (!open(path)) {
        print_message("%s: %s\n", path, error.message);
        assert_true(false);
    }
    assert_false(walk.file.is_directory);
    assert_int_equal(walk.file.size, strlen(data));
    if (walk.file.size > 0) {
        read_sector(walk.file.extents[0].lba, sector);
    }
    assert_memory_equal(sector, data, walk.file.size);
}

static void files_are_found_by_their_paths(void **state)
{
    (void)state;
    assert_true(add("kernel", VOLUME_FILE, "1"));
    assert_true(add("./boot/grub/grub.cfg", VOLUME_FILE, "22"));
    assert_true(add("/boot//module", VOLUME_FILE, ""));
    assert_true(add("boot/./Module", VOLUME_FILE, "4444"));
    finish();
    assert_file("/kernel", "1");
    assert_file("/boot/grub/grub.cfg", "22");
    assert_file("/boot/module", "");
    assert_file("/boot/Module", "4444");
    assert_false(open("/boot/MODULE"));
    assert_non_null(strstr(error.message, "no such file"));
}

static void directories_may_be_added_before_and_after_their_files(void **state)
{
    (void)state;
    assert_true(add(".", VOLUME_DIRECTORY, ""));
    assert_true(add("a/b", VOLUME_FILE, "x"));
    assert_true(add("a", VOLUME_DIRECTORY, ""));
    assert_true(add("c/d", VOLUME_DIRECTORY, ""));
    finish();
    assert_true(open("/c/d"));
    assert_true(walk.file.is_directory);
    assert_file("/a/b", "x");
}

static void a_file_that_comes_again_replaces_the_first(void **state)
{
    (void)state;
    assert_true(add("a", VOLUME_FILE, "old"));
    assert_true(add("a", VOLUME_FILE, "newer"));
    finish();
    assert_file("/a", "newer");
}

static void a_path_may_not_lead_through_a_file(void **state)
{
    (void)state;
    assert_true(add("a", VOLUME_FILE, "x"));
    assert_false(add("a/b", VOLUME_FILE, "y"));
    assert_string_equal(error.message, "the archive has a as a directory and as a file");
    assert_false(add("a", VOLUME_DIRECTORY, ""));
    assert_true(add("d", VOLUME_DIRECTORY, ""));
    assert_false(add("d", VOLUME_FILE, ""));
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    (void)state;
    assert_false(add("../a", VOLUME_FILE, ""));
    assert_false(volume_add(&volume, (struct bytes){(const uint8_t *)"a\0b", 3}, VOLUME_FILE,
                            (struct bytes){0}, &error));
    assert_non_null(strstr(error.message, "a NUL in it"));
}

static void the_longest_name_is_found_and_a_longer_one_refused(void **state)
{
    (void)state;
    char name[VOLUME_MOST_NAME_BYTES + 3] = "/";
    memset(name + 1, 'n', VOLUME_MOST_NAME_BYTES + 1);
    assert_false(add(name, VOLUME_FILE, ""));
    assert_string_equal(error.message, "the archive has a name of 201 bytes, more than 200");
    name[VOLUME_MOST_NAME_BYTES + 1] = 0;
    assert_true(add(name, VOLUME_FILE, "long"));
    finish();
    assert_file(name, "long");
}

static void symbolic_links_are_followed(void **state)
{
    (void)state;
    assert_true(add("boot/kernel", VOLUME_FILE, "k"));
    assert_true(add("absolute", VOLUME_LINK, "/boot/kernel"));
    assert_true(add("x/relative", VOLUME_LINK, "../boot/./kernel"));
    assert_true(add("here", VOLUME_LINK, "."));
    finish();
    assert_file("/absolute", "k");
    assert_file("/x/relative", "k");
    assert_file("/here/boot/kernel", "k");
}

static void a_link_that_does_not_fit_into_a_record_is_refused(void **state)
{
    (void)state;
    char target[VOLUME_MOST_NAME_BYTES + 2];
    memset(target, 't', sizeof target - 1);
    target[sizeof target - 1] = 0;
    assert_false(add("a", VOLUME_LINK, target));
    target[sizeof target - 2] = 0;
    assert_true(add("a_name_of_18_bytes", VOLUME_LINK, target));
    assert_false(volume_write(&volume, &error));
    assert_non_null(strstr(error.message, "too long"));
}

static void a_directory_of_many_sectors_has_all_its_files(void **state)
{
    (void)state;
    static char names[300][120];
    for (unsigned i = 0; i < 300; i++) {
        sprintf(names[i], "d/%0100u", i);
        assert_true(add(names[i], VOLUME_FILE, "12345" + i % 5));
    }
    finish();
    for (unsigned i = 0; i < 300; i++) {
        assert_file(names[i], "12345" + i % 5);
    }
}

static void a_directory_is_listed_in_the_order_of_the_archive(void **state)
{
    (void)state;
    assert_true(add("b", VOLUME_FILE, "xx"));
    assert_true(add("a", VOLUME_DIRECTORY, ""));
    finish();
    assert_true(open("/"));
    struct iso9660_list list;
    uint8_t sector[SECTOR];
    struct iso9660_file root = walk.file;
    iso9660_list_start(&list, &walk.volume, &root, &walk_arena);
    enum iso9660_step step = iso9660_list_step(&list, NULL, &error);
    while (step == ISO9660_READ) {
        read_sector(list.wanted_lba, sector);
        step = iso9660_list_step(&list, sector, &error);
    }
    assert_int_equal(step, ISO9660_DONE);
    assert_string_equal(list.names->text, "b");
    assert_int_equal(list.names->size, 2);
    assert_string_equal(list.names->next->text, "a");
    assert_true(list.names->next->is_directory);
    assert_null(list.names->next->next);
}

static void there_is_a_limit_to_the_number_of_files(void **state)
{
    (void)state;
    static char names[VOLUME_MOST_NODES][8];
    for (unsigned i = 0; i < VOLUME_MOST_NODES - 1; i++) {
        sprintf(names[i], "%u", i);
        assert_true(add(names[i], VOLUME_FILE, ""));
    }
    assert_false(add("one more", VOLUME_FILE, ""));
    assert_string_equal(error.message, "the archive has more than 2048 files and directories");
}

static void too_little_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(add("a/b", VOLUME_FILE, ""));
    arena.size = arena.used + 3 * SECTOR; /* two directories and one descriptor */
    assert_false(volume_write(&volume, &error));
    arena.size = arena.used;
    assert_false(add("c", VOLUME_FILE, ""));
    assert_string_equal(error.message, "the archive's names do not fit into memory");
}

static void paths_are_found_before_the_volume_is_written(void **state)
{
    (void)state;
    assert_true(add("boot/grub/grub.cfg", VOLUME_FILE, "x"));
    assert_non_null(volume_find(&volume, "/boot/grub/grub.cfg"));
    assert_null(volume_find(&volume, "/boot/grub/menu.lst"));
    assert_null(volume_find(&volume, "/boot/grub/grub.cfg/x"));
    assert_ptr_equal(volume_find(&volume, "/"), volume.root);
}

static void sectors_outside_all_files_are_empty(void **state)
{
    (void)state;
    finish();
    assert_int_equal(volume_sector(&volume, 0).size, 0);
    assert_int_equal(volume_sector(&volume, 15).size, 0);
    assert_int_equal(volume_sector(&volume, 17).size, SECTOR);
    assert_int_equal(volume_sector(&volume, volume.end_lba).size, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(files_are_found_by_their_paths),
        TEST(directories_may_be_added_before_and_after_their_files),
        TEST(a_file_that_comes_again_replaces_the_first),
        TEST(a_path_may_not_lead_through_a_file),
        TEST(names_that_lead_elsewhere_are_refused),
        TEST(the_longest_name_is_found_and_a_longer_one_refused),
        TEST(symbolic_links_are_followed),
        TEST(a_link_that_does_not_fit_into_a_record_is_refused),
        TEST(a_directory_of_many_sectors_has_all_its_files),
        TEST(a_directory_is_listed_in_the_order_of_the_archive),
        TEST(there_is_a_limit_to_the_number_of_files),
        TEST(too_little_memory_is_an_error),
        TEST(paths_are_found_before_the_volume_is_written),
        TEST(sectors_outside_all_files_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
