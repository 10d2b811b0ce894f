// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/plan/linux_kernel.h: where a Linux kernel, what it gets and its initrd go, and how
// it is entered.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    MIB = 1024 * 1024,
    ARENA_BYTES = 256 * 1024,
    KERNEL_BYTES = 3 * MIB,
    SETUP_BYTES = 5 * 512,
    MOST_FILES = 4,
};

/* ---- The files: a name, a size, the first bytes; the rest is zeros. */

static uint8_t start[LINUX_START_BYTES];
static struct {
    const char *path;
    uint64_t size;
} files[MOST_FILES] = {
    {"/k", SETUP_BYTES + KERNEL_BYTES}, {"/one", 5}, {"/two", 8}, {"/huge", UINT64_C(1) << 31}};

bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error)
{
    (void)arena;
    for (int i = 0; i < MOST_FILES; i++) {
        if (strcmp(files[i].path, path) == 0) {
            *file = (struct file){.path = path, .size = files[i].size, .descriptor = i};
            assert_int_equal(compression, i == 0 ? FILE_DECOMPRESS : FILE_AS_IT_IS);
            return true;
        }
    }
    snprintf(error->message, sizeof error->message, "not found");
    return false;
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    (void)error;
    assert_int_equal(file->descriptor, 0);
    assert_true(range_within(offset, length, file->size));
    for (size_t i = 0; i < length; i++) {
        ((uint8_t *)buffer)[i] = offset + i < sizeof start ? start[offset + i] : 0;
    }
    return true;
}

/* ---- One boot. */

static const struct memory_range pc_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0x9fc00, 0x400, MEMORY_RESERVED},
    {0xf0000, 0x10000, MEMORY_RESERVED},
    {MIB, 127 * MIB, MEMORY_AVAILABLE},
};
static const struct memory_range small_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {MIB, 31 * MIB, MEMORY_AVAILABLE},
};
static const struct memory_range split_ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {MIB, 17 * MIB, MEMORY_AVAILABLE},
    {19 * MIB, 109 * MIB, MEMORY_AVAILABLE},
};
static const struct memory_map pc_map = {(struct memory_range *)pc_ranges, 4, 4};
static const struct memory_map small_map = {(struct memory_range *)small_ranges, 2, 2};
static const struct memory_map split_map = {(struct memory_range *)split_ranges, 3, 3};

static struct config_file modules[3];
static struct config_boot boot;
static struct plan plan;
static struct error error;
static struct plan_environment environment;
static uint8_t arena_memory[ARENA_BYTES];

static void put32(size_t offset, uint32_t value)
{
    memcpy(start + offset, &value, sizeof value);
}

/* A relocatable 64-bit kernel with a UEFI application in it, on a PC with 128 MiB. */
static void build(enum config_protocol protocol)
{
    memset(start, 0, sizeof start);
    memcpy(start, "MZ", 2);
    put32(0x3c, 0x40);
    put32(0x40, 0x4550);
    put32(0x44, LINUX_PE_X64);
    put32(0x40 + 68, 1); /* asks for its initrd by LoadFile2 */
    start[0x1f1] = 4;
    put32(0x1fe, 0xebaa55);
    start[0x201] = 0x6a;
    memcpy(start + 0x202, "HdrS\x0f\x02", 6);
    start[0x211] = LINUX_LOADED_HIGH;
    put32(0x214, LINUX_HIGH);
    put32(0x22c, 0x7fffffff);
    put32(0x230, 2 * MIB);
    start[0x234] = 1;
    start[0x235] = 20;
    put32(0x236, LINUX_XLF_KERNEL_64 | LINUX_XLF_EFI_HANDOVER_32 | LINUX_XLF_EFI_HANDOVER_64);
    put32(0x238, 2047);
    put32(0x258, 16 * MIB);
    put32(0x260, 8 * MIB);
    put32(0x264, 0x190);
    environment = (struct plan_environment){
        .config_name = "g.cfg", .map = &pc_map, .overlay = plan_overlay_linked};
    boot = (struct config_boot){
        .protocol = protocol,
        .kernel = {.path = "/k", .arguments = "BOOT_IMAGE=/k", .config = "g.cfg", .line = 2},
        .modules = modules,
    };
}

static void add_initrd(const char *path, const char *name)
{
    modules[boot.module_count++] = (struct config_file){
        .path = path, .arguments = name, .config = "g.cfg", .line = 3, .keep_compressed = true};
}

static bool make_plan(void)
{
    static struct arena arena;
    memset(arena_memory, 0xee, sizeof arena_memory);
    arena = (struct arena){.base = arena_memory, .size = sizeof arena_memory};
    error.message[0] = 0;
    return plan_boot(&plan, &boot, &environment, &arena, &error);
}

