// SPDX-License-Identifier: BSD-2-Clause
// Tests the plan that the tool prepares (stage2/prepared/prepared.h): on any memory map it is
// either refused or equal to the plan that plan_boot() makes there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include "stage2/prepared/prepared.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
    ARENA_BYTES = 256 * 1024,
    MOST_MODULES = 3,
    MOST_RANGES = 8,
    MAPS = 20000,
    TEXTS = 1600, /* bytes of texts in the block */
    SECTION_STRINGS = 3,
};

/* ---- The files: the kernel, and modules of zeros. */

static struct built_elf kernel;
static const uint32_t *module_sizes;

bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error)
{
    (void)compression;
    (void)arena;
    (void)error;
    *file = (struct file){.path = path};
    file->size = path[1] == 'k' ? kernel.size : module_sizes[path[1] - '1'];
    return true;
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    (void)error;
    assert_int_equal(file->path[1], 'k');
    memcpy(buffer, kernel.data + offset, length);
    return true;
}

/* ---- A boot, as config and as block. */

static const char *const paths[] = {"/k", "/1", "/2", "/3"};
static struct config_file module_files[MOST_MODULES];
static struct config_boot boot;
static union prepared_block block;
static const uint32_t no_modules[1];

static void build_kernel(uint32_t entry)
{
    elf_build(&kernel, false, entry);
    elf_put_multiboot1(&kernel, MULTIBOOT1_PAGE_ALIGN | MULTIBOOT1_MEMORY_INFO);
}

static void build_boot(const uint32_t *sizes, size_t count)
{
    module_sizes = sizes;
    boot = (struct config_boot){
        .protocol = CONFIG_MULTIBOOT1,
        .kernel = {.path = paths[0], .arguments = "a b", .config = "g.cfg", .line = 1},
        .modules = module_files,
        .module_count = count,
    };
    memset(&block, 0, sizeof block);
    block.prepared.magic = PREPARED_MAGIC;
    block.prepared.protocol = CONFIG_MULTIBOOT1;
    block.prepared.file_count = (uint8_t)(1 + count);
    struct prepared_file *files = prepared_files(&block);
    for (size_t i = 0; i <= count; i++) {
        uint16_t text = (uint16_t)(TEXTS + 8 * i);
        memcpy(block.bytes + text, paths[i], strlen(paths[i]));
        memcpy(block.bytes + text + 4, i == 0 ? "a b" : "m", i == 0 ? 3 : 1);
        files[i] =
            (struct prepared_file){.extent = {100, i == 0 ? (uint32_t)kernel.size : sizes[i - 1]},
                                   .path = text,
                                   .arguments = (uint16_t)(text + 4)};
        if (i > 0) {
            module_files[i - 1] =
                (struct config_file){.path = paths[i], .arguments = "m", .config = "g.cfg"};
        }
    }
}

static uint8_t memory[ARENA_BYTES];
static struct plan planned; /* the plan by plan_boot() */

static bool plan_on(const struct memory_map *map)
{
    struct arena arena = {memory, ARENA_BYTES, 0};
    struct error error;
    const struct plan_environment environment = {
        .config_name = "g.cfg", .map = map, .overlay = plan_overlay_linked};
    return plan_boot(&planned, &boot, &environment, &arena, &error);
}

/* ---- Memory */

static struct memory_range ranges[2 * MOST_RANGES];
static struct memory_map map;

static void set_map(const struct memory_range *wanted, size_t count)
{
    struct error error;
    memcpy(ranges, wanted, count * sizeof *wanted);
    map = (struct memory_map){ranges, count, 2 * MOST_RANGES};
    assert_true(memory_map_normalise(&map, &error));
}

static const struct memory_range pc[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0xf0000, 0x10000, MEMORY_RESERVED},
    {MIB, 511 * MIB, MEMORY_AVAILABLE},
};

static bool prepare(void)
{
    set_map(pc, sizeof pc / sizeof pc[0]);
    assert_true(plan_on(&map));
    return prepared_write_plan(&block, &planned);
}

