// SPDX-License-Identifier: BSD-2-Clause
// Multiboot 2 (specification 2.0): the header and its tags (3.1), the images that they describe or
// move, the boot information (3.6).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/multiboot2.h"
#include "tests/kernels/multiboot2_info.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    FILE_BYTES = 48 * 1024,
    MIB = 1024 * 1024,
    LAST_LEGAL_OFFSET = 32768 - 24, /* of a header with an end tag alone */
    HEADER_AT = 0x100,
    OPTIONAL = 1,
};

static uint8_t file[FILE_BYTES];
static size_t tags_end; /* of the header at HEADER_AT */
static struct multiboot2_header header;
static struct image image;
static struct error error;

static void seal(size_t offset, uint32_t architecture, uint32_t length)
{
    put32(file + offset, MULTIBOOT2_HEADER_MAGIC);
    put32(file + offset + 4, architecture);
    put32(file + offset + 8, length);
    put32(file + offset + 12, 0u - MULTIBOOT2_HEADER_MAGIC - architecture - length);
}

static void start_file(void)
{
    memset(file, 0x5a, sizeof file);
    memset(&header, 0xee, sizeof header);
    memset(&error, 0, sizeof error);
    tags_end = HEADER_AT + 16;
}

static void add_tag(uint16_t type, uint16_t flags, uint32_t size)
{
    put16(file + tags_end, type);
    put16(file + tags_end + 2, flags);
    put32(file + tags_end + 4, size);
    tags_end += (size + 7) & ~(size_t)7;
}

/* A tag with this many words in it. */
static void add_words(uint16_t type, uint16_t flags, size_t count, ...)
{
    va_list words;
    va_start(words, count);
    for (size_t i = 0; i < count; i++) {
        put32(file + tags_end + 8 + 4 * i, va_arg(words, uint32_t));
    }
    va_end(words);
    add_tag(type, flags, (uint32_t)(8 + 4 * count));
}

/* Searches the first size bytes, in a block of just that size, so that the sanitizer sees a read
   beyond them. */
static bool find(size_t size)
{
    uint8_t *start = malloc(size);
    memcpy(start, file, size);
    bool is_found = multiboot2_find_header((struct bytes){start, size}, &header, &error);
    free(start);
    return is_found;
}

/* Adds the end tag and looks for the header in a file that ends with it. */
static bool find_tags(void)
{
    add_tag(MULTIBOOT2_HEADER_END, 0, 8);
    seal(HEADER_AT, 0, (uint32_t)(tags_end - HEADER_AT));
    return find(tags_end);
}

static void put_plain_header(size_t offset)
{
    memset(file + offset + 16, 0, 8);
    file[offset + 16 + 4] = 8;
    seal(offset, 0, 24);
}

static void assert_refused(bool accepted, const char *reason)
{
    assert_false(accepted);
    if (strstr(error.message, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    }
}

/* ---- The search. */

static void a_file_without_a_header_is_refused(void **state)
{
    (void)state;
    start_file();
    assert_refused(find(sizeof file), "no Multiboot 2 header in the first 32768 bytes");
    assert_refused(find(1), "no Multiboot 2 header");
    assert_refused(find(15), "no Multiboot 2 header");
}

static void a_header_that_ends_with_the_searched_part_is_the_last_legal_one(void **state)
{
    (void)state;
    start_file();
    put_plain_header(LAST_LEGAL_OFFSET);
    assert_true(find(32768));
    assert_int_equal(header.file_offset, LAST_LEGAL_OFFSET);
    assert_true(find(sizeof file));
    start_file();
    put_plain_header(LAST_LEGAL_OFFSET + 8);
    assert_refused(find(sizeof file), "no end tag");
    start_file();
    put_plain_header(32768);
    assert_refused(find(sizeof file), "no Multiboot 2 header");
}

static void a_header_off_the_8_byte_grid_is_no_header(void **state)
{
    (void)state;
    for (size_t off = 1; off < 8; off++) {
        start_file();
        put_plain_header(HEADER_AT + off);
        assert_refused(find(sizeof file), "no Multiboot 2 header");
    }
}

static void a_header_for_another_architecture_is_told_from_none(void **state)
{
    (void)state;
    start_file();
    seal(HEADER_AT, 4, 24);
    assert_refused(find(sizeof file), "not for the PC");
    assert_false(multiboot2_is_present((struct bytes){file, sizeof file}));
}

static void a_decoy_with_a_wrong_checksum_does_not_hide_the_header(void **state)
{
    (void)state;
    start_file();
    put_plain_header(HEADER_AT);
    file[HEADER_AT + 12] ^= 1;
    assert_refused(find(sizeof file), "wrong checksum");
    put_plain_header(HEADER_AT + 8 * 4);
    assert_true(find(sizeof file));
    assert_int_equal(header.file_offset, HEADER_AT + 8 * 4);
    assert_true(multiboot2_is_present((struct bytes){file, sizeof file}));
}

static void any_header_length_is_accepted_if_there_is_an_end_tag(void **state)
{
    (void)state;
    const uint32_t lengths[] = {
        0, 8, 15, FILE_BYTES - HEADER_AT + 1, 32768 - HEADER_AT + 1, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        start_file();
        add_words(MULTIBOOT2_FRAMEBUFFER, 0, 3, 1024, 768, 32);
        add_tag(MULTIBOOT2_HEADER_END, 0, 8);
        seal(HEADER_AT, 0, lengths[i]);
        assert_true(find(tags_end));
        assert_int_equal(header.width, 1024);
    }
    start_file();
    put_plain_header(HEADER_AT);
    assert_refused(find(HEADER_AT + 17), "no end tag");
}

/* ---- The tags. */

static void the_fields_of_all_tags_are_read(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_ADDRESS, 0, 4, 1, 2, 3, 4);
    add_words(MULTIBOOT2_ENTRY_ADDRESS, 0, 1, 5);
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, 2);
    add_words(MULTIBOOT2_FRAMEBUFFER, OPTIONAL, 3, 1024, 768, 32);
    add_words(MULTIBOOT2_MODULE_ALIGN, 0, 0);
    add_words(MULTIBOOT2_RELOCATABLE, 0, 4, 6, 7, 8, 9);
    assert_true(find_tags());
    assert_int_equal(header.tags, 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 10);
    const struct address_fields address = {1, 2, 3, 4, 5};
    assert_memory_equal(&header.address, &address, sizeof address);
    assert_int_equal(header.console_flags, 2);
    assert_int_equal(header.width, 1024);
    assert_int_equal(header.height, 768);
    assert_int_equal(header.depth, 32);
    assert_int_equal(header.min_addr, 6);
    assert_int_equal(header.max_addr, 7);
    assert_int_equal(header.align, 8);
    assert_int_equal(header.preference, 9);
}

