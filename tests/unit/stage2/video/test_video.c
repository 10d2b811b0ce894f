// SPDX-License-Identifier: BSD-2-Clause
// Tests which video mode a kernel gets, what is read from an EDID, and how the boot information of
// Multiboot 1 describes the screen (0.6.96, 3.3).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/multiboot1.h"
#include "loader/video.h"
#include "stage2/video/video.h"
#include "tests/kernels/multiboot1_info.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

static const struct video_size unknown;

/* ---- What is tried. */

static void assert_preferences(uint32_t width, uint32_t height, uint32_t depth,
                               const struct video_preference *expected, size_t expected_count)
{
    struct video_preference preferences[VIDEO_PREFERENCES];
    size_t count = video_preferences(width, height, depth, preferences);
    assert_int_equal(count, expected_count);
    assert_memory_equal(preferences, expected, count * sizeof *expected);
}

static void a_mode_is_followed_by_its_size_and_by_what_suits_the_display(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{1024, 768, 32}, {1024, 768, 0}, {0, 0, 0}};
    assert_preferences(1024, 768, 32, expected, 3);
}

static void without_a_depth_any_depth_will_do(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{1024, 768, 0}, {0, 0, 0}};
    assert_preferences(1024, 768, 0, expected, 2);
}

static void without_a_width_or_a_height_it_is_what_suits_the_display(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{0, 0, 0}};
    assert_preferences(0, 0, 0, expected, 1);
    assert_preferences(0, 768, 32, expected, 1);
    assert_preferences(1024, 0, 32, expected, 1);
    assert_preferences(UINT32_MAX, 0, UINT32_MAX, expected, 1);
}

static void numbers_that_grub_reads_as_negative_ask_for_nothing(void **state)
{
    (void)state;
    assert_preferences(UINT32_MAX, 768, 32, NULL, 0);
    assert_preferences(1024, 0x80000000, 32, NULL, 0);
    assert_preferences(1024, 768, UINT32_MAX, NULL, 0);
    const struct video_preference expected[] = {
        {INT32_MAX, INT32_MAX, INT32_MAX}, {INT32_MAX, INT32_MAX, 0}, {0, 0, 0}};
    assert_preferences(INT32_MAX, INT32_MAX, INT32_MAX, expected, 3);
}

static const char *kept = "";

static void assert_read(const char *text, const struct video_preference *expected,
                        size_t expected_count)
{
    char *copy = strdup(text); /* in a block of just its size */
    struct video_preference preferences[VIDEO_PREFERENCES];
    size_t count = video_read_preferences(copy, kept, preferences);
    free(copy);
    assert_int_equal(count, expected_count);
    assert_memory_equal(preferences, expected, count * sizeof *expected);
}

static void a_list_of_modes_is_read_in_its_order(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{1024, 768, 32}, {800, 600, 0}, {0, 0, 0}};
    assert_read("1024x768x32,800x600;auto", expected, 3);
    assert_read("1024x768x32; 800x600, auto", expected, 3);
    assert_read("1024x768x32", expected, 1);
    assert_read("1024x768x32,", expected, 1);
}

static void text_ends_a_list_of_modes(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{800, 600, 16}};
    assert_read("text", NULL, 0);
    assert_read("800x600x16,text,1024x768", expected, 1);
    assert_read("keep", NULL, 0);
    assert_read("", NULL, 0);
}

static void keep_stands_for_the_modes_that_are_kept(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{800, 600, 16}, {640, 480, 0}, {0, 0, 0}};
    kept = " 640x480,auto";
    assert_read("keep", expected + 1, 2);
    assert_read("800x600x16, keep", expected, 3);
    kept = "640x480,keep";
    assert_read("800x600x16,keep,1024x768", expected, 2);
    kept = "";
}

static void what_is_no_mode_ends_a_list_of_modes(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{800, 600, 16}};
    static const char *const wrong[] = {
        "800x600x16,1024",        "800x600x16,1024x",     "800x600x16,1024xx8",
        "800x600x16,1024x768x",   "800x600x16,1x2x3x4",   "800x600x16,1024x768 x8",
        "800x600x16,-1024x768x8", "800x600x16,automatic", "800x600x16,,1024x768x8",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_read(wrong[i], expected, 1);
    }
}

static void a_number_that_is_too_large_becomes_the_largest(void **state)
{
    (void)state;
    const struct video_preference expected[] = {{INT32_MAX, 768, INT32_MAX}};
    assert_read("4294968320x768x99999999999999999999", expected, 1);
}

