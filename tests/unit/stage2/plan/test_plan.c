// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/plan/plan.h: plans of Multiboot 1 boots, with files that exist only in memory.
// Places are those that kernels know from GRUB; refusals are compared word by word.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include "tests/kernels/multiboot1_info.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    PAGE = 4096,
    KIB = 1024,
    MIB = 1024 * 1024,
    MOST_FILES = 512,
    ARENA_BYTES = 384 * 1024, /* about what the loader has on a PC */
    LINE_OF_KERNEL = 3,
};

/* ---- The files: a name, a size, the first bytes; the rest is zeros. */

struct fake_file {
    char path[32];
    uint64_t size;
    const uint8_t *data;
    size_t data_size;
    bool is_decompressed;
};

static struct fake_file files[MOST_FILES];
static size_t file_count;

static struct fake_file *add_file(const char *path, uint64_t size, const void *data,
                                  size_t data_size)
{
    struct fake_file *file = &files[file_count++];
    *file = (struct fake_file){.size = size, .data = data, .data_size = data_size};
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error)
{
    (void)arena;
    (void)compression;
    *file = (struct file){.path = path};
    for (int i = 0; i < (int)file_count; i++) {
        if (strcmp(files[i].path, path) == 0) {
            file->size = files[i].size;
            file->contents = files[i].is_decompressed ? files[i].data : NULL;
            file->descriptor = i;
            return true;
        }
    }
    snprintf(error->message, sizeof error->message, "not found");
    return false;
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    const struct fake_file *fake = &files[file->descriptor];
    (void)error;
    assert_true(range_within(offset, length, fake->size));
    for (size_t i = 0; i < length; i++) {
        uint64_t at = offset + i;
        ((uint8_t *)buffer)[i] = at < fake->data_size ? fake->data[at] : 0;
    }
    return true;
}

/* ---- One boot. */

static const struct memory_range pc_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0x9fc00, 0x400, MEMORY_RESERVED},
    {0xf0000, 0x10000, MEMORY_RESERVED},
    {MIB, 31 * MIB - 0x20000, MEMORY_AVAILABLE}, /* a PC with 32 MiB */
    {32 * MIB - 0x20000, 0x20000, MEMORY_RESERVED},
    {0xfffc0000, 0x40000, MEMORY_RESERVED},
};
static const struct memory_map pc_map = {(struct memory_range *)pc_ranges, 6, 6};
enum { END_OF_RAM = 32 * MIB - 0x20000 };

static struct built_elf kernel;
static struct config_file module_files[MOST_FILES];
static struct config_boot boot;
static struct plan plan;
static struct error error;
static uint8_t arena_memory[ARENA_BYTES];

/* Whether the overlay can be read, and how often it was asked for. */
static bool has_overlay;
static unsigned overlay_uses;

static const struct plan_overlay *overlay(struct error *reason)
{
    overlay_uses++;
    if (!has_overlay) {
        snprintf(reason->message, sizeof reason->message, "cannot be read");
        return NULL;
    }
    return plan_overlay_linked(reason);
}

static struct plan_environment environment;

/* Prepares a boot without modules, of a kernel without segments, on a machine with pc_map. */
static void build(uint32_t entry)
{
    file_count = 0;
    elf_build(&kernel, false, entry);
    elf_put_multiboot1(&kernel, MULTIBOOT1_PAGE_ALIGN | MULTIBOOT1_MEMORY_INFO);
    memset(&error, 0, sizeof error);
    has_overlay = true;
    overlay_uses = 0;
    environment =
        (struct plan_environment){.config_name = "g.cfg", .map = &pc_map, .overlay = overlay};
    boot = (struct config_boot){
        .protocol = CONFIG_MULTIBOOT1,
        .kernel = {.path = "/kernel", .arguments = "", .config = "g.cfg", .line = LINE_OF_KERNEL},
        .modules = module_files,
    };
}

/* Prepares a boot of a kernel with 0x800 bytes of code and 0x1000 of memory at 1 MiB. */
static void build_ordinary(void)
{
    build(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x1000);
}

static struct fake_file *add_module(uint64_t size)
{
    char path[32];
    snprintf(path, sizeof path, "/module%zu", boot.module_count + 1);
    struct fake_file *file = add_file(path, size, NULL, 0);
    module_files[boot.module_count] = (struct config_file){.path = file->path,
                                                           .arguments = "",
                                                           .config = "g.cfg",
                                                           .line = 4 + (uint32_t)boot.module_count};
    boot.module_count++;
    return file;
}

static bool plan_on(const struct memory_map *map)
{
    struct arena arena = {arena_memory, sizeof arena_memory, 0};
    environment.map = map;
    if (file_count == boot.module_count) {
        add_file("/kernel", kernel.size, kernel.data, sizeof kernel.data);
    }
    return plan_boot(&plan, &boot, &environment, &arena, &error);
}

