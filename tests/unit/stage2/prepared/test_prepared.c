// SPDX-License-Identifier: BSD-2-Clause
// Tests how the loader reads the block that the tool has prepared, whole and broken.
// test_prepared_plan.c tests the plan in it, tests/boot/test_prepared.py what the tool writes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/prepared/prepared.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { KERNEL, MODULE, FILES, TEXTS = 512, ARENA_BYTES = 4096 };

static union prepared_block block;
static struct config_boot prepared;
static const struct config_boot *const boot = &prepared;
static uint8_t memory[ARENA_BYTES];
static struct arena arena;

/* Puts a text after those that are there. */
static uint16_t put(const char *text)
{
    static size_t at;
    at = block.bytes[TEXTS] == 0 ? TEXTS : at;
    strcpy((char *)block.bytes + at, text);
    at += strlen(text) + 1;
    return (uint16_t)(at - strlen(text) - 1);
}

static int start(void **state)
{
    (void)state;
    memset(&block, 0, sizeof block);
    block.prepared.magic = PREPARED_MAGIC;
    block.prepared.protocol = CONFIG_MULTIBOOT2;
    block.prepared.file_count = FILES;
    struct prepared_file *files = prepared_files(&block);
    files[KERNEL] = (struct prepared_file){{100, 5000}, 3, 0, put("/k"), put("a b")};
    files[MODULE] =
        (struct prepared_file){{103, 0}, 4, PREPARED_KEEPS_COMPRESSED, put("/m"), put("")};
    arena = (struct arena){.base = memory, .size = sizeof memory};
    return 0;
}

/* Whether the loader accepts the block with the sum that it should have. */
static bool is_present(void)
{
    block.prepared.block_sum = prepared_sum(&block);
    return prepared_is_present(&block);
}

static void the_boot_of_a_block_is_read(void **state)
{
    (void)state;
    block.prepared.timing = put("1");
    assert_true(is_present());
    assert_true(prepared_read(&block, "g.cfg", &prepared, &arena));
    assert_int_equal(boot->action, CONFIG_ACTION_BOOT);
    assert_int_equal(boot->protocol, CONFIG_MULTIBOOT2);
    assert_string_equal(boot->kernel.path, "/k");
    assert_string_equal(boot->kernel.arguments, "a b");
    assert_string_equal(boot->kernel.config, "g.cfg");
    assert_int_equal(boot->kernel.line, 3);
    assert_int_equal(boot->kernel.on_disc->size, 5000);
    assert_int_equal(boot->kernel.on_disc->extents[0].lba, 100);
    assert_int_equal(boot->kernel.on_disc->extents[0].length_bytes, 5000);
    assert_int_equal(boot->module_count, 1);
    assert_string_equal(boot->modules[0].path, "/m");
    assert_string_equal(boot->modules[0].arguments, "");
    assert_int_equal(boot->modules[0].on_disc->extent_count, 0);
    assert_true(!boot->kernel.keep_compressed && boot->modules[0].keep_compressed);
    assert_string_equal(boot->timing, "1");
    assert_null(boot->gfxpayload);
    assert_false(boot->ignore_address_fields || boot->modules_after_kernel);
}

static void the_quirks_are_those_of_the_config(void **state)
{
    (void)state;
    block.prepared.flags = PREPARED_IGNORES_ADDRESS_FIELDS;
    assert_true(prepared_read(&block, "g.cfg", &prepared, &arena));
    assert_true(boot->ignore_address_fields && !boot->modules_after_kernel);
    block.prepared.flags = PREPARED_MODULES_AFTER_KERNEL;
    assert_true(prepared_read(&block, "g.cfg", &prepared, &arena));
    assert_true(!boot->ignore_address_fields && boot->modules_after_kernel);
}

static void a_block_whose_plan_exceeds_it_is_not_accepted(void **state)
{
    (void)state;
    block.prepared.piece_count = 200;
    assert_false(is_present());
    block.prepared.piece_count = 1;
    assert_true(is_present());
    size_t room = (size_t)(block.bytes + sizeof block - prepared_information(&block));
    block.prepared.information_bytes = (uint16_t)(room - 1);
    assert_true(is_present());
    block.prepared.information_bytes = (uint16_t)room;
    assert_false(is_present());
    block.prepared.information_bytes = UINT16_MAX;
    assert_false(is_present());
}

static void a_block_without_a_plan_gives_none(void **state)
{
    (void)state;
    struct memory_range ram = {0, 64 << 20, MEMORY_AVAILABLE};
    const struct memory_map map = {&ram, 1, 1};
    struct plan plan;
    block.prepared.protocol = CONFIG_MULTIBOOT1;
    block.prepared.end = 2 << 20;
    assert_false(prepared_plan(&block, &map, &plan, &arena));
    block.prepared.piece_count = 1;
    prepared_pieces(&block)->address = PLAN_MODULES_LOWEST;
    assert_true(prepared_plan(&block, &map, &plan, &arena));
    block.prepared.protocol = CONFIG_MULTIBOOT2; /* only Multiboot 1 and PVH have plans */
    assert_false(prepared_plan(&block, &map, &plan, &arena));
}

