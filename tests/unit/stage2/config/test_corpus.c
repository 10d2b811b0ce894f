// SPDX-License-Identifier: BSD-2-Clause
// Tests the config language on grub.cfg files of public repositories. The files belong to their
// authors and are not part of this project. The tests read them from ../shared/corpus/grub-cfg, or
// from the folder that WHELK_CORPUS names. Without such a folder they are skipped with a message.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/config/config.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { ARENA_BYTES = 1024 * 1024, WHOLE_PERCENT = 97 };

static const char *folder;
static struct dirent **files;
static int file_count;

static struct config config;
static struct error error;
static uint8_t *text;
static size_t text_size;
static struct arena arena;

/* Files with an entry that cannot boot from a disc by itself, and why. GRUB cannot boot these
   entries from it either. */
static const struct {
    const char *name;
    const char *reason; /* part of the error of the first entry with an error */
} exceptions[] = {
    {"1WeirdDev__CrashOS__bin_boot_grub.cfg", "does not begin with '/'"},
    {"1WeirdDev__CrashOS__grub.cfg", "does not begin with '/'"},
    {"Bananymous__banan-os__toolchain_grub-legacy.cfg", "'>' must be in quotes"},
    {"Bananymous__banan-os__toolchain_grub-uefi.cfg", "'>' must be in quotes"},
    {"MEMESCOEP__BorealOS__config_grub.cfg", "nothing to boot"}, /* its entries show text */
};

static const char *expected_reason(const char *name)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
        if (strcmp(exceptions[i].name, name) == 0) {
            return exceptions[i].reason;
        }
    }
    return NULL;
}

static int is_config(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".cfg") == 0;
}

static int find_files(void **state)
{
    (void)state;
    folder = getenv("WHELK_CORPUS");
    folder = folder != NULL ? folder : "../shared/corpus/grub-cfg";
    file_count = scandir(folder, &files, is_config, alphasort);
    arena = (struct arena){.base = malloc(ARENA_BYTES), .size = ARENA_BYTES};
    text = malloc(CONFIG_MAX_BYTES);
    return arena.base == NULL || text == NULL;
}

static int release_files(void **state)
{
    (void)state;
    for (int i = 0; i < file_count; i++) {
        free(files[i]);
    }
    free(files);
    free(arena.base);
    free(text);
    return 0;
}

static void skip_without_corpus(void)
{
    if (file_count <= 0) {
        print_message("SKIPPED: there are no grub.cfg files in %s (see WHELK_CORPUS)\n", folder);
        skip();
    }
}

static void read_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text_size = fread(text, 1, CONFIG_MAX_BYTES, file);
    fclose(file);
    arena.used = 0;
    if (!config_read(&config, (struct bytes){text, text_size}, name, &arena, &error)) {
        fail_msg("%s", error.message);
    }
}

/* Counts the lines whose first word is a command that loads, without the parser. */
static size_t count_load_lines(void)
{
    static const char *const names[] = {"multiboot", "multiboot2", "module", "module2"};
    size_t count = 0;
    for (size_t at = 0; at < text_size;) {
        while (at < text_size && strchr(" \t", text[at]) != NULL) {
            at++;
        }
        for (size_t i = 0; i < 4; i++) {
            size_t length = strlen(names[i]);
            count += at + length < text_size && memcmp(text + at, names[i], length) == 0 &&
                     (text[at + length] == ' ' || text[at + length] == '\t');
        }
        while (at < text_size && text[at++] != '\n') {
        }
    }
    return count;
}

static void every_config_of_the_corpus_is_read(void **state)
{
    (void)state;
    skip_without_corpus();
    for (int i = 0; i < file_count; i++) {
        read_file(files[i]->d_name);
        assert_true(config.entry_count > 0);
        assert_true(config_default(&config) < config.entry_count);
    }
    print_message("%d configs\n", file_count);
}

/* Counts the config's load lines that the entries have; *reason gets the first entry's error. */
static size_t count_loads(char *reason, size_t size)
{
    size_t count = 0;
    *reason = 0;
    for (size_t k = 0; k < config.entry_count; k++) {
        struct config_boot boot;
        if (!config_evaluate(&config, &config.entries[k], &boot, &error)) {
            if (*reason == 0) {
                snprintf(reason, size, "%s", error.message);
            }
        } else if (boot.action == CONFIG_ACTION_BOOT) {
            assert_int_equal(boot.kernel.path[0], '/');
            count += 1 + boot.module_count;
        }
    }
    return count;
}

static void every_kernel_and_module_of_the_corpus_comes_out(void **state)
{
    (void)state;
    skip_without_corpus();
    int whole = 0;
    size_t loads = 0;
    for (int i = 0; i < file_count; i++) {
        char reason[ERROR_SIZE];
        const char *name = files[i]->d_name;
        read_file(name);
        size_t count = count_loads(reason, sizeof reason);
        const char *expected = expected_reason(name);
        if (expected != NULL && strstr(reason, expected) == NULL) {
            fail_msg("%s: \"%s\" instead of \"%s\"", name, reason, expected);
        }
        if (expected == NULL && (*reason != 0 || count != count_load_lines())) {
            fail_msg("%s: %zu of %zu lines: %s", name, count, count_load_lines(), reason);
        }
        whole += expected == NULL;
        loads += count;
    }
    print_message("%d of %d configs whole, %zu kernels and modules\n", whole, file_count, loads);
    assert_true(whole * 100 >= file_count * WHOLE_PERCENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_config_of_the_corpus_is_read),
        cmocka_unit_test(every_kernel_and_module_of_the_corpus_comes_out),
    };
    return cmocka_run_group_tests(tests, find_files, release_files);
}
