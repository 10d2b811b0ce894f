// SPDX-License-Identifier: BSD-2-Clause
// Memory maps as firmware gives them, through loader/memory_map.h (ACPI 6.x, 15.1).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/memory_map.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    MIB = 1024 * 1024,
    KIB = 1024,
    MANY = 256, /* as many ranges as stage 2 takes from the firmware */
};

static struct error error;

/* Copies a map to a block of just the size that the interface asks for. */
static struct memory_map map_of(const struct memory_range *ranges, size_t count)
{
    struct memory_map map = {.count = count, .capacity = 2 * count};
    map.ranges = calloc(map.capacity, sizeof *ranges);
    memcpy(map.ranges, ranges, count * sizeof *ranges);
    return map;
}

static void assert_range(const struct memory_range *range, const struct memory_range *expected)
{
    assert_int_equal(range->address, expected->address);
    assert_int_equal(range->length, expected->length);
    assert_int_equal(range->type, expected->type);
}

static void assert_normalised(const struct memory_range *ranges, size_t count,
                              const struct memory_range *expected, size_t expected_count)
{
    struct memory_map map = map_of(ranges, count);
    assert_true(memory_map_normalise(&map, &error));
    assert_int_equal(map.count, expected_count);
    for (size_t i = 0; i < expected_count; i++) {
        assert_range(&map.ranges[i], &expected[i]);
    }
    free(map.ranges);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ASSERT_NORMALISED(ranges, expected)                                                        \
    assert_normalised(ranges, COUNT(ranges), expected, COUNT(expected))

/* ---- Normalising. */

static void the_map_of_a_pc_stays_as_it_is(void **state)
{
    (void)state;
    const struct memory_range pc[] = {
        {0, 0x9fc00, MEMORY_AVAILABLE},
        {0x9fc00, 0x400, MEMORY_RESERVED},
        {0xf0000, 0x10000, MEMORY_RESERVED},
        {MIB, 0x7ee0000, MEMORY_AVAILABLE},
        {0x7fe0000, 0x20000, MEMORY_RESERVED},
        {0xfffc0000, 0x40000, MEMORY_RESERVED},
        {UINT64_C(0xfd00000000), UINT64_C(0x300000000), MEMORY_RESERVED},
    };
    ASSERT_NORMALISED(pc, pc);
}

static void an_empty_map_stays_empty(void **state)
{
    (void)state;
    struct memory_map map = {0};
    assert_true(memory_map_normalise(&map, &error));
    assert_int_equal(map.count, 0);
    assert_int_equal(memory_map_lower_kib(&map), 0);
    assert_int_equal(memory_map_upper_kib(&map), 0);
}

static void ranges_are_sorted_by_address(void **state)
{
    (void)state;
    const struct memory_range disorder[] = {
        {0x3000, 0x800, MEMORY_RESERVED},
        {0x1000, 0x800, MEMORY_AVAILABLE},
        {0x2000, 0x800, MEMORY_ACPI_NVS},
    };
    const struct memory_range order[] = {
        {0x1000, 0x800, MEMORY_AVAILABLE},
        {0x2000, 0x800, MEMORY_ACPI_NVS},
        {0x3000, 0x800, MEMORY_RESERVED},
    };
    ASSERT_NORMALISED(disorder, order);
}

static void ranges_of_length_zero_are_dropped(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0, 0, MEMORY_RESERVED},
        {0x1000, 0x1000, MEMORY_AVAILABLE},
        {0x1800, 0, MEMORY_RESERVED},
        {UINT64_MAX, 0, MEMORY_BAD},
    };
    const struct memory_range expected[] = {{0x1000, 0x1000, MEMORY_AVAILABLE}};
    ASSERT_NORMALISED(ranges, expected);
}

static void neighbours_are_joined_only_if_they_have_one_type(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0x3000, 0x1000, MEMORY_AVAILABLE},
        {0x1000, 0x1000, MEMORY_AVAILABLE},
        {0x2000, 0x1000, MEMORY_AVAILABLE},
        {0x4000, 0x1000, MEMORY_RESERVED},
    };
    const struct memory_range expected[] = {
        {0x1000, 0x3000, MEMORY_AVAILABLE},
        {0x4000, 0x1000, MEMORY_RESERVED},
    };
    ASSERT_NORMALISED(ranges, expected);
}