static void a_start_info_has_room_for_a_usual_memory_map(void **state)
{
    (void)state;
    struct memory_range ram = {0, 64 << 20, MEMORY_AVAILABLE};
    const struct memory_map map = {&ram, 1, 1};
    struct plan plan;
    block.prepared.protocol = CONFIG_PVH;
    block.prepared.end = 2 << 20;
    block.prepared.piece_count = 1;
    prepared_pieces(&block)->address = PLAN_MODULES_LOWEST;
    block.prepared.information_bytes = PVH_LEAST_BYTES - 1;
    assert_false(prepared_plan(&block, &map, &plan, &arena));
    block.prepared.information_bytes = PVH_LEAST_BYTES;
    assert_true(prepared_plan(&block, &map, &plan, &arena));
    assert_int_equal(plan.protocol, CONFIG_PVH);
    assert_int_equal(plan.placement.pieces[0].length, PVH_LEAST_BYTES);
}

static void a_broken_block_is_not_accepted(void **state)
{
    (void)state;
    block.bytes[0] ^= 1;
    assert_false(is_present());
    block.bytes[0] ^= 1;
    block.prepared.file_count = 0;
    assert_false(is_present());
    block.prepared.file_count = 200;
    assert_false(is_present());
    block.prepared.file_count = FILES;
    block.prepared.range_count = 255;
    assert_false(is_present());
    block.prepared.range_count = 0;
    block.prepared.protocol = 0;
    assert_false(is_present());
    block.prepared.protocol = CONFIG_PVH + 1;
    assert_false(is_present());
    block.prepared.protocol = CONFIG_PVH;
    block.bytes[sizeof block - 1] = 'x';
    assert_false(is_present());
    block.bytes[sizeof block - 1] = 0;
    assert_true(is_present());
}

static void a_full_arena_gives_no_boot(void **state)
{
    (void)state;
    arena.size = 64;
    assert_false(prepared_read(&block, "g.cfg", &prepared, &arena));
}

static void each_byte_of_a_block_but_the_sum_itself_changes_its_sum(void **state)
{
    (void)state;
    enum { SUM_START = offsetof(struct prepared, block_sum), SUM_BYTES = sizeof(struct sum) };
    const struct sum before = prepared_sum(&block);
    for (size_t i = 0; i < sizeof block; i++) {
        bool is_sum = i - SUM_START < SUM_BYTES;
        block.bytes[i] ^= 0x80;
        const struct sum after = prepared_sum(&block);
        assert_int_equal(sum_equals(&after, &before), is_sum);
        block.bytes[i] ^= 0x80;
    }
}

static void a_block_with_one_or_two_changed_bits_is_not_accepted(void **state)
{
    (void)state;
    assert_true(is_present());
    for (size_t i = 0; i < sizeof block; i++) {
        block.bytes[i] ^= 0x80;
        assert_false(prepared_is_present(&block));
        for (size_t j = i + 4; j < sizeof block; j += 52) { /* among them bit 31 of two words */
            block.bytes[j] ^= 0x80;
            assert_false(prepared_is_present(&block));
            block.bytes[j] ^= 0x80;
        }
        block.bytes[i] ^= 0x80;
    }
    assert_true(prepared_is_present(&block));
}

static void a_block_that_depends_on_more_blocks_than_the_tool_lists_is_not_accepted(void **state)
{
    (void)state;
    block.prepared.block_count = PREPARED_MOST_BLOCKS;
    assert_true(is_present());
    block.prepared.block_count++;
    assert_false(is_present());
    block.prepared.block_count = UINT32_MAX;
    assert_false(is_present());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_boot_of_a_block_is_read, start),
        cmocka_unit_test_setup(the_quirks_are_those_of_the_config, start),
        cmocka_unit_test_setup(a_block_whose_plan_exceeds_it_is_not_accepted, start),
        cmocka_unit_test_setup(a_block_without_a_plan_gives_none, start),
        cmocka_unit_test_setup(a_start_info_has_room_for_a_usual_memory_map, start),
        cmocka_unit_test_setup(a_broken_block_is_not_accepted, start),
        cmocka_unit_test_setup(a_full_arena_gives_no_boot, start),
        cmocka_unit_test_setup(each_byte_of_a_block_but_the_sum_itself_changes_its_sum, start),
        cmocka_unit_test_setup(a_block_with_one_or_two_changed_bits_is_not_accepted, start),
        cmocka_unit_test_setup(
            a_block_that_depends_on_more_blocks_than_the_tool_lists_is_not_accepted, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
