// SPDX-License-Identifier: BSD-2-Clause
// The config's entries and submenus, and which one is the default.
#include "stage2/config_run.h"

#include <string.h>

/* ---- menuentry and submenu
 * ----------------------------------------------------------------------- */

enum entry_option { OPTION_ID, OPTION_HOTKEY, OPTION_UNRESTRICTED = 6 };
static const char entry_options[] = "id\0hotkey\0class\0users\0group\0source\0unrestricted\0";

/* What the words of menuentry and submenu say. */
static void read_entry_words(struct run *run, const struct command *command,
                             struct config_entry *entry)
{
    const char *word = command->words;
    for (size_t left = command->count - 1; left > 0; left--) {
        word = next_word(word);
        if (word[0] != '-' || word[1] != '-') {
            entry->title = entry->title == NULL ? word : entry->title;
            continue;
        }
        const char *value = strchr(word, '=');
        size_t length = value != NULL ? (size_t)(value - word) : strlen(word);
        int option = find_name(entry_options, word + 2, length - 2);
        if (option < 0) {
            run_warn(run, "unknown option '%.40s'", word);
        }
        if (option < 0 || option == OPTION_UNRESTRICTED) {
            continue;
        }
        if (value != NULL) {
            value++;
        } else if (left > 1) {
            left--;
            value = word = next_word(word);
        } else {
            value = "";
        }
        if (option == OPTION_ID) {
            entry->id = value;
        } else if (option == OPTION_HOTKEY) {
            entry->hotkey = *value;
        }
    }
    if (entry->title == NULL) {
        entry->title = "";
        run_warn(run, "the entry has no title");
    }
}

/* An array with room for one element more than count; moved whenever count reaches a power of
   two. */
void *grown(struct run *run, void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    void *larger = run_allocate(run, (count * 2 + (count == 0)) * size);
    return larger == NULL || count == 0 ? larger : memcpy(larger, array, count * size);
}

bool run_add_entry(struct run *run, const struct config_entry *entry)
{
    struct config *config = run->config;
    struct config_entry *entries = grown(run, config->entries, config->entry_count, sizeof *entry);
    if (entries == NULL) {
        return false;
    }
    config->entries = entries;
    entries[config->entry_count++] = *entry;
    return true;
}

static bool enter_submenu(struct run *run, const struct config_entry *entry)
{
    struct config_menu *menu = run_allocate(run, sizeof *menu);
    struct frame *frame = menu != NULL ? push_frame(run, FRAME_SUBMENU) : NULL;
    if (frame == NULL) {
        return false;
    }
    menu->self = *entry;
    menu->next = run->config->menus;
    run->config->menus = run->menu = menu;
    menu->first_entry = run->config->entry_count;
    frame->loads = run->loads;
    run_enter(run, entry->body, entry->body_line);
    return run_open_scope(run, run->scope);
}

/* A submenu without entries does something itself when GRUB enters it: it is an entry. */
bool end_submenu(struct run *run, const struct frame *frame)
{
    const struct config_menu *menu = run->menu;
    run->menu = menu->self.menu;
    run->scope = menu->self.scope;
    run->loads = frame->loads;
    return run->config->entry_count != menu->first_entry || run_add_entry(run, &menu->self);
}

bool run_menuentry(struct run *run, const struct command *command, bool is_submenu)
{
    struct config_entry entry = {.id = "",
                                 .line = run->line,
                                 .body = command->block,
                                 .body_line = command->block_line,
                                 .menu = run->menu,
                                 .scope = run->scope};
    if (!command->has_block) {
        run_warn(run, "the entry has no '{'");
        return true;
    }
    if (run->boot != NULL) {
        return true; /* of a config that boots without a menu */
    }
    run->keep = true;
    entry.position = run->menu->item_count++;
    read_entry_words(run, command, &entry);
    return is_submenu ? enter_submenu(run, &entry) : run_add_entry(run, &entry);
}

/* ---- set default=
 * -------------------------------------------------------------------------------- */

/* The length of a path's first name: "Sub>Entry"; a doubled '>' stands for itself. */
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

/* Whether a path's first name is that of an item: its position, title or id. */
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

size_t config_default(struct config *config)
{
    const struct config_variable *variable = find_variable(config->scope, "default", 7);
    const struct config_menu *menu = &config->top;
    const char *path = variable != NULL && variable->value != NULL ? variable->value : "";
    while (*path != 0) {
        size_t length = first_name(path);
        for (size_t i = 0; i < config->entry_count; i++) {
            if (is_item(menu, path, length, &config->entries[i])) {
                return i;
            }
        }
        const struct config_menu *below = config->menus;
        while (below != NULL && !is_item(menu, path, length, &below->self)) {
            below = below->next;
        }
        if (below == NULL) {
            struct run run = {.config = config, .arena = config->arena, .line = variable->line};
            run_warn(&run, "default names no entry: the first one is taken");
            break;
        }
        menu = below;
        path += length + (path[length] == '>');
    }
    /* A config that itself boots, or halts, has one entry, whatever its submenus have. */
    return menu->first_entry < config->entry_count ? menu->first_entry : 0;
}
