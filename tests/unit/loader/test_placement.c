// SPDX-License-Identifier: BSD-2-Clause
// The list of pieces and their places, through loader/placement.h: where a piece may
// stand, which place is free, which pieces wait elsewhere until the jump.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/placement.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    PAGE = 4096,
    MIB = 1024 * 1024,
    MOST_PIECES = 16,
    MOST_RANGES = 32,
};

static const struct memory_range pc_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0x9fc00, 0x400, MEMORY_RESERVED},
    {0xf0000, 0x10000, MEMORY_RESERVED},
    {MIB, 15 * MIB, MEMORY_AVAILABLE},
    {16 * MIB, MIB, MEMORY_ACPI_RECLAIMABLE},
    {17 * MIB, MIB, MEMORY_ACPI_NVS},
    {18 * MIB, MIB, MEMORY_BAD},
    {19 * MIB, MIB, 12},
    {32 * MIB, 32 * MIB, MEMORY_AVAILABLE},
    {UINT64_C(1) << 32, 64 * MIB, MEMORY_AVAILABLE},
};
static const struct memory_map pc_map = {(struct memory_range *)pc_ranges, 10, 10};

static struct placement placement;
static uint8_t arena_memory[64 * 1024];
static struct error error;

static void start_on(const struct memory_map *map)
{
    struct arena arena = {arena_memory, sizeof arena_memory, 0};
    assert_true(placement_start(&placement, MOST_PIECES, map, &arena, &error));
}

static int start(void **state)
{
    (void)state;
    start_on(&pc_map);
    return 0;
}

static bool add(const char *name, uint32_t address, uint32_t length, uint32_t zero_length)
{
    struct piece piece = {.kind = name,
                          .number = PIECE_UNNUMBERED,
                          .address = address,
                          .length = length,
                          .zero_length = zero_length};
    return placement_add_at(&placement, &piece, &error);
}

static void assert_refused(bool accepted, const char *message)
{
    assert_false(accepted);
    assert_string_equal(error.message, message);
}

/* ---- Pieces at a place. */

static void a_piece_may_fill_a_range_of_ram_to_its_last_byte(void **state)
{
    (void)state;
    assert_true(add("a", 0, 0x9fc00, 0));
    assert_true(add("b", MIB, 0, 15 * MIB));
    assert_true(add("c", 32 * MIB, MIB, 31 * MIB));
    assert_int_equal(placement.count, 3);
    assert_int_equal(placement.pieces[2].load_address, 32 * MIB);
}

static void a_piece_over_the_bios_s_data_is_refused(void **state)
{
    (void)state;
    assert_refused(add("segment 1", 0x9f000, 0xc00, 1),
                   "segment 1 (0xc01 bytes at 0x9f000) does not fit: the memory from 0x9fc00 is "
                   "reserved");
}

static void a_piece_in_video_memory_or_a_hole_is_refused(void **state)
{
    (void)state;
    assert_refused(add("segment 0", 0xb8000, 16, 0),
                   "segment 0 (0x10 bytes at 0xb8000) does not fit: there is no RAM at 0xb8000");
    assert_refused(add("segment 0", 0xfee00000, 16, 0),
                   "segment 0 (0x10 bytes at 0xfee00000) does not fit: there is no RAM at "
                   "0xfee00000");
}

static void a_piece_over_a_hole_names_where_the_ram_ends(void **state)
{
    (void)state;
    assert_refused(add("segment 2", 63 * MIB, 0x1000, 0x40000000),
                   "segment 2 (0x40001000 bytes at 0x3f00000) does not fit: there is no RAM at "
                   "0x4000000");
}

static void each_kind_of_memory_that_is_not_free_is_named(void **state)
{
    (void)state;
    assert_refused(
        add("a", 16 * MIB - 1, 2, 0),
        "a (0x2 bytes at 0xffffff) does not fit: the memory from 0x1000000 is ACPI tables");
    assert_refused(add("a", 17 * MIB, 1, 0),
                   "a (0x1 bytes at 0x1100000) does not fit: the memory from 0x1100000 is ACPI "
                   "NVS");
    assert_refused(add("a", 18 * MIB, 1, 0),
                   "a (0x1 bytes at 0x1200000) does not fit: the memory from 0x1200000 is bad "
                   "memory");
    assert_refused(add("a", 19 * MIB, 1, 0),
                   "a (0x1 bytes at 0x1300000) does not fit: the memory from 0x1300000 is "
                   "reserved");
}

