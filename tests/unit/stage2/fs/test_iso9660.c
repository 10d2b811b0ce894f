// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/fs/iso9660.c on discs made by hand: well-formed ones that no authoring program
// writes (files in many extents), and malformed ones. test_iso9660.py tests what authoring programs
// write.
#include "loader/arena.h"
#include "stage2/fs/iso9660.h"
#include "stage2/fs/iso9660_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum {
    DISC_SECTORS = 200,
    ROOT = 20,
    BOOT = 30,
    CONTINUATION = 40,
    JOLIET_ROOT = 50,
    DATA = 100,
    MAX_READS = 5000,

    IS_DIRECTORY = 2,
    IS_ASSOCIATED = 4,
    HAS_MORE_EXTENTS = 0x80,
};

static uint8_t disc[DISC_SECTORS][ISO9660_SECTOR_SIZE];
static uint8_t memory[64 * 1024];
static struct arena arena;
static struct error error;
static struct iso9660_walk walk;
static unsigned reads;

/* ---- Making a disc --------------------------------------------------------------------------- */

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* Stores a number little-endian, then big-endian (ECMA-119, 7.3.3). */
static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = at[7 - i] = (uint8_t)(value >> (8 * i));
    }
}

/* Appends a directory record with these system use entries to a sector; returns the record. */
static uint8_t *add_record(uint8_t *sector, const char *name, unsigned name_length, uint32_t lba,
                           uint32_t bytes, unsigned flags, const char *entries,
                           unsigned entries_length)
{
    uint8_t *record = sector;
    while (record[0] != 0) {
        record += record[0];
    }
    unsigned start = (34 + name_length) & ~1u;
    unsigned length = (start + entries_length + 1) & ~1u;
    assert_true(record + length <= sector + ISO9660_SECTOR_SIZE);
    record[0] = (uint8_t)length;
    put32(record + 2, lba);
    put32(record + 10, bytes);
    record[25] = (uint8_t)flags;
    record[32] = (uint8_t)name_length;
    memcpy(record + 33, name, name_length);
    memcpy(record + start, entries, entries_length);
    return record;
}

static uint8_t *add_file(uint32_t directory, const char *name, uint32_t lba, uint32_t bytes,
                         unsigned flags)
{
    return add_record(disc[directory], name, (unsigned)strlen(name), lba, bytes, flags, "", 0);
}

static void add_dots(uint32_t directory, uint32_t parent, const char *entries, unsigned length)
{
    add_record(disc[directory], "\0", 1, directory, ISO9660_SECTOR_SIZE, IS_DIRECTORY, entries,
               length);
    add_record(disc[directory], "\1", 1, parent, ISO9660_SECTOR_SIZE, IS_DIRECTORY, "", 0);
}

static void make_descriptor(uint32_t lba, unsigned type, uint32_t root)
{
    memset(disc[lba], 0, sizeof disc[lba]);
    disc[lba][0] = (uint8_t)type;
    memcpy(disc[lba] + 1, "CD001\1", 6);
    put32(disc[lba] + 80, DISC_SECTORS);
    put16(disc[lba] + 128, ISO9660_SECTOR_SIZE);
    add_record(disc[lba] + 156, "\0", 1, root, ISO9660_SECTOR_SIZE, IS_DIRECTORY, "", 0);
}

#define ROCK_RIDGE "SP\x07\x01\xbe\xef\x00RR\x05\x01\x00"

/* Makes a disc with only an empty /boot; entries are the system use of the root's "." record. */
static void make_disc(const char *entries, unsigned length)
{
    memset(disc, 0, sizeof disc);
    make_descriptor(16, 1, ROOT);
    make_descriptor(17, 255, 0);
    add_dots(ROOT, ROOT, entries, length);
    add_file(ROOT, "BOOT", BOOT, ISO9660_SECTOR_SIZE, IS_DIRECTORY);
    add_dots(BOOT, ROOT, "", 0);
    arena = (struct arena){memory, sizeof memory, 0};
}

static int plain_disc(void **state)
{
    (void)state;
    make_disc("", 0);
    return 0;
}

static int rock_ridge_disc(void **state)
{
    (void)state;
    make_disc(ROCK_RIDGE, sizeof ROCK_RIDGE - 1);
    return 0;
}

/* Puts entries into the continuation area. */
static void put_area(uint32_t lba, unsigned offset, const char *entries, unsigned length)
{
    memcpy((uint8_t *)disc + lba * (size_t)ISO9660_SECTOR_SIZE + offset, entries, length);
}

static void make_ce(char ce[28], uint32_t lba, uint32_t offset, uint32_t length)
{
    memcpy(ce, "CE\x1c\x01", 4);
    put32((uint8_t *)ce + 4, lba);
    put32((uint8_t *)ce + 12, offset);
    put32((uint8_t *)ce + 20, length);
}

