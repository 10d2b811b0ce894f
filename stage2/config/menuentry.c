// SPDX-License-Identifier: BSD-2-Clause
// The config's entries, and the default entry.
#include "stage2/config/evaluator.h"

#include <string.h>

enum entry_option { OPTION_ID, OPTION_HOTKEY, OPTION_UNRESTRICTED = 6 };
static const char entry_options[] = "id\0hotkey\0class\0users\0group\0source\0unrestricted\0";

/* Reads the title, the arguments and the options of a menuentry or submenu command. */
static bool read_entry_words(struct evaluator *eval, const struct command *command,
                             struct config_entry *entry)
{
    struct words words = words_of(command);
    char *arguments = eval_allocate(eval, (size_t)(eval_words_end(eval) - words.word) + 1);
    if (arguments == NULL) {
        return false;
    }
    entry->arguments = entry->title = arguments;
    while (words.count > 0) {
        const char *word = take_word(&words);
        if (word[0] != '-' || word[1] != '-') {
            size_t size = strlen(word) + 1;
            memcpy(arguments, word, size);
            arguments += size;
            entry->argument_count++;
            continue;
        }
        const char *value = strchr(word, '=');
        size_t length = value != NULL ? (size_t)(value - word) : strlen(word);
        int option = find_name(entry_options, word + 2, length - 2);
        if (option < 0) {
            eval_warn(eval, "unknown option '%.40s'", word);
        }
        if (option < 0 || option == OPTION_UNRESTRICTED) {
            continue;
        }
        if (value != NULL) {
            value++;
        } else {
            value = words.count > 0 ? take_word(&words) : "";
        }
        if (option == OPTION_ID) {
            entry->id = value;
        } else if (option == OPTION_HOTKEY && strlen(value) == 1) {
            entry->hotkey = *value; /* named keys, such as f1, are not supported */
        }
    }
    return true;
}

void *array_reserve(struct evaluator *eval, void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    void *larger = eval_allocate(eval, (count * 2 + (count == 0)) * size);
    return larger == NULL || count == 0 ? larger : memcpy(larger, array, count * size);
}

bool eval_add_entry(struct evaluator *eval, const struct config_entry *entry)
{
    struct config *config = eval->config;
    struct config_entry *entries =
        array_reserve(eval, config->entries, config->entry_count, sizeof *entry);
    if (entries == NULL) {
        return false;
    }
    config->entries = entries;
    entries[config->entry_count++] = *entry;
    return true;
}

bool read_entry(struct evaluator *eval, const struct command *command, struct config_entry *entry)
{
    *entry = (struct config_entry){.id = "",
                                   .line = eval->line,
                                   .body = command->block,
                                   .menu = eval->menu,
                                   .scope = eval->scope,
                                   .position = eval->menu->item_count++};
    eval->keep = true;
    return read_entry_words(eval, command, entry);
}

bool is_empty(struct bytes block)
{
    bool in_comment = false;
    for (size_t i = 0; i < block.size; i++) {
        int c = block.data[i];
        in_comment = c != '\n' && (in_comment || c == '#');
        if (!in_comment && !is_blank(c) && c != '\r' && c != ';') {
            return false;
        }
    }
    return true;
}

bool command_menuentry(struct evaluator *eval, const struct command *command)
{
    struct config_entry entry;
    const char *reason = !command->has_block              ? "has no '{'"
                         : is_empty(command->block.bytes) ? "is empty"
                                                          : NULL;
    /* A menuentry inside an entry's body has no effect. */
    if (reason == NULL && eval->lists) {
        if (!read_entry(eval, command, &entry)) {
            return false;
        }
        if (entry.argument_count > 0) {
            return eval_add_entry(eval, &entry);
        }
        eval->menu->item_count--;
        reason = "has no title";
    }
    if (reason != NULL) {
        eval_warn(eval, "the entry %s: it is left out, as by GRUB", reason);
        eval->failed = true;
    }
    return true;
}

size_t config_default(struct config *config)
{
    const struct config_variable *variable = find_variable(config->scope, "default", 7);
    const char *path = variable != NULL && variable->value != NULL ? variable->value : "";
    int number = -1;
    if (*path == 0) {
        return 0;
    }
    parse_number(path, strlen(path), &number);
    if (config->menus == NULL && (size_t)number < config->entry_count) {
        return (size_t)number;
    }
    struct error ignored;
    const struct config_overlay *overlay = config_overlay(config, &ignored);
    return overlay != NULL ? overlay->find_default(config, variable) : 0;
}