/* Chooses an address near the start or end of a piece, or near a limit of a PC's memory. */
static uint64_t any_edge(void)
{
    static const uint32_t edges[] = {0, 0x1000, 0x10000, 0x12000, 0x9fc00, 0xa0000, MIB, 64 * MIB};
    static const int shifts[] = {0, 0, 0, -1, 1, -4096, 4096};
    size_t pick = (size_t)rand() % (8 + 2 * planned.placement.count);
    uint64_t edge;
    if (pick < 8) {
        edge = edges[pick];
    } else {
        const struct piece *piece = &planned.placement.pieces[(pick - 8) / 2];
        edge = piece->address + (pick % 2 ? piece->length + (uint64_t)piece->zero_length : 0);
    }
    int shift = shifts[rand() % 7];
    return shift < 0 && edge < (uint64_t)-shift ? 0 : edge + (uint64_t)shift;
}

/* Makes a memory map: a PC's with a few more ranges, or such ranges only. */
static void any_map(void)
{
    struct memory_range any[MOST_RANGES];
    size_t count = rand() % 4 != 0 ? sizeof pc / sizeof pc[0] : 0;
    memcpy(any, pc, count * sizeof pc[0]);
    for (size_t more = 1 + (size_t)rand() % 3; more > 0; more--) {
        uint64_t from = any_edge(), to = any_edge();
        uint32_t type = count < 2 || rand() % 3 == 0 ? MEMORY_AVAILABLE : (uint32_t)rand() % 6;
        any[count] =
            (struct memory_range){from < to ? from : to, from < to ? to - from : from - to, type};
        count++;
    }
    set_map(any, count);
}

/* ---- The same plan */

static struct plan read; /* the plan by prepared_plan() */

static bool read_on(const struct memory_map *on)
{
    static uint8_t read_memory[ARENA_BYTES];
    struct arena arena = {read_memory, ARENA_BYTES, 0};
    return prepared_plan(&block, on, &read, &arena);
}

static void assert_same_piece(const struct piece *wanted, const struct piece *is)
{
    assert_int_equal(wanted->address, is->address);
    assert_int_equal(wanted->load_address, is->load_address);
    assert_int_equal(wanted->length, is->length);
    assert_int_equal(wanted->zero_length, is->zero_length);
    assert_int_equal(wanted->file_offset, is->file_offset);
    assert_string_equal(wanted->file->path, is->file->path);
    assert_int_equal(wanted->file->size, is->file->size);
    assert_int_equal(is->file->on_disc.extents->length_bytes, is->file->size);
    assert_null(is->file->contents);
}

/* Compares the pieces in order; only the information comes first in the block's plan. */
static void assert_same_pieces(void)
{
    const struct piece *is = read.placement.pieces + 1;
    assert_int_equal(planned.placement.count, read.placement.count);
    assert_int_equal(read.information_piece, 0);
    for (size_t i = 0; i < planned.placement.count; i++) {
        const struct piece *wanted = &planned.placement.pieces[i];
        if (i == planned.information_piece) {
            assert_int_equal(wanted->address, read.placement.pieces[0].address);
            assert_int_equal(wanted->load_address, read.placement.pieces[0].load_address);
            assert_int_equal(wanted->length, read.placement.pieces[0].length);
            assert_null(read.placement.pieces[0].file);
        } else {
            assert_same_piece(wanted, is++);
        }
    }
}

static void assert_same_start_info(void)
{
    static uint8_t wanted[8 * KIB], is[8 * KIB];
    uint64_t length = pvh_information_size(&planned.information);
    struct bytes ready = read.ready_information;
    assert_int_equal(planned.information_address, read.information_address);
    assert_int_equal(length, ready.size);
    assert_true(length <= sizeof is);
    memset(wanted, 0, sizeof wanted);
    memset(is, 0, sizeof is);
    pvh_write_boot(&planned.information, wanted, planned.information_address);
    pvh_write_machine(&planned.information, wanted, planned.information_address);
    memcpy(is, ready.data, ready.size);
    pvh_write_machine(&read.information, is, read.information_address);
    assert_memory_equal(wanted, is, length);
}

