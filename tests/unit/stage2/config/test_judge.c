// SPDX-License-Identifier: BSD-2-Clause
// Tests config_could_boot(), by which the menu marks entries.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "stage2/config/prompt.h"
#include <cmocka.h>

static _Alignas(max_align_t) uint8_t memory[256 * 1024];
static unsigned effects;

/* Files by their names: kernels of both protocols, one that is no kernel, one that is gzip's. */
static const struct {
    const char *path;
    uint32_t words[8];
    size_t size;
} files[] = {
    {"/k1", {0, 0x1badb002, 0, 0xe4524ffe}, 32},
    {"/k2", {0, 0, 0xe85250d6, 0, 24, 0x17adaf12, 0, 8}, 32},
    {"/elf", {0x464c457f}, 32},
    {"/elf2", {0x464c457f, 0, 0xe85250d6, 0, 24, 0x17adaf12, 0, 8}, 32},
    {"/text", {0x74786574}, 32},
    {"/gzip", {0x00088b1f}, 32},
    {"/empty", {0}, 0},
};
enum { FILE_COUNT = sizeof files / sizeof files[0] };

static size_t index_of(const char *path)
{
    size_t i = 0;
    while (i < FILE_COUNT && strcmp(files[i].path, path) != 0) {
        i++;
    }
    return i;
}

static enum config_node find(const char *path)
{
    size_t i = index_of(path);
    return i == FILE_COUNT      ? CONFIG_NODE_NONE
           : files[i].size == 0 ? CONFIG_NODE_EMPTY
                                : CONFIG_NODE_FILE;
}

static bool open_file(const char *path, enum file_compression compression, struct file *file,
                      struct arena *arena, struct error *error)
{
    (void)compression;
    (void)arena;
    *file = (struct file){.path = path};
    if (index_of(path) == FILE_COUNT) {
        return (fail)(error, "no such file");
    }
    file->size = files[index_of(path)].size;
    return true;
}

static bool read_part(const struct file *file, uint64_t offset, size_t length, void *buffer,
                      struct error *error)
{
    (void)error;
    memcpy(buffer, (const uint8_t *)files[index_of(file->path)].words + offset, length);
    return true;
}

static void print(const char *text)
{
    (void)text;
    effects++;
}

static bool sleep_long(unsigned seconds, bool until_key)
{
    (void)until_key;
    effects += seconds;
    return true;
}

static const struct config_platform platform = {
    .find = find, .open = open_file, .read_part = read_part, .print = print, .sleep = sleep_long};
static const struct config_overlay *overlay(struct config *config, struct error *error)
{
    config->environment.platform = &platform;
    return config_overlay_linked(config, error);
}

static const struct config_environment environment = {
    CONFIG_CD_VARIABLES, &platform, overlay, false, NULL, NULL};

static void assert_judged(const char *commands, bool could_boot)
{
    static struct config config;
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct error error;
    char text[512];
    snprintf(text, sizeof text, "nosuch\nmenuentry a {\n%s\n}\n", commands);
    assert_true(config_read_with(&config, (struct bytes){(const uint8_t *)text, strlen(text)},
                                 "g.cfg", &environment, &arena, &error));
    config.environment.platform = NULL; /* as in a plain config: the overlay sets it */
    config.needs_overlay = true;
    const struct config before = config;
    size_t used = arena.used;
    effects = 0;
    assert_int_equal(config_could_boot(&config, 0), could_boot);
    assert_int_equal(effects, 0);
    assert_int_equal(arena.used, used);
    config.environment.platform = NULL;
    assert_memory_equal(&config, &before, sizeof config);
    assert_int_equal(config.warnings->line, 1);
    assert_null(config.warnings->next);
}

static void entries_with_all_their_files_could_boot(void **state)
{
    (void)state;
    static const char *const good[] = {"multiboot /k1\nmodule /text\nmodule /empty",
                                       "multiboot2 /k2",
                                       "multiboot /gzip",
                                       "echo a\nsleep 10\nmultiboot (cd)/k1",
                                       "reboot",
                                       "multiboot /elf",
                                       "pvh /elf",
                                       "pvh /gzip",
                                       "configfile /text",
                                       "nosuch\nmultiboot /k1",
                                       "echo only this",
                                       "multiboot /k1\nmodule /no\nboot"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_judged(good[i], true);
    }
}

static void entries_that_are_sure_to_fail_could_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"multiboot /no",
                                      "multiboot /k1\nmodule /no",
                                      "multiboot2 /k1",
                                      "multiboot /k2",
                                      "multiboot /text",
                                      "multiboot /elf2",
                                      "pvh /text",
                                      "linux /text",
                                      "multiboot",
                                      "multiboot /empty",
                                      "echo a; chainloader /none",
                                      "echo a; plan9 /k1",
                                      "multiboot /k1\nmodule2 /text"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_judged(bad[i], false);
    }
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(entries_with_all_their_files_could_boot),
        TEST(entries_that_are_sure_to_fail_could_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