/* Checks what holds for every plan: all pieces are there, in RAM, and do not overlap. */
static void assert_sound(const struct memory_map *map)
{
    for (size_t i = 0; i < plan.placement.count; i++) {
        const struct piece *piece = &plan.placement.pieces[i];
        uint64_t length = (uint64_t)piece->length + piece->zero_length;
        assert_true(length == 0 || memory_map_available(map, piece->address, length, NULL));
        for (size_t k = 0; k < i; k++) {
            const struct piece *other = &plan.placement.pieces[k];
            uint64_t other_length = (uint64_t)other->length + other->zero_length;
            assert_true(length == 0 || other_length == 0 ||
                        piece->address + length <= other->address ||
                        other->address + other_length <= piece->address);
        }
    }
    assert_int_equal(plan.information.module_count, boot.module_count);
    for (size_t i = 0; i < boot.module_count; i++) {
        const struct boot_module *module = &plan.information.modules[i];
        assert_int_equal(module->mod_start % PAGE, 0);
        assert_true(module->mod_start >= MIB);
        assert_int_equal(module->mod_end - module->mod_start, plan.modules[i].size);
    }
    const struct piece *information = &plan.placement.pieces[plan.information_piece];
    assert_int_equal(information->address, plan.information_address);
    assert_int_equal(information->length, plan.protocol == CONFIG_PVH
                                              ? pvh_information_size(&plan.information)
                                              : multiboot1_information_size(&plan.information));
    assert_null(information->file);
}

static void assert_planned_on(const struct memory_map *map)
{
    if (!plan_on(map)) {
        fail_msg("refused: %s", error.message);
    }
    assert_sound(map);
}

static void assert_planned(void)
{
    assert_planned_on(&pc_map);
}

static void assert_refused(const char *message)
{
    assert_false(plan_on(&pc_map));
    assert_string_equal(error.message, message);
}

static void assert_refused_with(const char *start, const char *reason)
{
    assert_false(plan_on(&pc_map));
    if (strncmp(error.message, start, strlen(start)) != 0 ||
        strstr(error.message, reason) == NULL) {
        fail_msg("\"%s\" is not \"%s…%s…\"", error.message, start, reason);
    }
}

static void assert_module_at(size_t index, uint32_t start)
{
    assert_int_equal(plan.information.modules[index].mod_start, start);
}

/* ---- Placing as GRUB does. */

static void the_information_stands_at_0x10000(void **state)
{
    (void)state;
    build_ordinary();
    assert_planned();
    assert_int_equal(plan.information_address, 0x10000);
    assert_int_equal(plan.entry, MIB);
    assert_int_equal(plan.placement.count, 2);
}

static void the_information_goes_to_the_next_free_page_where_the_kernel_is_in_the_way(void **state)
{
    (void)state;
    build_ordinary();
    elf_add_segment(&kernel, 0x1000, 0x10000, 0x10000, 0x10, 0x10);
    assert_planned();
    assert_int_equal(plan.information_address, 0x11000);
    build(0x10400);
    elf_add_segment(&kernel, 0x1000, 0x10400, 0x10400, 1, 0x11c00);
    assert_planned();
    assert_int_equal(plan.information_address, 0x22000);
}

static void a_kernel_over_all_of_low_memory_has_its_information_at_1_mib(void **state)
{
    (void)state;
    build(0);
    elf_add_segment(&kernel, 0x1000, 0, 0, 0x1000, 0x9fc00);
    add_module(PAGE);
    assert_planned();
    assert_int_equal(plan.information_address, MIB);
    assert_module_at(0, MIB + PAGE);
}

static void without_room_in_low_memory_the_information_stands_after_the_kernel(void **state)
{
    (void)state;
    build(0);
    elf_add_segment(&kernel, 0x1000, 4 * MIB, 4 * MIB, 0x10, 0x1000);
    elf_add_segment(&kernel, 0x1000, 0, 0, 0x1000, 0x9fc00);
    add_module(5);
    assert_planned();
    assert_int_equal(plan.information_address, 4 * MIB + PAGE); /* not in the gap at 1 MiB */
    assert_module_at(0, 4 * MIB + 2 * PAGE);
}

static void information_too_large_for_low_memory_stands_after_the_kernel(void **state)
{
    (void)state;
    static char text[64 * KIB];
    memset(text, 'x', sizeof text - 1);
    build_ordinary();
    boot.kernel.arguments = text;
    for (size_t i = 0; i < 10; i++) {
        add_module(1);
        module_files[i].arguments = text;
    }
    assert_planned();
    assert_int_equal(plan.information_address, MIB + PAGE);
    assert_module_at(0, (uint32_t)(MIB + PAGE +
                                   ((multiboot1_information_size(&plan.information) + PAGE - 1) &
                                    ~(uint64_t)(PAGE - 1))));
}