static void tags_for_efi_are_accepted_and_change_nothing(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_EFI_BOOT_SERVICES, 0, 0);
    add_words(MULTIBOOT2_ENTRY_ADDRESS_EFI32, 0, 1, 77);
    add_words(MULTIBOOT2_ENTRY_ADDRESS_EFI64, 0, 1, 78);
    assert_true(find_tags());
    assert_int_equal(header.address.entry_addr, 0);
    assert_int_equal(header.entry_efi32, 77);
    assert_int_equal(header.entry_efi64, 78);
    assert_false(multiboot2_has(&header, MULTIBOOT2_ENTRY_ADDRESS));
}

static void an_i386_entry_alone_is_refused_on_64_bit_uefi_that_keeps_boot_services(void **state)
{
    (void)state;
    static const struct {
        bool keeps, has_32, has_64, is_64, is_refused;
        uint16_t flags; /* of the i386 entry's tag */
    } cases[] = {
        {true, true, false, true, true, 0},   {true, true, false, true, false, OPTIONAL},
        {true, true, true, true, false, 0},   {true, true, false, false, false, 0},
        {false, true, false, true, false, 0}, {true, false, false, true, false, 0},
        {true, false, true, false, false, 0},
    };
    struct image_segment segment = {.file_size = 0x1000, .memory_size = 0x1000, .address = MIB};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct boot_information information = {0};
        const struct boot_efi efi = {.is_64 = cases[i].is_64};
        start_file();
        if (cases[i].keeps) {
            add_words(MULTIBOOT2_EFI_BOOT_SERVICES, 0, 0);
        }
        if (cases[i].has_32) {
            add_words(MULTIBOOT2_ENTRY_ADDRESS_EFI32, cases[i].flags, 1, MIB + 0x20);
        }
        if (cases[i].has_64) {
            add_words(MULTIBOOT2_ENTRY_ADDRESS_EFI64, 0, 1, MIB + 0x40);
        }
        assert_true(find_tags());
        image = (struct image){IMAGE_ELF32, MIB, &segment, 1};
        bool is_accepted = multiboot2_apply_efi(&header, &efi, &information, &image, &error);
        if (cases[i].is_refused) {
            assert_refused(is_accepted, "EFI i386 entry (tag 8) only: not on 64-bit UEFI");
        } else {
            assert_true(is_accepted);
        }
    }
}

static void an_unknown_tag_is_refused_by_number_unless_it_is_optional(void **state)
{
    (void)state;
    const uint16_t types[] = {11, 32, 0x1234, 0xffff};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char reason[32];
        snprintf(reason, sizeof reason, "tag %u is required", types[i]);
        start_file();
        add_words(types[i], 0, 1, 0);
        assert_refused(find_tags(), reason);
        start_file();
        add_words(types[i], OPTIONAL, 1, 0);
        add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, 2);
        assert_true(find_tags());
        assert_int_equal(header.tags, 1 << MULTIBOOT2_CONSOLE_FLAGS);
    }
}

static void an_unknown_request_is_refused_by_number_unless_it_is_optional(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_INFORMATION_REQUEST, 0, 3, 1, 21, 22);
    assert_refused(find_tags(), "information 22 is required");
    start_file();
    add_words(MULTIBOOT2_INFORMATION_REQUEST, OPTIONAL, 2, 1, UINT32_MAX);
    assert_true(find_tags());
    start_file();
    add_tag(MULTIBOOT2_INFORMATION_REQUEST, 0, 8);
    for (uint32_t type = 0; type < 22; type++) {
        add_words(MULTIBOOT2_INFORMATION_REQUEST, 0, 1, type);
    }
    assert_true(find_tags());
}

static void requests_are_remembered_whether_required_or_not(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_INFORMATION_REQUEST, 0, 2, 1, 13);
    add_words(MULTIBOOT2_INFORMATION_REQUEST, OPTIONAL, 2, 21, 22);
    assert_true(find_tags());
    assert_int_equal(header.requests, 1 << 1 | 1 << 13 | 1 << 21);
}

static void a_tag_of_fewer_than_8_bytes_is_refused(void **state)
{
    (void)state;
    for (uint32_t size = 0; size < 8; size++) {
        start_file();
        add_tag(77, OPTIONAL, 8);
        put32(file + tags_end - 4, size);
        assert_refused(find_tags(), "tag 77 cannot have");
    }
}

static void a_tag_that_runs_past_the_header_is_refused(void **state)
{
    (void)state;
    const uint32_t sizes[] = {17, 24, 0x7fffffff, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        start_file();
        add_tag(77, OPTIONAL, 8);
        put32(file + tags_end - 4, sizes[i]);
        assert_refused(find_tags(), "tag 77 cannot have");
    }
}

static void a_tag_that_is_too_short_for_its_fields_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        uint32_t size;
    } tags[] = {{2, 24}, {3, 12}, {4, 12}, {5, 20}, {10, 24}};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        for (uint32_t size = 8; size < tags[i].size; size++) {
            start_file();
            add_tag(tags[i].type, OPTIONAL, size);
            assert_refused(find_tags(), "cannot have");
        }
    }
}

