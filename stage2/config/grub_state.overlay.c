// SPDX-License-Identifier: BSD-2-Clause
// The config's commands for GRUB's fonts, pictures, sounds, keyboards and modules. Whelk has none
// of these, but a config may ask whether a command succeeds: it does if it would in GRUB.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

enum { PATH_BYTES = 256 };

/* Whether a file is a font: one of GRUB's own, which need not be on the disc, or by its start. */
static bool is_font(struct evaluator *eval, const char *word)
{
    static const char magic[12] = "FILE\0\0\0\4PFF2";
    char start[sizeof magic];
    const struct config_platform *platform = find_queries(eval);
    size_t used = eval->arena->used;
    struct file file;
    struct error ignored;
    struct evaluator quiet = *eval;
    quiet.error = &ignored;
    if (!clean_path(&quiet, &word) || find_node(eval, word) == CONFIG_NODE_NONE) {
        return false;
    }
    if (platform->open == NULL || platform->find(word) == CONFIG_NODE_NONE) {
        return true;
    }
    bool is_read = platform->open(word, FILE_DECOMPRESS, &file, eval->arena, &ignored) &&
                   file.size >= sizeof start &&
                   platform->read_part(&file, 0, sizeof start, start, &ignored);
    eval->arena->used = used;
    return is_read && memcmp(start, magic, sizeof start) == 0;
}

/* Completes a name that is no path: to a file's in a folder of GRUB's. */
static const char *complete_name(const struct evaluator *eval, const char *name, const char *folder,
                                 const char *suffix, char path[PATH_BYTES])
{
    if (strchr(name, '/') != NULL) {
        return name;
    }
    const char *prefix = variable_value(eval->config, eval->scope, "prefix", 6);
    format_text(path, PATH_BYTES, "%s/%s/%s%s", prefix != NULL ? prefix : "", folder, name, suffix);
    return path;
}

/* Runs loadfont: all its words must be fonts. */
bool command_loadfont(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    while (words.count > 0) {
        char path[PATH_BYTES];
        const char *name = complete_name(eval, take_word(&words), "fonts", ".pf2", path);
        eval->failed |= !is_font(eval, name);
    }
    return true;
}

/* Runs background_image or background_color: they need the graphics terminal. */
bool command_background(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    bool is_image = strcmp(command->words, "background_image") == 0;
    if (take_option(&words, "-m\0--mode\0") >= 0 && words.count > 0) {
        take_word(&words); /* stretch or normal */
    }
    eval->failed =
        (eval->loaded & LOADED_GRAPHICS) == 0 ||
        (is_image && words.count > 0 && find_word_node(eval, words.word) == CONFIG_NODE_NONE);
    return true;
}

/* Runs play or keymap. A tune of `play` may be in its words instead of a file. */
bool command_use_file(struct evaluator *eval, const struct command *command)
{
    char path[PATH_BYTES];
    bool is_tune = command->count > 2;
    const char *name = complete_name(eval, next_word(command->words), "layouts", ".gkb", path);
    eval->failed = !is_tune && find_word_node(eval, name) == CONFIG_NODE_NONE;
    return true;
}

/* Runs rmmod. Of modules that insmod has loaded, only regexp is known. */
bool command_rmmod(struct evaluator *eval, const struct command *command)
{
    bool is_regexp = strcmp(next_word(command->words), "regexp") == 0;
    eval->failed = !is_regexp || (eval->loaded & LOADED_REGEXP) == 0;
    eval->loaded &= is_regexp ? ~(unsigned)LOADED_REGEXP : ~0U;
    return true;
}
