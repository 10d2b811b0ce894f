// SPDX-License-Identifier: BSD-2-Clause
// Tests the config's commands for Linux: what linux, linux16, initrd and initrd16 make of their
// words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "stage2/config/config.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { ARENA_BYTES = 64 * 1024, TEXT_BYTES = 1024 };

static struct config config;
static struct config_boot boot;
static struct error error;
static uint8_t arena_memory[ARENA_BYTES];
static char text[TEXT_BYTES];

/* Evaluates an entry with these commands, which begin in line 2. */
static bool evaluate(const char *commands, const char *variables)
{
    static struct arena arena;
    const struct config_environment environment = {variables, NULL, config_overlay_linked,
                                                   false,     NULL, NULL};
    arena = (struct arena){.base = arena_memory, .size = sizeof arena_memory};
    int length = snprintf(text, sizeof text, "menuentry a {\n%s\n}\n", commands);
    assert_in_range(length, 0, sizeof text - 1);
    error.message[0] = 0;
    assert_true(config_read_with(&config, (struct bytes){(const uint8_t *)text, (size_t)length},
                                 "g.cfg", &environment, &arena, &error));
    return config_evaluate(&config, &config.entries[0], &boot, &error);
}

static void evaluate_pc(const char *commands)
{
    assert_true(evaluate(commands, CONFIG_CD_VARIABLES));
}

static void assert_refused(const char *commands, const char *reason)
{
    assert_false(evaluate(commands, CONFIG_CD_VARIABLES));
    assert_string_equal(error.message, reason);
}

static void the_command_line_is_what_grub_makes_of_the_words(void **state)
{
    (void)state;
    evaluate_pc("linux (cd)/boot/vmlinuz ro 'a b' c\\'d $nothing \"\" x=\"$root\"");
    assert_int_equal(boot.protocol, CONFIG_LINUX);
    assert_string_equal(boot.kernel.path, "/boot/vmlinuz");
    assert_string_equal(boot.kernel.arguments,
                        "BOOT_IMAGE=(cd)/boot/vmlinuz ro \"a b\" c\\'d  x=cd");
    assert_string_equal(boot.kernel.config, "g.cfg");
    assert_int_equal(boot.kernel.line, 2);
    evaluate_pc("linuxefi '/a b'");
    assert_int_equal(boot.protocol, CONFIG_LINUX);
    assert_string_equal(boot.kernel.arguments, "BOOT_IMAGE=\"/a b\"");
    evaluate_pc("linux16 /k vga=ask");
    assert_int_equal(boot.protocol, CONFIG_LINUX16);
    assert_string_equal(boot.kernel.arguments, "BOOT_IMAGE=/k vga=ask");
    assert_null(boot.gfxpayload);
}

static void initrds_are_files_or_members_of_an_archive(void **state)
{
    (void)state;
    evaluate_pc("linux /k\ninitrd /old\ninitrd (cd)/a newc://etc/b:/c newc:d:(cd)/e");
    assert_int_equal(boot.module_count, 3);
    static const char *const expected[][2] = {{"/a", ""}, {"/c", "etc/b"}, {"/e", "d"}};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(boot.modules[i].path, expected[i][0]);
        assert_string_equal(boot.modules[i].arguments, expected[i][1]);
        assert_true(boot.modules[i].keep_compressed);
        assert_int_equal(boot.modules[i].line, 4);
    }
    evaluate_pc("linux16 /k\ninitrd16 /a");
    assert_int_equal(boot.module_count, 1);
    evaluate_pc("linux /k\ninitrd /a\nlinux /l");
    assert_int_equal(boot.module_count, 0);
}

static void vga_sets_gfxpayload_on_a_pc_only(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"vga=normal", "text"},
        {"vga=0", "text"},
        {"vga=ext", "text"},
        {"vga=0x317", "1024x768x16,1024x768"},
        {"vga=791", "1024x768x16,1024x768"},
        {"vga=0x301 vga=0x31B", "1280x1024x24,1280x1024"},
        {"vga=0x302", "text"}, /* four planes: no linear frame buffer */
        {"vga=0x400", "text"},
        {"xvga=0x317", "auto"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char commands[128];
        snprintf(commands, sizeof commands, "set gfxpayload=auto\nlinux /k %s", cases[i][0]);
        evaluate_pc(commands);
        assert_string_equal(boot.gfxpayload, cases[i][1]);
        assert_true(evaluate(commands, CONFIG_UEFI_VARIABLES));
        assert_string_equal(boot.gfxpayload, "auto");
    }
    evaluate_pc("linux /k vga=0x400");
    assert_non_null(config.warnings);
    assert_string_equal(config.warnings->text, "vga=0x400: an unknown mode: text instead");
}

static void what_grub_refuses_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("linux", "g.cfg:2: a file's name is missing");
    assert_refused("linux k", "g.cfg:2: the path 'k' does not begin with '/'");
    assert_refused("linux /k vga=ask", "g.cfg:2: vga=ask is not supported: set gfxpayload before "
                                       "the linux line");
    assert_refused("linux /k vga=bogus", "g.cfg:2: vga=bogus: no number of a mode, normal, ext or "
                                         "ask");
    assert_refused("linux16 /k a vga=", "g.cfg:2: vga=: no number of a mode, normal, ext or ask");
    assert_refused("initrd /i", "g.cfg:2: an initrd before the kernel: the linux line comes first");
    assert_refused("linux /k\ninitrd", "g.cfg:3: a file's name is missing");
    assert_refused("linux /k\ninitrd newc:a", "g.cfg:3: 'newc:a': no colon between the name and "
                                              "the file");
    assert_refused("linux /k\ninitrd newc:/:/f", "g.cfg:3: 'newc:/:/f': the name is empty");
    assert_refused("linux /k\ninitrd16 /i", "g.cfg:3: initrd goes with linux, initrd16 with "
                                            "linux16");
    assert_refused("multiboot /k\ninitrd /i", "g.cfg:3: initrd goes with linux, initrd16 with "
                                              "linux16");
    assert_refused("linux /k\nmodule /i", "g.cfg:3: multiboot and pvh go with module, multiboot2 "
                                          "with module2");
    assert_refused("linux /k\nmodule2 /i", "g.cfg:3: multiboot and pvh go with module, multiboot2 "
                                           "with module2");
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_command_line_is_what_grub_makes_of_the_words),
        TEST(initrds_are_files_or_members_of_an_archive),
        TEST(vga_sets_gfxpayload_on_a_pc_only),
        TEST(what_grub_refuses_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