static void information_with_a_command_line_of_64_kib_stays_low(void **state)
{
    (void)state;
    static char text[64 * KIB + 1];
    memset(text, 'x', sizeof text - 1);
    build_ordinary();
    boot.kernel.arguments = text;
    add_module(1);
    module_files[0].arguments = text;
    assert_planned();
    assert_int_equal(plan.information_address, 0x10000);
    assert_module_at(0, MIB + PAGE);
}

static void the_first_module_stands_in_the_first_page_after_the_kernel(void **state)
{
    (void)state;
    build_ordinary();
    add_module(5);
    assert_planned();
    assert_module_at(0, MIB + PAGE); /* the kernel ends where this page begins */
    build(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x1001);
    add_module(5);
    assert_planned();
    assert_module_at(0, MIB + 2 * PAGE);
}

static void under_uefi_modules_go_to_claimed_memory_while_it_has_room(void **state)
{
    (void)state;
    static struct memory_range pool = {8 * MIB, MIB, MEMORY_AVAILABLE};
    static const struct memory_map unused = {&pool, 1, 1};
    static const struct boot_efi efi = {.unused = &unused, .overwritable = &pc_map};
    build_ordinary();
    add_module(MIB / 2);
    add_module(MIB);
    add_module(1);
    environment.efi = &efi;
    assert_planned_on(&pc_map);
    assert_module_at(0, 8 * MIB);
    assert_module_at(1, 8 * MIB + MIB / 2); /* the pool has no room for it */
    assert_module_at(2, 9 * MIB + MIB / 2);
}

static void modules_follow_one_another_page_by_page_in_order(void **state)
{
    (void)state;
    build_ordinary();
    add_module(PAGE);
    add_module(PAGE + 1);
    add_module(1);
    assert_planned();
    assert_module_at(0, MIB + PAGE);
    assert_module_at(1, MIB + 2 * PAGE);
    assert_module_at(2, MIB + 4 * PAGE);
    char name[PIECE_NAME_BYTES];
    assert_string_equal(piece_name(&plan.placement.pieces[2], name), "module 1");
    assert_string_equal(plan.placement.pieces[2].file->path, "/module1");
}

static void modules_of_a_kernel_below_1_mib_begin_at_1_mib(void **state)
{
    (void)state;
    build(0x8000);
    elf_add_segment(&kernel, 0x1000, 0x8000, 0x8000, 0x800, 0x1000);
    add_module(5);
    assert_planned();
    assert_int_equal(plan.information_address, 0x10000);
    assert_module_at(0, MIB);
}

static void modules_go_after_the_highest_segment_whatever_the_order(void **state)
{
    (void)state;
    build(MIB);
    elf_add_segment(&kernel, 0x1000, 8 * MIB, 8 * MIB, 0x10, 0x2000);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x10, 0x10);
    add_module(5);
    assert_planned();
    assert_module_at(0, 8 * MIB + 0x2000);
}

static void modules_go_from_1_mib_upwards_if_the_kernel_is_at_the_end_of_the_ram(void **state)
{
    (void)state;
    build(END_OF_RAM - 0x1000);
    elf_add_segment(&kernel, 0x1000, END_OF_RAM - 0x1000, END_OF_RAM - 0x1000, 0x10, 0x1000);
    add_module(5);
    add_module(PAGE + 1);
    add_module(0);
    assert_planned();
    assert_module_at(0, MIB);
    assert_module_at(1, MIB + PAGE);
    assert_module_at(2, MIB + 3 * PAGE);
}

static void with_low_memory_and_the_end_of_the_ram_taken_the_information_is_at_1_mib(void **state)
{
    (void)state;
    build(0);
    elf_add_segment(&kernel, 0x1000, 0, 0, 0x800, 0x9fc00);
    elf_add_segment(&kernel, 0x1000, END_OF_RAM - 0x1000, END_OF_RAM - 0x1000, 0x10, 0x1000);
    add_module(5);
    assert_planned();
    assert_int_equal(plan.information_address, MIB);
    assert_module_at(0, MIB + PAGE);
}

static void an_empty_module_starts_where_it_ends_and_takes_no_place(void **state)
{
    (void)state;
    build_ordinary();
    add_module(0);
    add_module(5);
    add_module(0);
    add_module(0);
    assert_planned();
    assert_module_at(0, MIB + PAGE);
    assert_module_at(1, MIB + PAGE);
    assert_module_at(2, MIB + 2 * PAGE);
    assert_module_at(3, MIB + 2 * PAGE);
}

static void five_hundred_modules_with_strings_are_planned(void **state)
{
    (void)state;
    build_ordinary();
    for (size_t i = 0; i < 500; i++) {
        add_module(i);
        module_files[i].arguments = "a string of some length for each of these modules";
    }
    assert_planned();
    assert_int_equal(plan.information_address, 0x10000);
    assert_module_at(1, MIB + PAGE);
    assert_module_at(499, MIB + 499 * PAGE);
}

