// SPDX-License-Identifier: BSD-2-Clause
// See bench/tree.h.
#include "tools/bench/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include "tools/bench/embedded.h"
#include "tools/bench/process.h"
#include "tools/lib/config_words.h"
#include "tools/lib/pretend_pc.h"
#include "tools/lib/writing.h"
#include "tools/tree/tree.h"

#define CONFIG_FILE  "boot/grub/grub.cfg"
#define PROBE_FILE   "boot/whelk-probe"
#define MODULE_FILE  "boot/whelk-module"
#define TIMING_FILE  "timing.cfg"
#define ARENA_BYTES  ((size_t)8 << 30) /* address space */
#define PIECE_BYTES  ((size_t)1 << 20)
#define RANDOM_START 0x9e3779b97f4a7c15u

// ---- Reading

static bool plan(struct bench_tree *tree, struct arena *arena, struct error *error)
{
    struct pretend_memory memory;
    const struct plan_environment environment = {
        .config_name = CONFIG_FILE, .map = &memory.map, .overlay = plan_overlay_linked};
    struct plan found;
    if (tree->boot.protocol == CONFIG_CHAINLOADER) {
        return fail(error,
                    CONFIG_FILE ":%u: the default entry starts another loader, which is not "
                                "measured",
                    tree->boot.kernel.line);
    }
    if (!pretend_memory(&memory, PRETEND_TYPICAL_MIB, error) ||
        !plan_boot(&found, &tree->boot, &environment, arena, error)) {
        return false;
    }
    tree->entry = plan_first_instruction(&found);
    return true;
}

static bool evaluate(struct bench_tree *tree, struct arena *arena, struct error *error)
{
    static struct config config; /* the result refers to it */
    struct file file;
    if (!file_open("/" CONFIG_FILE, FILE_AS_IT_IS, &file, arena, error)) {
        return fail_in(error, "%s/" CONFIG_FILE ": ", tree->directory);
    }
    uint8_t *text = file.size > CONFIG_MAX_BYTES ? NULL : arena_allocate(arena, file.size, 1);
    if (text == NULL) {
        return fail(error, "%s/" CONFIG_FILE ": is too long", tree->directory);
    }
    if (!file_read(&file, 0, file.size, text, error) ||
        !config_read(&config, (struct bytes){text, file.size}, CONFIG_FILE, arena, error)) {
        return false;
    }
    const struct config_entry *entry = &config.entries[config_default(&config)];
    if (!config_evaluate(&config, entry, &tree->boot, error)) {
        return false;
    }
    return tree->boot.action == CONFIG_ACTION_BOOT ||
           fail(error, CONFIG_FILE ": the default entry boots no kernel");
}