/* ---- Walking it ------------------------------------------------------------------------------ */

static bool run(void)
{
    enum iso9660_step step = iso9660_step(&walk, NULL, &error);
    uint32_t last = UINT32_MAX;
    for (reads = 0; step == ISO9660_READ; reads++) {
        assert_true(walk.wanted_lba < DISC_SECTORS);
        assert_int_not_equal(walk.wanted_lba, last);
        assert_true(reads < MAX_READS);
        last = walk.wanted_lba;
        step = iso9660_step(&walk, disc[last], &error);
    }
    return step == ISO9660_DONE;
}

static bool mount(void)
{
    iso9660_start_mount(&walk, 0, 0);
    return run();
}

static bool open_path(const char *path)
{
    if (!mount()) {
        return false;
    }
    struct iso9660_volume volume = walk.volume;
    iso9660_start_open(&walk, &volume, path, &arena);
    return run();
}

static void assert_opens(const char *path, uint32_t lba, uint64_t size)
{
    if (!open_path(path)) {
        fail_msg("%s: %s", path, error.message);
    }
    assert_int_equal(walk.file.size, size);
    assert_int_equal(walk.file.extent_count, size != 0);
    assert_true(size == 0 || walk.file.extents[0].lba == lba);
}

static void assert_mount_fails(const char *reason)
{
    assert_false(mount());
    assert_string_equal(error.message, reason);
}

static void assert_open_fails(const char *path, const char *reason)
{
    assert_false(open_path(path));
    assert_string_equal(error.message, reason);
}

/* ---- Volume descriptors ---------------------------------------------------------------------- */

static void a_disc_without_volume_descriptors_is_refused(void **state)
{
    (void)state;
    memset(disc[16], 0, sizeof disc[16]);
    assert_mount_fails("no ISO 9660 file system: sector 16 is not a volume descriptor");
}

static void a_wrong_standard_identifier_is_refused(void **state)
{
    (void)state;
    disc[16][3] = 'X';
    assert_mount_fails("no ISO 9660 file system: sector 16 is not a volume descriptor");
}

static void a_disc_without_a_primary_descriptor_is_refused(void **state)
{
    (void)state;
    disc[16][0] = 0;
    assert_mount_fails(
        "no ISO 9660 file system: sector 17 ends the volume descriptors, none is primary");
}

static void endless_volume_descriptors_are_searched_for_a_while_only(void **state)
{
    (void)state;
    for (uint32_t lba = 16; lba < DISC_SECTORS; lba++) {
        make_descriptor(lba, 3, ROOT);
    }
    assert_false(mount());
    assert_true(reads < 100);
}

static void blocks_of_another_size_are_refused(void **state)
{
    (void)state;
    put16(disc[16] + 128, 512);
    assert_mount_fails("ISO 9660 in blocks of 512 bytes: only 2048 is supported");
}

/* Each number of the root's record, of a file's and of a directory's is changed by a bit in one of
   its byte orders. */
static void a_record_s_number_that_differs_in_the_other_byte_order_is_refused(void **state)
{
    (void)state;
    static const unsigned fields[] = {2, 10};
    for (unsigned i = 0; i < 2 * 64; i++) {
        unsigned at = fields[i / 64] + i % 64 / 8;
        uint8_t bit = (uint8_t)(1 << i % 8);
        disc[16][156 + at] ^= bit;
        assert_false(mount());
        assert_non_null(strstr(error.message, "damaged: a number in sector 16 is "));
        disc[16][156 + at] ^= bit;
        disc[ROOT][68 + at] ^= bit; /* BOOT's record */
        assert_false(open_path("/boot/k"));
        assert_non_null(strstr(error.message, "damaged: a number in sector 20 is "));
        disc[ROOT][68 + at] ^= bit;
    }
    assert_false(open_path("/boot/k"));
    assert_true(walk.file.is_absent);
    add_file(BOOT, "K", 50, 5000, 0);
    disc[BOOT][68 + 10] ^= 1;
    assert_open_fails("/boot/k", "damaged: a number in sector 30 is 5001 in one byte order and 5000"
                                 " in the other");
    assert_false(walk.file.is_absent);
    disc[BOOT][68 + 10] ^= 1;
    assert_opens("/boot/k", 50, 5000);
}

/* Some programs wrote one byte order right only. */
static void a_volume_whose_big_endian_numbers_are_all_wrong_is_read(void **state)
{
    (void)state;
    add_file(BOOT, "K", 50, 5000, 0);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *records[] = {disc[16] + 156, disc[ROOT], disc[ROOT] + 68, disc[BOOT] + 68};
        for (size_t j = 0; j < sizeof records / sizeof records[0]; j++) {
            memset(records[j] + 6, 0, 4);
            memset(records[j] + 14, 0, 4);
        }
        if (i == 0) {
            assert_false(mount()); /* the volume's size is right */
        }
        memset(disc[16] + 84, 0, 4);
    }
    assert_opens("/boot/k", 50, 5000);
}