static void a_module_fills_the_ram_to_its_last_byte_but_not_one_more(void **state)
{
    (void)state;
    build_ordinary();
    add_module(END_OF_RAM - MIB - PAGE);
    assert_planned();
    assert_int_equal(plan.information.modules[0].mod_end, END_OF_RAM);
    build_ordinary();
    add_module(END_OF_RAM - MIB - PAGE + 1);
    assert_refused("g.cfg:4: /module1: module 1 (0x1edf001 bytes) does not fit into the free "
                   "memory above 0x100000");
}

static void one_page_too_many_in_the_last_module_is_refused_by_its_name(void **state)
{
    (void)state;
    build_ordinary();
    add_module(16 * MIB);
    add_module(END_OF_RAM - 17 * MIB - 2 * PAGE);
    add_module(PAGE);
    assert_planned();
    add_module(1);
    assert_refused_with("g.cfg:7: /module4: module 4 (0x1 bytes)", "does not fit");
}

static void a_module_of_4_gib_is_refused(void **state)
{
    (void)state;
    build_ordinary();
    add_module(UINT64_C(1) << 32);
    assert_refused("g.cfg:4: /module1: 4294967296 bytes do not fit below 4 GiB");
    build_ordinary();
    add_module(UINT32_MAX);
    assert_refused_with("g.cfg:4: /module1: module 1 (0xffffffff bytes)", "does not fit");
}

static void a_boot_on_little_memory_is_planned_or_refused_for_lack_of_it(void **state)
{
    (void)state;
    static const struct memory_range little[] = {
        {0, 0x9fc00, MEMORY_AVAILABLE},
        {MIB, 0x10000, MEMORY_AVAILABLE},
    };
    static const struct memory_map map = {(struct memory_range *)little, 2, 2};
    build_ordinary();
    add_module(0xf000);
    assert_planned_on(&map);
    assert_module_at(0, MIB + PAGE);
    add_module(1);
    assert_false(plan_on(&map));
    assert_non_null(strstr(error.message, "g.cfg:5: /module2: module 2 (0x1 bytes)"));
}

static void the_end_of_a_module_is_never_beyond_32_bits(void **state)
{
    (void)state;
    static const struct memory_range all[] = {{0, UINT64_C(1) << 33, MEMORY_AVAILABLE}};
    static const struct memory_map map = {(struct memory_range *)all, 1, 1};
    build_ordinary();
    add_module(UINT32_MAX - MIB - PAGE); /* ends one byte before 4 GiB */
    assert_planned_on(&map);
    build_ordinary();
    add_module(UINT32_MAX - MIB - PAGE + 1);
    assert_false(plan_on(&map));
    assert_non_null(strstr(error.message, "does not fit"));
}

static void sections_that_no_segment_loads_are_placed_last_and_told(void **state)
{
    (void)state;
    build_ordinary();
    elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
    elf_add_section(&kernel, 1, 2, MIB, 0x1000, 0x800, 16); /* .text */
    elf_add_section(&kernel, 2, 0, 0, 0x1900, 0x30, 16);    /* .symtab */
    elf_add_section(&kernel, 3, 0, 0, 0x1930, 0x41, 1);     /* .strtab */
    elf_put(&kernel, E_SHSTRNDX, 3);
    add_module(5);
    assert_planned();
    const struct boot_sections *sections = &plan.information.sections;
    assert_int_equal(sections->num, 4);
    assert_int_equal(sections->size, 40);
    assert_int_equal(sections->shndx, 3);
    assert_int_equal(plan.placement.count, 5);
    assert_module_at(0, MIB + PAGE);
    char name[PIECE_NAME_BYTES];
    assert_string_equal(piece_name(&plan.placement.pieces[3], name), "section 2");
    assert_int_equal(plan.placement.pieces[3].address, MIB + PAGE + 16); /* after the module */
    assert_int_equal(plan.placement.pieces[3].file_offset, 0x1900);
    assert_int_equal(plan.placement.pieces[4].address, MIB + PAGE + 16 + 0x30);
    assert_int_equal(load32(sections->headers + 2 * 40 + 12), MIB + PAGE + 16);
    assert_int_equal(load32(sections->headers + 3 * 40 + 12), MIB + PAGE + 16 + 0x30);
    assert_int_equal(load32(sections->headers + 1 * 40 + 12), MIB);
}

static void a_plan_is_the_same_for_a_kernel_that_had_to_be_decompressed(void **state)
{
    (void)state;
    build_ordinary();
    elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
    elf_add_section(&kernel, 3, 0, 0, 0x1930, 0x41, 1);
    add_file("/kernel", kernel.size, kernel.data, sizeof kernel.data)->is_decompressed = true;
    struct arena arena = {arena_memory, sizeof arena_memory, 0};
    assert_true(plan_boot(&plan, &boot, &environment, &arena, &error));
    assert_sound(&pc_map);
    assert_int_equal(plan.placement.count, 3);
    assert_int_equal(plan.information_address, 0x10000);
}