static void the_zeros_after_a_piece_need_ram_too(void **state)
{
    (void)state;
    assert_false(add("a", 15 * MIB, 1, MIB));
    assert_false(add("a", 0xffffffff, 0xffffffff, 0xffffffff)); /* the sum does not wrap */
    assert_int_equal(placement.count, 0);
}

static void pieces_that_overlap_are_refused_by_both_names(void **state)
{
    (void)state;
    assert_true(add("segment 0", MIB, 0x800, 0x800));
    assert_refused(add("segment 1", MIB + 0xfff, 1, 0),
                   "segment 1 (0x1 bytes at 0x100fff) overlaps segment 0 (0x1000 bytes at "
                   "0x100000)");
    assert_false(add("inside", MIB + 0x10, 1, 0));
    assert_true(add("after", MIB + 0x1000, 0x1000, 0));
    assert_false(add("around", MIB, 3 * MIB, 0));
}

static void pieces_at_odd_addresses_may_touch(void **state)
{
    (void)state;
    assert_true(add("a", MIB + 3, 5, 0));
    assert_true(add("b", MIB, 3, 0));
    assert_true(add("c", MIB + 8, 0, 1));
    assert_int_equal(placement_end(&placement), MIB + 9);
}

static void an_empty_piece_needs_no_ram_and_overlaps_nothing(void **state)
{
    (void)state;
    assert_true(add("empty", MIB + 0x800, 0, 0));
    assert_true(add("around", MIB, 0x1000, 0));
    assert_true(add("empty, too", MIB + 0x400, 0, 0));
    assert_true(add("empty, nowhere", 0xa0000, 0, 0));
}

static void more_pieces_than_announced_are_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MOST_PIECES; i++) {
        assert_true(add("piece", MIB + i, 1, 0));
    }
    assert_refused(add("one more", 2 * MIB, 1, 0), "one more: more than 16 pieces");
}

static void pieces_without_working_memory_for_them_are_refused(void **state)
{
    (void)state;
    struct arena arena = {arena_memory, 1000, 0};
    assert_refused(placement_start(&placement, 500, &pc_map, &arena, &error),
                   "500 pieces are more than there is working memory for");
}

static void each_segment_of_an_image_becomes_a_piece(void **state)
{
    (void)state;
    struct image_segment segments[] = {
        {.index = 1, .file_offset = 7, .file_size = 0x10, .memory_size = 0x30, .address = MIB},
        {.index = 4, .file_offset = 9, .file_size = 0x20, .memory_size = 0x20, .address = 0x8000},
    };
    struct image image = {IMAGE_ELF32, MIB, segments, 2};
    const struct file *file = (const struct file *)&image; /* any address will do */
    assert_true(placement_add_image(&placement, &image, file, &error));
    assert_int_equal(placement.count, 2);
    char name[PIECE_NAME_BYTES];
    assert_string_equal(piece_name(&placement.pieces[1], name), "segment 4");
    assert_int_equal(placement.pieces[0].length, 0x10);
    assert_int_equal(placement.pieces[0].zero_length, 0x20);
    assert_int_equal(placement.pieces[0].file_offset, 7);
    assert_ptr_equal(placement.pieces[0].file, file);
    assert_int_equal(placement_end(&placement), MIB + 0x30);
}

static void an_image_whose_segments_overlap_is_refused_by_their_numbers(void **state)
{
    (void)state;
    struct image_segment segments[] = {
        {.index = 0, .file_size = 0x10, .memory_size = 0x1000, .address = MIB},
        {.index = 3, .file_size = 0x20, .memory_size = 0x20, .address = MIB + 0x800},
    };
    struct image image = {IMAGE_ELF32, MIB, segments, 2};
    assert_refused(placement_add_image(&placement, &image, NULL, &error),
                   "segment 3 (0x20 bytes at 0x100800) overlaps segment 0 (0x1000 bytes at "
                   "0x100000)");
}