static void a_list_of_more_modes_than_there_is_room_for_is_cut(void **state)
{
    (void)state;
    const struct video_preference expected[VIDEO_PREFERENCES] = {
        {1, 2, 0}, {1, 2, 0}, {1, 2, 0}, {1, 2, 0}, {1, 2, 0}, {1, 2, 0}, {1, 2, 0}, {1, 2, 0}};
    assert_read("1x2,1x2,1x2,1x2,1x2,1x2,1x2,1x2,3x4", expected, VIDEO_PREFERENCES);
}

/* ---- Which of the firmware's modes is taken. */

static const struct video_mode modes[] = {
    {.number = 0x100, .width = 640, .height = 480, .depth = 8},
    {.number = 0x101, .width = 640, .height = 480, .depth = 24},
    {.number = 0x102, .width = 800, .height = 600, .depth = 16},
    {.number = 0x103, .width = 800, .height = 600, .depth = 15},
    {.number = 0x104, .width = 1024, .height = 768, .depth = 32},
    {.number = 0x105, .width = 1024, .height = 768, .depth = 24},
    {.number = 0x106, .width = 1024, .height = 768, .depth = 0}, /* a mode that cannot be used */
    {.number = 0x107, .width = 1280, .height = 1024, .depth = 8},
    {.number = 0x108, .width = 1024, .height = 768, .depth = 32},
};
enum { MODES = sizeof modes / sizeof *modes };

static uint32_t chosen(struct video_preference preference, struct video_size display)
{
    struct video_mode best = {0};
    for (size_t i = 0; i < MODES; i++) {
        if (video_is_better(&modes[i], &best, &preference, &display)) {
            best = modes[i];
        }
    }
    return best.number;
}

static void a_depth_that_is_asked_for_must_match(void **state)
{
    (void)state;
    assert_int_equal(chosen((struct video_preference){1024, 768, 24}, unknown), 0x105);
    assert_int_equal(chosen((struct video_preference){800, 600, 15}, unknown), 0x103);
    assert_int_equal(chosen((struct video_preference){800, 600, 32}, unknown), 0);
}

static void without_a_depth_the_deepest_is_taken(void **state)
{
    (void)state;
    assert_int_equal(chosen((struct video_preference){640, 480, 0}, unknown), 0x101);
    assert_int_equal(chosen((struct video_preference){800, 600, 0}, unknown), 0x102);
}

static void the_last_of_equal_modes_is_taken_as_grub_does(void **state)
{
    (void)state;
    assert_int_equal(chosen((struct video_preference){1024, 768, 32}, unknown), 0x108);
}

static void a_size_must_match_in_both_directions(void **state)
{
    (void)state;
    assert_int_equal(chosen((struct video_preference){1024, 600, 0}, unknown), 0);
    assert_int_equal(chosen((struct video_preference){1280, 768, 0}, unknown), 0);
    assert_int_equal(
        chosen((struct video_preference){1280, 1024, 0}, (struct video_size){640, 480}), 0x107);
}

static void what_suits_a_display_is_the_largest_that_it_holds(void **state)
{
    (void)state;
    const struct video_preference any = {0, 0, 0};
    assert_int_equal(chosen(any, (struct video_size){1280, 800}), 0x108);
    assert_int_equal(chosen(any, (struct video_size){1920, 1200}), 0x108); /* most bits per pixel */
    assert_int_equal(chosen(any, (struct video_size){1023, 767}), 0x102);
    assert_int_equal(chosen(any, (struct video_size){639, 480}), 0);
}

static void a_display_that_says_nothing_gets_640x480(void **state)
{
    (void)state;
    assert_int_equal(chosen((struct video_preference){0, 0, 0}, unknown), 0x101);
}

static void sizes_of_16_bits_do_not_overflow(void **state)
{
    (void)state;
    const struct video_mode huge = {.number = 1, .width = 32768, .height = 32767, .depth = 32};
    const struct video_mode small = {.number = 2, .width = 640, .height = 480, .depth = 32};
    const struct video_preference any = {0, 0, 0};
    const struct video_size display = {65535, 65535};
    assert_true(video_is_better(&huge, &small, &any, &display));
    assert_false(video_is_better(&small, &huge, &any, &display));
}

/* ---- EDID. */

enum { EDID_SUM = 127 };

static void set_sum(uint8_t *edid)
{
    edid[EDID_SUM] = 0;
    for (size_t i = 0; i < EDID_SUM; i++) {
        edid[EDID_SUM] = (uint8_t)(edid[EDID_SUM] - edid[i]);
    }
}

