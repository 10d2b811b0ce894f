// SPDX-License-Identifier: BSD-2-Clause
// Tests loader/linux.h: setup headers of every age, what is wrong with some, and the bytes that a
// kernel gets. Offsets are those of Documentation/x86/boot.rst and zero-page.rst.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "loader/linux.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { KERNEL_BYTES = 0x8000, SETUP_BYTES = 5 * 512, ADDRESS = 0x10000, MOST_BYTES = 0x20000 };

static uint8_t file[LINUX_START_BYTES];
static struct linux_header header;
static struct error error;

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void put16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

/* The start of a bzImage of this protocol, with every field that protocol 2.15 has. */
static void build(uint16_t version)
{
    memset(file, 0, sizeof file);
    file[0x1f1] = 4;
    put16(file + 0x1fe, 0xaa55);
    file[0x200] = 0xeb;
    file[0x201] = 0x6a; /* the header ends at 0x26c */
    memcpy(file + 0x202, "HdrS", 4);
    put16(file + 0x206, version);
    file[0x211] = LINUX_LOADED_HIGH;
    put32(file + 0x214, 0x100000);
    put32(file + 0x22c, 0x7fffffff);
    put32(file + 0x230, 0x200000);
    file[0x234] = 1;
    file[0x235] = 13;
    put16(file + 0x236, 0x7f);
    put32(file + 0x238, 2047);
    put32(file + 0x258, 0x1000000);
    put32(file + 0x260, 0x3000000);
    put32(file + 0x264, 0x190);
}

static bool read_file(void)
{
    error.message[0] = 0;
    return linux_read_header((struct bytes){file, sizeof file}, SETUP_BYTES + KERNEL_BYTES, &header,
                             &error);
}

static void assert_refused(const char *reason)
{
    assert_false(read_file());
    assert_string_equal(error.message, reason);
}

static void a_header_of_today_is_read(void **state)
{
    (void)state;
    build(0x20f);
    assert_true(read_file());
    assert_int_equal(header.setup_bytes, SETUP_BYTES);
    assert_int_equal(header.kernel_bytes, KERNEL_BYTES);
    assert_int_equal(header.field_bytes, 0x26c - 0x1f1);
    assert_int_equal(header.command_line_most, 2048);
    assert_int_equal(header.initrd_addr_max, 0x7fffffff);
    assert_true(header.is_relocatable);
    assert_int_equal(header.kernel_alignment, 0x200000);
    assert_int_equal(header.least_alignment, 0x2000);
    assert_int_equal(header.pref_address, 0x1000000);
    assert_int_equal(header.init_size, 0x3000000);
    assert_int_equal(header.handover_offset, 0x190);
    assert_int_equal(header.xloadflags, 0x7f);
    assert_int_equal(header.pe_machine, 0);
    assert_true(linux_check_32_bit(&header, &error));
}

static void fields_that_a_protocol_lacks_have_its_defaults(void **state)
{
    (void)state;
    build(0x209);
    assert_true(read_file());
    assert_int_equal(header.init_size, 3 * KERNEL_BYTES);
    assert_int_equal(header.pref_address, LINUX_HIGH);
    assert_int_equal(header.least_alignment, 0x200000);
    assert_int_equal(header.xloadflags, 0);
    build(0x204);
    assert_true(read_file());
    assert_false(header.is_relocatable);
    assert_int_equal(header.command_line_most, 256);
    build(0x202);
    assert_true(read_file());
    assert_int_equal(header.initrd_addr_max, 0x37ffffff);
    assert_false(linux_check_32_bit(&header, &error));
    assert_string_equal(error.message,
                        "its boot protocol is too old for a 32-bit entry: use linux16");
    file[0x1f1] = 0; /* means 4 */
    memset(file + 0x202, 0, 4);
    assert_true(read_file());
    assert_int_equal(header.version, 0);
    assert_int_equal(header.setup_bytes, SETUP_BYTES);
    assert_int_equal(header.init_size, 3 * KERNEL_BYTES);
}

