// SPDX-License-Identifier: BSD-2-Clause
// Multiboot 1 (specification 0.6.96): the search for the header (3.1), the image that its address
// fields describe (3.1.3), the boot information (3.3).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/multiboot1.h"
#include "tests/kernels/multiboot1_info.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    FILE_BYTES = 3 * 8192,
    MIB = 1024 * 1024,
    PAGE = 4096,
    LAST_LEGAL_OFFSET = 8180,
};

static uint8_t file[FILE_BYTES];
static struct multiboot1_header header;
static struct image image;
static struct error error;

/* Writes a field of the header that begins at an offset of the file. */
#define PUT(offset, field, value) put32(file + (offset) + offsetof(struct header, field), value)

enum {
    MAGIC_FIELDS_END = offsetof(struct header, header_addr),
    ADDRESS_FIELDS_END = offsetof(struct header, mode_type),
    VIDEO_FIELDS_END = sizeof(struct header),
    CHECKSUM = offsetof(struct header, checksum),
};

static void put_header(size_t offset, uint32_t flags)
{
    PUT(offset, magic, MULTIBOOT1_HEADER_MAGIC);
    PUT(offset, flags, flags);
    PUT(offset, checksum, 0u - MULTIBOOT1_HEADER_MAGIC - flags);
}

static void start_file(void)
{
    memset(file, 0x5a, sizeof file);
    memset(&header, 0xee, sizeof header);
    memset(&error, 0, sizeof error);
}

/* Searches the first size bytes, in a block of just that size, so that the sanitizer sees a read
   beyond them. */
static bool find(size_t size)
{
    uint8_t *start = malloc(size > 0 ? size : 1);
    memcpy(start, file, size);
    bool is_found = multiboot1_find_header((struct bytes){start, size}, &header, &error);
    free(start);
    return is_found;
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
    assert_refused(find(sizeof file), "no Multiboot header in the first 8192 bytes");
}

static void a_header_at_8180_is_the_last_legal_one(void **state)
{
    (void)state;
    start_file();
    put_header(LAST_LEGAL_OFFSET, 0);
    assert_true(find(8192));
    assert_int_equal(header.file_offset, LAST_LEGAL_OFFSET);
    assert_true(find(sizeof file));
}

static void a_header_that_ends_after_the_first_8192_bytes_is_too_late(void **state)
{
    (void)state;
    for (size_t offset = LAST_LEGAL_OFFSET + 4; offset <= 8196; offset += 4) {
        start_file();
        put_header(offset, 0);
        assert_refused(find(sizeof file), "no Multiboot header");
    }
}

static void a_header_off_the_4_byte_grid_is_no_header(void **state)
{
    (void)state;
    for (size_t offset = 0x101; offset < 0x104; offset++) {
        start_file();
        put_header(offset, 0);
        assert_refused(find(sizeof file), "no Multiboot header");
    }
    start_file();
    put_header(8189, 0);
    assert_refused(find(sizeof file), "no Multiboot header");
}

static void a_wrong_checksum_is_told(void **state)
{
    (void)state;
    start_file();
    put_header(64, 0);
    file[64 + CHECKSUM] ^= 1;
    assert_refused(find(sizeof file), "wrong checksum");
}

static void a_decoy_with_a_wrong_checksum_does_not_hide_the_header(void **state)
{
    (void)state;
    start_file();
    put_header(64, 0xff);
    file[64 + CHECKSUM] ^= 1;
    put_header(68, MULTIBOOT1_MEMORY_INFO); /* this header begins inside the decoy */
    assert_true(find(sizeof file));
    assert_int_equal(header.file_offset, 68);
    assert_int_equal(header.flags, MULTIBOOT1_MEMORY_INFO);
}

static void of_two_headers_the_first_counts(void **state)
{
    (void)state;
    start_file();
    put_header(64, MULTIBOOT1_PAGE_ALIGN);
    put_header(128, MULTIBOOT1_MEMORY_INFO);
    assert_true(find(sizeof file));
    assert_int_equal(header.file_offset, 64);
}