static void a_root_directory_after_the_end_of_the_disc_is_refused(void **state)
{
    (void)state;
    put32(disc[16] + 156 + 2, 4000000000u);
    assert_mount_fails("root directory: sectors 4000000000 to 4000000000: the disc ends before "
                       "sector 200, was its image cut?");
}

static void a_root_directory_that_wraps_around_is_refused(void **state)
{
    (void)state;
    put32(disc[16] + 156 + 2, UINT32_MAX);
    disc[16][156 + 1] = 255;
    put32(disc[16] + 156 + 10, UINT32_MAX);
    assert_false(mount());
}

static void the_primary_descriptor_may_follow_others(void **state)
{
    (void)state;
    memcpy(disc[18], disc[17], sizeof disc[17]);
    memcpy(disc[17], disc[16], sizeof disc[16]);
    disc[16][0] = 0;
    add_file(BOOT, "KERNEL.;1", DATA, 5, 0);
    assert_opens("/boot/kernel", DATA, 5);
}

static void the_size_of_the_disc_counts_if_it_is_known(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA, 3 * ISO9660_SECTOR_SIZE, 0);
    put32(disc[16] + 80, 50); /* the volume says that it is smaller */
    assert_open_fails("/boot/kernel", "sectors 100 to 102: the disc ends before sector 50, was its "
                                      "image cut?");
    iso9660_start_mount(&walk, 0, DATA + 3);
    assert_true(run());
    struct iso9660_volume volume = walk.volume;
    iso9660_start_open(&walk, &volume, "/boot/kernel", &arena);
    assert_true(run());
}

static void joliet_is_recognised_by_its_escape_sequences(void **state)
{
    (void)state;
    static const char *const escapes[] = {"%/@", "%/C", "%/E"};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        make_disc("", 0);
        make_descriptor(17, 2, JOLIET_ROOT);
        make_descriptor(18, 255, 0);
        add_dots(JOLIET_ROOT, JOLIET_ROOT, "", 0);
        add_record(disc[JOLIET_ROOT], "\0K\0.\0e\0;\0001", 10, DATA, 7, 0, "", 0);
        assert_open_fails("/k.e", "no such file or directory \"k.e\" in /");
        memcpy(disc[17] + 88, escapes[i], 3);
        assert_opens("/k.e", DATA, 7);
    }
}

static void a_joliet_name_of_two_utf_16_units_is_listed_as_it_is_opened(void **state)
{
    (void)state;
    static const char name[] = "\xf0\x9f\x98\x80x";
    make_descriptor(17, 2, JOLIET_ROOT);
    memcpy(disc[17] + 88, "%/E", 3);
    make_descriptor(18, 255, 0);
    add_dots(JOLIET_ROOT, JOLIET_ROOT, "", 0);
    add_record(disc[JOLIET_ROOT], "\xd8\x3d\xde\x00\0x", 6, DATA, 7, 0, "", 0);
    assert_opens("/\xf0\x9f\x98\x80x", DATA, 7);
    assert_true(open_path("/"));
    struct iso9660_list list;
    iso9660_list_start(&list, &walk.volume, &walk.file, &arena);
    assert_int_equal(iso9660_list_step(&list, NULL, &error), ISO9660_READ);
    assert_int_equal(iso9660_list_step(&list, disc[list.wanted_lba], &error), ISO9660_DONE);
    assert_string_equal(list.names->text, name);
    assert_null(list.names->next);
}

/* ---- Directories ----------------------------------------------------------------------------- */

static void a_directory_record_of_an_odd_or_short_length_is_named(void **state)
{
    (void)state;
    static const uint8_t lengths[] = {1, 32, 33, 41, 43};
    for (size_t i = 0; i < sizeof lengths; i++) {
        make_disc("", 0);
        add_file(BOOT, "KERNEL", DATA, 1, 0)[0] = lengths[i];
        assert_open_fails("/boot/kernel", "damaged directory record at byte 68 of sector 30");
    }
}

static void a_directory_record_that_crosses_its_sector_is_named(void **state)
{
    (void)state;
    uint8_t *record = disc[BOOT] + 68;
    for (; record + 200 < disc[BOOT] + ISO9660_SECTOR_SIZE; record += 200) {
        record[0] = 200;
        record[32] = 10;
        memset(record + 33, 'A', 10);
    }
    record[0] = 200;
    record[32] = 10;
    assert_open_fails("/boot/kernel", "damaged directory record at byte 1868 of sector 30");
}

static void a_name_longer_than_its_record_is_named(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL", DATA, 1, 0)[32] = 200;
    assert_open_fails("/boot/kernel", "damaged directory record at byte 68 of sector 30");
}

