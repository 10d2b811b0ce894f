// SPDX-License-Identifier: BSD-2-Clause
// What a firmware adds to QEMU's SMBIOS structures (SMBIOS 3.x, 5.2, 6.1.2, 7.1).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "boot/bare/tables/smbios_tables.h"
#include "loader/smbios.h"

enum { SYSTEM_BYTES = 27, SYSTEM_STRINGS = 10, END_BYTES = 6, ADDRESS = 0xf5a10 };

static const uint8_t end_marker[END_BYTES] = {127, 4, 0, 0x7f, 0, 0};
static uint8_t memory[512];
static size_t used;

/* After room for type 0: a system (type 1) with two strings. */
static int start(void **state)
{
    (void)state;
    memset(memory, 0, sizeof memory);
    used = SMBIOS_FIRMWARE_BYTES;
    memory[used] = 1;
    memory[used + 1] = SYSTEM_BYTES;
    memcpy(memory + used + SYSTEM_BYTES, "QEMU\0Q35\0", SYSTEM_STRINGS);
    used += SYSTEM_BYTES + SYSTEM_STRINGS;
    return 0;
}

static void add(const void *bytes, size_t size)
{
    memcpy(memory + used, bytes, size);
    used += size;
}

static struct bytes table(void)
{
    return (struct bytes){memory + SMBIOS_FIRMWARE_BYTES, used - SMBIOS_FIRMWARE_BYTES};
}

static void structures_are_counted_to_the_end_marker(void **state)
{
    (void)state;
    struct smbios_structures found;
    add(end_marker, END_BYTES);
    add("garbage", 7);
    assert_true(smbios_measure(table(), &found));
    assert_int_equal(found.count, 2);
    assert_int_equal(found.largest, SYSTEM_BYTES + SYSTEM_STRINGS);
    assert_int_equal(found.size, SYSTEM_BYTES + SYSTEM_STRINGS + END_BYTES);
    assert_false(found.has_firmware_type);
}

static void a_firmware_structure_of_the_user_is_seen(void **state)
{
    (void)state;
    struct smbios_structures found;
    add("\0\4\0\0\0", 6);
    add(end_marker, END_BYTES);
    assert_true(smbios_measure(table(), &found));
    assert_int_equal(found.count, 3);
    assert_true(found.has_firmware_type);
}

static void structures_that_do_not_end_are_refused(void **state)
{
    (void)state;
    struct smbios_structures found;
    assert_false(smbios_measure(table(), &found)); /* no end marker */
    add(end_marker, END_BYTES);
    for (size_t cut = 1; cut <= table().size; cut++) {
        assert_false(smbios_measure((struct bytes){table().data, table().size - cut}, &found));
    }
    assert_true(smbios_measure(table(), &found));
    memory[SMBIOS_FIRMWARE_BYTES + 1] = 3; /* shorter than its header */
    assert_false(smbios_measure(table(), &found));
}

static void the_firmware_names_itself(void **state)
{
    (void)state;
    struct smbios_structures found, again;
    add(end_marker, END_BYTES);
    assert_true(smbios_measure(table(), &found));
    uint8_t *first = smbios_add_firmware(memory + SMBIOS_FIRMWARE_BYTES, &found);
    assert_true(first >= memory);
    assert_int_equal(first[0], 0);
    assert_int_equal(first[1], 24);
    assert_string_equal((char *)first + 24, "Whelk");
    assert_string_equal((char *)first + 30, WHELK_VERSION);
    assert_true(smbios_measure((struct bytes){first, (size_t)(memory + used - first)}, &again));
    assert_int_equal(again.count, 3);
    assert_memory_equal(&again, &found, sizeof found);
}

static void the_32_bit_entry_point_leads_to_the_structures(void **state)
{
    (void)state;
    _Alignas(16) uint8_t entry[32] = "_SM_";
    const struct smbios_structures structures = {376, 9, 75, true};
    entry[5] = 31;
    entry[6] = 2;
    entry[7] = 8;
    memcpy(entry + 16, "_DMI_", 5);
    assert_true(smbios_complete_entry(entry, 31, &structures, ADDRESS));
    struct smbios found = smbios_find((struct bytes){entry, 31});
    assert_int_equal((uintptr_t)found.table.data, ADDRESS);
    assert_int_equal(found.table.size, 376);
    assert_int_equal(load16(entry + 8), 75);
    assert_int_equal(load16(entry + 28), 9);
    assert_true(sums_to_zero(entry + 16, 15));
}

static void the_64_bit_entry_point_leads_to_the_structures(void **state)
{
    (void)state;
    _Alignas(16) uint8_t entry[32] = "_SM3_";
    const struct smbios_structures structures = {0x12345, 9, 75, true};
    entry[6] = 24;
    entry[7] = 3;
    assert_true(smbios_complete_entry(entry, 24, &structures, ADDRESS));
    struct smbios found = smbios_find((struct bytes){entry, sizeof entry});
    assert_int_equal((uintptr_t)found.table.data, ADDRESS);
    assert_int_equal(found.table.size, 0x12345);
    entry[23] = 1; /* from a file, the upper half may hold anything */
    assert_true(smbios_complete_entry(entry, 24, &structures, ADDRESS));
    assert_int_equal(load64(entry + 16), ADDRESS);
}

static void what_is_no_entry_point_is_refused(void **state)
{
    (void)state;
    uint8_t entry[32] = "_SM_";
    const struct smbios_structures small = {376, 9, 75, true}, large = {0x10000, 9, 75, true};
    assert_false(smbios_complete_entry(entry, 24, &small, ADDRESS));
    assert_false(smbios_complete_entry(entry, 31, &large, ADDRESS));
    assert_false(smbios_complete_entry(entry, 0, &small, ADDRESS));
    assert_true(smbios_complete_entry(entry, 31, &small, ADDRESS));
    entry[0] = 'x';
    assert_false(smbios_complete_entry(entry, 31, &small, ADDRESS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(structures_are_counted_to_the_end_marker, start),
        cmocka_unit_test_setup(a_firmware_structure_of_the_user_is_seen, start),
        cmocka_unit_test_setup(structures_that_do_not_end_are_refused, start),
        cmocka_unit_test_setup(the_firmware_names_itself, start),
        cmocka_unit_test_setup(the_32_bit_entry_point_leads_to_the_structures, start),
        cmocka_unit_test_setup(the_64_bit_entry_point_leads_to_the_structures, start),
        cmocka_unit_test_setup(what_is_no_entry_point_is_refused, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