static void each_unknown_required_flag_is_refused_by_its_number(void **state)
{
    (void)state;
    for (unsigned flag = 3; flag <= 15; flag++) {
        char expected[64];
        start_file();
        put_header(64, 1u << flag | 7);
        snprintf(expected, sizeof expected, "requires flag %u, which is unknown", flag);
        assert_refused(find(sizeof file), expected);
    }
}

static void each_unknown_optional_flag_is_accepted(void **state)
{
    (void)state;
    for (unsigned flag = 17; flag <= 31; flag++) {
        start_file();
        put_header(64, 1u << flag | 3);
        assert_true(find(sizeof file));
        assert_int_equal(header.flags, 1u << flag | 3);
    }
}

static void a_file_too_short_for_a_header_is_refused_at_each_length(void **state)
{
    (void)state;
    start_file();
    put_header(0, 0);
    for (size_t size = 0; size < MAGIC_FIELDS_END; size++) {
        assert_refused(find(size), "no Multiboot header");
    }
    assert_true(find(MAGIC_FIELDS_END));
}

static void a_file_that_ends_inside_the_address_fields_is_refused_at_each_length(void **state)
{
    (void)state;
    start_file();
    put_header(0, MULTIBOOT1_ADDRESS_FIELDS);
    for (size_t size = MAGIC_FIELDS_END; size < ADDRESS_FIELDS_END; size++) {
        assert_refused(find(size), "ends inside the Multiboot header's address fields");
    }
    assert_true(find(ADDRESS_FIELDS_END));
}

static void address_fields_may_stand_after_the_first_8192_bytes(void **state)
{
    (void)state;
    start_file();
    put_header(LAST_LEGAL_OFFSET, MULTIBOOT1_ADDRESS_FIELDS);
    PUT(LAST_LEGAL_OFFSET, header_addr, 0x100000);
    PUT(LAST_LEGAL_OFFSET, entry_addr, 0x123456);
    assert_true(find(sizeof file));
    assert_int_equal(header.header_addr, 0x100000);
    assert_int_equal(header.entry_addr, 0x123456);
}

static void address_fields_without_their_flag_are_not_read(void **state)
{
    (void)state;
    start_file();
    put_header(64, 0);
    assert_true(find(sizeof file));
    assert_int_equal(header.load_addr, 0);
    assert_int_equal(header.entry_addr, 0);
    assert_int_equal(header.mode_type, MULTIBOOT1_EGA_TEXT);
    assert_int_equal(header.depth, 0);
}

static void a_video_preference_is_handed_on_however_absurd(void **state)
{
    (void)state;
    start_file();
    put_header(64, MULTIBOOT1_VIDEO_MODE);
    PUT(64, mode_type, 2);
    PUT(64, width, UINT32_MAX);
    PUT(64, height, UINT32_MAX - 1);
    PUT(64, depth, 1000);
    assert_true(find(sizeof file));
    assert_int_equal(header.mode_type, 2);
    assert_int_equal(header.width, UINT32_MAX);
    assert_int_equal(header.height, UINT32_MAX - 1);
    assert_int_equal(header.depth, 1000);
}

static void the_video_flag_without_its_fields_asks_for_nothing(void **state)
{
    (void)state;
    start_file();
    put_header(0, MULTIBOOT1_VIDEO_MODE);
    for (size_t size = MAGIC_FIELDS_END; size < VIDEO_FIELDS_END; size++) {
        assert_true(find(size));
        assert_int_equal(header.mode_type, MULTIBOOT1_EGA_TEXT);
        assert_int_equal(header.width, 0);
        assert_int_equal(header.depth, 0);
    }
    assert_true(find(VIDEO_FIELDS_END));
    assert_int_equal(header.width, 0x5a5a5a5a);
}

/* ---- Address fields. */

static uint8_t arena_memory[4096];

/* A header at offset 0x40 of a file of 0x3000 bytes, linked at 1 MiB and entered 0x100 bytes after
   that. The tests vary it. */