static void a_record_of_length_zero_ends_its_sector_only(void **state)
{
    (void)state;
    put32(disc[ROOT] + 68 + 10, 3 * ISO9660_SECTOR_SIZE);
    add_record(disc[BOOT + 2], "KERNEL.;1", 9, DATA, 9, 0, "", 0);
    assert_opens("/boot/kernel", DATA, 9);
}

static void a_sector_of_zeros_is_no_directory(void **state)
{
    (void)state;
    memset(disc[BOOT], 0, sizeof disc[BOOT]);
    assert_open_fails("/boot/kernel", "damaged directory: sector 30 has no record of itself");
}

static void a_directory_without_bytes_is_named(void **state)
{
    (void)state;
    put32(disc[ROOT] + 34 * 2 + 10, 0); /* the root's record of BOOT; below, BOOT's own record */
    put32(disc[BOOT] + 10, 0);
    assert_open_fails("/boot/kernel", "damaged directory: sector 30 says that it has 0 bytes");
}

static void a_directory_after_the_end_of_the_disc_is_named(void **state)
{
    (void)state;
    put32(disc[ROOT] + 68 + 10, 171 * ISO9660_SECTOR_SIZE);
    assert_open_fails("/boot/kernel",
                      "sectors 30 to 200: the disc ends before sector 200, was its image cut?");
}

static void a_directory_that_contains_itself_is_walked_as_deep_as_the_path_says(void **state)
{
    (void)state;
    add_file(BOOT, "LOOP", BOOT, ISO9660_SECTOR_SIZE, IS_DIRECTORY);
    add_file(BOOT, "KERNEL.;1", DATA, 3, 0);
    assert_opens("/boot/loop/loop/loop/loop/kernel", DATA, 3);
    assert_int_equal(reads, 2);
    assert_open_fails("/boot/loop/loop/x", "no such file or directory \"x\" in /boot/loop/loop");
}

static void associated_files_are_passed_over(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA + 9, 3, IS_ASSOCIATED);
    add_file(BOOT, "KERNEL.;1", DATA, 4, 0);
    assert_opens("/boot/kernel", DATA, 4);
}

static void an_extended_attribute_record_is_passed_over(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA, 4, 0)[1] = 2;
    assert_opens("/boot/kernel", DATA + 2, 4);
}

static void interleaved_files_are_refused(void **state)
{
    (void)state;
    uint8_t *record = add_file(BOOT, "KERNEL.;1", DATA, 40000, 0);
    record[26] = 2;
    record[27] = 1;
    assert_open_fails("/boot/kernel", "\"kernel\" in /boot is interleaved, which is not supported");
}

static void versions_and_dots_do_not_make_other_names_match(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.X;1", DATA, 1, 0);
    add_file(BOOT, "KERNEL2.;1", DATA, 2, 0);
    add_file(BOOT, "KERNE.;1", DATA, 3, 0);
    assert_open_fails("/boot/kernel", "no such file or directory \"kernel\" in /boot");
    assert_opens("/boot/kernel.x", DATA, 1);
    assert_opens("/boot/kerne", DATA, 3);
}

/* ---- Extents --------------------------------------------------------------------------------- */

static void a_file_in_three_extents_has_all_of_them_in_order(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA + 50, 2 * ISO9660_SECTOR_SIZE, HAS_MORE_EXTENTS);
    add_file(BOOT, "KERNEL.;1", DATA, 3 * ISO9660_SECTOR_SIZE, HAS_MORE_EXTENTS);
    add_file(BOOT, "KERNEL.;1", DATA + 20, 5, 0);
    assert_true(open_path("/boot/kernel"));
    assert_int_equal(walk.file.size, 5 * ISO9660_SECTOR_SIZE + 5);
    assert_int_equal(walk.file.extent_count, 3);
    assert_int_equal(walk.file.extents[0].lba, DATA + 50);
    assert_int_equal(walk.file.extents[1].lba, DATA);
    assert_int_equal(walk.file.extents[1].length_bytes, 3 * ISO9660_SECTOR_SIZE);
    assert_int_equal(walk.file.extents[2].lba, DATA + 20);
    assert_int_equal(walk.file.extents[2].length_bytes, 5);
}

static void a_file_of_more_than_4_gib_has_its_whole_size(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        add_file(BOOT, "KERNEL.;1", DATA, 0xfffff800, i < 2 ? HAS_MORE_EXTENTS : 0);
    }
    put32(disc[16] + 80, UINT32_MAX);
    assert_true(open_path("/boot/kernel"));
    assert_true(walk.file.size == 3 * UINT64_C(0xfffff800));
}