static const struct piece *add_segment(uint32_t offset, uint32_t address, uint32_t file_size,
                                       uint32_t memory_size)
{
    struct image_segment segment = {0, offset, file_size, memory_size, address};
    struct image image = {IMAGE_ELF32, MIB + 0x20, &segment, 1};
    bool added = placement_add_image(&placement, &image, NULL, &error);
    return added ? &placement.pieces[placement.count - 1] : NULL;
}

static void an_elf_header_below_1_mib_is_left_out(void **state)
{
    (void)state;
    const struct piece *piece = add_segment(0, 0xff000, 0xb4, 0xb4);
    assert_non_null(piece);
    assert_int_equal(piece->length + piece->zero_length, 0);
    piece = add_segment(0, 0xff000, 0xb4, 0x1100);
    assert_non_null(piece);
    assert_int_equal(piece->length, 0);
    assert_int_equal(piece->zero_length, 0x100);
    assert_int_equal(piece->address, MIB);
}

static void code_after_an_elf_header_below_1_mib_stays(void **state)
{
    (void)state;
    const struct piece *piece = add_segment(0, 0xf0000, 0x12000, 0x13000);
    assert_non_null(piece);
    assert_int_equal(piece->address, MIB);
    assert_int_equal(piece->load_address, MIB);
    assert_int_equal(piece->file_offset, 0x10000);
    assert_int_equal(piece->length, 0x2000);
    assert_int_equal(piece->zero_length, 0x1000);
}

static void all_other_pieces_below_1_mib_are_kept(void **state)
{
    (void)state;
    assert_null(add_segment(0x1000, 0xff000, 0x2000, 0x2000)); /* not the header */
    assert_null(add_segment(0, 0xeffff, 0x12000, 0x12000));    /* it is not only in the ROM */
    struct image_segment segment = {0, 0, 0x1800, 0x1800, 0xff000};
    struct image image = {IMAGE_ELF32, MIB - 1, &segment, 1}; /* it is entered */
    assert_refused(placement_add_image(&placement, &image, NULL, &error),
                   "segment 0 (0x1800 bytes at 0xff000) does not fit: the memory from 0xf0000 is "
                   "reserved");
    image = (struct image){IMAGE_ADDRESS_FIELDS, MIB, &segment, 1}; /* no ELF header */
    assert_false(placement_add_image(&placement, &image, NULL, &error));
}

/* ---- Free places. */

static void assert_found(uint32_t expected, uint64_t length, uint32_t alignment, uint64_t lowest,
                         uint64_t limit)
{
    uint32_t address = 1;
    assert_true(placement_find(&placement, length, alignment, lowest, limit, &address));
    assert_int_equal(address, expected);
}

static void assert_not_found(uint64_t length, uint32_t alignment, uint64_t lowest, uint64_t limit)
{
    uint32_t address;
    assert_false(placement_find(&placement, length, alignment, lowest, limit, &address));
}

static void the_lowest_free_place_from_a_bound_upwards_is_found(void **state)
{
    (void)state;
    assert_found(0x10000, PAGE, PAGE, 0x10000, 0xa0000);
    assert_true(add("a", 0x10000, PAGE, 0));
    assert_found(0x11000, PAGE, PAGE, 0x10000, 0xa0000);
    assert_true(add("b", 0x12800, 1, 0));
    assert_found(0x11000, PAGE, PAGE, 0x10000, 0xa0000);
    assert_found(0x13000, 2 * PAGE, PAGE, 0x10000, 0xa0000);
    assert_found(0x12801, 2 * PAGE, 1, 0x10000, 0xa0000);
}

static void a_place_ends_below_its_limit_and_inside_the_ram(void **state)
{
    (void)state;
    assert_found(0x10000, 0x8fc00, PAGE, 0x10000, 0xa0000);
    assert_not_found(0x8fc01, PAGE, 0x10000, 0xa0000);
    assert_found(0x10000, PAGE, PAGE, 0x10000, 0x11000);
    assert_not_found(PAGE, PAGE, 0x10000, 0x10fff);
    assert_not_found(PAGE, PAGE, 0x10000, 0x10000);
}