static struct multiboot1_header ordinary(void)
{
    return (struct multiboot1_header){
        .file_offset = 0x40,
        .flags = MULTIBOOT1_ADDRESS_FIELDS,
        .header_addr = MIB + 0x40,
        .load_addr = MIB,
        .entry_addr = MIB + 0x100,
    };
}

static bool image_of(const struct multiboot1_header *wanted, uint64_t file_size)
{
    struct arena arena = {arena_memory, sizeof arena_memory, 0};
    memset(&image, 0xee, sizeof image);
    return multiboot1_address_image(wanted, file_size, &image, &arena, &error);
}

static void assert_image(const struct multiboot1_header *wanted, uint32_t file_offset,
                         uint32_t file_size, uint32_t memory_size)
{
    if (!image_of(wanted, 0x3000)) {
        fail_msg("refused: %s", error.message);
    }
    assert_int_equal(image.format, IMAGE_ADDRESS_FIELDS);
    assert_int_equal(image.entry, wanted->entry_addr);
    assert_int_equal(image.segment_count, 1);
    assert_int_equal(image.segments[0].address, wanted->load_addr);
    assert_int_equal(image.segments[0].file_offset, file_offset);
    assert_int_equal(image.segments[0].file_size, file_size);
    assert_int_equal(image.segments[0].memory_size, memory_size);
}

static void without_load_end_and_bss_end_all_of_the_file_is_loaded(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    assert_image(&wanted, 0, 0x3000, 0x3000);
}

static void load_end_ends_what_is_loaded(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB + 0x2000;
    assert_image(&wanted, 0, 0x2000, 0x2000);
}

static void bss_end_adds_zeros_after_the_end_of_the_file(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.bss_end_addr = MIB + 0x8000;
    assert_image(&wanted, 0, 0x3000, 0x8000);
}

static void bss_end_adds_zeros_after_load_end(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB + 0x1000;
    wanted.bss_end_addr = MIB + 0x8000;
    assert_image(&wanted, 0, 0x1000, 0x8000);
    wanted.bss_end_addr = wanted.load_end_addr; /* no zeros */
    assert_image(&wanted, 0, 0x1000, 0x1000);
}

static void what_stands_in_front_of_load_addr_in_the_file_is_left_out(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.file_offset = 0x1040; /* as after an ELF header */
    assert_image(&wanted, 0x1000, 0x2000, 0x2000);
    wanted.header_addr = wanted.load_addr; /* the header is the first byte */
    assert_image(&wanted, 0x1040, 0x1fc0, 0x1fc0);
}

static void assert_fields_refused(const struct multiboot1_header *wanted, const char *reason)
{
    assert_refused(image_of(wanted, 0x3000), reason);
}

static void a_header_before_its_load_address_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.header_addr = MIB - 4;
    assert_fields_refused(&wanted, "header_addr 0xffffc lies before load_addr 0x100000");
}

static void a_load_address_for_a_place_before_the_file_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.header_addr = MIB + 0x44;
    assert_fields_refused(&wanted, "stands for a place before the file");
    wanted.header_addr = UINT32_MAX;
    assert_fields_refused(&wanted, "stands for a place before the file");
}

static void a_load_end_before_the_load_address_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB - 1;
    assert_fields_refused(&wanted, "load_end_addr 0xfffff lies before load_addr 0x100000");
    wanted.load_end_addr = 1;
    assert_fields_refused(&wanted, "load_end_addr 0x1 lies before");
}

static void a_load_end_beyond_the_end_of_the_file_loads_what_there_is(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB + 0x3000;
    assert_image(&wanted, 0, 0x3000, 0x3000);
    wanted.load_end_addr = MIB + 0x3001;
    assert_image(&wanted, 0, 0x3000, 0x3001);
    wanted.bss_end_addr = MIB + 0x5000;
    assert_image(&wanted, 0, 0x3000, 0x5000);
    wanted.bss_end_addr = MIB + 0x3000;
    assert_fields_refused(&wanted, "lies before the end of the data, 0x103001");
    wanted.bss_end_addr = 0;
    wanted.load_end_addr = UINT32_MAX;
    assert_image(&wanted, 0, 0x3000, UINT32_MAX - MIB);
    wanted.entry_addr = MIB + 0x3000; /* in the zeros */
    assert_fields_refused(&wanted, "entry_addr 0x103000 lies outside the loaded bytes");
}