static void a_zimage_has_no_32_bit_entry(void **state)
{
    (void)state;
    build(0x203);
    file[0x211] = 0;
    assert_true(read_file());
    assert_false(linux_check_32_bit(&header, &error));
    assert_string_equal(error.message, "a zImage has no 32-bit entry: use linux16");
}

static void an_entry_outside_of_the_kernel_is_refused(void **state)
{
    (void)state;
    static const uint32_t starts[] = {0, LINUX_HIGH - 1, LINUX_HIGH + KERNEL_BYTES, 0xffffffff};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        build(0x20f);
        put32(file + 0x214, starts[i]);
        assert_true(read_file());
        assert_false(linux_check_32_bit(&header, &error));
        assert_string_equal(error.message,
                            "its 32-bit entry lies outside of it: it is made for linux16");
    }
    build(0x20f);
    put32(file + 0x264, KERNEL_BYTES);
    assert_true(read_file());
    assert_false(linux_check_32_bit(&header, &error));
}

static void a_pe_header_says_for_which_machine_the_application_is(void **state)
{
    (void)state;
    build(0x20f);
    memcpy(file, "MZ", 2);
    put32(file + 0x3c, 0x40);
    memcpy(file + 0x40, "PE\0", 4);
    put16(file + 0x44, LINUX_PE_X64);
    put16(file + 0x40 + 68, 1);
    assert_true(read_file());
    assert_int_equal(header.pe_machine, LINUX_PE_X64);
    assert_int_equal(header.pe_major, 1);
    put32(file + 0x3c, LINUX_START_BYTES - 71); /* cut */
    assert_true(read_file());
    assert_int_equal(header.pe_machine, 0);
    put32(file + 0x3c, 0xffffffff);
    assert_true(read_file());
    assert_int_equal(header.pe_machine, 0);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    build(0x20f);
    put16(file + 0x1fe, 0);
    assert_refused("is no Linux kernel: no boot signature at offset 0x1fe");
    build(0x20f);
    file[0x1f1] = 65;
    assert_refused("its real-mode code has 65 sectors, more than 64");
    file[0x1f1] = 64;
    assert_false(linux_read_header((struct bytes){file, sizeof file}, 65 * 512, &header, &error));
    assert_string_equal(error.message, "is cut: it has 33280 bytes, and 33280 of real-mode code "
                                       "alone");
    build(0x20f);
    put32(file + 0x230, 0x300000);
    assert_refused("its kernel_alignment 0x300000 is no power of two");
}

static void the_command_line_is_cut_between_arguments(void **state)
{
    (void)state;
    static const char line[] = "BOOT_IMAGE=/k a \"b c\" d";
    assert_int_equal(linux_command_line_length(line, 2048), sizeof line - 1);
    assert_int_equal(linux_command_line_length(line, sizeof line), sizeof line - 1);
    assert_int_equal(linux_command_line_length(line, sizeof line - 1), sizeof line - 3);
    assert_int_equal(linux_command_line_length(line, sizeof line - 3), 15); /* not inside quotes */
    assert_int_equal(linux_command_line_length(line, 3), 0);
}

static void arguments_are_found_as_grub_finds_them(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint64_t limit;
    } cases[] = {
        {"BOOT_IMAGE=/k mem=64M", 64 << 20},
        {"x mem=0x4000000", 64 << 20},
        {"x mem=1g", 1 << 30},
        {"x mem=65536K quiet", 64 << 20},
        {"x xmem=1g", 0},
        {"x \"a mem=1g\"", 0},
        {"x mem=1g mem=2m", 2 << 20},
        {"x mem=", 0},
        {"x mem=99999999999999999999g", 0},
        {"x mem=010", 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(linux_memory_limit(cases[i].line), cases[i].limit);
    }
}