static void extents_of_a_file_go_on_in_the_directory_s_next_sector(void **state)
{
    (void)state;
    enum { EXTENTS = 60 };
    put32(disc[ROOT] + 68 + 10, 2 * ISO9660_SECTOR_SIZE);
    for (uint32_t i = 0; i < EXTENTS; i++) {
        add_file(i < 40 ? BOOT : BOOT + 1, "KERNEL.;1", DATA + i, ISO9660_SECTOR_SIZE,
                 i < EXTENTS - 1 ? HAS_MORE_EXTENTS : 0);
    }
    assert_true(open_path("/boot/kernel"));
    assert_int_equal(walk.file.extent_count, EXTENTS);
    for (uint32_t i = 0; i < EXTENTS; i++) {
        assert_int_equal(walk.file.extents[i].lba, DATA + i);
    }
}

static void extents_stay_together_when_others_take_from_the_arena(void **state)
{
    (void)state;
    put32(disc[ROOT] + 68 + 10, 2 * ISO9660_SECTOR_SIZE);
    add_file(BOOT, "KERNEL.;1", DATA, ISO9660_SECTOR_SIZE, HAS_MORE_EXTENTS);
    add_file(BOOT + 1, "KERNEL.;1", DATA + 1, 5, 0);
    assert_true(mount());
    struct iso9660_volume volume = walk.volume;
    iso9660_start_open(&walk, &volume, "/boot/kernel", &arena);
    enum iso9660_step step = iso9660_step(&walk, NULL, &error);
    while (step == ISO9660_READ) {
        uint32_t lba = walk.wanted_lba;
        memset(arena_allocate(&arena, 24, 8), 0xff, 24);
        step = iso9660_step(&walk, disc[lba], &error);
    }
    assert_int_equal(step, ISO9660_DONE);
    assert_int_equal(walk.file.extent_count, 2);
    assert_int_equal(walk.file.extents[0].lba, DATA);
    assert_int_equal(walk.file.extents[1].lba, DATA + 1);
}

static void an_extent_that_ends_inside_a_sector_before_the_last_is_refused(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA, 100, HAS_MORE_EXTENTS);
    add_file(BOOT, "KERNEL.;1", DATA + 1, 100, 0);
    assert_open_fails("/boot/kernel", "extent 1 ends inside a sector, and more follow");
}

static void a_file_whose_last_extent_is_missing_is_refused(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA, ISO9660_SECTOR_SIZE, HAS_MORE_EXTENTS);
    assert_open_fails("/boot/kernel", "\"kernel\" in /boot lacks its last extent");
}

static void a_file_after_the_end_of_the_disc_is_refused(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", 199, ISO9660_SECTOR_SIZE + 1, 0);
    add_file(BOOT, "LAST.;1", 199, ISO9660_SECTOR_SIZE, 0);
    assert_opens("/boot/last", 199, ISO9660_SECTOR_SIZE);
    assert_open_fails("/boot/kernel",
                      "sectors 199 to 200: the disc ends before sector 200, was its image cut?");
}

static void an_empty_file_may_lie_anywhere(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", UINT32_MAX, 0, 0);
    assert_opens("/boot/kernel", 0, 0);
}

static void a_full_arena_is_named(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA, 1, 0);
    arena.used = arena.size;
    assert_open_fails("/boot/kernel", "no memory left for the list of its extents");
}

/* ---- Rock Ridge ------------------------------------------------------------------------------ */

static void add_rock_ridge(uint32_t directory, const char *name, const char *entries,
                           unsigned length)
{
    add_record(disc[directory], name, (unsigned)strlen(name), DATA, 11, 0, entries, length);
}

static void a_record_without_a_rock_ridge_name_keeps_its_plain_one(void **state)
{
    (void)state;
    add_file(BOOT, "KERNEL.;1", DATA, 4, 0);
    assert_opens("/BOOT/kernel", DATA, 4);
    assert_int_equal(walk.volume.names, ISO9660_ROCK_RIDGE);
}

static void system_use_without_rock_ridge_leaves_the_plain_names(void **state)
{
    (void)state;
    make_disc("SP\x07\x01\xbe\xef\x00", 7);
    assert_true(mount());
    assert_int_equal(walk.volume.names, ISO9660_PLAIN);
}

static void rock_ridge_is_found_after_xa_attributes(void **state)
{
    (void)state;
    make_disc("01234567890123SP\x07\x01\xbe\xef\x0eRR\x05\x01\x00", 26);
    add_rock_ridge(ROOT, "KERNEL.;1", "01234567890123NM\x0b\x01\0my name", 25);
    assert_opens("/my nam", DATA, 11);
}

static void rock_ridge_may_announce_itself_in_a_continuation_area(void **state)
{
    (void)state;
    char entries[7 + 28] = "SP\x07\x01\xbe\xef";
    make_ce(entries + 7, CONTINUATION, 100, 18);
    make_disc(entries, sizeof entries);
    put_area(CONTINUATION, 100, "ER\x12\x01\x0a\0\0\x01RRIP_1991A", 18);
    assert_true(mount());
    assert_int_equal(walk.volume.names, ISO9660_ROCK_RIDGE);
}