static void a_bss_end_before_the_end_of_the_data_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB + 0x2000;
    wanted.bss_end_addr = MIB + 0x1fff;
    assert_fields_refused(&wanted, "bss_end_addr 0x101fff lies before the end of the data");
    wanted = ordinary();
    wanted.bss_end_addr = MIB + 0x2fff; /* the file has 0x3000 bytes to load */
    assert_fields_refused(&wanted, "lies before the end of the data, 0x103000");
}

static void an_image_that_wraps_at_4_gib_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_addr = 0xffffe000;
    wanted.header_addr = wanted.load_addr + 0x40;
    wanted.entry_addr = wanted.load_addr;
    assert_fields_refused(&wanted, "do not end below 4 GiB");
    wanted.bss_end_addr = 0x1000;
    assert_fields_refused(&wanted, "do not end below 4 GiB");
    wanted.load_end_addr = UINT32_MAX; /* the placement checks whether it fits */
    wanted.bss_end_addr = 0;
    assert_image(&wanted, 0, 0x1fff, 0x1fff);
}

static void no_size_of_a_file_wraps(void **state)
{
    (void)state;
    const uint64_t sizes[] = {UINT64_C(1) << 32, UINT64_MAX - MIB, UINT64_MAX};
    struct multiboot1_header wanted = ordinary();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_refused(image_of(&wanted, sizes[i]), "do not end below 4 GiB");
    }
}

static void an_entry_outside_the_image_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.entry_addr = MIB - 1;
    assert_fields_refused(&wanted, "entry_addr 0xfffff lies outside the loaded bytes");
    wanted.entry_addr = MIB + 0x3000;
    assert_fields_refused(&wanted, "entry_addr 0x103000 lies outside the loaded bytes");
    wanted.bss_end_addr = MIB + 0x3001; /* there is no code among the zeros */
    assert_fields_refused(&wanted, "entry_addr 0x103000 lies outside the loaded bytes");
}

static void an_image_of_zeros_only_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB;
    wanted.bss_end_addr = MIB + 0x1000;
    assert_fields_refused(&wanted, "lies outside the loaded bytes");
}

static void an_empty_image_is_refused(void **state)
{
    (void)state;
    struct multiboot1_header wanted = ordinary();
    wanted.load_end_addr = MIB;
    wanted.entry_addr = MIB;
    assert_fields_refused(&wanted, "lies outside the loaded bytes");
}

/* ---- The boot information: read as a kernel reads it, by a declaration of
   its own. */

enum { INFORMATION_ADDRESS = 0x10000, BOTH_SYMBOLS = INFO_AOUT_SYMBOLS | INFO_ELF_SECTIONS };

static const struct memory_range pc_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0xf0000, 0x10000, MEMORY_RESERVED},
    {MIB, 31 * MIB, MEMORY_AVAILABLE},
    {UINT64_C(0x123456789a), UINT64_C(0xfedcba9876), 77},
};
static const struct memory_map pc_map = {(struct memory_range *)pc_ranges, 4, 4};

static struct info *info;
static size_t information_size;

static struct boot_information minimal(void)
{
    return (struct boot_information){
        .map = &pc_map, .boot_device = 0xe0ffffff, .command_line = "", .loader_name = "L 1"};
}

/* Writes the information to a block of just the size that was announced. */
static void write_information(const struct boot_information *wanted)
{
    information_size = (size_t)multiboot1_information_size(wanted);
    info = calloc(1, information_size);
    multiboot1_write_information(wanted, (uint8_t *)info, INFORMATION_ADDRESS);
}

