// SPDX-License-Identifier: BSD-2-Clause
// The config's submenus; defaults by title, id or submenu; fallback entries.
#include "stage2/config/evaluator.h"

#include <string.h>

bool command_submenu(struct evaluator *eval, const struct command *command)
{
    if (!eval->lists || !command->has_block || is_empty(command->block.bytes)) {
        return command_menuentry(eval, command);
    }
    struct config_menu *menu = eval_allocate(eval, sizeof *menu);
    struct frame *frame = menu != NULL ? push_frame(eval, FRAME_SUBMENU) : NULL;
    if (frame == NULL || !read_entry(eval, command, &menu->self)) {
        return false;
    }
    menu->next = eval->config->menus;
    eval->config->menus = eval->menu = menu;
    menu->first_entry = eval->config->entry_count;
    frame->loads = eval->loads;
    frame->words = menu->self.arguments;
    frame->count = menu->self.argument_count;
    eval->boot = NULL;
    eval_enter(eval, &menu->self.body);
    return eval_open_scope(eval, eval->scope);
}

/* Ends a submenu. Without entries it counts as an entry: GRUB runs its commands when it is
   chosen. */
bool end_submenu(struct evaluator *eval, const struct frame *frame)
{
    struct config *config = eval->config;
    const struct config_menu *menu = eval->menu;
    eval->menu = menu->self.menu;
    eval->boot = eval->menu == &config->top ? &config->immediate : NULL;
    eval->scope = menu->self.scope;
    eval->loads = frame->loads;
    return config->entry_count != menu->first_entry || eval_add_entry(eval, &menu->self);
}

/* The length of the first name in a path "Sub>Entry"; ">>" stands for '>' in a name. */
static size_t first_name(const char *path)
{
    size_t length = 0;
    while (path[length] != 0 && (path[length] != '>' || path[length + 1] == '>')) {
        length += path[length] == '>' ? 2 : 1;
    }
    return length;
}

static bool is_called(const char *path, size_t length, const char *name)
{
    const char *end = path + length;
    for (; path < end && *path == *name; name++) {
        path += *path == '>' ? 2 : 1;
    }
    return path == end && *name == 0;
}

/* Whether a path's first name is an item's position, title or id. */
static bool is_item(const struct config_menu *menu, const char *path, size_t length,
                    const struct config_entry *item)
{
    int number;
    if (item->menu != menu) {
        return false;
    }
    if (parse_number(path, length, &number)) {
        return number >= 0 && (uint32_t)number == item->position;
    }
    return is_called(path, length, item->title) || is_called(path, length, item->id);
}

/* Follows a path of names to an entry, whose index it returns, or to a menu. Then it returns
   entry_count, and sets *menu and the names that lead nowhere from there; "": none. */
static size_t follow(const struct config *config, const char **path,
                     const struct config_menu **menu)
{
    *menu = &config->top;
    while (**path != 0) {
        size_t length = first_name(*path);
        for (size_t i = 0; i < config->entry_count; i++) {
            if (is_item(*menu, *path, length, &config->entries[i])) {
                return i;
            }
        }
        const struct config_menu *below = config->menus;
        while (below != NULL && !is_item(*menu, *path, length, &below->self)) {
            below = below->next;
        }
        if (below == NULL) {
            break;
        }
        *menu = below;
        *path += length + ((*path)[length] == '>');
    }
    return config->entry_count;
}

/* A config that boots without a menu has one entry only, even if it has submenus. */
static size_t first_of(const struct config *config, const struct config_menu *menu)
{
    return menu->first_entry < config->entry_count ? menu->first_entry : 0;
}

size_t find_default(struct config *config, const struct config_variable *variable)
{
    const char *path = variable->value;
    const struct config_menu *menu;
    size_t found = follow(config, &path, &menu);
    if (found < config->entry_count) {
        return found;
    }
    if (*path != 0) {
        struct evaluator eval = {.config = config,
                                 .arena = config->arena,
                                 .cursor.name = config->name,
                                 .line = variable->line};
        eval_warn(&eval, "default names no entry: the first one is taken");
    }
    return first_of(config, menu);
}

size_t find_entry(const struct config *config, const char *path)
{
    const struct config_menu *menu;
    size_t found = follow(config, &path, &menu);
    bool is_menu = found == config->entry_count && *path == 0 && menu != &config->top;
    return is_menu ? first_of(config, menu) : found;
}

size_t find_fallback(struct config *config, unsigned number)
{
    const struct config_variable *variable = find_variable(config->scope, "fallback", 8);
    const char *text = variable != NULL && variable->value != NULL ? variable->value : "";
    size_t length = 0;
    do {
        text += length;
        while (is_blank(*text)) {
            text++;
        }
        for (length = 0; text[length] != 0 && !is_blank(text[length]);) {
            length++;
        }
    } while (number-- > 0 && length > 0);
    struct config_variable word = {.line = variable != NULL ? variable->line : 0};
    word.value = length > 0 ? arena_text(config->arena, text, length) : NULL;
    return word.value != NULL ? find_default(config, &word) : config->entry_count;
}