static void arguments_are_part_of_the_plan(void **state)
{
    (void)state;
    build_ordinary();
    boot.kernel.arguments = "-uart=io:0x3f8 \"a b\"";
    add_module(1);
    module_files[0].arguments = "-x";
    assert_planned();
    assert_string_equal(plan.information.command_line, "-uart=io:0x3f8 \"a b\"");
    assert_string_equal(plan.information.modules[0].string, "-x");
    assert_memory_equal(plan.information.loader_name, "Whelk ", 6);
}

/* ldhermit.elf with its application: HermitCore needs each of these rules to boot. */
static void a_hermitcore_boot_finds_each_thing_where_it_looks_for_it(void **state)
{
    (void)state;
    static uint8_t page[PAGE];
    build(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x800, 0x8000);
    elf_add_segment(&kernel, 0x1800, MIB + 0x8000, MIB + 0x8000, 0x100, 0x1000);
    elf_add_segment(&kernel, 0x1900, MIB + 0x9000, MIB + 0x9000, 0x100, 0x3f10);
    boot.kernel.arguments = "-uart=io:0x3f8";
    add_module(4200 * KIB);
    assert_planned();
    uint32_t address = plan.information_address;
    assert_true(address >= PAGE && address != 0x8000 && address < 2 * MIB);
    assert_true(multiboot1_information_size(&plan.information) <= PAGE); /* all in one page */
    assert_int_equal(address % PAGE, 0);
    multiboot1_write_information(&plan.information, page, address);
    assert_string_equal((char *)page + load32(page + offsetof(struct info, cmdline)) - address,
                        "-uart=io:0x3f8");
    assert_module_at(0, MIB + 0xd000);
    assert_true(END_OF_RAM - plan.information.modules[0].mod_end >= 2 * MIB);
    for (size_t i = 0; i < plan.placement.count; i++) { /* the stack: 32 KiB after the page */
        const struct piece *piece = &plan.placement.pieces[i];
        assert_true(piece->address <= address || piece->address >= address + PAGE + 32 * KIB);
    }
}

/* ---- Address fields. */

static void put_address_fields(uint32_t load, uint32_t load_end, uint32_t bss_end, uint32_t entry)
{
    uint8_t *at = kernel.data + ELF_BUILT_MULTIBOOT;
    elf_put_multiboot1(&kernel, MULTIBOOT1_ADDRESS_FIELDS);
    put32(at + offsetof(struct header, header_addr), load + ELF_BUILT_MULTIBOOT);
    put32(at + offsetof(struct header, load_addr), load);
    put32(at + offsetof(struct header, load_end_addr), load_end);
    put32(at + offsetof(struct header, bss_end_addr), bss_end);
    put32(at + offsetof(struct header, entry_addr), entry);
}

static void address_fields_go_before_the_elf_headers_and_no_sections_are_told(void **state)
{
    (void)state;
    build_ordinary();
    elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
    put_address_fields(4 * MIB, 0, 5 * MIB, 4 * MIB + 1);
    add_module(1);
    assert_planned();
    assert_int_equal(plan.entry, 4 * MIB + 1);
    assert_int_equal(plan.placement.pieces[0].address, 4 * MIB);
    assert_int_equal(plan.placement.pieces[0].length, kernel.size);
    assert_int_equal(plan.information.sections.num, 0);
    assert_module_at(0, 5 * MIB);
}

static void bad_address_fields_of_an_elf_file_can_be_ignored(void **state)
{
    (void)state;
    build_ordinary();
    put_address_fields(4 * MIB, 1, 0, 0);
    assert_refused_with("g.cfg:3: /kernel: address fields: load_end_addr 0x1", "lies before");
    boot.ignore_address_fields = true;
    assert_planned();
    assert_int_equal(plan.entry, MIB);
}

static void an_image_by_address_fields_without_ram_underneath_is_refused(void **state)
{
    (void)state;
    build_ordinary();
    put_address_fields(MIB, 0, 0xfff00000, MIB);
    assert_refused_with("g.cfg:3: /kernel: segment 0 (0xffe00000 bytes at 0x100000)",
                        "the memory from 0x1fe0000 is reserved");
    build_ordinary();
    put_address_fields(0x9f000, 0, 0, 0x9f000); /* over the firmware's data and video memory */
    assert_refused_with("g.cfg:3: /kernel: segment 0", "the memory from 0x9fc00 is reserved");
    build_ordinary();
    put_address_fields(0x7c00, 0, 0, 0x7c00); /* over the loader: waits elsewhere */
    assert_planned();
}

/* ---- What is refused, and with which place. */