/* What a physical address in the information points to; length bytes of it are inside. */
static const void *pointed_to(uint32_t address, size_t length)
{
    assert_true(address >= INFORMATION_ADDRESS);
    assert_true(range_within(address - INFORMATION_ADDRESS, length, information_size));
    return (const uint8_t *)info + (address - INFORMATION_ADDRESS);
}

static uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static void without_modules_and_sections_their_flags_are_clear(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    write_information(&wanted);
    assert_int_equal(info->flags, INFO_MEMORY | INFO_BOOT_DEVICE | INFO_CMDLINE | INFO_MEMORY_MAP |
                                      INFO_LOADER_NAME);
    assert_int_equal(info->mods_count, 0);
    assert_int_equal(info->mods_addr, 0);
    for (size_t i = 0; i < sizeof info->syms / sizeof info->syms[0]; i++) {
        assert_int_equal(info->syms[i], 0);
    }
    assert_int_equal(info->drives_length, 0);
    assert_int_equal(info->drives_addr, 0);
    assert_int_equal(info->config_table, 0);
    free(info);
}

static void memory_boot_device_and_loader_name_are_told(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    write_information(&wanted);
    assert_int_equal(info->mem_lower, 639);
    assert_int_equal(info->mem_upper, 31 * 1024);
    assert_int_equal(info->boot_device, 0xe0ffffff);
    assert_string_equal(pointed_to(info->boot_loader_name, 4), "L 1");
    free(info);
}

static void an_empty_command_line_is_a_string_too(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    write_information(&wanted);
    assert_string_equal(pointed_to(info->cmdline, 1), "");
    free(info);
}

static void the_memory_map_has_entries_of_24_bytes_whose_size_says_20(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    write_information(&wanted);
    assert_int_equal(info->mmap_length, 4 * sizeof(struct map_entry));
    const struct map_entry *entry = pointed_to(info->mmap_addr, info->mmap_length);
    for (size_t i = 0; i < 4; i++, entry++) {
        assert_int_equal(entry->size, 20);
        assert_int_equal(join(entry->base_low, entry->base_high), pc_ranges[i].address);
        assert_int_equal(join(entry->length_low, entry->length_high), pc_ranges[i].length);
        assert_int_equal(entry->type, pc_ranges[i].type);
    }
    free(info);
}

static void a_memory_map_of_two_hundred_ranges_is_told_whole(void **state)
{
    (void)state;
    struct memory_range ranges[200];
    for (size_t i = 0; i < 200; i++) {
        ranges[i] = (struct memory_range){2 * i * MIB, MIB, MEMORY_AVAILABLE};
    }
    struct memory_map map = {ranges, 200, 200};
    struct boot_information wanted = minimal();
    wanted.map = &map;
    write_information(&wanted);
    assert_int_equal(info->mmap_length, sizeof(struct map_entry[200]));
    const struct map_entry *entries = pointed_to(info->mmap_addr, info->mmap_length);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(join(entries[i].base_low, entries[i].base_high), ranges[i].address);
        assert_int_equal(join(entries[i].length_low, entries[i].length_high), MIB);
    }
    assert_string_equal(pointed_to(info->cmdline, 1), "");
    free(info);
}

static void modules_are_listed_in_order_with_their_strings(void **state)
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
    assert_int_equal(info->flags & INFO_MODULES, INFO_MODULES);
    assert_int_equal(info->mods_count, 3);
    const struct module *entry = pointed_to(info->mods_addr, 3 * sizeof *entry);
    for (size_t i = 0; i < 3; i++, entry++) {
        assert_int_equal(entry->mod_start, modules[i].mod_start);
        assert_int_equal(entry->mod_end, modules[i].mod_end);
        assert_string_equal(pointed_to(entry->string, strlen(modules[i].string) + 1),
                            modules[i].string);
        assert_int_equal(entry->reserved, 0);
    }
    free(info);
}

