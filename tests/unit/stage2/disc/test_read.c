// SPDX-License-Identifier: BSD-2-Clause
// Tests the reads of the disc and their cache with a driver and a firmware that the test stands
// for: who reads what, and that no failure is lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/disc/cache.h"
#include "stage2/disc/native_disc.h"
#include "stage2/disc/patience.h"
#include "stage2/disc/read.h"
#include "stage2/disc/staging.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { SECTOR = ISO9660_SECTOR_SIZE, STAGING_BYTES = 1024 * 1024, NO_SECTOR = -1 };

static int64_t unreadable_lba;
static bool driver_reads;
static uint32_t driver_sectors, firmware_sectors;
static uint8_t memory[3 * SECTOR];
static struct error error;

/* Each sector is filled with its number. */
static bool read_sectors(uint32_t lba, uint32_t count, uint8_t *buffer)
{
    for (uint32_t i = 0; i < count; i++) {
        if (lba + i == unreadable_lba) {
            return false;
        }
        memset(buffer + (size_t)i * SECTOR, (int)(lba + i), SECTOR);
    }
    return true;
}

static struct {
    uint32_t lba, length;
    uint8_t *buffer;
} started;

bool native_disc_start(uint32_t lba, uint32_t length, void *buffer)
{
    started.lba = lba;
    started.length = length;
    started.buffer = buffer;
    return driver_reads;
}

bool native_disc_wait(uint32_t lba)
{
    uint32_t count = (started.length + SECTOR - 1) / SECTOR;
    uint8_t *sectors = malloc((size_t)count * SECTOR);
    assert_non_null(sectors);
    assert_int_equal(lba, started.lba);
    driver_reads = read_sectors(lba, count, sectors);
    memcpy(started.buffer, sectors, started.length);
    free(sectors);
    return driver_reads;
}

bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    driver_sectors += driver_reads ? count : 0;
    return driver_reads && read_sectors(lba, count, buffer);
}

bool native_disc_is_open(void)
{
    return driver_reads;
}

void native_disc_close(void) {}

bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *reason)
{
    firmware_sectors += count;
    return read_sectors(lba, count, buffer) || (fail)(reason, "sector %u cannot be read", lba);
}

static bool is_reading;

void patience_start(uint32_t lba)
{
    (void)lba;
    is_reading = true;
}

void patience_end(void)
{
    is_reading = false;
}

static int start(void **state)
{
    static uint8_t room[STAGING_BYTES];
    (void)state;
    staging_start((struct memory_range){(uintptr_t)room, STAGING_BYTES, MEMORY_AVAILABLE});
    assert_true(disc_cache_allocate(&error));
    disc_cache_set_end(1000);
    unreadable_lba = NO_SECTOR;
    driver_reads = true;
    driver_sectors = firmware_sectors = 0;
    memset(memory, 0, sizeof memory);
    return disc_wait(&error) ? 0 : 1;
}

static void the_bytes_of_a_read_are_there_after_the_wait(void **state)
{
    (void)state;
    assert_true(disc_start_read(100, SECTOR + 5, memory, &error));
    assert_int_not_equal(disc_reading_lba(), 0);
    assert_true(is_reading);
    assert_true(disc_wait(&error));
    assert_false(is_reading);
    assert_int_equal(disc_reading_lba(), 0);
    assert_int_equal(memory[SECTOR - 1], 100);
    assert_int_equal(memory[SECTOR + 4], 101);
    assert_int_equal(memory[SECTOR + 5], 0);
}

static void what_the_driver_cannot_read_the_firmware_reads_to_its_last_byte(void **state)
{
    (void)state;
    driver_reads = false;
    assert_true(disc_start_read(100, SECTOR + 5, memory, &error));
    assert_int_equal(disc_reading_lba(), 0);
    assert_int_equal(firmware_sectors, 2);
    assert_int_equal(memory[SECTOR - 1], 100);
    assert_int_equal(memory[SECTOR + 4], 101);
    assert_int_equal(memory[SECTOR + 5], 0);
}

static void a_failure_of_what_is_under_way_fails_what_waits_for_it(void **state)
{
    (void)state;
    unreadable_lba = 100;
    assert_true(disc_start_read(100, 2 * SECTOR, memory, &error));
    assert_false(disc_start_read(200, SECTOR, memory + 2 * SECTOR, &error));
    assert_true(disc_wait_has_failed());
    assert_string_equal(error.message, "sector 100 cannot be read");
}

static void a_failure_of_what_is_under_way_fails_a_cached_read_too(void **state)
{
    (void)state;
    unreadable_lba = 100;
    assert_true(disc_start_read(100, 2 * SECTOR, memory, &error));
    assert_null(disc_cache_sector(300, &error));
    assert_true(disc_wait_has_failed());
    assert_string_equal(error.message, "sector 100 cannot be read");
}

static void a_sector_before_one_that_cannot_be_read_is_read_alone(void **state)
{
    (void)state;
    unreadable_lba = 401;
    const uint8_t *sector = disc_cache_sector(400, &error);
    assert_non_null(sector);
    assert_int_equal(sector[0], 400 % 256);
    assert_null(disc_cache_sector(401, &error));
    assert_false(disc_wait_has_failed());
}

static void sectors_that_came_with_the_loader_count_until_the_firmware_reads(void **state)
{
    static uint8_t preloaded[2 * SECTOR];
    (void)state;
    memset(preloaded, 7, sizeof preloaded);
    disc_cache_add(15, 2, preloaded);
    assert_true(disc_preloaded_is_intact()); /* the first test, so that nothing was read yet */
    assert_true(disc_cache_has(16));
    assert_int_equal(disc_cache_sector(16, &error)[0], 7);
    driver_reads = false;
    assert_true(disc_read(50, 1, memory, &error));
    assert_false(disc_preloaded_is_intact());
    assert_false(disc_cache_has(16));
    assert_int_equal(disc_cache_sector(16, &error)[0], 16);
}

static void memory_that_is_loaded_to_holds_no_window(void **state)
{
    (void)state;
    const uint8_t *window = disc_cache_sector(500, &error);
    assert_non_null(window);
    disc_cache_evict((uint32_t)(uintptr_t)window + 5, 1);
    assert_false(disc_cache_has(500));
    const uint8_t *sector = disc_cache_sector(500, &error);
    assert_non_null(sector);
    assert_ptr_not_equal(sector, window);
    assert_int_equal(sector[0], 500 % 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sectors_that_came_with_the_loader_count_until_the_firmware_reads,
                               start),
        cmocka_unit_test_setup(the_bytes_of_a_read_are_there_after_the_wait, start),
        cmocka_unit_test_setup(what_the_driver_cannot_read_the_firmware_reads_to_its_last_byte,
                               start),
        cmocka_unit_test_setup(a_failure_of_what_is_under_way_fails_what_waits_for_it, start),
        cmocka_unit_test_setup(a_failure_of_what_is_under_way_fails_a_cached_read_too, start),
        cmocka_unit_test_setup(a_sector_before_one_that_cannot_be_read_is_read_alone, start),
        cmocka_unit_test_setup(memory_that_is_loaded_to_holds_no_window, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
