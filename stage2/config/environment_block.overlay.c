// SPDX-License-Identifier: BSD-2-Clause
// The config's commands for GRUB's environment block, a file with variables: a first line, then
// lines name=value, in which a backslash precedes a backslash or a newline, then '#' up to the end.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

static const char signature[] = "# GRUB Environment Block\n";

/* What the words of a command say. */
struct block_words {
    const char *path;
    bool skips_signature;
    struct words names; /* the only variables to load; none: all */
};

/* Reads the options -f FILE and -s, then names. False: an option is unknown. */
static bool read_block_words(struct evaluator *eval, const struct command *command,
                             struct block_words *block)
{
    enum { PATH_BYTES = 256 };
    const char *prefix = variable_value(eval->config, eval->scope, "prefix", 6);
    char *path = eval_allocate(eval, PATH_BYTES);
    const char *value;
    if (path == NULL) {
        return false;
    }
    format_text(path, PATH_BYTES, "%s/grubenv", prefix != NULL ? prefix : "");
    *block = (struct block_words){.path = path, .names = words_of(command)};
    for (int option; (option = take_long_option(eval, &block->names, "file\0f\0skip-sig\0s\0",
                                                &value)) != -1;) {
        block->skips_signature |= option >= 2;
        if (option == 0 || option == 1) {
            block->path = value != NULL            ? value
                          : block->names.count > 0 ? take_word(&block->names)
                                                   : "";
        }
    }
    eval->keep = true;
    return clean_path(eval, &block->path);
}

/* Reads the block. False: eval->failed is set, with a warning. */
static bool read_block(struct evaluator *eval, const struct block_words *block, struct bytes *text)
{
    const struct config_platform *platform = find_queries(eval);
    const size_t length = sizeof signature - 1;
    struct error error;
    if (platform->read == NULL || !platform->read(block->path, eval->arena, text, &error)) {
        eval_warn(eval, "%.80s: %s", block->path,
                  platform->read == NULL ? "is not read here" : error.message);
    } else if (text->size < length ||
               (!block->skips_signature && memcmp(text->data, signature, length) != 0)) {
        eval_warn(eval, "%.80s: no environment block", block->path);
    } else {
        return true;
    }
    eval->failed = true;
    return false;
}

/* Takes the next "name=value" of the block, without its backslashes, from the text, which it
   changes. NULL: there is none left. */
static char *take_setting(struct bytes *text)
{
    char *at = (char *)(uintptr_t)text->data;
    char *end = at + text->size;
    char *start = at;
    char *out = at;
    if (at == end) {
        return NULL;
    }
    for (; at < end && *at != '\n'; at++) {
        at += *at == '\\' && at + 1 < end;
        *out++ = *at;
    }
    if (at == end) { /* the filling after the last line */
        text->size = 0;
        return NULL;
    }
    *out = 0;
    text->data = (const uint8_t *)at + 1;
    text->size = (size_t)(end - at - 1);
    return start;
}

static bool is_wanted(const struct words *names, const char *name)
{
    const char *word = names->word;
    for (size_t i = 0; i < names->count; i++, word = next_word(word)) {
        if (strcmp(word, name) == 0) {
            return true;
        }
    }
    return names->count == 0;
}

/* Runs load_env and list_env. */
bool command_load_env(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct block_words block;
    struct bytes text;
    bool lists = strcmp(command->words, "list_env") == 0;
    if (!read_block_words(eval, command, &block)) {
        return false;
    }
    if (!read_block(eval, &block, &text)) {
        return true;
    }
    for (char *setting; (setting = take_setting(&text)) != NULL;) {
        char *equals = strchr(setting, '=');
        if (*setting == '#' || equals == NULL) {
            continue;
        }
        if (lists) {
            if (platform->print != NULL) {
                platform->print(setting);
                platform->print("\n");
            }
            continue;
        }
        *equals = 0;
        if (is_wanted(&block.names, setting) && !set_variable(eval, setting, equals + 1)) {
            return false;
        }
    }
    return true;
}

/* Runs save_env: GRUB cannot write to a CD either. */
bool command_save_env(struct evaluator *eval, const struct command *command)
{
    (void)command;
    eval_warn(eval, "save_env cannot write: nothing is saved");
    eval->failed = true;
    return true;
}