static void section_headers_are_copied_with_their_number_size_and_names(void **state)
{
    (void)state;
    uint8_t headers[3 * 40];
    memset(headers, 0xc3, sizeof headers);
    struct boot_information wanted = minimal();
    wanted.sections = (struct boot_sections){.num = 3, .size = 40, .shndx = 2, .headers = headers};
    write_information(&wanted);
    assert_int_equal(info->flags & BOTH_SYMBOLS, INFO_ELF_SECTIONS);
    assert_int_equal(info->syms[ELF_NUM], 3);
    assert_int_equal(info->syms[ELF_SIZE], 40);
    assert_int_equal(info->syms[ELF_SHNDX], 2);
    assert_memory_equal(pointed_to(info->syms[ELF_ADDR], sizeof headers), headers, sizeof headers);
    free(info);
}

static void structure_map_and_command_line_come_first_in_one_page(void **state)
{
    (void)state;
    struct boot_module modules[500];
    struct boot_information wanted = minimal();
    char command_line[2049];
    memset(command_line, 'c', sizeof command_line - 1);
    command_line[sizeof command_line - 1] = 0;
    for (size_t i = 0; i < 500; i++) {
        modules[i] = (struct boot_module){0, 0, command_line};
    }
    wanted.command_line = command_line;
    wanted.modules = modules;
    wanted.module_count = 500;
    write_information(&wanted);
    assert_true(information_size > 500 * sizeof command_line);
    assert_true(info->mmap_addr + info->mmap_length <= INFORMATION_ADDRESS + PAGE);
    assert_true(info->cmdline + sizeof command_line <= INFORMATION_ADDRESS + PAGE);
    assert_true(info->mods_addr > info->cmdline);
    free(info);
}

static void a_command_line_of_64_kib_arrives_whole(void **state)
{
    (void)state;
    size_t length = 64 * 1024;
    char *command_line = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        command_line[i] = (char)('a' + i % 26);
    }
    command_line[length] = 0;
    struct boot_information wanted = minimal();
    wanted.command_line = command_line;
    write_information(&wanted);
    assert_string_equal(pointed_to(info->cmdline, length + 1), command_line);
    assert_string_equal(pointed_to(info->boot_loader_name, 4), "L 1");
    free(info);
    free(command_line);
}

/* All parts at once. If two of them overlapped, one would not be read back. */
static void parts_of_odd_lengths_do_not_touch_each_other(void **state)
{
    (void)state;
    uint8_t headers[5 * 64];
    memset(headers, 0xff, sizeof headers);
    for (size_t odd = 0; odd < 16; odd++) {
        static const char letters[] = "abcdefghijklmnop";
        const struct boot_module modules[] = {{1, 2, letters + odd}, {3, 4, letters}};
        struct boot_information wanted = minimal();
        wanted.command_line = letters + odd;
        wanted.loader_name = letters + (odd * 7) % 16;
        wanted.modules = modules;
        wanted.module_count = 2;
        wanted.sections = (struct boot_sections){5, 64, 4, headers};
        write_information(&wanted);
        assert_string_equal(pointed_to(info->cmdline, 1), wanted.command_line);
        assert_string_equal(pointed_to(info->boot_loader_name, 1), wanted.loader_name);
        const struct module *entries = pointed_to(info->mods_addr, 2 * sizeof *entries);
        const struct map_entry *map = pointed_to(info->mmap_addr, sizeof *map);
        assert_int_equal(info->mods_addr % 8,
                         0); /* the specification does not ask for it, but structures are aligned */
        assert_int_equal(info->syms[ELF_ADDR] % 8, 0);
        assert_int_equal(entries[0].mod_end, 2);
        assert_int_equal(entries[1].mod_start, 3);
        assert_string_equal(pointed_to(entries[0].string, 1), letters + odd);
        assert_string_equal(pointed_to(entries[1].string, 1), letters);
        assert_memory_equal(pointed_to(info->syms[ELF_ADDR], sizeof headers), headers,
                            sizeof headers);
        assert_int_equal(map->length_low, 0x9fc00);
        free(info);
    }
}