static void a_name_in_parts_over_continuation_areas_is_put_together(void **state)
{
    (void)state;
    char entries[9 + 28] = "NM\x09\x01\x01kern";
    make_ce(entries + 9, CONTINUATION, 500, 7 + 28);
    char area[7 + 28] = "NM\x07\x01\x01"
                        "el";
    make_ce(area + 7, CONTINUATION + 1, 0, 9);
    put_area(CONTINUATION, 500, area, sizeof area);
    put_area(CONTINUATION + 1, 0, "NM\x09\x01\0name", 9);
    add_rock_ridge(ROOT, "K", entries, sizeof entries);
    assert_opens("/kernelname", DATA, 11);
    assert_open_fails("/kernelnam", "no such file or directory \"kernelnam\" in /");
    assert_open_fails("/kernelnames", "no such file or directory \"kernelnames\" in /");
}

static void an_entry_that_crosses_a_sector_in_its_continuation_area_is_read(void **state)
{
    (void)state;
    for (unsigned offset = ISO9660_SECTOR_SIZE - 15; offset < ISO9660_SECTOR_SIZE; offset++) {
        make_disc(ROCK_RIDGE, sizeof ROCK_RIDGE - 1);
        char entries[28];
        make_ce(entries, CONTINUATION, offset, 15);
        put_area(CONTINUATION, offset, "NM\x0f\x01\0kernelname", 15);
        add_rock_ridge(ROOT, "K", entries, sizeof entries);
        assert_opens("/kernelname", DATA, 11);
    }
}

static void continuation_areas_in_a_circle_end_with_a_reason(void **state)
{
    (void)state;
    char entries[28];
    make_ce(entries, CONTINUATION, 0, 28);
    char area[28];
    make_ce(area, CONTINUATION, 0, 28);
    put_area(CONTINUATION, 0, area, sizeof area);
    add_rock_ridge(ROOT, "K", entries, sizeof entries);
    assert_open_fails("/kernel", "Rock Ridge data goes round in circles at sector 40");
}

static void a_continuation_area_outside_of_the_disc_is_named(void **state)
{
    (void)state;
    static const uint32_t wrong[][3] = {{DISC_SECTORS, 0, 10},
                                        {UINT32_MAX, 0, 10},
                                        {CONTINUATION, 2048, 10},
                                        {CONTINUATION, 0, 4096}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        make_disc(ROCK_RIDGE, sizeof ROCK_RIDGE - 1);
        char entries[28];
        make_ce(entries, wrong[i][0], wrong[i][1], wrong[i][2]);
        add_rock_ridge(ROOT, "K", entries, sizeof entries);
        assert_false(open_path("/kernel"));
        assert_memory_equal(error.message,
                            "Rock Ridge data in sector 20 goes on outside of the disc", 56);
    }
}

static void a_continuation_area_that_runs_off_the_disc_is_named(void **state)
{
    (void)state;
    char entries[28];
    make_ce(entries, DISC_SECTORS - 1, 2040, 100);
    put_area(DISC_SECTORS - 1, 2040, "NM\x20\x01\x00ker", 8);
    add_rock_ridge(ROOT, "K", entries, sizeof entries);
    assert_open_fails("/kernel",
                      "sectors 200 to 200: the disc ends before sector 200, was its image cut?");
}

static void a_system_use_entry_of_a_wrong_length_is_named(void **state)
{
    (void)state;
    static const uint8_t lengths[] = {0, 3, 12, 255};
    for (size_t i = 0; i < sizeof lengths; i++) {
        make_disc(ROCK_RIDGE, sizeof ROCK_RIDGE - 1);
        char entries[11] = "NM\x0b\x01\0kernel";
        entries[2] = (char)lengths[i];
        add_rock_ridge(ROOT, "K", entries, sizeof entries - 1);
        assert_open_fails("/kernel", "damaged Rock Ridge data in sector 20");
    }
}

static void nothing_is_read_after_the_entry_that_ends_system_use(void **state)
{
    (void)state;
    add_rock_ridge(ROOT, "K", "ST\x04\x01NM\x0b\x01\0kernel", 15);
    assert_opens("/k", DATA, 11);
}

/* A symbolic link without a Rock Ridge name: its name is "K". */
static void add_link(const char *components, unsigned length)
{
    char entries[100] = "SL\x00\x01";
    entries[2] = (char)(5 + length);
    memcpy(entries + 5, components, length);
    add_rock_ridge(BOOT, "K", entries, 5 + length);
}