static void what_is_reserved_is_cut_out_of_what_is_available(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0, 0x10000, MEMORY_AVAILABLE},
        {0x4000, 0x1000, MEMORY_RESERVED},
    };
    const struct memory_range expected[] = {
        {0, 0x4000, MEMORY_AVAILABLE},
        {0x4000, 0x1000, MEMORY_RESERVED},
        {0x5000, 0xb000, MEMORY_AVAILABLE},
    };
    ASSERT_NORMALISED(ranges, expected);
}

static void what_is_available_gives_way_at_either_end(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0x1000, 0x2000, MEMORY_RESERVED},
        {0x2000, 0x4000, MEMORY_AVAILABLE},
        {0x5000, 0x2000, MEMORY_ACPI_RECLAIMABLE},
    };
    const struct memory_range expected[] = {
        {0x1000, 0x2000, MEMORY_RESERVED},
        {0x3000, 0x2000, MEMORY_AVAILABLE},
        {0x5000, 0x2000, MEMORY_ACPI_RECLAIMABLE},
    };
    ASSERT_NORMALISED(ranges, expected);
}

static void of_two_types_at_one_place_the_more_restrictive_one_stays(void **state)
{
    (void)state;
    const uint32_t types[] = {MEMORY_AVAILABLE, MEMORY_ACPI_RECLAIMABLE, MEMORY_ACPI_NVS,
                              MEMORY_RESERVED, MEMORY_BAD};
    for (size_t weak = 0; weak < COUNT(types); weak++) {
        for (size_t strong = weak + 1; strong < COUNT(types); strong++) {
            const struct memory_range either_order[2][2] = {
                {{0x1000, 0x1000, types[weak]}, {0x1000, 0x1000, types[strong]}},
                {{0x1000, 0x1000, types[strong]}, {0x1000, 0x1000, types[weak]}},
            };
            const struct memory_range expected[] = {{0x1000, 0x1000, types[strong]}};
            ASSERT_NORMALISED(either_order[0], expected);
            ASSERT_NORMALISED(either_order[1], expected);
        }
    }
}

static void a_type_that_only_the_firmware_knows_is_never_available(void **state)
{
    (void)state;
    const uint32_t unknown[] = {0, 6, 7, 12, 0xffffffff};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        const struct memory_range ranges[] = {
            {0x1000, 0x1000, unknown[i]},
            {0, 0x4000, MEMORY_AVAILABLE},
        };
        const struct memory_range expected[] = {
            {0, 0x1000, MEMORY_AVAILABLE},
            {0x1000, 0x1000, unknown[i]},
            {0x2000, 0x2000, MEMORY_AVAILABLE},
        };
        ASSERT_NORMALISED(ranges, expected);
    }
}

static void a_range_that_wraps_at_2_to_the_64th_ends_there(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0x1000, 0x1000, MEMORY_AVAILABLE},
        {UINT64_MAX - 0xfff, 0x5000, MEMORY_RESERVED},
        {UINT64_MAX - 0x1fff, UINT64_MAX, MEMORY_AVAILABLE},
    };
    const struct memory_range expected[] = {
        {0x1000, 0x1000, MEMORY_AVAILABLE},
        {UINT64_MAX - 0x1fff, 0x1000, MEMORY_AVAILABLE},
        {UINT64_MAX - 0xfff, 0xfff, MEMORY_RESERVED},
    };
    ASSERT_NORMALISED(ranges, expected);
}

static void a_map_with_all_of_memory_twice_is_resolved(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0, UINT64_MAX, MEMORY_AVAILABLE},
        {0, UINT64_MAX, MEMORY_BAD},
        {0, UINT64_MAX, MEMORY_AVAILABLE},
    };
    const struct memory_range expected[] = {{0, UINT64_MAX, MEMORY_BAD}};
    ASSERT_NORMALISED(ranges, expected);
}

static void two_hundred_and_fifty_six_ranges_upside_down_with_holes_are_put_right(void **state)
{
    (void)state;
    struct memory_range ranges[MANY];
    ranges[0] = (struct memory_range){0, MANY * 0x1000, MEMORY_AVAILABLE};
    for (size_t i = 1; i < MANY; i++) {
        ranges[i] = (struct memory_range){(MANY - i) * 0x1000, 0x800, MEMORY_RESERVED};
    }
    struct memory_map map = map_of(ranges, MANY);
    assert_true(memory_map_normalise(&map, &error));
    assert_int_equal(map.count, 2 * MANY - 1);
    for (size_t i = 0; i < map.count; i++) {
        assert_int_equal(map.ranges[i].type, i % 2 ? MEMORY_RESERVED : MEMORY_AVAILABLE);
        assert_int_equal(map.ranges[i].address, i == 0 ? 0 : (i + 1) * 0x800);
    }
    free(map.ranges);
}