static void the_drives_the_rom_table_and_apm_are_told_with_their_flags(void **state)
{
    (void)state;
    const struct boot_drive drives[] = {
        {.size = 32,
         .drive_number = 0x80,
         .drive_mode = 1,
         .drive_cylinders = 0x1234,
         .drive_heads = 16,
         .drive_sectors = 63,
         .drive_ports = {0x1f0, 0x1f1}},
        {.size = 32, .drive_number = 0xe0},
    };
    const struct apm_table apm = {.version = 0x102,
                                  .cseg = 0xf000,
                                  .offset = 0x12345678,
                                  .cseg_16 = 0xf001,
                                  .dseg = 0x40,
                                  .flags = 3,
                                  .cseg_len = 0xfffd,
                                  .cseg_16_len = 0xfffe,
                                  .dseg_len = 0xfff0};
    struct boot_information wanted = minimal();
    wanted.drives = drives;
    wanted.drive_count = 2;
    wanted.config_table = 0xfe6f5;
    wanted.apm = &apm;
    write_information(&wanted);
    const uint32_t flags = INFO_DRIVES | INFO_CONFIG_TABLE | INFO_APM_TABLE;
    assert_int_equal(info->flags & flags, flags);
    assert_int_equal(info->drives_length, 64);
    const struct drive *drive = pointed_to(info->drives_addr, 64);
    assert_int_equal(drive->size, 32);
    assert_int_equal(drive->number, 0x80);
    assert_int_equal(drive->mode, 1);
    assert_int_equal(drive->cylinders, 0x1234);
    assert_int_equal(drive->heads, 16);
    assert_int_equal(drive->sectors, 63);
    assert_int_equal(drive->ports[0], 0x1f0);
    assert_int_equal(drive->ports[1], 0x1f1);
    assert_int_equal(drive->ports[2], 0); /* ends the ports */
    drive = (const struct drive *)((const uint8_t *)drive + drive->size);
    assert_int_equal(drive->number, 0xe0);
    assert_int_equal(info->config_table, 0xfe6f5);
    const struct apm *table = pointed_to(info->apm_table, sizeof *table);
    assert_int_equal(table->version, 0x102);
    assert_int_equal(table->cseg, 0xf000);
    assert_int_equal(table->offset, 0x12345678);
    assert_int_equal(table->cseg_16, 0xf001);
    assert_int_equal(table->dseg, 0x40);
    assert_int_equal(table->flags, 3);
    assert_int_equal(table->cseg_len, 0xfffd);
    assert_int_equal(table->cseg_16_len, 0xfffe);
    assert_int_equal(table->dseg_len, 0xfff0);
    free(info);
}

static void the_largest_number_of_drives_has_room(void **state)
{
    (void)state;
    struct boot_drive drives[BOOT_DRIVES];
    memset(drives, 0x5a, sizeof drives);
    const struct apm_table apm = {.version = 0x101};
    struct boot_information wanted = minimal();
    wanted.drives = drives;
    wanted.drive_count = BOOT_DRIVES;
    wanted.apm = &apm;
    write_information(&wanted);
    assert_int_equal(info->drives_length, sizeof drives);
    assert_memory_equal(pointed_to(info->drives_addr, sizeof drives), drives, sizeof drives);
    const struct apm *table = pointed_to(info->apm_table, sizeof *table);
    assert_int_equal(table->version, 0x101);
    free(info);
}

static void aout_symbols_have_their_flag_and_fields(void **state)
{
    (void)state;
    struct boot_information wanted = minimal();
    wanted.symbols = (struct boot_symbols){24, 37, 0x105004};
    write_information(&wanted);
    assert_int_equal(info->flags & BOTH_SYMBOLS, INFO_AOUT_SYMBOLS);
    assert_int_equal(info->syms[AOUT_TABSIZE], 24);
    assert_int_equal(info->syms[AOUT_STRSIZE], 37);
    assert_int_equal(info->syms[AOUT_ADDR], 0x105004);
    assert_int_equal(info->syms[AOUT_RESERVED], 0);
    free(info);
}