static void assert_same_information(void)
{
    static uint8_t wanted[8 * KIB], is[8 * KIB];
    if (planned.protocol == CONFIG_PVH) {
        assert_same_start_info();
        return;
    }
    uint64_t length = multiboot1_information_size(&planned.information);
    struct bytes ready = read.ready_information;
    assert_int_equal(planned.information_address, read.information_address);
    assert_int_equal(length, ready.size + MULTIBOOT1_MACHINE_BYTES);
    assert_true(length <= sizeof is);
    memset(wanted, 0, sizeof wanted);
    memset(is, 0, sizeof is);
    multiboot1_write_information(&planned.information, wanted, planned.information_address);
    memcpy(is, ready.data, ready.size);
    multiboot1_write_machine(&read.information, (uint32_t)ready.size, is, read.information_address);
    assert_memory_equal(wanted, is, length);
}

static void assert_same_plan(void)
{
    plan_longest_first(&planned);
    assert_same_pieces();
    assert_same_information();
    assert_int_equal(planned.entry, read.entry);
    assert_int_equal(planned.protocol, read.protocol);
    assert_false(planned.video.is_made || read.video.is_made);
    assert_false(planned.modules_in_memory || read.modules_in_memory);
    for (size_t i = 0; i < planned.placement.count; i++) {
        const struct piece *piece = &planned.placement.pieces[i];
        assert_true(i == planned.information_piece ||
                    piece->address + (uint64_t)piece->length + piece->zero_length <=
                        block.prepared.end);
    }
}

static void assert_same_or_refused_everywhere(void)
{
    size_t same = 0;
    assert_true(prepare());
    assert_true(read_on(&map));
    assert_same_plan();
    srand(1);
    for (size_t i = 0; i < MAPS; i++) {
        any_map();
        if (!read_on(&map)) {
            continue;
        }
        assert_true(plan_on(&map));
        assert_same_plan();
        same++;
    }
    assert_true(same > MAPS / 50 && same < MAPS / 2);
}

static void a_kernel_at_1_mib_with_modules_gets_the_same_plan(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5, 0, 123 * KIB};
    build_kernel(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x2345);
    elf_add_segment(&kernel, 0x1800, 2 * MIB, 2 * MIB, 0x10, 0x10);
    build_boot(sizes, 3);
    assert_same_or_refused_everywhere();
}

static void a_boot_with_an_empty_last_module_gets_the_same_plan(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {4096, 0};
    build_kernel(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x1000);
    build_boot(sizes, 2);
    assert_same_or_refused_everywhere();
}

static void sections_in_the_gap_below_the_kernel_get_the_same_plan(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {70 * KIB};
    build_kernel(MIB + 0x3000);
    elf_add_segment(&kernel, 0x1000, MIB + 0x3000, MIB + 0x3000, 0x800, 0x1000);
    elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
    elf_add_section(&kernel, 1, 0, 0, 0x1800, 0x300, 16);
    elf_add_section(&kernel, 1, 0, 0, 0x1400, 0x3ff, 4096);
    elf_add_section(&kernel, SECTION_STRINGS, 0, 0, 0x1b00, 0x21, 1);
    elf_put(&kernel, E_SHSTRNDX, 3);
    build_boot(sizes, 1);
    assert_same_or_refused_everywhere();
    assert_int_equal(planned.information.sections.num, 4);
}

static void build_pvh_kernel(void)
{
    static const uint8_t note[] = {4, 0, 0,   0,   4,   0, 0, 0, 18, 0,
                                   0, 0, 'X', 'e', 'n', 0, 0, 0, 16, 0};
    elf_build(&kernel, false, 0);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x2345);
    elf_add_segment(&kernel, 0x1c00, 0, 0, sizeof note, sizeof note);
    elf_put_segment_type(&kernel, 4);
    memcpy(kernel.data + 0x1c00, note, sizeof note);
}

static void a_kernel_with_a_pvh_entry_gets_the_same_plan(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5, 0, 123 * KIB};
    build_pvh_kernel();
    build_boot(sizes, 3);
    boot.protocol = CONFIG_PVH;
    block.prepared.protocol = CONFIG_PVH;
    assert_same_or_refused_everywhere();
    assert_int_equal(read.protocol, CONFIG_PVH);
}