/* A display of 1280x800, in a block of just its size. */
static uint8_t *make_edid(void)
{
    uint8_t *edid = calloc(1, EDID_BYTES);
    edid[18] = 1;
    edid[19] = 4;
    edid[24] = 0x02 | 0x08;
    const uint8_t timing[] = {0x10,       0x27, 1280 & 0xff,      0x60, 1280 >> 8 << 4 | 1,
                              800 & 0xff, 0x20, 800 >> 8 << 4 | 2};
    memcpy(edid + 54, timing, sizeof timing);
    set_sum(edid);
    return edid;
}

static void assert_edid_size(uint8_t *edid, uint32_t width, uint32_t height)
{
    struct video_size size = video_edid_size(edid);
    free(edid);
    assert_int_equal(size.width, width);
    assert_int_equal(size.height, height);
}

static void the_preferred_timing_has_the_size(void **state)
{
    (void)state;
    assert_edid_size(make_edid(), 1280, 800);
}

static void an_edid_with_a_wrong_sum_says_nothing(void **state)
{
    (void)state;
    uint8_t *edid = make_edid();
    edid[EDID_SUM]++;
    assert_edid_size(edid, 0, 0);
}

static void an_edid_that_is_not_there_says_nothing(void **state)
{
    (void)state;
    assert_edid_size(calloc(1, EDID_BYTES), 0, 0);
}

static void an_edid_of_another_version_says_nothing(void **state)
{
    (void)state;
    uint8_t *edid = make_edid();
    edid[18] = 2;
    set_sum(edid);
    assert_edid_size(edid, 0, 0);
}

static void a_first_timing_that_is_not_preferred_says_nothing(void **state)
{
    (void)state;
    uint8_t *edid = make_edid();
    edid[24] = 0x08;
    set_sum(edid);
    assert_edid_size(edid, 0, 0);
}

static void a_descriptor_that_is_no_timing_says_nothing(void **state)
{
    (void)state;
    uint8_t *edid = make_edid();
    edid[54] = edid[55] = 0;
    set_sum(edid);
    assert_edid_size(edid, 0, 0);
}

/* ---- The boot information. */

enum {
    ADDRESS = 0x12340,
    CONTROL_ADDRESS = 0x36510, /* where the firmware has written it */
    BOTH_FLAGS = INFO_VBE | INFO_FRAMEBUFFER,

    /* Fields of the control block (VBE 3.0, 4.3): far pointers. */
    OEM_STRING = 6,
    VIDEO_MODES = 14,
    OEM_VENDOR_NAME = 22,
    FAR_POINTERS_END = 34,
    SEGMENT = 2, /* of a far pointer */

    /* In colour, as GRUB and Linux read it: two bytes after the specification's offset 110. */
    PALETTE_ADDR = 2,
    PALETTE_NUM_COLOURS = 6,
};

static uint8_t control_info[VBE_CONTROL_INFO_BYTES], mode_info[VBE_MODE_INFO_BYTES];
static struct memory_range ranges[] = {{0, 0x9fc00, MEMORY_AVAILABLE}};
static const struct memory_map map = {ranges, 1, 1};

static void put_far_pointer(size_t at, uint16_t segment, uint16_t offset)
{
    const uint8_t bytes[] = {(uint8_t)offset, (uint8_t)(offset >> 8), (uint8_t)segment,
                             (uint8_t)(segment >> 8)};
    memcpy(control_info + at, bytes, sizeof bytes);
}

/* Writes the information for `address`; the caller frees it. */
static struct info *write_at(const struct video *video, uint32_t address)
{
    const struct boot_information information = {
        .map = &map, .command_line = "arguments", .loader_name = "loader", .video = video};
    size_t size = (size_t)multiboot1_information_size(&information);
    struct info *info = calloc(1, size);
    multiboot1_write_information(&information, (uint8_t *)info, address);
    return info;
}

/* The bytes of the information at `at` that have this address. */
static const uint8_t *pointed_to(const struct info *info, uint32_t at, uint32_t address)
{
    return (const uint8_t *)info + (address - at);
}