static void the_initrd_ends_where_every_kernel_reaches_it(void **state)
{
    (void)state;
    struct linux_boot boot = {.command_line = "x"};
    build(0x20f);
    assert_true(read_file());
    boot.header = header;
    assert_int_equal(linux_initrd_limit(&boot), 0x37ffffff - 0x10000);
    boot.header.initrd_addr_max = 0x1fffffff;
    assert_int_equal(linux_initrd_limit(&boot), 0x1fffffff - 0x10000);
    boot.command_line = "x mem=16M";
    assert_int_equal(linux_initrd_limit(&boot), 0x1000000 - 0x10000);
    boot.command_line = "x mem=1K";
    assert_int_equal(linux_initrd_limit(&boot), 0);
}

// ---- What the kernel gets

static uint8_t written[MOST_BYTES];
static struct memory_range ranges[200];
static struct memory_map map = {ranges, 0, 200};
static struct linux_boot boot;
static struct boot_information information;

static void start_boot(uint16_t version, enum linux_way way)
{
    build(version);
    assert_true(read_file());
    boot = (struct linux_boot){.way = way,
                               .header = header,
                               .setup_code = file,
                               .command_line = "BOOT_IMAGE=/k quiet",
                               .command_line_length = 19,
                               .kernel_address = 0x2000000,
                               .initrd_address = 0x7000000,
                               .initrd_bytes = 0x1234};
    for (size_t i = 0; i < 200; i++) {
        ranges[i] = (struct memory_range){i << 20, 1 << 19, i % 2 + 1};
    }
    map.count = 3;
    information = (struct boot_information){.map = &map};
}

static void write_boot(void)
{
    size_t efi_map = information.efi != NULL ? information.efi->memory_map.size : 0;
    uint64_t size = linux_information_size(&boot, map.count, efi_map);
    assert_in_range(size, LINUX_BOOT_PARAMS_BYTES, sizeof written - 1);
    memset(written, 0, sizeof written);
    written[size] = 0xee;
    linux_write_information(&boot, &information, written, ADDRESS);
    assert_int_equal(written[size], 0xee);
    assert_in_range(linux_entry_offset(&boot), 0, size - 1);
}

static void boot_params_have_header_command_line_and_initrd(void **state)
{
    (void)state;
    static const uint8_t root[36];
    start_boot(0x20f, LINUX_BY_32_BIT);
    information.rsdp = (struct bytes){root, sizeof root};
    write_boot();
    assert_memory_equal(written + 0x202, file + 0x202, 0xe);
    assert_int_equal(written[0x210], 0x72);
    assert_int_equal(written[0x211], LINUX_LOADED_HIGH | LINUX_QUIET | LINUX_CAN_USE_HEAP);
    assert_int_equal(load32(written + 0x214), 0x2000000);
    assert_int_equal(load32(written + 0x218), 0x7000000);
    assert_int_equal(load32(written + 0x21c), 0x1234);
    assert_int_equal(load16(written + 0x1fc), 0x100);
    assert_string_equal((char *)written + load32(written + 0x228) - ADDRESS, "BOOT_IMAGE=/k quiet");
    assert_int_equal(load64(written + 0x70), (uintptr_t)root);
    assert_int_equal(written[0x1ef], 0); /* the sentinel */
    assert_int_equal(written[0x290], 0);
    start_boot(0x20d, LINUX_BY_32_BIT);
    information.rsdp = (struct bytes){root, sizeof root};
    write_boot();
    assert_int_equal(load64(written + 0x70), 0);
}

static void memory_ranges_beyond_128_are_in_setup_data(void **state)
{
    (void)state;
    start_boot(0x20f, LINUX_BY_32_BIT);
    write_boot();
    assert_int_equal(written[0x1e8], 3);
    assert_int_equal(load64(written + 0x250), 0);
    map.count = 128;
    write_boot();
    assert_int_equal(written[0x1e8], 128);
    assert_int_equal(load64(written + 0x250), 0);
    map.count = 130;
    write_boot();
    assert_int_equal(written[0x1e8], 128);
    assert_int_equal(load64(written + 0x2d0 + 127 * 20), UINT64_C(127) << 20);
    const uint8_t *data = written + load64(written + 0x250) - ADDRESS;
    assert_int_equal(load64(data), 0);
    assert_int_equal(load32(data + 8), 1);
    assert_int_equal(load32(data + 12), 40);
    assert_int_equal(load64(data + 16), UINT64_C(128) << 20);
    assert_int_equal(load64(data + 16 + 20 + 8), 1 << 19);
    assert_int_equal(load32(data + 16 + 20 + 16), 2);
    boot.header.version = 0x208; /* knows no such data */
    write_boot();
    assert_int_equal(load64(written + 0x250), 0);
}