static void nothing_is_prepared_for_a_kernel_that_pvh_starts_instead_of_multiboot(void **state)
{
    (void)state;
    build_pvh_kernel();
    build_boot(no_modules, 0);
    assert_false(prepare());
    assert_non_null(planned.note);
}

static void nothing_is_prepared_for_a_kernel_with_a_piece_in_low_memory(void **state)
{
    (void)state;
    build_kernel(0x8000);
    elf_add_segment(&kernel, 0x1000, 0x8000, 0x8000, 0x800, 0x8000);
    elf_add_segment(&kernel, 0x1800, 0x300000, 0x300000, 0x10, 0x10);
    build_boot(no_modules, 0);
    assert_false(prepare());
}

static void nothing_is_prepared_for_a_kernel_that_wants_graphics(void **state)
{
    (void)state;
    build_kernel(MIB);
    elf_put_multiboot1(&kernel, MULTIBOOT1_VIDEO_MODE);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x1000);
    build_boot(no_modules, 0);
    assert_false(prepare());
}

static void the_longest_piece_is_the_first_one_and_the_others_keep_their_order(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5, 123 * KIB, 70 * KIB};
    build_kernel(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x2345);
    build_boot(sizes, 3);
    assert_true(prepare());
    assert_true(read_on(&map));
    const struct piece *pieces = read.placement.pieces;
    assert_int_equal(read.placement.count, 5);
    assert_string_equal(pieces[1].file->path, "/2");
    assert_string_equal(pieces[2].file->path, "/k");
    assert_string_equal(pieces[3].file->path, "/1");
    assert_string_equal(pieces[4].file->path, "/3");
}

static void only_a_piece_inside_a_file_and_inside_the_memory_of_the_block_is_planned(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5000};
    build_kernel(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x800);
    build_boot(sizes, 1);
    assert_true(prepare());
    struct prepared_piece *piece = prepared_pieces(&block); /* the module, as it is longer */
    struct prepared_piece module = *piece;
    piece->file = 2;
    assert_false(read_on(&map));
    piece->file = UINT32_MAX;
    assert_false(read_on(&map));
    *piece = module;
    piece->length++;
    assert_false(read_on(&map));
    *piece = module;
    piece->file_offset = 1;
    assert_false(read_on(&map));
    piece->file_offset = UINT32_MAX;
    assert_false(read_on(&map));
    *piece = module;
    piece->address = MIB - 1;
    assert_false(read_on(&map));
    *piece = module;
    piece->address++;
    assert_false(read_on(&map));
    *piece = module;
    piece->zero_length = UINT32_MAX;
    assert_false(read_on(&map));
    *piece = module;
    assert_true(read_on(&map));
}

static void a_plan_without_room_in_the_arena_is_refused(void **state)
{
    (void)state;
    build_kernel(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x800);
    build_boot(no_modules, 0);
    assert_true(prepare());
    struct arena arena = {memory, 64, 0};
    assert_false(prepared_plan(&block, &map, &read, &arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_at_1_mib_with_modules_gets_the_same_plan),
        cmocka_unit_test(a_boot_with_an_empty_last_module_gets_the_same_plan),
        cmocka_unit_test(sections_in_the_gap_below_the_kernel_get_the_same_plan),
        cmocka_unit_test(a_kernel_with_a_pvh_entry_gets_the_same_plan),
        cmocka_unit_test(nothing_is_prepared_for_a_kernel_that_pvh_starts_instead_of_multiboot),
        cmocka_unit_test(nothing_is_prepared_for_a_kernel_with_a_piece_in_low_memory),
        cmocka_unit_test(nothing_is_prepared_for_a_kernel_that_wants_graphics),
        cmocka_unit_test(the_longest_piece_is_the_first_one_and_the_others_keep_their_order),
        cmocka_unit_test(only_a_piece_inside_a_file_and_inside_the_memory_of_the_block_is_planned),
        cmocka_unit_test(a_plan_without_room_in_the_arena_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