static void an_end_tag_of_6_bytes_in_a_header_of_46_works(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_FRAMEBUFFER, OPTIONAL, 3, 80, 25, 0);
    memset(file + tags_end, 0, 6);
    seal(HEADER_AT, 0, 46);
    assert_int_equal(tags_end + 6, HEADER_AT + 46);
    assert_true(find(HEADER_AT + 46));
    assert_int_equal(header.width, 80);
}

static void tags_after_header_length_are_read_up_to_the_end_tag(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, 2); /* 12 bytes, padded to 16 */
    add_words(MULTIBOOT2_FRAMEBUFFER, 0, 3, 1024, 768, 32);
    add_tag(MULTIBOOT2_HEADER_END, 0, 8);
    for (uint32_t length = 16; length <= tags_end - HEADER_AT; length += length == 16 ? 16 : 24) {
        seal(HEADER_AT, 0, length);
        assert_true(find(tags_end));
        assert_int_equal(header.console_flags, 2);
        assert_int_equal(header.width, 1024);
    }
    seal(HEADER_AT, 0, 16 + 11); /* ends in the first tag */
    assert_true(find(tags_end));
    assert_int_equal(header.width, 1024);
    seal(HEADER_AT, 0, 16);
    put32(file + HEADER_AT + 16 + 16 + 4,
          32768 - HEADER_AT - 16 - 16 + 1); /* the second one's size */
    assert_refused(find(sizeof file), "tag 5 cannot have");
}

/* Puts a tag right after those that are there. */
static void add_unpadded(uint16_t type, uint16_t flags, size_t size, const uint32_t *words)
{
    put16(file + tags_end, type);
    put16(file + tags_end + 2, flags);
    put32(file + tags_end + 4, (uint32_t)size);
    for (size_t i = 0; i < size / 4 - 2; i++) {
        put32(file + tags_end + 8 + 4 * i, words[i]);
    }
    tags_end += size;
}

static void a_tag_after_one_that_is_not_padded_is_told_as_that(void **state)
{
    (void)state;
    static const uint32_t words[] = {1024, 768, 32, 4096};
    static const struct {
        uint16_t type, flags;
        uint8_t size;
    } next[] = {{MULTIBOOT2_HEADER_END, 0, 8},
                {MULTIBOOT2_INFORMATION_REQUEST, 0, 16},
                {MULTIBOOT2_ADDRESS, 0, 24},
                {MULTIBOOT2_ENTRY_ADDRESS, 0, 12},
                {MULTIBOOT2_CONSOLE_FLAGS, OPTIONAL, 12},
                {MULTIBOOT2_MODULE_ALIGN, 0, 8},
                {MULTIBOOT2_RELOCATABLE, OPTIONAL, 24}};
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
        for (int padded_before = 0; padded_before < 2; padded_before++) {
            start_file();
            if (padded_before != 0) {
                add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, 2);
            }
            add_unpadded(MULTIBOOT2_FRAMEBUFFER, 0, 20, words);
            add_unpadded(next[i].type, next[i].flags, next[i].size, words);
            if (next[i].type != MULTIBOOT2_HEADER_END) {
                add_unpadded(MULTIBOOT2_HEADER_END, 0, 8, NULL);
            }
            seal(HEADER_AT, 0, (uint32_t)(tags_end - HEADER_AT));
            assert_refused(find(sizeof file), "the tag after tag 5, of 20 bytes, does not begin");
            assert_refused(find(tags_end), "multiple of 8: put .align 8 before it");
        }
    }
}

static void an_unknown_tag_after_a_padded_one_is_not_told_as_unpadded(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_FRAMEBUFFER, 0, 3, 1024, 768, 32);
    memset(file + tags_end - 4, 0, 4);
    add_words(77, 0, 1, 0);
    assert_refused(find_tags(), "tag 77 is required");
}

static void a_header_without_an_end_tag_is_refused(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, 2);
    for (uint32_t length = 16 + 12; length <= 16 + 17; length++) {
        seal(HEADER_AT, 0, length);
        assert_refused(find(HEADER_AT + length), "no end tag in the first 32768 bytes");
    }
    seal(HEADER_AT, 0, 16);
    assert_refused(find(HEADER_AT + 16), "no end tag");
    start_file();
    seal(HEADER_AT, 0, 16);
    while (tags_end < 32768) {
        add_tag(77, OPTIONAL, 8);
    }
    assert_refused(find(sizeof file), "no end tag");
}

static void a_required_console_must_be_one_that_the_kernel_supports(void **state)
{
    (void)state;
    start_file();
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, MULTIBOOT2_CONSOLE_REQUIRED);
    assert_refused(find_tags(), "a console is required");
    start_file();
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1,
              MULTIBOOT2_CONSOLE_REQUIRED | MULTIBOOT2_EGA_TEXT_SUPPORTED);
    assert_true(find_tags());
    start_file();
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, MULTIBOOT2_CONSOLE_REQUIRED);
    add_words(MULTIBOOT2_FRAMEBUFFER, 0, 3, 0, 0, 0);
    assert_true(find_tags());
    start_file();
    add_words(MULTIBOOT2_CONSOLE_FLAGS, 0, 1, 0);
    assert_true(find_tags());
}

/* ---- Images. */

static uint8_t arena_memory[4096];

static bool address_image(uint64_t file_size)
{
    struct arena arena = {.base = arena_memory, .size = sizeof arena_memory};
    return multiboot2_address_image(&header, file_size, &image, &arena, &error);
}

static void start_address_header(uint32_t load_addr)
{
    memset(&error, 0, sizeof error);
    header = (struct multiboot2_header){
        .file_offset = HEADER_AT,
        .tags = 1 << MULTIBOOT2_ADDRESS | 1 << MULTIBOOT2_ENTRY_ADDRESS,
        .address = {.header_addr = MIB + HEADER_AT, .load_addr = load_addr, .entry_addr = MIB + 4},
    };
}

