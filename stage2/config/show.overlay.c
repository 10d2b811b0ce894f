// SPDX-License-Identifier: BSD-2-Clause
// The config's commands that list files, memory and commands.
#include "stage2/config/prompt.h"
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

enum { WIDTH = 78 }; /* columns of text */

/* A text being built at the end of the arena. */
struct page {
    struct evaluator *eval;
    const char *text;
    size_t column;
};

static struct page begin_page(struct evaluator *eval)
{
    return (struct page){.eval = eval, .text = eval_words_end(eval)};
}

/* Adds a word and a character after it, on a new line if this one is full. */
static void add(struct page *page, const char *word, char mark)
{
    size_t length = strlen(word) + 1;
    if (page->column > 0 && page->column + length > WIDTH) {
        eval_put(page->eval, '\n');
        page->column = 0;
    }
    put_value(page->eval, word, true);
    eval_put(page->eval, mark);
    page->column = mark == '\n' ? 0 : page->column + length;
}

static bool print_page(struct page *page)
{
    eval_put(page->eval, 0);
    page->eval->word_open = false;
    if (page->eval->full) {
        return eval_fail_full(page->eval);
    }
    find_platform(page->eval)->print(page->text);
    return true;
}

/* Prints the disc that we boot from, and the machine's other discs and partitions. */
static bool list_devices(struct evaluator *eval)
{
    const struct config_platform *platform = find_platform(eval);
    struct page page = begin_page(eval);
    char name[CONFIG_DEVICE_BYTES];
    char text[CONFIG_DEVICE_BYTES + 3];
    format_text(text, sizeof text, "(%s)", boot_device(eval));
    for (unsigned i = 0; platform->device != NULL && platform->device(i, name); i++) {
        if (strcmp(name, boot_device(eval)) != 0) {
            add(&page, text, ' ');
            format_text(text, sizeof text, "(%s)", name);
        }
    }
    add(&page, text, '\n');
    return print_page(&page);
}

bool command_ls(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    const char *path = words.word;
    struct listed_name *name;
    struct error error;
    bool is_long = false;
    for (int option; (option = take_option(&words, "-a\0-h\0-l\0-la\0-lh\0-al\0")) >= 0;) {
        is_long |= option >= 2;
    }
    if (platform->list == NULL || platform->print == NULL) {
        return true;
    }
    if (words.count == 0) {
        return list_devices(eval);
    }
    path = words.word;
    if (!clean_path(eval, &path)) {
        return false;
    }
    if (!platform->list(path, eval->arena, &name, &error)) {
        eval_warn(eval, "%s: %s", path, error.message);
        return true;
    }
    struct page page = begin_page(eval);
    for (; name != NULL; name = name->next) {
        if (is_long) {
            char size[24];
            format_text(size, sizeof size, "%12llu", (unsigned long long)name->size);
            add(&page, size, ' ');
        }
        add(&page, name->text, name->is_directory ? '/' : ' ');
        if (is_long || name->next == NULL) {
            add(&page, "", '\n');
        } else if (name->is_directory) {
            add(&page, "", ' ');
        }
    }
    return print_page(&page);
}

bool command_show_memory(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    (void)command;
    if (platform->show_memory != NULL) {
        platform->show_memory();
    }
    return true;
}

bool command_help(struct evaluator *eval, const struct command *command)
{
    static const char *const headings[] = {"Commands:", "Without effect:", "Not supported:"};
    (void)command;
    if (find_platform(eval)->print == NULL) {
        return true;
    }
    struct page page = begin_page(eval);
    for (unsigned wanted = CONFIG_GROUP_DONE; wanted <= CONFIG_GROUP_REFUSED; wanted++) {
        enum config_group group;
        const char *names;
        add(&page, headings[wanted], ' ');
        for (unsigned i = 0; (names = config_command_names(i, &group)) != NULL; i++) {
            for (; group == wanted && *names != 0; names = next_word(names)) {
                add(&page, names, ' ');
            }
        }
        add(&page, "", '\n');
    }
    return print_page(&page);
}