bool bench_tree_read(const char *directory, struct bench_tree *tree, struct error *error)
{
    struct tree_source source = {.target = "/", .is_directory = true};
    struct tree sources = {.sources = &source, .count = 1};
    struct stat status;
    if (realpath(directory, tree->directory) == NULL || stat(tree->directory, &status) != 0) {
        return fail(error, "%s: %s", directory, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return fail(error,
                    "%s: is not a directory; bench takes the tree of an ISO, or a report of "
                    "bench --json",
                    directory);
    }
    strcpy(source.disk, tree->directory);
    struct arena arena;
    if (!pretend_arena(&arena, ARENA_BYTES, error)) {
        return false;
    }
    tree_select(&sources);
    bool done = evaluate(tree, &arena, error) && plan(tree, &arena, error);
    tree_select(NULL);
    return done;
}

// ---- Writing

/* Creates directory/name. A link of that name is removed, not followed. */
static FILE *create(const char *directory, const char *name, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return writing_create_stream(path);
}

static bool write_file(const char *directory, const char *name, struct bytes contents,
                       struct error *error)
{
    char path[PATH_MAX];
    FILE *file = create(directory, name, path);
    if (file != NULL) {
        fwrite(contents.data, 1, contents.size, file);
    }
    return writing_close(file, path, error);
}

/* Writes random bytes (xorshift64), which no loader, file system or host can compress. */
static bool write_random(const char *directory, uint32_t size_mib, struct error *error)
{
    char path[PATH_MAX];
    uint64_t *piece = malloc(PIECE_BYTES), state = RANDOM_START;
    FILE *file = piece != NULL ? create(directory, MODULE_FILE, path) : NULL;
    for (uint32_t mib = 0; file != NULL && !ferror(file) && mib < size_mib; mib++) {
        for (size_t i = 0; i < PIECE_BYTES / sizeof *piece; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece[i] = state;
        }
        fwrite(piece, 1, PIECE_BYTES, file);
    }
    free(piece);
    return writing_close(file, MODULE_FILE, error);
}

static bool write_config(const char *directory, uint32_t size_mib, bool raw_dma,
                         const struct config_boot *original, struct error *error)
{
    char path[PATH_MAX];
    FILE *file = create(directory, CONFIG_FILE, path);
    if (file != NULL) {
        fprintf(file,
                "set timeout=0\n"
                "menuentry \"bench\" {\n"
                "    multiboot /" PROBE_FILE "%s\n",
                raw_dma ? " raw-dma" : "");
        if (size_mib > 0) {
            fprintf(file, "    module /" MODULE_FILE "\n");
        }
        for (size_t i = 0; size_mib == 0 && i < original->module_count; i++) {
            const struct config_file *module = &original->modules[i];
            fputs(module->keep_compressed ? "    module --nounzip" : "    module", file);
            config_word(file, module->path, strlen(module->path));
            config_words(file, module->arguments);
            fputc('\n', file);
        }
        fprintf(file, "}\n");
    }
    return writing_close(file, path, error);
}

/* Makes a directory in the copy, unless it is there. A link of that name is an error. */
static bool make_directory(const char *copy, const char *name, struct error *error)
{
    char path[PATH_MAX];
    struct stat status;
    if (snprintf(path, sizeof path, "%s%s", copy, name) >= PATH_MAX) {
        return fail(error, "%s: the name is too long", copy);
    }
    if (mkdir(path, S_IRWXU) == 0 || (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))) {
        return true;
    }
    return fail(error, "the tree's %s: is no directory", name);
}

static bool copy_tree(const char *directory, const char *copy, struct error *error)
{
    struct command command = {0};
    const char *const words[] = {"cp", "-R", "-P", "--preserve=links", "--"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        command_add(&command, "%s", words[i]);
    }
    command_add(&command, "%s/.", directory);
    command_add(&command, "%s", copy);
    bool done = make_directory(copy, "", error) && process_run(&command, error);
    command_free(&command);
    return done && make_directory(copy, "/boot", error) &&
           make_directory(copy, "/boot/grub", error);
}

bool bench_tree_with_probe(const char *directory, const char *name, uint32_t size_mib, bool raw_dma,
                           struct bench_tree *tree, struct error *error)
{
    char copy[PATH_MAX], absolute[PATH_MAX];
    struct bench_tree original = {0};
    process_scratch(copy, name);
    if (realpath(directory, absolute) == NULL) {
        return fail(error, "%s: %s", directory, strerror(errno));
    }
    if (size_mib == 0 && !bench_tree_read(absolute, &original, error)) {
        return false;
    }
    return copy_tree(absolute, copy, error) &&
           write_file(copy, PROBE_FILE, embedded_probe(), error) &&
           (size_mib == 0 || write_random(copy, size_mib, error)) &&
           write_config(copy, size_mib, raw_dma, &original.boot, error) &&
           bench_tree_read(copy, tree, error);
}

bool bench_tree_timing_config(const struct bench_tree *tree, char path[PATH_MAX],
                              struct error *error)
{
    char original[PATH_MAX], directory[PATH_MAX];
    process_scratch(directory, ".");
    if (snprintf(original, sizeof original, "%s/" CONFIG_FILE, tree->directory) >= PATH_MAX) {
        return fail(error, "%s: the name is too long", tree->directory);
    }
    FILE *in = fopen(original, "re"), *out = create(directory, TIMING_FILE, path);
    if (out != NULL) {
        fputs("set whelk_timing=1\n", out);
    }
    int character = 0;
    while (in != NULL && out != NULL && character != EOF && (character = getc(in)) != EOF) {
        character = putc(character, out);
    }
    bool read = in != NULL && ferror(in) == 0;
    if (in != NULL) {
        fclose(in);
    }
    return writing_close(out, path, error) && (read || fail(error, "%s: cannot be read", original));
}