static void an_address_tag_needs_an_entry_address_tag(void **state)
{
    (void)state;
    start_address_header(MIB);
    assert_true(address_image(0x2000));
    assert_int_equal(image.entry, MIB + 4);
    header.tags = 1 << MULTIBOOT2_ADDRESS;
    assert_refused(address_image(0x2000), "without an entry address tag");
}

static void load_addr_minus_1_stands_for_the_start_of_the_file(void **state)
{
    (void)state;
    start_address_header(UINT32_MAX);
    header.address.load_end_addr = MIB + 0x1000;
    header.address.bss_end_addr = MIB + 0x1800;
    assert_true(address_image(0x2000));
    assert_int_equal(image.segments[0].address, MIB);
    assert_int_equal(image.segments[0].file_offset, 0);
    assert_int_equal(image.segments[0].file_size, 0x1000);
    assert_int_equal(image.segments[0].memory_size, 0x1800);
    header.address.header_addr = HEADER_AT - 1;
    assert_refused(address_image(0x2000), "lies before load_addr");
}

static void the_entry_address_must_lie_in_bytes_of_the_file(void **state)
{
    (void)state;
    struct image_segment segments[] = {{.address = MIB, .file_size = 16, .memory_size = 32},
                                       {.address = 3 * MIB, .file_size = 1, .memory_size = 1}};
    image = (struct image){.entry = 77, .segments = segments, .segment_count = 2};
    header = (struct multiboot2_header){0};
    assert_true(multiboot2_apply_entry(&header, &image, &error));
    assert_int_equal(image.entry, 77);
    header.tags = 1 << MULTIBOOT2_ENTRY_ADDRESS;
    const uint32_t good[] = {MIB, MIB + 15, 3 * MIB};
    for (size_t i = 0; i < 3; i++) {
        header.address.entry_addr = good[i];
        assert_true(multiboot2_apply_entry(&header, &image, &error));
        assert_int_equal(image.entry, good[i]);
    }
    const uint32_t bad[] = {0, MIB - 1, MIB + 16, 3 * MIB + 1, UINT32_MAX};
    for (size_t i = 0; i < 5; i++) {
        header.address.entry_addr = bad[i];
        assert_refused(multiboot2_apply_entry(&header, &image, &error),
                       "where the file has no bytes");
    }
}

static struct memory_range ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {MIB, 14 * MIB, MEMORY_AVAILABLE},
    {15 * MIB, MIB, MEMORY_RESERVED},
    {16 * MIB, 48 * MIB, MEMORY_AVAILABLE},
    {UINT64_C(1) << 32, UINT64_C(1) << 30, MEMORY_AVAILABLE},
};
static const struct memory_map map = {ranges, 5, 5};

/* Two segments, 2 MiB from the lowest to the highest address. */
static struct image_segment segments_2m[2];

static bool relocate(uint32_t minimum, uint32_t maximum, uint32_t alignment, uint32_t preference)
{
    const struct placement placement = {.map = &map};
    segments_2m[0] = (struct image_segment){.address = 9 * MIB, .memory_size = MIB};
    segments_2m[1] = (struct image_segment){.address = 8 * MIB, .memory_size = 10};
    image = (struct image){.entry = 9 * MIB + 5, .segments = segments_2m, .segment_count = 2};
    header = (struct multiboot2_header){
        .tags = 1 << MULTIBOOT2_RELOCATABLE,
        .min_addr = minimum,
        .max_addr = maximum,
        .align = alignment,
        .preference = preference,
    };
    memset(&error, 0, sizeof error);
    return multiboot2_relocate(&header, &placement, &image, &error);
}