static void the_screen_is_text_or_a_frame_buffer(void **state)
{
    (void)state;
    static uint8_t vbe[VBE_MODE_INFO_BYTES];
    struct video video = {.framebuffer = {.type = FRAMEBUFFER_TEXT}};
    start_boot(0x20f, LINUX_BY_32_BIT);
    information.video = &video;
    write_boot();
    assert_int_equal(written[0x06], 3);
    assert_int_equal(written[0x07], 80);
    assert_int_equal(written[0x0e], 25);
    assert_int_equal(written[0x0f], 1);
    linux_write_cursor((struct screen_cursor){7, 5}, written);
    assert_int_equal(written[0], 5);
    assert_int_equal(written[1], 7);
    video.framebuffer = (struct framebuffer){.address = 0xfd000000,
                                             .pitch = 4096,
                                             .width = 1024,
                                             .height = 768,
                                             .bpp = 32,
                                             .type = FRAMEBUFFER_RGB,
                                             .masks = {16, 8, 8, 8, 0, 8}};
    video.vbe_mode_info = vbe;
    write_boot();
    static const uint8_t colours[] = {8, 16, 8, 8, 8, 0, 8, 24};
    assert_int_equal(written[0x0f], 0x23);
    assert_int_equal(load16(written + 0x12), 1024);
    assert_int_equal(load16(written + 0x14), 768);
    assert_int_equal(load16(written + 0x16), 32);
    assert_int_equal(load32(written + 0x18), 0xfd000000);
    assert_int_equal(load32(written + 0x1c), 4096 * 768 / 0x10000);
    assert_int_equal(load16(written + 0x24), 4096);
    assert_memory_equal(written + 0x26, colours, sizeof colours);
    linux_write_cursor((struct screen_cursor){7, 5}, written);
    assert_int_equal(written[0], 0);
    video.vbe_mode_info = NULL;
    video.framebuffer.address = UINT64_C(0x8fd000000);
    write_boot();
    assert_int_equal(written[0x0f], 0x70);
    assert_int_equal(load32(written + 0x1c), 4096 * 768);
    assert_int_equal(load32(written + 0x36), 2);
    assert_int_equal(load32(written + 0x3a), 8);
}

static void uefi_is_described_after_its_end(void **state)
{
    (void)state;
    static const uint8_t descriptors[] = "the firmware's map";
    const struct boot_efi efi = {.system_table = UINT64_C(0x123456789),
                                 .is_64 = true,
                                 .memory_map = {descriptors, sizeof descriptors},
                                 .descriptor_size = 48,
                                 .descriptor_version = 1};
    start_boot(0x20f, LINUX_BY_32_BIT);
    information.efi = &efi;
    write_boot();
    assert_memory_equal(written + 0x1c0, "EL64", 4);
    assert_int_equal(load32(written + 0x1c4), 0x23456789);
    assert_int_equal(load32(written + 0x1c8), 48);
    assert_int_equal(load32(written + 0x1cc), 1);
    assert_memory_equal(written + load32(written + 0x1d0) - ADDRESS, descriptors,
                        sizeof descriptors);
    assert_int_equal(load32(written + 0x1d4), sizeof descriptors);
    assert_int_equal(load32(written + 0x1d8), 1);
    assert_int_equal(written[0x0f], 0); /* no screen */
}