static void assert_planned(void)
{
    bool is_planned = make_plan();
    assert_string_equal(error.message, "");
    assert_true(is_planned);
}

static void assert_refused(const char *reason)
{
    assert_false(make_plan());
    assert_string_equal(error.message, reason);
}

static void assert_piece(size_t index, uint32_t address, uint32_t length, uint32_t zero_length)
{
    const struct piece *piece = &plan.placement.pieces[index];
    assert_in_range(index, 0, plan.placement.count - 1);
    assert_int_equal(piece->address, address);
    assert_int_equal(piece->length, length);
    assert_int_equal(piece->zero_length, zero_length);
}

static void a_kernel_goes_where_it_prefers_and_its_initrd_to_the_top(void **state)
{
    (void)state;
    build(CONFIG_LINUX);
    add_initrd("/one", "");
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_32_BIT);
    assert_piece(0, 16 * MIB, KERNEL_BYTES, 0);
    assert_int_equal(plan.placement.pieces[0].file_offset, SETUP_BYTES);
    assert_int_equal(plan.placement.pieces[1].address, 0x10000);
    assert_int_equal(plan.information_piece, 1);
    assert_piece(2, 128 * MIB - 4096, 5, 3);
    assert_int_equal(plan.linux_boot->initrd_address, 128 * MIB - 4096);
    assert_int_equal(plan.linux_boot->initrd_bytes, 5);
    assert_int_equal(plan.information.modules[0].mod_start, 128 * MIB - 4096);
    assert_int_equal(plan.information.modules[0].mod_end, 128 * MIB - 4096 + 5);
    boot.kernel.arguments = "BOOT_IMAGE=/k mem=64M";
    assert_planned();
    assert_int_equal(plan.linux_boot->initrd_address, 64 * MIB - 0x10000 - 4096);
}

static void initrds_are_one_after_the_other_with_headers_around_members(void **state)
{
    (void)state;
    build(CONFIG_LINUX);
    add_initrd("/one", "");
    add_initrd("/two", "a");
    add_initrd("/one", "b");
    assert_planned();
    uint32_t at = plan.linux_boot->initrd_address;
    assert_int_equal(plan.placement.count, 2 + 6);
    assert_piece(2, at, 5, 3);
    assert_piece(3, at + 8, 112, 0); /* the header of a */
    assert_piece(4, at + 120, 8, 0);
    assert_piece(5, at + 128, 112, 0);
    assert_piece(6, at + 240, 5, 3);
    assert_piece(7, at + 248, 124, 0); /* the trailer */
    assert_int_equal(plan.linux_boot->initrd_bytes, 372);
    assert_memory_equal(plan.placement.pieces[5].file->contents, "070701", 6);
    assert_string_equal((const char *)plan.placement.pieces[5].file->contents + 110, "b");
    assert_string_equal((const char *)plan.placement.pieces[7].file->contents + 110, "TRAILER!!!");
}

static void a_kernel_whose_place_is_taken_goes_elsewhere(void **state)
{
    (void)state;
    build(CONFIG_LINUX);
    environment.map = &split_map; /* no RAM at 18 MiB */
    assert_planned();
    assert_piece(0, 20 * MIB, KERNEL_BYTES, 0);
    put32(0x260, 108 * MIB); /* which fits from 20 MiB on only with less alignment */
    put32(0x230, 8 * MIB);
    assert_planned();
    assert_piece(0, 20 * MIB, KERNEL_BYTES, 0);
    put32(0x260, 110 * MIB);
    assert_refused("g.cfg:2: /k: it needs 0x6e00000 bytes of memory in one piece");
    put32(0x260, 17 * MIB);
    environment.map = &small_map; /* below 16 MiB, where GRUB does not look */
    put32(0x230, 2 * MIB);
    assert_planned();
    assert_piece(0, 2 * MIB, KERNEL_BYTES, 0);
    start[0x234] = 0; /* not relocatable */
    assert_planned();
    assert_piece(0, MIB, KERNEL_BYTES, 0);
}