static void assert_relocated(uint32_t minimum, uint32_t maximum, uint32_t alignment,
                             uint32_t preference, uint32_t base)
{
    if (!relocate(minimum, maximum, alignment, preference)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(segments_2m[1].address, base);
    assert_int_equal(segments_2m[0].address, base + MIB);
    assert_int_equal(image.entry, base + MIB + 5);
}

static void a_relocatable_image_moves_as_a_whole_to_the_lowest_place(void **state)
{
    (void)state;
    assert_relocated(0, UINT32_MAX, 4096, MULTIBOOT2_PREFER_LOW, MIB);
    assert_relocated(0, UINT32_MAX, 4096, MULTIBOOT2_PREFER_NONE, MIB);
    assert_relocated(0, UINT32_MAX, 4096, 3, MIB);
    assert_relocated(3 * MIB + 1, UINT32_MAX, 0, MULTIBOOT2_PREFER_LOW, 3 * MIB + 1);
    assert_relocated(3 * MIB + 1, UINT32_MAX, 16, MULTIBOOT2_PREFER_LOW, 3 * MIB + 16);
    assert_relocated(13 * MIB + 1, UINT32_MAX, 1, MULTIBOOT2_PREFER_LOW, 16 * MIB);
    assert_relocated(0, UINT32_MAX, 32 * MIB, MULTIBOOT2_PREFER_LOW, 32 * MIB);
}

static void an_image_that_prefers_high_ends_as_high_as_it_may(void **state)
{
    (void)state;
    assert_relocated(0, UINT32_MAX, 1, MULTIBOOT2_PREFER_HIGH, 62 * MIB);
    assert_relocated(0, 40 * MIB + 5, 1, MULTIBOOT2_PREFER_HIGH, 38 * MIB + 5);
    assert_relocated(0, 40 * MIB + 5, 4 * MIB, MULTIBOOT2_PREFER_HIGH, 36 * MIB);
    assert_relocated(0, 17 * MIB, 1, MULTIBOOT2_PREFER_HIGH, 13 * MIB);
    assert_relocated(62 * MIB, 64 * MIB, 1, MULTIBOOT2_PREFER_HIGH, 62 * MIB);
}

static void an_image_that_fits_nowhere_in_its_range_is_refused(void **state)
{
    (void)state;
    for (uint32_t preference = 0; preference < 3; preference++) {
        assert_refused(relocate(0, 2 * MIB, 1, preference), "do not fit");
        assert_refused(relocate(63 * MIB, UINT32_MAX, 1, preference), "do not fit");
        assert_refused(relocate(14 * MIB, 17 * MIB, 1, preference), "do not fit");
        assert_refused(relocate(0, UINT32_MAX, 1u << 30, preference), "do not fit");
        assert_refused(relocate(30 * MIB, 20 * MIB, 1, preference), "do not fit");
        assert_refused(relocate(UINT32_MAX, 0, 1, preference), "do not fit");
    }
}

static void an_alignment_that_is_no_power_of_two_is_refused(void **state)
{
    (void)state;
    assert_refused(relocate(0, UINT32_MAX, 0x3000, 0), "0x3000 is not a power of two");
    assert_refused(relocate(0, UINT32_MAX, UINT32_MAX, 0), "is not a power of two");
}

static void an_image_of_4_gib_is_refused(void **state)
{
    (void)state;
    const struct placement placement = {.map = &map};
    struct image_segment whole[] = {{.address = 0, .memory_size = 1},
                                    {.address = UINT32_MAX, .memory_size = 1}};
    relocate(0, UINT32_MAX, 1, MULTIBOOT2_PREFER_HIGH); /* for the header */
    image = (struct image){.segments = whole, .segment_count = 2};
    assert_refused(multiboot2_relocate(&header, &placement, &image, &error),
                   "0x100000000 bytes, aligned to 0x1, do not fit");
}

static void an_image_without_the_tag_stays(void **state)
{
    (void)state;
    const struct placement placement = {.map = &map};
    relocate(0, UINT32_MAX, 1, 0);
    uint32_t entry = image.entry;
    header.tags = 0;
    assert_true(multiboot2_relocate(&header, &placement, &image, &error));
    assert_int_equal(image.entry, entry);
}

/* ---- The boot information: read as a kernel reads it, by a declaration of
   its own. */

enum { INFORMATION_ADDRESS = 0x123400 };

static struct information *information;
static size_t information_size;

static struct boot_information minimal(void)
{
    return (struct boot_information){
        .map = &map, .boot_device = 0xe0ffffff, .command_line = "", .loader_name = "L 1"};
}

/* Writes the information to a block of just the size that was announced. */
static void write_information(const struct boot_information *wanted)
{
    information_size = multiboot2_information_size(wanted);
    free(information); /* what an earlier test wrote */
    information = calloc(1, information_size);
    multiboot2_write_information(wanted, (uint8_t *)information, INFORMATION_ADDRESS);
    assert_true(information->total_size <= information_size);
    assert_int_equal(information->reserved, 0);
}

/* Finds the n-th tag of a type and checks that it is inside the information; returns NULL if there
   is none. Walks all tags from the start, and checks that they end where total_size says. */
static const void *tag(uint32_t type, size_t n)
{
    const struct tag *found = NULL;
    size_t offset = sizeof *information;
    for (;;) {
        assert_true(offset % 8 == 0 && range_within(offset, sizeof *found, information_size));
        const struct tag *at = (const struct tag *)((const uint8_t *)information + offset);
        assert_true(at->size >= sizeof *at && range_within(offset, at->size, information_size));
        if (at->type == type && n-- == 0) {
            found = at;
        }
        offset += (at->size + 7) & ~(size_t)7;
        if (at->type == TAG_END) {
            assert_int_equal(at->size, sizeof *at);
            assert_int_equal(offset, information->total_size);
            return found;
        }
    }
}

static uint32_t tag_size(uint32_t type)
{
    const struct tag *at = tag(type, 0);
    return at == NULL ? 0 : at->size;
}

static void assert_text(uint32_t type, const char *text)
{
    const struct tag_text *at = tag(type, 0);
    assert_non_null(at);
    assert_int_equal(at->tag.size, sizeof *at + strlen(text) + 1);
    assert_string_equal(at->string, text);
}

static void strings_have_their_length_as_size(void **state)
{
    (void)state;
    char command_line[40] = "";
    for (size_t length = 0; length < sizeof command_line - 1; length++) {
        struct boot_information wanted = minimal();
        wanted.command_line = command_line;
        write_information(&wanted);
        assert_text(TAG_CMDLINE, command_line);
        assert_text(TAG_LOADER_NAME, "L 1");
        command_line[length] = 'x';
    }
}

static void modules_come_in_order_with_their_strings(void **state)
{
    (void)state;
    const struct boot_module modules[] = {
        {0x101000, 0x102345, "first module"},
        {0x103000, 0x103000, ""},
        {0x104000, 0xffffffff, "x"},
    };
    struct boot_information wanted = minimal();
    wanted.modules = modules;
    wanted.module_count = 3;
    write_information(&wanted);
    for (size_t i = 0; i < 3; i++) {
        const struct tag_module *at = tag(TAG_MODULE, i);
        assert_int_equal(at->tag.size, sizeof *at + strlen(modules[i].string) + 1);
        assert_int_equal(at->mod_start, modules[i].mod_start);
        assert_int_equal(at->mod_end, modules[i].mod_end);
        assert_string_equal(at->string, modules[i].string);
    }
    assert_null(tag(TAG_MODULE, 3));
}

static void the_memory_map_has_entries_of_24_bytes(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    write_information(&wanted);
    const struct tag_mmap *at = tag(TAG_MMAP, 0);
    assert_int_equal(at->tag.size, sizeof *at + 5 * 24);
    assert_int_equal(at->entry_size, 24);
    assert_int_equal(at->entry_version, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(at->entries[i].base_addr, ranges[i].address);
        assert_int_equal(at->entries[i].length, ranges[i].length);
        assert_int_equal(at->entries[i].type, ranges[i].type);
        assert_int_equal(at->entries[i].reserved, 0);
    }
    const struct tag_basic_meminfo *basic = tag(TAG_BASIC_MEMINFO, 0);
    assert_int_equal(basic->mem_lower, 639);
    assert_int_equal(basic->mem_upper, 14 * 1024);
}

static void section_headers_follow_their_number_size_and_names(void **state)
{
    (void)state;
    uint8_t headers[3 * 40];
    memset(headers, 0xc3, sizeof headers);
    struct boot_information wanted = minimal();
    write_information(&wanted);
    assert_int_equal(tag_size(TAG_ELF_SECTIONS),
                     sizeof(struct tag_elf_sections)); /* empty, but there */
    wanted.sections = (struct boot_sections){.num = 3, .size = 40, .shndx = 2, .headers = headers};
    write_information(&wanted);
    const struct tag_elf_sections *at = tag(TAG_ELF_SECTIONS, 0);
    assert_int_equal(at->tag.size, sizeof *at + sizeof headers);
    assert_int_equal(at->num, 3);
    assert_int_equal(at->entsize, 40);
    assert_int_equal(at->shndx, 2);
    assert_memory_equal(at->headers, headers, sizeof headers);
}

static void the_boot_device_has_a_word_for_each_byte(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    wanted.load_base = 0x200000;
    wanted.boot_device = 0x8002ffff;
    write_information(&wanted);
    const struct tag_bootdev *at = tag(TAG_BOOTDEV, 0);
    assert_int_equal(at->tag.size, sizeof *at);
    assert_int_equal(at->biosdev, 0x80);
    assert_int_equal(at->partition, 2);
    assert_int_equal(at->sub_partition, UINT32_MAX);
    const struct tag_load_base *base = tag(TAG_LOAD_BASE, 0);
    assert_int_equal(base->tag.size, sizeof *base);
    assert_int_equal(base->load_base_addr, 0x200000);
}

static void without_a_machine_its_tags_are_missing(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    write_information(&wanted);
    const uint32_t types[] = {TAG_VBE, TAG_FRAMEBUFFER, TAG_APM, TAG_ACPI_OLD, TAG_ACPI_NEW};
    for (size_t i = 0; i < 5; i++) {
        assert_null(tag(types[i], 0));
    }
}

static void assert_root_pointer(uint32_t type, const uint8_t *rsdp, size_t size)
{
    const struct tag_acpi *at = tag(type, 0);
    assert_non_null(at);
    assert_int_equal(at->tag.size, sizeof *at + size);
    assert_memory_equal(at->rsdp, rsdp, size);
}

static void the_root_pointer_comes_whole_and_in_its_old_part(void **state)
{
    (void)state;
    uint8_t rsdp[36];
    memset(rsdp, 0x77, sizeof rsdp);
    struct boot_information wanted = minimal();
    wanted.rsdp = (struct bytes){rsdp, 20};
    write_information(&wanted);
    assert_root_pointer(TAG_ACPI_OLD, rsdp, 20);
    assert_null(tag(TAG_ACPI_NEW, 0));
    wanted.rsdp.size = 36;
    write_information(&wanted);
    assert_root_pointer(TAG_ACPI_OLD, rsdp, 20);
    assert_root_pointer(TAG_ACPI_NEW, rsdp, 36);
}

static void a_root_pointer_for_acpi_1_of_its_own_goes_into_the_old_tag(void **state)
{
    (void)state;
    uint8_t rsdp[36], old_rsdp[20];
    memset(rsdp, 0x77, sizeof rsdp);
    memset(old_rsdp, 0x11, sizeof old_rsdp);
    struct boot_information wanted = minimal();
    wanted.rsdp = (struct bytes){rsdp, sizeof rsdp};
    wanted.old_rsdp = (struct bytes){old_rsdp, sizeof old_rsdp};
    write_information(&wanted);
    assert_root_pointer(TAG_ACPI_OLD, old_rsdp, 20);
    assert_root_pointer(TAG_ACPI_NEW, rsdp, 36);
}

static void assert_pointer(uint32_t type, uint32_t value, bool is_64)
{
    const struct tag_pointer *at = tag(type, 0);
    assert_non_null(at);
    assert_int_equal(at->tag.size, sizeof at->tag + (is_64 ? 8 : 4));
    assert_int_equal(at->low, value);
    if (is_64) {
        assert_int_equal(at->high, 0);
    }
}

static void uefi_is_told_by_pointers_of_its_size_and_its_memory_map(void **state)
{
    (void)state;
    const uint8_t descriptors[96] = {[0] = 7, [48] = 9};
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        const struct boot_efi efi = {.system_table = 0x11223344,
                                     .image_handle = 0x55667788,
                                     .is_64 = is_64 != 0,
                                     .memory_map = {descriptors, sizeof descriptors},
                                     .descriptor_size = 48,
                                     .descriptor_version = 1};
        struct boot_information wanted = minimal();
        wanted.efi = &efi;
        write_information(&wanted);
        assert_pointer(is_64 ? TAG_EFI64 : TAG_EFI32, 0x11223344, is_64 != 0);
        assert_pointer(is_64 ? TAG_EFI64_IH : TAG_EFI32_IH, 0x55667788, is_64 != 0);
        assert_null(tag(is_64 ? TAG_EFI32 : TAG_EFI64, 0));
        assert_null(tag(is_64 ? TAG_EFI32_IH : TAG_EFI64_IH, 0));
        assert_null(tag(TAG_EFI_BS, 0));
        const struct tag_efi_mmap *at = tag(TAG_EFI_MMAP, 0);
        assert_int_equal(at->tag.size, sizeof *at + sizeof descriptors);
        assert_int_equal(at->descriptor_size, 48);
        assert_int_equal(at->descriptor_version, 1);
        assert_memory_equal(at->efi_memory_map, descriptors, sizeof descriptors);
    }
}