static void a_link_s_component_in_two_parts_is_one_name(void **state)
{
    (void)state;
    add_link("\x01\x03ker\x00\x03nel", 10);
    add_rock_ridge(BOOT, "X", "NM\x0b\x01\0kernel", 11);
    assert_opens("/BOOT/k", DATA, 11);
}

static void a_link_from_the_root_starts_there(void **state)
{
    (void)state;
    add_link("\x08\x00\x00\x04"
             "BOOT\x02\x00\x04\x00\x00\x06target",
             20);
    add_rock_ridge(ROOT, "TARGET", "", 0);
    assert_opens("/BOOT/k", DATA, 11);
}

/* A config may have hundreds of modules that are links, and the arena only a few hundred KiB. */
static void a_link_keeps_no_more_memory_than_the_path_it_makes(void **state)
{
    (void)state;
    add_link("\x00\x06target", 8);
    add_rock_ridge(BOOT, "TARGET", "", 0);
    assert_opens("/BOOT/k", DATA, 11);
    assert_in_range(arena.used, sizeof "/BOOT/target", 64);
}

static void a_broken_link_is_named(void **state)
{
    (void)state;
    add_link("\x00\x30ker", 5);
    assert_open_fails("/BOOT/k", "\"k\" in /BOOT is a damaged symbolic link");
    plain_disc(NULL);
    rock_ridge_disc(NULL);
    add_link("\x20\x00", 2); /* a target on another host */
    assert_open_fails("/BOOT/k", "\"k\" in /BOOT is a damaged symbolic link");
}

static void a_link_with_too_long_a_target_is_named(void **state)
{
    (void)state;
    char entries[28];
    char area[5 * 255 + 28];
    for (unsigned i = 0; i < 5; i++) {
        memcpy(area + 255 * i, "SL\xff\x01\x01\x01\xf8", 7);
        memset(area + 255 * i + 7, 'a', 248);
    }
    make_ce(entries, CONTINUATION, 0, 5 * 255);
    put_area(CONTINUATION, 0, area, 5 * 255);
    add_rock_ridge(BOOT, "K", entries, sizeof entries);
    assert_open_fails("/BOOT/k", "\"k\" in /BOOT is a symbolic link with too long a target");
}

static void a_link_without_a_target_is_its_own_directory(void **state)
{
    (void)state;
    add_link("", 0);
    assert_true(open_path("/BOOT/k"));
    assert_true(walk.file.is_directory);
}

static void a_relocated_directory_outside_of_the_disc_is_named(void **state)
{
    (void)state;
    add_rock_ridge(BOOT, "K", "CL\x0c\x01\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    assert_open_fails("/BOOT/k/x", "sectors 4294967295 to 4294967295: the disc ends before sector "
                                   "200, was its image cut?");
}

static void rock_ridge_numbers_that_differ_in_the_other_byte_order_are_refused(void **state)
{
    (void)state;
    char ce[28];
    for (unsigned field = 4; field < 28; field += 8) {
        for (unsigned at = field; at < field + 8; at++) {
            rock_ridge_disc(NULL);
            make_ce(ce, 50, 0, 100);
            ce[at] = (char)(ce[at] ^ 4);
            add_rock_ridge(BOOT, "K", ce, sizeof ce);
            assert_false(open_path("/boot/k"));
            assert_non_null(strstr(error.message, "damaged: a number in sector 30 is "));
        }
    }
    rock_ridge_disc(NULL);
    add_rock_ridge(BOOT, "K", "CL\x0c\x01\x64\0\0\0\0\0\0\x65", 12);
    assert_open_fails("/boot/K",
                      "damaged: a number in sector 30 is 100 in one byte order and 101 in "
                      "the other");
}

static void assert_list_fails(const char *reason)
{
    struct iso9660_list list;
    assert_true(open_path("/boot"));
    iso9660_list_start(&list, &walk.volume, &walk.file, &arena);
    assert_int_equal(iso9660_list_step(&list, NULL, &error), ISO9660_READ);
    assert_int_equal(iso9660_list_step(&list, disc[list.wanted_lba], &error), ISO9660_FAILED);
    assert_string_equal(error.message, reason);
}

static void a_list_of_names_compares_the_byte_orders_as_well(void **state)
{
    (void)state;
    char ce[28];
    make_ce(ce, CONTINUATION, 0, 100);
    ce[8] ^= 1;
    add_rock_ridge(BOOT, "K", ce, sizeof ce);
    assert_list_fails("damaged Rock Ridge data in sector 30");
    rock_ridge_disc(NULL);
    add_file(BOOT, "K", DATA, 11, 0);
    disc[BOOT][68 + 10] ^= 1;
    assert_list_fails("damaged directory record at byte 68 of sector 30");
}

static void a_relocated_directory_that_is_none_is_named(void **state)
{
    (void)state;
    add_rock_ridge(BOOT, "K", "CL\x0c\x01\x64\0\0\0\0\0\0\x64", 12);
    assert_open_fails("/BOOT/k/x", "damaged directory: sector 100 has no record of itself");
}