static void a_place_never_spans_two_ranges(void **state)
{
    (void)state;
    assert_found(32 * MIB, 16 * MIB, PAGE, 0, PLACEMENT_LIMIT);
    assert_not_found(33 * MIB, PAGE, 0, PLACEMENT_LIMIT);
}

static void nothing_is_found_above_4_gib(void **state)
{
    (void)state;
    assert_true(add("a", 32 * MIB, 32 * MIB, 0));
    assert_not_found(PAGE, PAGE, 32 * MIB, PLACEMENT_LIMIT);
    assert_not_found(PAGE, PAGE, UINT64_C(1) << 32, PLACEMENT_LIMIT);
}

static void a_range_at_the_end_of_64_bits_is_no_place_either(void **state)
{
    (void)state;
    struct memory_range top = {UINT64_MAX - 0x8ff, 0x8ff, MEMORY_AVAILABLE};
    struct memory_map map = {&top, 1, 1};
    start_on(&map);
    assert_not_found(0x10, PAGE, 0, PLACEMENT_LIMIT); /* aligned upwards it would wrap to 0 */
    assert_not_found(0x10, 1, 0, PLACEMENT_LIMIT);
}

static void bounds_and_lengths_do_not_wrap(void **state)
{
    (void)state;
    assert_not_found(1, PAGE, UINT64_MAX, PLACEMENT_LIMIT);
    assert_not_found(UINT64_MAX, PAGE, 0, PLACEMENT_LIMIT);
    assert_not_found(UINT64_MAX - MIB, 1, MIB, PLACEMENT_LIMIT);
}

static void an_alignment_larger_than_the_ram_finds_nothing(void **state)
{
    (void)state;
    assert_not_found(1, 0x80000000, MIB, PLACEMENT_LIMIT);
    assert_found(0, 1, 0x80000000, 0, PLACEMENT_LIMIT);
}

static void a_place_is_found_past_many_pieces(void **state)
{
    (void)state;
    for (uint32_t i = MOST_PIECES; i-- > 0;) {
        assert_true(add("piece", MIB + i * PAGE, 1, 0));
    }
    assert_found(MIB + MOST_PIECES * PAGE, PAGE, PAGE, MIB, PLACEMENT_LIMIT);
    assert_found(MIB + 1, PAGE - 1, 1, MIB, PLACEMENT_LIMIT);
}

static void an_empty_piece_is_in_nobody_s_way(void **state)
{
    (void)state;
    assert_true(add("empty", MIB + PAGE, 0, 0));
    assert_found(MIB, 2 * PAGE, PAGE, MIB, PLACEMENT_LIMIT);
}

static void a_piece_added_above_stands_at_the_lowest_place(void **state)
{
    (void)state;
    struct piece piece = {.kind = "module", .number = 1, .length = PAGE + 1};
    assert_true(add("kernel", MIB, 0x1234, 0));
    assert_true(placement_add_above(&placement, &piece, PAGE, MIB, &error));
    assert_int_equal(piece.address, MIB + 2 * PAGE);
    assert_int_equal(placement.pieces[1].address, MIB + 2 * PAGE);
    assert_int_equal(placement.pieces[1].load_address, MIB + 2 * PAGE);
}

static void a_piece_larger_than_the_free_memory_is_refused(void **state)
{
    (void)state;
    struct piece piece = {.kind = "module", .number = 1, .length = 32 * MIB + 1};
    assert_refused(placement_add_above(&placement, &piece, PAGE, MIB, &error),
                   "module 1 (0x2000001 bytes) does not fit into the free memory above 0x100000");
    piece.length--;
    assert_true(placement_add_above(&placement, &piece, PAGE, MIB, &error));
}

/* ---- What waits elsewhere. */

static struct memory_range in_use[MOST_RANGES];
static size_t in_use_count;

static bool stage(void)
{
    return placement_assign_load_addresses(&placement, in_use, in_use_count, &in_use_count, &error);
}

static void use(uint64_t address, uint64_t length)
{
    in_use[in_use_count++] = (struct memory_range){address, length, 0};
}

static int start_staging(void **state)
{
    in_use_count = 0;
    return start(state);
}

static bool touch(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a_length != 0 && b_length != 0 && a < b + b_length && b < a + a_length;
}

/* Checks that no load before the jump overwrites memory in use or an earlier load, and that no move
   of the jump overwrites the source of a later one. */