/* A kernel that keeps boot services asks them for memory. */
static void with_boot_services_there_is_no_memory_map(void **state)
{
    (void)state;
    const struct boot_efi efi = {.is_64 = true};
    struct boot_information wanted = minimal();
    wanted.efi = &efi;
    wanted.keeps_boot_services = true;
    write_information(&wanted);
    assert_int_equal(tag_size(TAG_EFI_BS), sizeof(struct tag));
    assert_null(tag(TAG_BASIC_MEMINFO, 0));
    assert_null(tag(TAG_MMAP, 0));
    assert_null(tag(TAG_EFI_MMAP, 0));
}

static void the_apm_table_is_copied_into_its_tag(void **state)
{
    (void)state;
    const struct apm_table apm = {.version = 0x102,
                                  .cseg = 0xf000,
                                  .offset = 0x12345678,
                                  .cseg_16 = 1,
                                  .dseg = 2,
                                  .flags = 3,
                                  .cseg_len = 4,
                                  .cseg_16_len = 5,
                                  .dseg_len = 6};
    struct boot_information wanted = minimal();
    wanted.apm = &apm;
    write_information(&wanted);
    const struct tag_apm *at = tag(TAG_APM, 0);
    assert_int_equal(at->tag.size, sizeof *at);
    assert_int_equal(at->version, 0x102);
    assert_int_equal(at->cseg, 0xf000);
    assert_int_equal(at->offset, 0x12345678);
    assert_int_equal(at->cseg_16, 1);
    assert_int_equal(at->dseg, 2);
    assert_int_equal(at->flags, 3);
    assert_int_equal(at->cseg_len, 4);
    assert_int_equal(at->cseg_16_len, 5);
    assert_int_equal(at->dseg_len, 6);
}