static void a_map_without_the_room_that_it_needs_is_refused(void **state)
{
    (void)state;
    const struct memory_range ranges[] = {
        {0, 0x10000, MEMORY_AVAILABLE},
        {0x4000, 0x1000, MEMORY_RESERVED},
    };
    struct memory_map map = map_of(ranges, COUNT(ranges));
    map.capacity = 2;
    assert_false(memory_map_normalise(&map, &error));
    assert_non_null(strstr(error.message, "too fragmented"));
    free(map.ranges);
}

/* ---- Any map: each byte has the most restrictive of the types that were claimed for it. */

enum { UNITS = 24, RANDOM_MAPS = 60000, RANDOM_RANGES = 9 };

static uint32_t random_state = 0x2badb002;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static unsigned rank(uint32_t type)
{
    static const unsigned ranks[] = {0, 1, 4, 2, 3, 5}; /* by type; 0: nothing there */
    return ranks[type];
}

static uint32_t claimed(const struct memory_range *ranges, size_t count, uint64_t unit)
{
    uint32_t type = 0;
    for (size_t i = 0; i < count; i++) {
        bool inside = unit >= ranges[i].address && unit - ranges[i].address < ranges[i].length;
        if (inside && rank(ranges[i].type) > rank(type)) {
            type = ranges[i].type;
        }
    }
    return type;
}

static void assert_sorted_and_apart(const struct memory_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        assert_true(range->length > 0);
        if (i > 0) {
            const struct memory_range *before = &map->ranges[i - 1];
            uint64_t end = before->address + before->length;
            assert_true(end < range->address ||
                        (end == range->address && before->type != range->type));
        }
    }
}

static void each_byte_of_any_map_gets_its_most_restrictive_type(void **state)
{
    (void)state;
    for (size_t round = 0; round < RANDOM_MAPS; round++) {
        struct memory_range ranges[RANDOM_RANGES];
        size_t count = 1 + random_below(RANDOM_RANGES);
        for (size_t i = 0; i < count; i++) {
            ranges[i] = (struct memory_range){random_below(UNITS), random_below(UNITS),
                                              1 + random_below(MEMORY_BAD)};
        }
        struct memory_map map = map_of(ranges, count);
        assert_true(memory_map_normalise(&map, &error));
        assert_sorted_and_apart(&map);
        for (uint64_t unit = 0; unit < 2 * UNITS; unit++) {
            assert_int_equal(claimed(map.ranges, map.count, unit), claimed(ranges, count, unit));
        }
        free(map.ranges);
    }
}

/* ---- Asking. */

static const struct memory_range pc_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},      {0x9fc00, 0x400, MEMORY_RESERVED},
    {0xf0000, 0x10000, MEMORY_RESERVED}, {MIB, 15 * MIB, MEMORY_AVAILABLE},
    {16 * MIB, MIB, MEMORY_ACPI_NVS},    {UINT64_C(1) << 32, 16 * MIB, MEMORY_AVAILABLE},
};
static const struct memory_map pc_map = {(struct memory_range *)pc_ranges, COUNT(pc_ranges),
                                         COUNT(pc_ranges)};

static void ram_is_available_up_to_its_last_byte_and_no_further(void **state)
{
    (void)state;
    struct memory_range obstacle;
    assert_true(memory_map_available(&pc_map, 0, 0x9fc00, NULL));
    assert_false(memory_map_available(&pc_map, 0, 0x9fc01, NULL));
    assert_true(memory_map_available(&pc_map, 16 * MIB - 1, 1, NULL));
    assert_false(memory_map_available(&pc_map, 16 * MIB - 1, 2, &obstacle));
    assert_int_equal(obstacle.address, 16 * MIB);
    assert_int_equal(obstacle.type, MEMORY_ACPI_NVS);
    assert_false(memory_map_available(&pc_map, 0x9fc00, 1, &obstacle));
    assert_int_equal(obstacle.type, MEMORY_RESERVED);
    assert_true(memory_map_available(&pc_map, UINT64_C(1) << 32, 16 * MIB, NULL));
}

static void where_the_map_has_nothing_there_is_no_ram(void **state)
{
    (void)state;
    struct memory_range obstacle;
    assert_false(memory_map_available(&pc_map, 0xa0000, 1, &obstacle));
    assert_int_equal(obstacle.type, 0);
    assert_int_equal(obstacle.address, 0xa0000);
    assert_false(memory_map_available(&pc_map, (UINT64_C(1) << 32) + MIB, 16 * MIB, &obstacle));
    assert_int_equal(obstacle.type, 0);
    assert_int_equal(obstacle.address, (UINT64_C(1) << 32) + 16 * MIB);
}