static void assert_loading_overwrites_nothing(size_t used_before)
{
    for (size_t i = 0; i < placement.count; i++) {
        const struct piece *piece = &placement.pieces[i];
        bool staged = piece->load_address != piece->address;
        uint64_t loaded = (uint64_t)piece->length + (staged ? 0 : piece->zero_length);
        for (size_t k = 0; k < used_before; k++) {
            assert_false(touch(piece->load_address, loaded, in_use[k].address, in_use[k].length));
        }
        assert_true(loaded == 0 ||
                    memory_map_available(placement.map, piece->load_address, loaded, NULL));
        for (size_t k = 0; k < placement.count; k++) {
            const struct piece *other = &placement.pieces[k];
            if (k == i) {
                continue;
            }
            uint64_t whole = (uint64_t)other->length + other->zero_length;
            assert_false(touch(piece->load_address, loaded, other->address, whole));
            bool other_staged = other->load_address != other->address;
            assert_false(other_staged &&
                         touch(piece->load_address, loaded, other->load_address, other->length));
        }
        if (staged) {
            uint64_t whole = (uint64_t)piece->length + piece->zero_length;
            assert_false(touch(piece->load_address, loaded, piece->address, whole));
        }
    }
}

static void what_touches_nothing_in_use_is_loaded_in_place(void **state)
{
    (void)state;
    use(0x7c00, 0x8400);
    assert_true(add("a", 0x10000, 0x1000, 0x1000));
    assert_true(add("b", 0x7000, 0xc00, 0));
    assert_true(stage());
    assert_int_equal(placement.pieces[0].load_address, 0x10000);
    assert_int_equal(placement.pieces[1].load_address, 0x7000);
    assert_int_equal(in_use_count, 1);
}

static void what_touches_the_loader_waits_outside_of_everything(void **state)
{
    (void)state;
    use(0, 0x600);
    use(0x7c00, 0x8400);
    use(32 * MIB, 16 * MIB);
    assert_true(add("low", 0, 0x9fc00, 0));
    assert_true(add("kernel", MIB, 3 * MIB, MIB));
    assert_true(add("odd", 40 * MIB + 1, 3 * MIB, 0));
    assert_true(stage());
    assert_int_equal(placement.pieces[1].load_address, MIB);
    assert_int_equal(placement.pieces[0].load_address, 5 * MIB);
    assert_int_equal(placement.pieces[2].load_address, 5 * MIB + 0xa0000);
    assert_int_equal(in_use_count, 5);
    assert_loading_overwrites_nothing(3);
}

static void zeros_that_touch_the_loader_take_the_piece_with_them(void **state)
{
    (void)state;
    use(0x20000, 0x1000);
    assert_true(add("a", 0x10000, 0x1000, 0x20000));
    assert_true(stage());
    assert_int_equal(placement.pieces[0].load_address, MIB);
    assert_loading_overwrites_nothing(1);
}

static void a_piece_of_zeros_only_waits_too(void **state)
{
    (void)state;
    use(0x20000, 0x1000);
    use(8 * MIB, MIB);
    assert_true(add("low", 0x18000, 0, 0x10000));
    assert_true(add("from the first free page on", MIB, 0, 12 * MIB));
    assert_true(stage());
    assert_true(placement.pieces[0].load_address != placement.pieces[0].address);
    assert_true(placement.pieces[1].load_address != placement.pieces[1].address);
    assert_loading_overwrites_nothing(2);
}

static void an_empty_piece_need_not_wait(void **state)
{
    (void)state;
    use(8 * MIB, MIB);
    assert_true(add("empty", 8 * MIB + PAGE, 0, 0));
    assert_true(stage());
    assert_int_equal(placement.pieces[0].load_address, 8 * MIB + PAGE);
    assert_int_equal(in_use_count, 1);
}

/* Two modules of 4 MiB after a kernel, loaded temporarily at these addresses. */
static void add_pending(uint32_t first, uint32_t second)
{
    assert_true(add("segment", MIB, 0x1000, 0x1000));
    assert_true(add("module", 2 * MIB, 4 * MIB, 0));
    assert_true(add("module", 6 * MIB, 4 * MIB, 0));
    placement.pieces[1].pending_at = first;
    placement.pieces[2].pending_at = second;
}