static struct video video_of(uint8_t type)
{
    return (struct video){
        .framebuffer = {.address = UINT64_C(0xfd000000),
                        .pitch = 5120,
                        .width = 1280,
                        .height = 800,
                        .bpp = 32,
                        .type = type,
                        .masks = {16, 8, 8, 8, 0, 8}},
        .vbe_mode = 0x4118,
        .vbe_interface_seg = 0xc000,
        .vbe_interface_off = 0x1234,
        .vbe_interface_len = 0x56,
    };
}

static void the_framebuffer_has_the_colours_of_its_type(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        uint32_t size;
    } types[] = {{FRAMEBUFFER_TEXT, 32},
                 {FRAMEBUFFER_RGB, 38},
                 {FRAMEBUFFER_INDEXED, 32 + 2 + 3 * PALETTE_COLOURS},
                 {FRAMEBUFFER_NONE, 0}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct video video = video_of(types[i].type);
        struct boot_information wanted = minimal();
        wanted.video = &video;
        write_information(&wanted);
        assert_int_equal(tag_size(TAG_FRAMEBUFFER), types[i].size);
        assert_null(tag(TAG_VBE, 0));
        const struct tag_framebuffer *at = tag(TAG_FRAMEBUFFER, 0);
        if (types[i].size != 0) {
            assert_int_equal(at->framebuffer_addr, 0xfd000000);
            assert_int_equal(at->framebuffer_pitch, 5120);
            assert_int_equal(at->framebuffer_width, 1280);
            assert_int_equal(at->framebuffer_height, 800);
            assert_int_equal(at->framebuffer_bpp, 32);
            assert_int_equal(at->framebuffer_type, types[i].type);
            assert_int_equal(at->reserved, 0);
        }
        if (types[i].type == FRAMEBUFFER_RGB) {
            assert_memory_equal(at->color_info, video.framebuffer.masks, 6);
        } else if (types[i].type == FRAMEBUFFER_INDEXED) {
            assert_int_equal(load16(at->color_info), PALETTE_COLOURS);
            assert_memory_equal(at->color_info + 2, video_palette, sizeof video_palette);
        }
    }
}

static void vbe_is_described_in_graphics_only_as_in_grub(void **state)
{
    (void)state;
    uint8_t control[VBE_CONTROL_INFO_BYTES], mode[VBE_MODE_INFO_BYTES];
    memset(control, 0, sizeof control);
    memcpy(control, "VESA", 4);
    memset(mode, 0x99, sizeof mode);
    struct video video = video_of(FRAMEBUFFER_TEXT);
    video.vbe_control_info = control;
    video.vbe_mode_info = mode;
    struct boot_information wanted = minimal();
    wanted.video = &video;
    write_information(&wanted);
    assert_null(tag(TAG_VBE, 0));
    video.framebuffer.type = FRAMEBUFFER_RGB;
    write_information(&wanted);
    const struct tag_vbe *at = tag(TAG_VBE, 0);
    assert_int_equal(at->tag.size, sizeof *at);
    assert_int_equal(at->vbe_mode, 0x4118);
    assert_int_equal(at->vbe_interface_seg, 0xc000);
    assert_int_equal(at->vbe_interface_off, 0x1234);
    assert_int_equal(at->vbe_interface_len, 0x56);
    assert_memory_equal(at->vbe_control_info, control, sizeof control);
    assert_memory_equal(at->vbe_mode_info, mode, sizeof mode);
}

static void smbios_is_copied_where_there_is_room_for_it(void **state)
{
    (void)state;
    static uint8_t table[0x10001];
    memset(table, 0x66, sizeof table);
    struct boot_information wanted = minimal();
    wanted.keeps_room_for_smbios = true;
    wanted.smbios = (struct smbios){2, 8, {table, 0x10000}};
    write_information(&wanted);
    const struct tag_smbios *at = tag(TAG_SMBIOS, 0);
    assert_int_equal(at->tag.size, sizeof *at + 0x10000);
    assert_int_equal(at->major, 2);
    assert_int_equal(at->minor, 8);
    assert_memory_equal(at->reserved, "\0\0\0\0\0\0", 6);
    assert_memory_equal(at->tables, table, 0x10000);
    wanted.smbios.table.size = 0x10001;
    write_information(&wanted);
    assert_null(tag(TAG_SMBIOS, 0));
    wanted.smbios.table.size = 0;
    write_information(&wanted);
    assert_null(tag(TAG_SMBIOS, 0));
}