#define PLAIN(test)         cmocka_unit_test_setup(test, plain_disc)
#define ON_ROCK_RIDGE(test) cmocka_unit_test_setup(test, rock_ridge_disc)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(a_disc_without_volume_descriptors_is_refused),
        PLAIN(a_wrong_standard_identifier_is_refused),
        PLAIN(a_disc_without_a_primary_descriptor_is_refused),
        PLAIN(endless_volume_descriptors_are_searched_for_a_while_only),
        PLAIN(blocks_of_another_size_are_refused),
        PLAIN(a_record_s_number_that_differs_in_the_other_byte_order_is_refused),
        PLAIN(a_volume_whose_big_endian_numbers_are_all_wrong_is_read),
        PLAIN(a_root_directory_after_the_end_of_the_disc_is_refused),
        PLAIN(a_root_directory_that_wraps_around_is_refused),
        PLAIN(the_primary_descriptor_may_follow_others),
        PLAIN(the_size_of_the_disc_counts_if_it_is_known),
        PLAIN(joliet_is_recognised_by_its_escape_sequences),
        PLAIN(a_joliet_name_of_two_utf_16_units_is_listed_as_it_is_opened),
        PLAIN(a_directory_record_of_an_odd_or_short_length_is_named),
        PLAIN(a_directory_record_that_crosses_its_sector_is_named),
        PLAIN(a_name_longer_than_its_record_is_named),
        PLAIN(a_record_of_length_zero_ends_its_sector_only),
        PLAIN(a_sector_of_zeros_is_no_directory),
        PLAIN(a_directory_without_bytes_is_named),
        PLAIN(a_directory_after_the_end_of_the_disc_is_named),
        PLAIN(a_directory_that_contains_itself_is_walked_as_deep_as_the_path_says),
        PLAIN(associated_files_are_passed_over),
        PLAIN(an_extended_attribute_record_is_passed_over),
        PLAIN(interleaved_files_are_refused),
        PLAIN(versions_and_dots_do_not_make_other_names_match),
        PLAIN(a_file_in_three_extents_has_all_of_them_in_order),
        PLAIN(a_file_of_more_than_4_gib_has_its_whole_size),
        PLAIN(extents_of_a_file_go_on_in_the_directory_s_next_sector),
        PLAIN(extents_stay_together_when_others_take_from_the_arena),
        PLAIN(an_extent_that_ends_inside_a_sector_before_the_last_is_refused),
        PLAIN(a_file_whose_last_extent_is_missing_is_refused),
        PLAIN(a_file_after_the_end_of_the_disc_is_refused),
        PLAIN(an_empty_file_may_lie_anywhere),
        PLAIN(a_full_arena_is_named),
        ON_ROCK_RIDGE(a_record_without_a_rock_ridge_name_keeps_its_plain_one),
        ON_ROCK_RIDGE(system_use_without_rock_ridge_leaves_the_plain_names),
        ON_ROCK_RIDGE(rock_ridge_is_found_after_xa_attributes),
        ON_ROCK_RIDGE(rock_ridge_may_announce_itself_in_a_continuation_area),
        ON_ROCK_RIDGE(a_name_in_parts_over_continuation_areas_is_put_together),
        ON_ROCK_RIDGE(an_entry_that_crosses_a_sector_in_its_continuation_area_is_read),
        ON_ROCK_RIDGE(continuation_areas_in_a_circle_end_with_a_reason),
        ON_ROCK_RIDGE(a_continuation_area_outside_of_the_disc_is_named),
        ON_ROCK_RIDGE(a_continuation_area_that_runs_off_the_disc_is_named),
        ON_ROCK_RIDGE(a_system_use_entry_of_a_wrong_length_is_named),
        ON_ROCK_RIDGE(nothing_is_read_after_the_entry_that_ends_system_use),
        ON_ROCK_RIDGE(a_link_s_component_in_two_parts_is_one_name),
        ON_ROCK_RIDGE(a_link_from_the_root_starts_there),
        ON_ROCK_RIDGE(a_link_keeps_no_more_memory_than_the_path_it_makes),
        ON_ROCK_RIDGE(a_broken_link_is_named),
        ON_ROCK_RIDGE(a_link_with_too_long_a_target_is_named),
        ON_ROCK_RIDGE(a_link_without_a_target_is_its_own_directory),
        ON_ROCK_RIDGE(a_relocated_directory_outside_of_the_disc_is_named),
        ON_ROCK_RIDGE(a_relocated_directory_that_is_none_is_named),
        ON_ROCK_RIDGE(a_list_of_names_compares_the_byte_orders_as_well),
        ON_ROCK_RIDGE(rock_ridge_numbers_that_differ_in_the_other_byte_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