static void what_waits_in_its_order_is_copied_down_over_itself(void **state)
{
    (void)state;
    add_pending(3 * MIB, 7 * MIB);
    assert_false(placement_mark_clobbers(&placement));
    use(3 * MIB, 8 * MIB);
    assert_true(placement_assign_load_addresses(&placement, in_use, 0, &in_use_count, &error));
    assert_int_equal(in_use_count, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(placement.pieces[i].load_address, placement.pieces[i].address);
    }
}

static void what_would_overwrite_bytes_that_wait_is_staged(void **state)
{
    (void)state;
    add_pending(9 * MIB, 5 * MIB); /* the first one's place reaches into the second's bytes */
    assert_true(placement_mark_clobbers(&placement));
    use(5 * MIB, 8 * MIB);
    assert_true(placement_assign_load_addresses(&placement, in_use, 0, &in_use_count, &error));
    assert_int_equal(placement.pieces[0].load_address, MIB);
    assert_true(placement.pieces[1].load_address >= 13 * MIB);
    assert_true(placement.pieces[2].load_address >= 13 * MIB); /* moves up over itself */
    assert_int_equal(in_use_count, 3);
}

static void a_segment_must_not_overwrite_bytes_that_wait_either(void **state)
{
    (void)state;
    add_pending(MIB + 0x1800, 12 * MIB); /* in the segment's zeros */
    assert_true(placement_mark_clobbers(&placement));
    assert_true(placement.pieces[0].clobbers_pending && placement.pieces[1].clobbers_pending);
    placement.pieces[1].pending_at = 12 * MIB;
    assert_false(placement_mark_clobbers(&placement));
    assert_false(placement.pieces[0].clobbers_pending);
}

static void stages_do_not_overlap_one_another(void **state)
{
    (void)state;
    use(0, 0xa0000);
    for (uint32_t i = 0; i < MOST_PIECES; i++) {
        assert_true(add("piece", i * 0x9000, 0x8fff, 1));
    }
    assert_true(stage());
    assert_int_equal(in_use_count, 1 + MOST_PIECES);
    assert_loading_overwrites_nothing(1);
}

static void what_has_no_room_to_wait_is_refused(void **state)
{
    (void)state;
    use(0x7c00, 0x8400);
    assert_true(add("segment 0", 0x1000, 0x10000, 0));
    assert_true(add("segment 1", MIB, 0, 15 * MIB));
    assert_true(add("segment 2", 32 * MIB, 0, 32 * MIB - 0xf000));
    assert_refused(stage(), "segment 0 (0x10000 bytes) belongs at 0x1000, where the loader runs, "
                            "and does not fit anywhere else until the jump");
}

static void a_place_for_the_last_instructions_is_outside_of_all(void **state)
{
    (void)state;
    uint32_t address;
    use(0, 0x1000);
    use(0x2000, 0xe000);
    assert_true(placement_find_unused(&placement, in_use, 2, 512, 16, 0x1000, &address));
    assert_int_equal(address, 0x1000);
    assert_true(add("trampoline", 0x1000, 0xe01, 0));
    assert_true(placement_find_unused(&placement, in_use, 2, 512, 16, 0x1000, &address));
    assert_int_equal(address, 0x10000);
    assert_true(placement_find_unused(&placement, in_use, 2, 0x1f0, 16, 0x1000, &address));
    assert_int_equal(address, 0x1e10);
}