static void a_missing_kernel_and_a_missing_module_are_named_with_their_line(void **state)
{
    (void)state;
    build_ordinary();
    boot.kernel.path = "/nowhere";
    assert_refused("g.cfg:3: /nowhere: not found");
    build_ordinary();
    add_module(1);
    add_module(1);
    module_files[1].path = "/missing";
    assert_refused("g.cfg:5: /missing: not found");
}

static void an_empty_kernel_and_one_that_is_too_short_are_refused(void **state)
{
    (void)state;
    build_ordinary();
    for (size_t size = 0; size < ELF_BUILT_MULTIBOOT + 12; size += size < 16 ? 1 : 12) {
        kernel.size = size;
        file_count = 0;
        assert_refused_with("g.cfg:3: /kernel: no Multiboot header", "");
    }
}

static void a_kernel_without_elf_header_and_address_fields_is_refused(void **state)
{
    (void)state;
    build_ordinary();
    kernel.data[0] = 0;
    assert_refused("g.cfg:3: /kernel: is no ELF file, and its Multiboot header has no address "
                   "fields: boot the ELF file that objcopy -O binary was given");
}

static void a_kernel_that_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < ELF_BUILT_SIZE; size++) {
        build_ordinary();
        elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
        elf_add_section(&kernel, 3, 0, 0, 0x1900, 0x700, 1);
        kernel.size = size;
        assert_refused_with("g.cfg:3: /kernel: ", "");
    }
}

static void a_segment_in_reserved_memory_is_refused_with_both_sides(void **state)
{
    (void)state;
    build_ordinary();
    elf_add_segment(&kernel, 0x1000, 0xf0000, 0xf0000, 0x10, 0x10);
    assert_refused("g.cfg:3: /kernel: segment 1 (0x10 bytes at 0xf0000) does not fit: the memory "
                   "from 0xf0000 is reserved");
}

static void two_segments_that_overlap_are_refused_with_both_sides(void **state)
{
    (void)state;
    build_ordinary();
    elf_add_segment(&kernel, 0x1000, MIB + 0xfff, MIB + 0xfff, 1, 1);
    assert_refused("g.cfg:3: /kernel: segment 1 (0x1 bytes at 0x100fff) overlaps segment 0 "
                   "(0x1000 bytes at 0x100000)");
}

static void an_empty_segment_at_the_address_of_another_is_accepted(void **state)
{
    (void)state;
    build(MIB);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0, 0);
    elf_add_segment(&kernel, 0x1000, MIB, MIB, 0x10, 0x10);
    elf_add_segment(&kernel, 0x1000, MIB + 8, MIB + 8, 0, 0);
    assert_planned();
    assert_int_equal(plan.placement.count, 2);
}

static void an_unknown_required_flag_is_refused_by_number(void **state)
{
    (void)state;
    build_ordinary();
    elf_put_multiboot1(&kernel, 1 << 5);
    assert_refused_with("g.cfg:3: /kernel: the Multiboot header requires flag 5", "unknown");
}

static void what_the_arena_has_no_room_for_is_refused_at_each_size(void **state)
{
    (void)state;
    size_t planned = 0;
    for (size_t size = 0; size < 12 * KIB; size += 7) {
        build_ordinary();
        elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
        elf_add_section(&kernel, 3, 0, 0, 0x1930, 0x41, 1);
        add_module(1);
        add_file("/kernel", kernel.size, kernel.data, sizeof kernel.data);
        uint8_t *memory = malloc(size + 1); /* of just this size, for the sanitizer */
        struct arena arena = {memory, size, 0};
        if (plan_boot(&plan, &boot, &environment, &arena, &error)) {
            assert_sound(&pc_map);
            planned++;
        } else {
            assert_int_equal(strncmp(error.message, "g.cfg:", 6), 0);
            assert_true(strlen(error.message) > 20);
            assert_null(strstr(error.message, "linker script")); /* the kernel is fine */
        }
        free(memory);
    }
    assert_true(planned > 10);
}

/* ---- The overlay is read from the disc. */

static void a_multiboot_1_kernel_is_planned_without_the_overlay(void **state)
{
    (void)state;
    build_ordinary();
    add_module(5);
    has_overlay = false;
    assert_planned();
    assert_int_equal(overlay_uses, 0);
}

static void a_multiboot_2_kernel_needs_the_overlay(void **state)
{
    (void)state;
    build_ordinary();
    boot.protocol = CONFIG_MULTIBOOT2;
    has_overlay = false;
    assert_refused("g.cfg: cannot be read");
    assert_int_equal(overlay_uses, 1);
}

static void
a_kernel_without_a_header_is_refused_for_that_even_if_the_overlay_cannot_be_read(void **state)
{
    (void)state;
    build_ordinary();
    put32(kernel.data + ELF_BUILT_MULTIBOOT, 0);
    has_overlay = false;
    assert_refused_with("g.cfg:3: /kernel: no Multiboot header", "");
}

/* ---- PVH */