static struct video graphics(void)
{
    for (size_t i = 0; i < sizeof control_info; i++) {
        control_info[i] = (uint8_t)(i * 7);
    }
    for (size_t i = 0; i < sizeof mode_info; i++) {
        mode_info[i] = (uint8_t)(i * 5 + 1);
    }
    memset(control_info + OEM_STRING, 0, FAR_POINTERS_END - OEM_STRING);
    return (struct video){
        .framebuffer = {.address = 0xfd000000,
                        .pitch = 4096,
                        .width = 1024,
                        .height = 768,
                        .bpp = 32,
                        .type = FRAMEBUFFER_RGB,
                        .masks = {16, 8, 8, 8, 0, 8}},
        .vbe_control_info = control_info,
        .vbe_mode_info = mode_info,
        .vbe_control_address = CONTROL_ADDRESS,
        .vbe_mode = 0x4144,
        .vbe_interface_seg = 0xc000,
        .vbe_interface_off = 0x1234,
        .vbe_interface_len = 0x56,
    };
}

static void the_room_is_the_same_whatever_is_on_the_screen(void **state)
{
    (void)state;
    const struct video video = graphics();
    struct boot_information information = {.map = &map, .command_line = "", .loader_name = ""};
    uint64_t size = multiboot1_information_size(&information);
    information.video = &video;
    assert_int_equal(multiboot1_information_size(&information), size);
}

static void a_frame_buffer_has_its_fields_where_kernels_read_them(void **state)
{
    (void)state;
    const struct video video = graphics();
    struct info *info = write_at(&video, ADDRESS);
    assert_int_equal(info->flags & BOTH_FLAGS, BOTH_FLAGS);
    assert_int_equal(info->framebuffer_addr_low, 0xfd000000);
    assert_int_equal(info->framebuffer_addr_high, 0);
    assert_int_equal(info->framebuffer_pitch, 4096);
    assert_int_equal(info->framebuffer_width, 1024);
    assert_int_equal(info->framebuffer_height, 768);
    assert_int_equal(info->framebuffer_bpp, 32);
    assert_int_equal(info->framebuffer_type, 1);
    const uint8_t masks[] = {0, 0, 16, 8, 8, 8, 0, 8};
    assert_memory_equal(info->colour, masks, sizeof masks);
    free(info);
}

static void the_vbe_blocks_are_copied(void **state)
{
    (void)state;
    const struct video video = graphics();
    struct info *info = write_at(&video, ADDRESS);
    assert_memory_equal(pointed_to(info, ADDRESS, info->vbe_control_info), control_info,
                        sizeof control_info);
    assert_memory_equal(pointed_to(info, ADDRESS, info->vbe_mode_info), mode_info,
                        sizeof mode_info);
    assert_int_equal(info->vbe_mode, 0x4144);
    assert_int_equal(info->vbe_interface_seg, 0xc000);
    assert_int_equal(info->vbe_interface_off, 0x1234);
    assert_int_equal(info->vbe_interface_len, 0x56);
    free(info);
}

static void a_mode_list_inside_the_control_block_is_found_in_the_copy(void **state)
{
    (void)state;
    const struct video video = graphics();
    put_far_pointer(VIDEO_MODES, CONTROL_ADDRESS >> 4, 0x22);
    put_far_pointer(OEM_STRING, 0xc000, 0x5a30);
    put_far_pointer(OEM_VENDOR_NAME, (CONTROL_ADDRESS >> 4) + 0x20, 0); /* after the block */
    struct info *info = write_at(&video, ADDRESS);
    uint32_t copy = info->vbe_control_info;
    const uint8_t *control = pointed_to(info, ADDRESS, copy);
    assert_int_equal(load16(control + VIDEO_MODES + SEGMENT) * 16 + load16(control + VIDEO_MODES),
                     copy + 0x22);
    assert_int_equal(load16(control + OEM_STRING + SEGMENT), 0xc000);
    assert_int_equal(load16(control + OEM_STRING), 0x5a30);
    assert_int_equal(load16(control + OEM_VENDOR_NAME + SEGMENT), (CONTROL_ADDRESS >> 4) + 0x20);
    free(info);
}

static void a_copy_above_real_modes_reach_keeps_its_pointers(void **state)
{
    (void)state;
    const struct video video = graphics();
    put_far_pointer(VIDEO_MODES, CONTROL_ADDRESS >> 4, 0x22);
    struct info *info = write_at(&video, 0x200000);
    const uint8_t *control = pointed_to(info, 0x200000, info->vbe_control_info);
    assert_int_equal(load16(control + VIDEO_MODES + SEGMENT), CONTROL_ADDRESS >> 4);
    assert_int_equal(load16(control + VIDEO_MODES), 0x22);
    free(info);
}