static void elf_sections_exclude_aout_symbols(void **state)
{
    (void)state;
    uint8_t headers[40] = {0};
    struct boot_information wanted = minimal();
    wanted.symbols = (struct boot_symbols){24, 37, 0x105004};
    wanted.sections = (struct boot_sections){1, 40, 0, headers};
    write_information(&wanted);
    assert_int_equal(info->flags & BOTH_SYMBOLS, INFO_ELF_SECTIONS);
    free(info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_without_a_header_is_refused),
        cmocka_unit_test(a_header_at_8180_is_the_last_legal_one),
        cmocka_unit_test(a_header_that_ends_after_the_first_8192_bytes_is_too_late),
        cmocka_unit_test(a_header_off_the_4_byte_grid_is_no_header),
        cmocka_unit_test(a_wrong_checksum_is_told),
        cmocka_unit_test(a_decoy_with_a_wrong_checksum_does_not_hide_the_header),
        cmocka_unit_test(of_two_headers_the_first_counts),
        cmocka_unit_test(each_unknown_required_flag_is_refused_by_its_number),
        cmocka_unit_test(each_unknown_optional_flag_is_accepted),
        cmocka_unit_test(a_file_too_short_for_a_header_is_refused_at_each_length),
        cmocka_unit_test(a_file_that_ends_inside_the_address_fields_is_refused_at_each_length),
        cmocka_unit_test(address_fields_may_stand_after_the_first_8192_bytes),
        cmocka_unit_test(address_fields_without_their_flag_are_not_read),
        cmocka_unit_test(a_video_preference_is_handed_on_however_absurd),
        cmocka_unit_test(the_video_flag_without_its_fields_asks_for_nothing),
        cmocka_unit_test(without_load_end_and_bss_end_all_of_the_file_is_loaded),
        cmocka_unit_test(load_end_ends_what_is_loaded),
        cmocka_unit_test(bss_end_adds_zeros_after_the_end_of_the_file),
        cmocka_unit_test(bss_end_adds_zeros_after_load_end),
        cmocka_unit_test(an_image_of_zeros_only_is_refused),
        cmocka_unit_test(what_stands_in_front_of_load_addr_in_the_file_is_left_out),
        cmocka_unit_test(a_header_before_its_load_address_is_refused),
        cmocka_unit_test(a_load_address_for_a_place_before_the_file_is_refused),
        cmocka_unit_test(a_load_end_before_the_load_address_is_refused),
        cmocka_unit_test(a_load_end_beyond_the_end_of_the_file_loads_what_there_is),
        cmocka_unit_test(a_bss_end_before_the_end_of_the_data_is_refused),
        cmocka_unit_test(an_image_that_wraps_at_4_gib_is_refused),
        cmocka_unit_test(no_size_of_a_file_wraps),
        cmocka_unit_test(an_entry_outside_the_image_is_refused),
        cmocka_unit_test(an_empty_image_is_refused),
        cmocka_unit_test(without_modules_and_sections_their_flags_are_clear),
        cmocka_unit_test(memory_boot_device_and_loader_name_are_told),
        cmocka_unit_test(an_empty_command_line_is_a_string_too),
        cmocka_unit_test(the_memory_map_has_entries_of_24_bytes_whose_size_says_20),
        cmocka_unit_test(a_memory_map_of_two_hundred_ranges_is_told_whole),
        cmocka_unit_test(modules_are_listed_in_order_with_their_strings),
        cmocka_unit_test(section_headers_are_copied_with_their_number_size_and_names),
        cmocka_unit_test(structure_map_and_command_line_come_first_in_one_page),
        cmocka_unit_test(a_command_line_of_64_kib_arrives_whole),
        cmocka_unit_test(parts_of_odd_lengths_do_not_touch_each_other),
        cmocka_unit_test(the_drives_the_rom_table_and_apm_are_told_with_their_flags),
        cmocka_unit_test(the_largest_number_of_drives_has_room),
        cmocka_unit_test(aout_symbols_have_their_flag_and_fields),
        cmocka_unit_test(elf_sections_exclude_aout_symbols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