/* The space reserved for what the machine tells is enough for the largest machine. */
static void everything_at_once_comes_in_grubs_order(void **state)
{
    (void)state;
    static const uint32_t order[] = {
        TAG_LOAD_BASE, TAG_CMDLINE,     TAG_LOADER_NAME,  TAG_APM,           TAG_MODULE,
        TAG_MODULE,    TAG_MMAP,        TAG_ELF_SECTIONS, TAG_BASIC_MEMINFO, TAG_BOOTDEV,
        TAG_VBE,       TAG_FRAMEBUFFER, TAG_ACPI_OLD,     TAG_ACPI_NEW,      TAG_END};
    uint8_t control[VBE_CONTROL_INFO_BYTES] = {0}, mode[VBE_MODE_INFO_BYTES] = {0};
    uint8_t rsdp[36] = {0};
    const struct apm_table apm = {0};
    const struct boot_module modules[] = {{1, 2, "a"}, {3, 4, "b"}};
    struct video video = video_of(FRAMEBUFFER_INDEXED);
    video.vbe_control_info = control;
    video.vbe_mode_info = mode;
    struct boot_information wanted = minimal();
    wanted.modules = modules;
    wanted.module_count = 2;
    wanted.video = &video;
    wanted.apm = &apm;
    wanted.rsdp = (struct bytes){rsdp, sizeof rsdp};
    write_information(&wanted);
    size_t offset = sizeof *information;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct tag *at = (const struct tag *)((const uint8_t *)information + offset);
        assert_int_equal(at->type, order[i]);
        offset += (at->size + 7) & ~7u;
    }
    assert_int_equal(offset, information->total_size);
}

static int forget_information(void **state)
{
    (void)state;
    free(information);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_without_a_header_is_refused),
        cmocka_unit_test(a_header_that_ends_with_the_searched_part_is_the_last_legal_one),
        cmocka_unit_test(a_header_off_the_8_byte_grid_is_no_header),
        cmocka_unit_test(a_header_for_another_architecture_is_told_from_none),
        cmocka_unit_test(a_decoy_with_a_wrong_checksum_does_not_hide_the_header),
        cmocka_unit_test(any_header_length_is_accepted_if_there_is_an_end_tag),
        cmocka_unit_test(the_fields_of_all_tags_are_read),
        cmocka_unit_test(tags_for_efi_are_accepted_and_change_nothing),
        cmocka_unit_test(an_i386_entry_alone_is_refused_on_64_bit_uefi_that_keeps_boot_services),
        cmocka_unit_test(an_unknown_tag_is_refused_by_number_unless_it_is_optional),
        cmocka_unit_test(an_unknown_request_is_refused_by_number_unless_it_is_optional),
        cmocka_unit_test(requests_are_remembered_whether_required_or_not),
        cmocka_unit_test(a_tag_of_fewer_than_8_bytes_is_refused),
        cmocka_unit_test(a_tag_that_runs_past_the_header_is_refused),
        cmocka_unit_test(a_tag_that_is_too_short_for_its_fields_is_refused),
        cmocka_unit_test(an_end_tag_of_6_bytes_in_a_header_of_46_works),
        cmocka_unit_test(a_tag_after_one_that_is_not_padded_is_told_as_that),
        cmocka_unit_test(an_unknown_tag_after_a_padded_one_is_not_told_as_unpadded),
        cmocka_unit_test(tags_after_header_length_are_read_up_to_the_end_tag),
        cmocka_unit_test(a_header_without_an_end_tag_is_refused),
        cmocka_unit_test(a_required_console_must_be_one_that_the_kernel_supports),
        cmocka_unit_test(an_address_tag_needs_an_entry_address_tag),
        cmocka_unit_test(load_addr_minus_1_stands_for_the_start_of_the_file),
        cmocka_unit_test(the_entry_address_must_lie_in_bytes_of_the_file),
        cmocka_unit_test(a_relocatable_image_moves_as_a_whole_to_the_lowest_place),
        cmocka_unit_test(an_image_that_prefers_high_ends_as_high_as_it_may),
        cmocka_unit_test(an_image_that_fits_nowhere_in_its_range_is_refused),
        cmocka_unit_test(an_alignment_that_is_no_power_of_two_is_refused),
        cmocka_unit_test(an_image_of_4_gib_is_refused),
        cmocka_unit_test(an_image_without_the_tag_stays),
        cmocka_unit_test(strings_have_their_length_as_size),
        cmocka_unit_test(modules_come_in_order_with_their_strings),
        cmocka_unit_test(the_memory_map_has_entries_of_24_bytes),
        cmocka_unit_test(section_headers_follow_their_number_size_and_names),
        cmocka_unit_test(the_boot_device_has_a_word_for_each_byte),
        cmocka_unit_test(without_a_machine_its_tags_are_missing),
        cmocka_unit_test(the_root_pointer_comes_whole_and_in_its_old_part),
        cmocka_unit_test(a_root_pointer_for_acpi_1_of_its_own_goes_into_the_old_tag),
        cmocka_unit_test(uefi_is_told_by_pointers_of_its_size_and_its_memory_map),
        cmocka_unit_test(with_boot_services_there_is_no_memory_map),
        cmocka_unit_test(the_apm_table_is_copied_into_its_tag),
        cmocka_unit_test(the_framebuffer_has_the_colours_of_its_type),
        cmocka_unit_test(vbe_is_described_in_graphics_only_as_in_grub),
        cmocka_unit_test(smbios_is_copied_where_there_is_room_for_it),
        cmocka_unit_test(everything_at_once_comes_in_grubs_order),
    };
    return cmocka_run_group_tests(tests, NULL, forget_information);
}