static void indexed_colours_come_with_their_palette(void **state)
{
    (void)state;
    struct video video = graphics();
    video.framebuffer.type = FRAMEBUFFER_INDEXED;
    struct info *info = write_at(&video, ADDRESS);
    assert_int_equal(info->framebuffer_type, 0);
    assert_int_equal(load16(info->colour + PALETTE_NUM_COLOURS), 16);
    const uint8_t *palette = pointed_to(info, ADDRESS, load32(info->colour + PALETTE_ADDR));
    assert_memory_equal(palette, video_palette, sizeof video_palette);
    const uint8_t blue[] = {0, 0, 0xa8}, brown[] = {0xa8, 0x54, 0}, white[] = {0xfe, 0xfe, 0xfe};
    assert_memory_equal(palette + 1 * 3, blue, sizeof blue);
    assert_memory_equal(palette + 6 * 3, brown, sizeof brown);
    assert_memory_equal(palette + 15 * 3, white, sizeof white);
    free(info);
}

static void without_vbe_the_frame_buffer_is_described_all_the_same(void **state)
{
    (void)state;
    const struct video video = {.framebuffer = {.address = 0xb8000, .type = FRAMEBUFFER_TEXT}};
    struct info *info = write_at(&video, ADDRESS);
    assert_int_equal(info->flags & BOTH_FLAGS, INFO_FRAMEBUFFER);
    assert_int_equal(info->framebuffer_addr_low, 0xb8000);
    assert_int_equal(info->framebuffer_addr_high, 0);
    assert_int_equal(info->framebuffer_type, 2);
    free(info);
}

static void without_a_screen_none_is_described(void **state)
{
    (void)state;
    const struct video video = {.framebuffer = {.type = FRAMEBUFFER_NONE}};
    struct info *info = write_at(&video, ADDRESS);
    assert_int_equal(info->flags & BOTH_FLAGS, 0);
    const struct info none = {.flags = 0};
    assert_memory_equal(&info->vbe_control_info, &none.vbe_control_info,
                        sizeof none - offsetof(struct info, vbe_control_info));
    free(info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mode_is_followed_by_its_size_and_by_what_suits_the_display),
        cmocka_unit_test(without_a_depth_any_depth_will_do),
        cmocka_unit_test(without_a_width_or_a_height_it_is_what_suits_the_display),
        cmocka_unit_test(numbers_that_grub_reads_as_negative_ask_for_nothing),
        cmocka_unit_test(a_list_of_modes_is_read_in_its_order),
        cmocka_unit_test(text_ends_a_list_of_modes),
        cmocka_unit_test(keep_stands_for_the_modes_that_are_kept),
        cmocka_unit_test(what_is_no_mode_ends_a_list_of_modes),
        cmocka_unit_test(a_number_that_is_too_large_becomes_the_largest),
        cmocka_unit_test(a_list_of_more_modes_than_there_is_room_for_is_cut),
        cmocka_unit_test(a_depth_that_is_asked_for_must_match),
        cmocka_unit_test(without_a_depth_the_deepest_is_taken),
        cmocka_unit_test(the_last_of_equal_modes_is_taken_as_grub_does),
        cmocka_unit_test(a_size_must_match_in_both_directions),
        cmocka_unit_test(what_suits_a_display_is_the_largest_that_it_holds),
        cmocka_unit_test(a_display_that_says_nothing_gets_640x480),
        cmocka_unit_test(sizes_of_16_bits_do_not_overflow),
        cmocka_unit_test(the_preferred_timing_has_the_size),
        cmocka_unit_test(an_edid_with_a_wrong_sum_says_nothing),
        cmocka_unit_test(an_edid_that_is_not_there_says_nothing),
        cmocka_unit_test(an_edid_of_another_version_says_nothing),
        cmocka_unit_test(a_first_timing_that_is_not_preferred_says_nothing),
        cmocka_unit_test(a_descriptor_that_is_no_timing_says_nothing),
        cmocka_unit_test(the_room_is_the_same_whatever_is_on_the_screen),
        cmocka_unit_test(a_frame_buffer_has_its_fields_where_kernels_read_them),
        cmocka_unit_test(the_vbe_blocks_are_copied),
        cmocka_unit_test(a_mode_list_inside_the_control_block_is_found_in_the_copy),
        cmocka_unit_test(a_copy_above_real_modes_reach_keeps_its_pointers),
        cmocka_unit_test(indexed_colours_come_with_their_palette),
        cmocka_unit_test(without_vbe_the_frame_buffer_is_described_all_the_same),
        cmocka_unit_test(without_a_screen_none_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
