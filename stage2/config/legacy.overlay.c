// SPDX-License-Identifier: BSD-2-Clause
// Translates GRUB Legacy's menu.lst to the language of grub.cfg, line by line, so that messages
// have the right line. GRUB Legacy's command line of a kernel or module begins with the file's
// name.
#include "stage2/config/evaluator.h"

#include <string.h>

/* What a command becomes. */
enum legacy_kind { LEGACY_TITLE, LEGACY_SET, LEGACY_LOAD, LEGACY_SAME, LEGACY_NOTHING };

struct legacy_group {
    const char *names;
    enum legacy_kind kind;
    const char *becomes;
};

static const struct legacy_group groups[] = {
    {"title\0", LEGACY_TITLE, ""},
    {"default\0", LEGACY_SET, "set default"},
    {"timeout\0", LEGACY_SET, "set timeout"},
    {"fallback\0", LEGACY_SET, "set fallback"},
    {"hiddenmenu\0", LEGACY_SAME, "set timeout_style=hidden"},
    {"kernel\0", LEGACY_LOAD, "multiboot"},
    {"module\0", LEGACY_LOAD, "module"},
    {"modulenounzip\0", LEGACY_LOAD, "module --nounzip"},
    {"quit\0", LEGACY_SAME, "exit"},
    {"root\0rootnoverify\0savedefault\0makeactive\0color\0splashimage\0gfxmenu\0foreground\0"
     "background\0viewport\0shade\0terminal\0uppermem\0pause\0setkey\0hide\0unhide\0",
     LEGACY_NOTHING, ""},
};

struct translation {
    struct arena *arena;
    bool full;
    bool in_entry;
};

static void put(struct translation *out, int c)
{
    struct arena *arena = out->arena;
    if (arena->used < arena->size) {
        arena->base[arena->used++] = (uint8_t)c;
    } else {
        out->full = true;
    }
}

static void put_text(struct translation *out, const char *text)
{
    while (*text != 0) {
        put(out, *text++);
    }
}

/* Writes a blank and a word in single quotes. */
static void put_quoted(struct translation *out, struct bytes word)
{
    put(out, ' ');
    put(out, '\'');
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] == '\'') {
            put_text(out, "'\\'");
        }
        put(out, word.data[i]);
    }
    put(out, '\'');
}

static bool is_separator(int c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next word of a line, up to a blank or the separator. */
static struct bytes take_legacy_word(struct bytes *line, int separator)
{
    while (line->size > 0 && (is_separator(*line->data) || *line->data == separator)) {
        line->data++;
        line->size--;
    }
    struct bytes word = {line->data, 0};
    while (line->size > 0 && !is_separator(*line->data) && *line->data != separator) {
        line->data++;
        line->size--;
        word.size++;
    }
    return word;
}

static void put_words(struct translation *out, struct bytes line)
{
    for (struct bytes word; (word = take_legacy_word(&line, ' ')).size > 0;) {
        put_quoted(out, word);
    }
}

/* Writes the words of a kernel or module line: the file's name, then the name again and the other
   words as arguments. */
static void put_load(struct translation *out, struct bytes line)
{
    struct bytes before = line;
    struct bytes name = take_legacy_word(&line, ' ');
    while (name.size > 2 && memcmp(name.data, "--", 2) == 0) { /* --type=multiboot */
        before = line;
        name = take_legacy_word(&line, ' ');
    }
    if (name.size > 0) {
        put_quoted(out, name);
    }
    put_words(out, before);
}

static void put_title(struct translation *out, struct bytes line)
{
    struct bytes rest = line;
    struct bytes first = take_legacy_word(&rest, ' ');
    size_t blanks = (size_t)(first.data - line.data);
    struct bytes title = {first.data, line.size - blanks};
    while (title.size > 0 && is_separator(title.data[title.size - 1])) {
        title.size--;
    }
    put_text(out, out->in_entry ? "} menuentry" : "menuentry");
    put_quoted(out, title);
    put_text(out, " {");
    out->in_entry = true;
}

static void put_line(struct translation *out, struct bytes line)
{
    struct bytes name = take_legacy_word(&line, '=');
    if (name.size == 0 || *name.data == '#') {
        return;
    }
    struct bytes rest = line; /* kernel=/boot/k is kernel /boot/k */
    const uint8_t *start = take_legacy_word(&rest, '=').data;
    line = (struct bytes){start, line.size - (size_t)(start - line.data)};
    const struct legacy_group *group = groups;
    const struct legacy_group *end = groups + sizeof groups / sizeof groups[0];
    while (group < end && find_name(group->names, (const char *)name.data, name.size) < 0) {
        group++;
    }
    if (group == end) { /* the same command in grub.cfg */
        put_quoted(out, name);
        put_words(out, line);
        return;
    }
    switch (group->kind) {
    case LEGACY_TITLE:
        put_title(out, line);
        break;
    case LEGACY_SET:
        put_text(out, group->becomes);
        put(out, '=');
        struct bytes value = take_legacy_word(&line, '=');
        bool is_saved = value.size == 5 && memcmp(value.data, "saved", 5) == 0;
        put_text(out, is_saved ? "0" : "");
        for (size_t i = 0; i < value.size && !is_saved; i++) {
            put(out, value.data[i]);
        }
        break;
    case LEGACY_LOAD:
        put_text(out, group->becomes);
        put_load(out, line);
        break;
    case LEGACY_SAME:
        put_text(out, group->becomes);
        break;
    case LEGACY_NOTHING:
        break;
    }
}

bool config_from_legacy(struct bytes *text, struct arena *arena)
{
    struct translation out = {.arena = arena};
    const uint8_t *start = arena->base + arena->used;
    const uint8_t *at = text->data;
    const uint8_t *end = at + text->size;
    while (at < end) {
        const uint8_t *line_end = at;
        while (line_end < end && *line_end != '\n') {
            line_end++;
        }
        put_line(&out, (struct bytes){at, (size_t)(line_end - at)});
        put(&out, '\n');
        at = line_end + 1;
    }
    put_text(&out, out.in_entry ? "}\n" : "");
    *text = (struct bytes){start, (size_t)(arena->base + arena->used - start)};
    return !out.full;
}