static void linux16_has_its_real_mode_block_as_high_as_possible(void **state)
{
    (void)state;
    build(CONFIG_LINUX16);
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_REAL_MODE);
    assert_piece(0, MIB, KERNEL_BYTES, 0);
    assert_int_equal(plan.placement.pieces[1].address, 0x90000);
    assert_int_equal(plan.entry, 0x90000 + linux_entry_offset(plan.linux_boot));
    start[0x211] = 0; /* a zImage */
    assert_refused("g.cfg:2: /k: kernel (0x300000 bytes at 0x10000) does not fit: the memory from "
                   "0x9fc00 is reserved");
    memset(start + 0x202, 0, 4);
    files[0].size = SETUP_BYTES + 0x80000;
    assert_planned();
    assert_piece(0, 0x10000, 0x80000, 0);
    assert_int_equal(plan.placement.pieces[1].address, 0x90000);
    files[0].size++;
    assert_refused("g.cfg:2: /k: boot information (0x9080 bytes at 0x90000) overlaps kernel "
                   "(0x80001 bytes at 0x10000)");
    files[0].size = SETUP_BYTES + KERNEL_BYTES;
}

static const struct memory_range unused_ranges[] = {{32 * MIB, 32 * MIB, MEMORY_AVAILABLE}};
static const struct memory_map unused = {(struct memory_range *)unused_ranges, 1, 1};

static void under_uefi_the_kernel_is_an_application_of_this_machine(void **state)
{
    (void)state;
    struct boot_efi efi = {.is_64 = true, .unused = &unused, .overwritable = &pc_map};
    build(CONFIG_LINUX);
    add_initrd("/one", "");
    environment.efi = &efi;
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_EFI);
    assert_true(plan.information.keeps_boot_services);
    assert_piece(0, 32 * MIB, SETUP_BYTES + KERNEL_BYTES, 0);
    assert_int_equal(plan.placement.pieces[0].file_offset, 0);
    assert_int_equal(plan.placement.pieces[1].length, 2 * sizeof "BOOT_IMAGE=/k");
    put32(0x40 + 68, 0); /* it knows no LoadFile2 */
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_HANDOVER);
    assert_piece(0, 32 * MIB, KERNEL_BYTES, 8 * MIB - KERNEL_BYTES);
    assert_int_equal(plan.linux_boot->initrd_address, 40 * MIB + 0x2000); /* after boot_params */
    boot.module_count = 0;
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_EFI);
    efi.is_64 = false;
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_HANDOVER);
    assert_true(plan.information.keeps_boot_services);
    put32(0x236, LINUX_XLF_KERNEL_64);
    assert_planned();
    assert_int_equal(plan.linux_boot->way, LINUX_BY_32_BIT);
    assert_false(plan.information.keeps_boot_services);
    boot.protocol = CONFIG_LINUX16;
    assert_refused("g.cfg:2: /k: linux16 needs a BIOS: use linux");
}

static void what_cannot_boot_is_refused_with_its_line(void **state)
{
    (void)state;
    build(CONFIG_LINUX);
    add_initrd("/missing", "");
    assert_refused("g.cfg:3: /missing: not found");
    modules[0].path = "/huge";
    assert_refused("g.cfg:3: /huge: an initrd of 2 GiB or more");
    modules[0].path = "/one";
    boot.kernel.arguments = "BOOT_IMAGE=/k mem=24M";
    assert_refused("g.cfg:3: /one: no memory for an initrd of 0x5 bytes where the kernel reaches "
                   "it");
    boot.kernel.path = "/nothing";
    assert_refused("g.cfg:2: /nothing: not found");
    boot.kernel.path = "/k";
    memset(start + 0x1fe, 0, 2);
    assert_refused("g.cfg:2: /k: is no Linux kernel: no boot signature at offset 0x1fe");
}

static void a_command_line_that_is_too_long_is_cut_and_noted(void **state)
{
    (void)state;
    static char line[300];
    memset(line, 'a', sizeof line - 1);
    memcpy(line, "BOOT_IMAGE=/k b ", 16);
    build(CONFIG_LINUX);
    boot.kernel.arguments = line;
    assert_planned();
    assert_null(plan.note);
    assert_false(plan.video.is_made);
    boot.gfxpayload = "auto";
    assert_planned();
    assert_true(plan.video.is_made);
    put32(0x238, 255);
    assert_planned();
    assert_string_equal(plan.note, "its command line is too long: the last arguments are left out");
    assert_int_equal(plan.linux_boot->command_line_length, 15);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_kernel_goes_where_it_prefers_and_its_initrd_to_the_top),
        TEST(initrds_are_one_after_the_other_with_headers_around_members),
        TEST(a_kernel_whose_place_is_taken_goes_elsewhere),
        TEST(linux16_has_its_real_mode_block_as_high_as_possible),
        TEST(under_uefi_the_kernel_is_an_application_of_this_machine),
        TEST(what_cannot_boot_is_refused_with_its_line),
        TEST(a_command_line_that_is_too_long_is_cut_and_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