static void the_code_enters_the_kernel_with_boot_params_in_esi(void **state)
{
    (void)state;
    start_boot(0x20f, LINUX_BY_32_BIT);
    boot.header.code32_start = 0x100200;
    write_boot();
    const uint8_t *code = written + linux_entry_offset(&boot);
    static const uint8_t zeroes[] = {0x31, 0xdb, 0x31, 0xed, 0x31, 0xff, 0xbe};
    assert_memory_equal(code, zeroes, sizeof zeroes);
    assert_int_equal(load32(code + 7), ADDRESS);
    assert_int_equal(code[11], 0xea);
    assert_int_equal(load32(code + 12), 0x2000200);
    assert_int_equal(load16(code + 16), 0x10);
}

static void the_real_mode_block_has_setup_code_heap_and_command_line(void **state)
{
    (void)state;
    start_boot(0x20f, LINUX_BY_REAL_MODE);
    boot.command_line = "BOOT_IMAGE=/k vga=0x317";
    boot.command_line_length = 23;
    write_boot();
    assert_int_equal(written[0x210], 0x72);
    assert_int_equal(written[0x211], LINUX_LOADED_HIGH | LINUX_CAN_USE_HEAP);
    assert_int_equal(load16(written + 0x224), 0x8e00);
    assert_int_equal(load32(written + 0x228), ADDRESS + 0x9000);
    assert_int_equal(load16(written + 0x1fa), 0x317);
    assert_int_equal(load32(written + 0x218), 0x7000000);
    assert_int_equal(load16(written + 0x20), 0);
    assert_string_equal((char *)written + 0x9000, "BOOT_IMAGE=/k vga=0x317");
    const uint8_t *code = written + linux_entry_offset(&boot);
    uint32_t at = ADDRESS + linux_entry_offset(&boot);
    assert_int_equal(at % 16, 0);
    assert_int_equal(load32(code + 3), at + 0x48);
    assert_int_equal(load32(code + 0x4a), at + 0x48);
    assert_int_equal(load16(code + 0x2d), at >> 4);
    assert_int_equal(load16(code + 0x44), (ADDRESS >> 4) + 0x20);
    boot.command_line = "vga=ask";
    boot.command_line_length = 7;
    write_boot();
    assert_int_equal(load16(written + 0x1fa), 0xfffd);
}

static void old_kernels_find_the_command_line_by_its_offset(void **state)
{
    (void)state;
    start_boot(0x201, LINUX_BY_REAL_MODE);
    write_boot();
    assert_int_equal(load16(written + 0x20), 0xa33f);
    assert_int_equal(load16(written + 0x22), 0x9000);
    assert_int_equal(load16(written + 0x212), 0x9000 + 20);
    assert_int_equal(load32(written + 0x228), 0);
    boot.header.version = 0;
    memset(file + 0x202, 0, 0x50);
    write_boot();
    assert_int_equal(load16(written + 0x20), 0xa33f);
    assert_int_equal(load16(written + 0x212), 0);
    assert_int_equal(written[0x210], 0);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_header_of_today_is_read),
        TEST(fields_that_a_protocol_lacks_have_its_defaults),
        TEST(a_zimage_has_no_32_bit_entry),
        TEST(an_entry_outside_of_the_kernel_is_refused),
        TEST(a_pe_header_says_for_which_machine_the_application_is),
        TEST(what_is_wrong_is_said),
        TEST(the_command_line_is_cut_between_arguments),
        TEST(arguments_are_found_as_grub_finds_them),
        TEST(the_initrd_ends_where_every_kernel_reaches_it),
        TEST(boot_params_have_header_command_line_and_initrd),
        TEST(memory_ranges_beyond_128_are_in_setup_data),
        TEST(the_screen_is_text_or_a_frame_buffer),
        TEST(uefi_is_described_after_its_end),
        TEST(the_code_enters_the_kernel_with_boot_params_in_esi),
        TEST(the_real_mode_block_has_setup_code_heap_and_command_line),
        TEST(old_kernels_find_the_command_line_by_its_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