static void a_length_that_wraps_is_not_available(void **state)
{
    (void)state;
    assert_false(memory_map_available(&pc_map, 0x1000, UINT64_MAX, NULL));
    assert_false(memory_map_available(&pc_map, 0x1000, UINT64_MAX - 0xfff, NULL));
}

static uint32_t lower_of(uint64_t address, uint64_t length, uint32_t type)
{
    struct memory_range range = {address, length, type};
    struct memory_map map = {&range, 1, 1};
    return memory_map_lower_kib(&map);
}

static uint32_t upper_of(uint64_t address, uint64_t length, uint32_t type)
{
    struct memory_range range = {address, length, type};
    struct memory_map map = {&range, 1, 1};
    return memory_map_upper_kib(&map);
}

static void lower_memory_reaches_from_0_to_the_first_hole_at_most_640_kib(void **state)
{
    (void)state;
    assert_int_equal(memory_map_lower_kib(&pc_map), 639);
    assert_int_equal(lower_of(0, 640 * KIB, MEMORY_AVAILABLE), 640);
    assert_int_equal(lower_of(0, 64 * MIB, MEMORY_AVAILABLE), 640);
    assert_int_equal(lower_of(0, 5 * KIB + 1023, MEMORY_AVAILABLE), 5);
    assert_int_equal(lower_of(0, UINT64_MAX, MEMORY_AVAILABLE), 640);
    assert_int_equal(lower_of(0, 640 * KIB, MEMORY_RESERVED), 0);
    assert_int_equal(lower_of(1, 640 * KIB, MEMORY_AVAILABLE), 0);
}

static void upper_memory_is_the_range_that_contains_1_mib_and_fits_32_bits(void **state)
{
    (void)state;
    assert_int_equal(memory_map_upper_kib(&pc_map), 15 * KIB);
    assert_int_equal(upper_of(0, 3 * MIB, MEMORY_AVAILABLE), 2 * KIB);
    assert_int_equal(upper_of(MIB + 1, 3 * MIB, MEMORY_AVAILABLE), 0);
    assert_int_equal(upper_of(0, MIB, MEMORY_AVAILABLE), 0);
    assert_int_equal(upper_of(MIB, 3 * MIB, MEMORY_ACPI_RECLAIMABLE), 0);
    assert_int_equal(upper_of(MIB, (UINT64_C(1) << 42) - KIB, MEMORY_AVAILABLE), UINT32_MAX);
    assert_int_equal(upper_of(MIB, UINT64_C(1) << 42, MEMORY_AVAILABLE), UINT32_MAX);
    assert_int_equal(upper_of(MIB, UINT64_MAX - MIB, MEMORY_AVAILABLE), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_of_a_pc_stays_as_it_is),
        cmocka_unit_test(an_empty_map_stays_empty),
        cmocka_unit_test(ranges_are_sorted_by_address),
        cmocka_unit_test(ranges_of_length_zero_are_dropped),
        cmocka_unit_test(neighbours_are_joined_only_if_they_have_one_type),
        cmocka_unit_test(what_is_reserved_is_cut_out_of_what_is_available),
        cmocka_unit_test(what_is_available_gives_way_at_either_end),
        cmocka_unit_test(of_two_types_at_one_place_the_more_restrictive_one_stays),
        cmocka_unit_test(a_type_that_only_the_firmware_knows_is_never_available),
        cmocka_unit_test(a_range_that_wraps_at_2_to_the_64th_ends_there),
        cmocka_unit_test(a_map_with_all_of_memory_twice_is_resolved),
        cmocka_unit_test(two_hundred_and_fifty_six_ranges_upside_down_with_holes_are_put_right),
        cmocka_unit_test(a_map_without_the_room_that_it_needs_is_refused),
        cmocka_unit_test(each_byte_of_any_map_gets_its_most_restrictive_type),
        cmocka_unit_test(ram_is_available_up_to_its_last_byte_and_no_further),
        cmocka_unit_test(where_the_map_has_nothing_there_is_no_ram),
        cmocka_unit_test(a_length_that_wraps_is_not_available),
        cmocka_unit_test(lower_memory_reaches_from_0_to_the_first_hole_at_most_640_kib),
        cmocka_unit_test(upper_memory_is_the_range_that_contains_1_mib_and_fits_32_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