static uint32_t random_state = 0x1badb002;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void whatever_is_placed_and_in_use_loading_overwrites_nothing(void **state)
{
    (void)state;
    size_t staged = 0;
    for (size_t round = 0; round < 20000; round++) {
        start(NULL);
        in_use_count = 0;
        for (uint32_t i = random_below(4); i-- > 0;) {
            uint32_t base = random_below(2) ? 0 : random_below(2) ? 15 * MIB : MIB;
            use(base + random_below(0x40) * 0x800, 0x800 * random_below(0x40));
        }
        size_t used_before = in_use_count;
        for (uint32_t i = random_below(6); i-- > 0;) {
            uint32_t base = random_below(2) ? 0 : random_below(2) ? 15 * MIB : MIB;
            add("piece", base + random_below(0x4000) * 8, random_below(3) * random_below(0x10000),
                random_below(3) * random_below(0x10000));
        }
        assert_true(stage());
        assert_loading_overwrites_nothing(used_before);
        staged += in_use_count - used_before;
    }
    assert_true(staged > 1000); /* otherwise the loop has tested nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_piece_may_fill_a_range_of_ram_to_its_last_byte, start),
        cmocka_unit_test_setup(a_piece_over_the_bios_s_data_is_refused, start),
        cmocka_unit_test_setup(a_piece_in_video_memory_or_a_hole_is_refused, start),
        cmocka_unit_test_setup(a_piece_over_a_hole_names_where_the_ram_ends, start),
        cmocka_unit_test_setup(each_kind_of_memory_that_is_not_free_is_named, start),
        cmocka_unit_test_setup(the_zeros_after_a_piece_need_ram_too, start),
        cmocka_unit_test_setup(pieces_that_overlap_are_refused_by_both_names, start),
        cmocka_unit_test_setup(pieces_at_odd_addresses_may_touch, start),
        cmocka_unit_test_setup(an_empty_piece_needs_no_ram_and_overlaps_nothing, start),
        cmocka_unit_test_setup(more_pieces_than_announced_are_refused, start),
        cmocka_unit_test_setup(pieces_without_working_memory_for_them_are_refused, start),
        cmocka_unit_test_setup(each_segment_of_an_image_becomes_a_piece, start),
        cmocka_unit_test_setup(an_image_whose_segments_overlap_is_refused_by_their_numbers, start),
        cmocka_unit_test_setup(an_elf_header_below_1_mib_is_left_out, start),
        cmocka_unit_test_setup(code_after_an_elf_header_below_1_mib_stays, start),
        cmocka_unit_test_setup(all_other_pieces_below_1_mib_are_kept, start),
        cmocka_unit_test_setup(the_lowest_free_place_from_a_bound_upwards_is_found, start),
        cmocka_unit_test_setup(a_place_ends_below_its_limit_and_inside_the_ram, start),
        cmocka_unit_test_setup(a_place_never_spans_two_ranges, start),
        cmocka_unit_test_setup(nothing_is_found_above_4_gib, start),
        cmocka_unit_test_setup(a_range_at_the_end_of_64_bits_is_no_place_either, start),
        cmocka_unit_test_setup(bounds_and_lengths_do_not_wrap, start),
        cmocka_unit_test_setup(an_alignment_larger_than_the_ram_finds_nothing, start),
        cmocka_unit_test_setup(a_place_is_found_past_many_pieces, start),
        cmocka_unit_test_setup(an_empty_piece_is_in_nobody_s_way, start),
        cmocka_unit_test_setup(a_piece_added_above_stands_at_the_lowest_place, start),
        cmocka_unit_test_setup(a_piece_larger_than_the_free_memory_is_refused, start),
        cmocka_unit_test_setup(what_touches_nothing_in_use_is_loaded_in_place, start_staging),
        cmocka_unit_test_setup(what_touches_the_loader_waits_outside_of_everything, start_staging),
        cmocka_unit_test_setup(zeros_that_touch_the_loader_take_the_piece_with_them, start_staging),
        cmocka_unit_test_setup(a_piece_of_zeros_only_waits_too, start_staging),
        cmocka_unit_test_setup(an_empty_piece_need_not_wait, start_staging),
        cmocka_unit_test_setup(what_waits_in_its_order_is_copied_down_over_itself, start_staging),
        cmocka_unit_test_setup(what_would_overwrite_bytes_that_wait_is_staged, start_staging),
        cmocka_unit_test_setup(a_segment_must_not_overwrite_bytes_that_wait_either, start_staging),
        cmocka_unit_test_setup(stages_do_not_overlap_one_another, start_staging),
        cmocka_unit_test_setup(what_has_no_room_to_wait_is_refused, start_staging),
        cmocka_unit_test_setup(a_place_for_the_last_instructions_is_outside_of_all, start_staging),
        cmocka_unit_test_setup(whatever_is_placed_and_in_use_loading_overwrites_nothing,
                               start_staging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