enum { PT_NOTE = 4, SHT_NOTE = 7, NOTES = 0x1c00, NOTE_BYTES = 20 };

static void put_note(size_t at, uint32_t entry)
{
    uint8_t *note = kernel.data + at;
    put32(note, 4);
    put32(note + 4, 4);
    put32(note + 8, 18);
    memcpy(note + 12, "Xen", 4);
    put32(note + 16, entry);
}

/* Prepares a boot of a kernel with a PVH entry and no Multiboot header. */
static void build_pvh(uint32_t entry)
{
    build_ordinary();
    put32(kernel.data + ELF_BUILT_MULTIBOOT, 0);
    elf_add_segment(&kernel, NOTES, 0, 0, NOTE_BYTES, NOTE_BYTES);
    elf_put_segment_type(&kernel, PT_NOTE);
    put_note(NOTES, entry);
    boot.protocol = CONFIG_PVH;
    boot.gfxpayload = "1024x768";
}

static void a_pvh_kernel_stands_like_one_of_multiboot_and_is_entered_by_its_note(void **state)
{
    (void)state;
    build_pvh(MIB + 0x20);
    elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
    elf_add_section(&kernel, 1, 0, 0, 0x1800, 0x20, 1);
    add_module(PAGE + 1);
    add_module(5);
    assert_planned();
    assert_int_equal(plan.protocol, CONFIG_PVH);
    assert_null(plan.note);
    assert_int_equal(plan.entry, MIB + 0x20);
    assert_int_equal(plan.information_address, 0x10000);
    assert_int_equal(plan.information.modules[0].mod_start, MIB + PAGE);
    assert_int_equal(plan.information.modules[1].mod_start, MIB + 3 * PAGE);
    assert_int_equal(plan.placement.count, 4); /* no sections */
    assert_null(plan.video.gfxpayload);
    assert_int_equal(plan.headers.notes_start, NOTES);
    assert_int_equal(plan.headers.notes_end, NOTES + NOTE_BYTES);
    assert_false(plan.headers.notes_are_sections);
}

static void multiboot_starts_a_kernel_by_its_pvh_entry_if_it_has_no_multiboot_header(void **state)
{
    (void)state;
    for (int protocol = CONFIG_MULTIBOOT1; protocol <= CONFIG_MULTIBOOT2; protocol++) {
        build_pvh(MIB + 0x20);
        boot.protocol = (enum config_protocol)protocol;
        add_module(5);
        assert_planned();
        assert_int_equal(plan.protocol, CONFIG_PVH);
        assert_non_null(plan.note);
        assert_int_equal(plan.entry, MIB + 0x20);
        assert_int_equal(plan.information_address, 0x10000);
    }
    build_pvh(MIB + 0x20);
    elf_put_multiboot1(&kernel, 0);
    boot.protocol = CONFIG_MULTIBOOT2;
    assert_refused("g.cfg:3: /kernel: has a Multiboot 1 header, not a Multiboot 2 one: use "
                   "multiboot");
    build_pvh(MIB + 0x20);
    elf_put_multiboot1(&kernel, 0);
    boot.protocol = CONFIG_MULTIBOOT1;
    assert_planned();
    assert_int_equal(plan.protocol, CONFIG_MULTIBOOT1);
}

static void a_note_in_a_section_counts_only_if_no_segment_has_one(void **state)
{
    (void)state;
    enum { ELSEWHERE = 0x1d00 };
    for (int has_segment = 0; has_segment < 2; has_segment++) {
        build_pvh(MIB + 0x20);
        elf_put_segment_type(&kernel, has_segment ? PT_NOTE : 0);
        elf_add_section(&kernel, 0, 0, 0, 0, 0, 0);
        elf_add_section(&kernel, SHT_NOTE, 0, 0, ELSEWHERE, NOTE_BYTES, 4);
        put_note(ELSEWHERE, MIB + 0x40);
        assert_planned();
        assert_int_equal(plan.entry, has_segment ? MIB + 0x20 : MIB + 0x40);
        assert_int_equal(plan.headers.notes_are_sections, !has_segment);
    }
}

static void a_kernel_without_a_usable_pvh_entry_is_refused(void **state)
{
    (void)state;
    build_pvh(MIB);
    put32(kernel.data + NOTES + 8, 1);
    assert_refused("g.cfg:3: /kernel: has no PVH entry: no note XEN_ELFNOTE_PHYS32_ENTRY");
    build_pvh(2 * MIB);
    assert_refused("g.cfg:3: /kernel: entry point 0x200000 lies in no segment");
    build_pvh(MIB);
    elf_add_segment(&kernel, ELF_BUILT_SIZE - 4, 0, 0, 5, 5);
    elf_put_segment_type(&kernel, PT_NOTE);
    assert_refused("g.cfg:3: /kernel: notes (0x5 bytes at offset 0x1ffc) lie beyond the end of the "
                   "file");
    build_pvh(MIB);
    has_overlay = false;
    assert_refused("g.cfg: cannot be read");
}

static void a_pvh_kernel_is_planned_or_refused_at_each_size_of_the_arena(void **state)
{
    (void)state;
    build_pvh(MIB);
    add_module(5);
    assert_planned();
    bool is_planned = false;
    for (size_t size = 0; size < sizeof arena_memory && !is_planned; size += 64) {
        struct arena arena = {arena_memory, size, 0};
        is_planned = plan_boot(&plan, &boot, &environment, &arena, &error);
        assert_true(is_planned || strncmp(error.message, "g.cfg", 5) == 0);
    }
    assert_true(is_planned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pvh_kernel_stands_like_one_of_multiboot_and_is_entered_by_its_note),
        cmocka_unit_test(multiboot_starts_a_kernel_by_its_pvh_entry_if_it_has_no_multiboot_header),
        cmocka_unit_test(a_note_in_a_section_counts_only_if_no_segment_has_one),
        cmocka_unit_test(a_kernel_without_a_usable_pvh_entry_is_refused),
        cmocka_unit_test(a_pvh_kernel_is_planned_or_refused_at_each_size_of_the_arena),
        cmocka_unit_test(the_information_stands_at_0x10000),
        cmocka_unit_test(the_information_goes_to_the_next_free_page_where_the_kernel_is_in_the_way),
        cmocka_unit_test(a_kernel_over_all_of_low_memory_has_its_information_at_1_mib),
        cmocka_unit_test(without_room_in_low_memory_the_information_stands_after_the_kernel),
        cmocka_unit_test(information_too_large_for_low_memory_stands_after_the_kernel),
        cmocka_unit_test(information_with_a_command_line_of_64_kib_stays_low),
        cmocka_unit_test(the_first_module_stands_in_the_first_page_after_the_kernel),
        cmocka_unit_test(under_uefi_modules_go_to_claimed_memory_while_it_has_room),
        cmocka_unit_test(modules_follow_one_another_page_by_page_in_order),
        cmocka_unit_test(modules_of_a_kernel_below_1_mib_begin_at_1_mib),
        cmocka_unit_test(modules_go_after_the_highest_segment_whatever_the_order),
        cmocka_unit_test(modules_go_from_1_mib_upwards_if_the_kernel_is_at_the_end_of_the_ram),
        cmocka_unit_test(with_low_memory_and_the_end_of_the_ram_taken_the_information_is_at_1_mib),
        cmocka_unit_test(an_empty_module_starts_where_it_ends_and_takes_no_place),
        cmocka_unit_test(five_hundred_modules_with_strings_are_planned),
        cmocka_unit_test(a_module_fills_the_ram_to_its_last_byte_but_not_one_more),
        cmocka_unit_test(one_page_too_many_in_the_last_module_is_refused_by_its_name),
        cmocka_unit_test(a_module_of_4_gib_is_refused),
        cmocka_unit_test(a_boot_on_little_memory_is_planned_or_refused_for_lack_of_it),
        cmocka_unit_test(the_end_of_a_module_is_never_beyond_32_bits),
        cmocka_unit_test(sections_that_no_segment_loads_are_placed_last_and_told),
        cmocka_unit_test(a_plan_is_the_same_for_a_kernel_that_had_to_be_decompressed),
        cmocka_unit_test(arguments_are_part_of_the_plan),
        cmocka_unit_test(a_hermitcore_boot_finds_each_thing_where_it_looks_for_it),
        cmocka_unit_test(address_fields_go_before_the_elf_headers_and_no_sections_are_told),
        cmocka_unit_test(bad_address_fields_of_an_elf_file_can_be_ignored),
        cmocka_unit_test(an_image_by_address_fields_without_ram_underneath_is_refused),
        cmocka_unit_test(a_missing_kernel_and_a_missing_module_are_named_with_their_line),
        cmocka_unit_test(an_empty_kernel_and_one_that_is_too_short_are_refused),
        cmocka_unit_test(a_kernel_without_elf_header_and_address_fields_is_refused),
        cmocka_unit_test(a_kernel_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(a_segment_in_reserved_memory_is_refused_with_both_sides),
        cmocka_unit_test(two_segments_that_overlap_are_refused_with_both_sides),
        cmocka_unit_test(an_empty_segment_at_the_address_of_another_is_accepted),
        cmocka_unit_test(an_unknown_required_flag_is_refused_by_number),
        cmocka_unit_test(what_the_arena_has_no_room_for_is_refused_at_each_size),
        cmocka_unit_test(a_multiboot_1_kernel_is_planned_without_the_overlay),
        cmocka_unit_test(a_multiboot_2_kernel_needs_the_overlay),
        cmocka_unit_test(
            a_kernel_without_a_header_is_refused_for_that_even_if_the_overlay_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
