// SPDX-License-Identifier: BSD-2-Clause
// See options.h.
#include "tools/lib/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/text/nearest.h"

enum {
    MIB_IN_GIB = 1024,
    ARGUMENT_SHOWN = 60, /* bytes of it, in a message */
    CHOICES_BYTES = 120,
    LEFT_BYTES = 64,     /* of an option in the help */
    LEFT_WIDTH_MAX = 32, /* of the column; what is longer stands out */
};

/* True if text is the option's name, alone or followed by "=argument". Sets *value to the argument,
   or to NULL. */
static bool is_named(const struct option *option, const char *text, const char **value)
{
    size_t length = strlen(option->name);
    *value = NULL;
    if (strncmp(text, option->name, length) != 0) {
        return false;
    }
    if (text[length] == '=') {
        *value = text + length + 1;
    }
    return text[length] == '\0' || *value != NULL;
}

/* Finds the option of a word "-name" or "--name". NULL: there is none. */
static const struct option *find_name(const struct option *options, const char *word,
                                      const char **value)
{
    const char *name = word + (word[1] == '-' ? 2 : 1);
    for (const struct option *option = options; option->name != NULL; option++) {
        if (is_named(option, name, value)) {
            return option;
        }
    }
    return NULL;
}

/* True if the option's argument may be left out; it then only counts after '='. */
static bool is_argument_optional(const struct option *option)
{
    return option->argument != NULL && option->argument[0] == '[';
}

static bool needs_argument(const struct option *option)
{
    return option->argument != NULL && !is_argument_optional(option);
}

/* Finds the option of a word "-x". NULL: there is none, or the word goes on although the option
   takes no argument. */
static const struct option *find_letter(const struct option *options, const char *word,
                                        const char **value)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (option->letter != '\0' && word[1] == option->letter) {
            *value = word[2] != '\0' ? word + 2 + (word[2] == '=') : NULL;
            return needs_argument(option) || *value == NULL ? option : NULL;
        }
    }
    return NULL;
}

static void add_word(struct words *words, char *word)
{
    words->at[words->count++] = word;
}

static bool make_room(struct words *words, size_t count)
{
    *words = (struct words){.at = calloc(count, sizeof *words->at)};
    return words->at != NULL;
}

/* A command line that is being read. */
struct parser {
    char **argv;
    int argc, i; /* argv[i] is the word to take, and then the last one that was taken */
    const struct option *options;
    foreign_option *is_foreign; /* or NULL */
    void *settings;
    struct command_line *line;
    struct error *error;
};

/* Puts an option and its argument's first line before the message. */
static bool fail_option(const struct option *option, const char *value, struct error *error)
{
    size_t length = strcspn(value, "\r\n");
    int shown = length < ARGUMENT_SHOWN ? (int)length : ARGUMENT_SHOWN;
    return fail_in(error, "--%s%s%.*s: ", option->name, option->argument != NULL ? "=" : "", shown,
                   value);
}

/* Takes an option of ours, whose value is NULL if it is not in the same word. */
static bool take_option(struct parser *parser, const struct option *option, const char *value)
{
    char *word = parser->argv[parser->i];
    if (option->argument == NULL && value != NULL) {
        return fail(parser->error, "option --%s takes no argument", option->name);
    }
    if (needs_argument(option) && value == NULL) {
        if (parser->i + 1 == parser->argc) {
            return fail(parser->error, "option %s needs an argument: %s", word, option->argument);
        }
        value = parser->argv[++parser->i];
    }
    if (option->set == NULL) {
        add_word(&parser->line->ignored, word);
        return true;
    }
    return option->set((char *)parser->settings + option->field, value, parser->error) ||
           fail_option(option, value != NULL ? value : "", parser->error);
}

/* Fails because of an option that there is not, and names the one that may be meant. */
static bool fail_unknown(const struct option *options, const char *word, struct error *error)
{
    char name[64];
    const char *start = word + strspn(word, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "="), start);
    struct nearest nearest = {.word = name};
    for (const struct option *option = options; option->name != NULL; option++) {
        nearest_offer(&nearest, option->name);
    }
    return nearest.name != NULL
               ? fail(error, "unknown option %s; is --%s meant?", word, nearest.name)
               : fail(error, "unknown option %s (--help lists what there is)", word);
}

/* Takes another program's option, which has this many words. */
static bool take_foreign(struct parser *parser, size_t word_count)
{
    if (word_count > (size_t)(parser->argc - parser->i)) {
        return fail(parser->error, "option %s needs %zu argument%s", parser->argv[parser->i],
                    word_count - 1, word_count > 2 ? "s" : "");
    }
    for (size_t taken = 0; taken < word_count; taken++) {
        add_word(&parser->line->foreign, parser->argv[parser->i + (int)taken]);
    }
    parser->i += (int)word_count - 1;
    return true;
}

/* Takes a word that starts with '-'. Of a word "-long" the other program's meaning comes first; of
   "--long" and "-x", ours. */
static bool take_dashed(struct parser *parser, const char *word)
{
    const char *value = NULL;
    const struct option *option = NULL;
    bool is_long = word[1] != '-' && word[2] != '\0';
    size_t word_count = parser->is_foreign != NULL ? parser->is_foreign(word) : 0;
    if (!is_long || word_count == 0) {
        option = find_name(parser->options, word, &value);
        option = option != NULL ? option : find_letter(parser->options, word, &value);
    }
    if (option != NULL) {
        return take_option(parser, option, value);
    }
    return word_count > 0 ? take_foreign(parser, word_count)
                          : fail_unknown(parser->options, word, parser->error);
}

static bool take_word(struct parser *parser)
{
    char *word = parser->argv[parser->i];
    if (word[0] == '-' && word[1] != '\0') {
        return take_dashed(parser, word);
    }
    add_word(&parser->line->operands, word);
    return true;
}

/* Finds the option of a word that spells it out: -x, --long, --long=…, -output. */
static const struct option *find_spelt_out(const struct option *options, const char *word,
                                           const char **value)
{
    if (word[0] != '-' || word[1] == '\0') {
        return NULL;
    }
    if (word[1] == '-' || strcmp(word, "-output") == 0) {
        return find_name(options, word, value);
    }
    return word[2] == '\0' ? find_letter(options, word, value) : NULL;
}

/* Takes a word after "--". It is another program's, unless options of ours count there and the word
   spells out one. */
static bool take_rest(struct parser *parser)
{
    char *word = parser->argv[parser->i];
    const char *value = NULL;
    const struct option *option =
        parser->is_foreign != NULL ? find_spelt_out(parser->options, word, &value) : NULL;
    if (option != NULL) {
        return take_option(parser, option, value);
    }
    add_word(&parser->line->rest, word);
    return true;
}

bool options_read(int argc, char **argv, const struct option *options, foreign_option *is_foreign,
                  void *settings, struct command_line *line, struct error *error)
{
    size_t room = (size_t)argc + 1;
    bool done = make_room(&line->operands, room);
    done = make_room(&line->foreign, room) && done;
    done = make_room(&line->ignored, room) && done;
    done = make_room(&line->rest, room) && done;
    if (!done) {
        return fail(error, "out of memory");
    }
    struct parser parser = {.argv = argv,
                            .argc = argc,
                            .options = options,
                            .is_foreign = is_foreign,
                            .settings = settings,
                            .line = line,
                            .error = error};
    bool (*take)(struct parser *) = take_word;
    for (parser.i = 1; done && parser.i < argc; parser.i++) {
        if (take == take_word && strcmp(argv[parser.i], "--") == 0) {
            take = take_rest;
        } else {
            done = take(&parser);
        }
    }
    return done;
}

bool options_named(const struct words *words, const char *name)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->at[i] + (strncmp(words->at[i], "--", 2) == 0), name) == 0) {
            return true;
        }
    }
    return false;
}

void options_free(struct command_line *line)
{
    free(line->operands.at);
    free(line->foreign.at);
    free(line->ignored.at);
    free(line->rest.at);
}

bool options_text(void *field, const char *argument, struct error *error)
{
    (void)error;
    *(const char **)field = argument;
    return true;
}

bool options_flag(void *field, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    *(bool *)field = true;
    return true;
}

/* Reads a decimal number, and sets *after to the text behind it. False: there is none, or it is too
   large for an unsigned. */
static bool read_number(const char *text, unsigned *number, const char **after)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    *after = end;
    return text[0] >= '0' && text[0] <= '9' && errno == 0 && value <= UINT_MAX;
}

bool options_number(const char *argument, const char *unit, unsigned most, unsigned *number,
                    struct error *error)
{
    const char *after;
    return (read_number(argument, number, &after) && *after == '\0' && *number >= 1 &&
            *number <= most) ||
           fail(error, "is not a number of %s from 1 to %u", unit, most);
}

bool options_memory(const char *argument, unsigned least_mib, unsigned most_mib, unsigned *mib,
                    struct error *error)
{
    static const char *const units[] = {"", "M", "MiB", "m", "G", "GiB", "g"};
    enum { FIRST_OF_GIB = 4, UNIT_COUNT = sizeof units / sizeof units[0] };
    const char *after;
    bool is_number = read_number(argument, mib, &after);
    size_t unit = 0;
    while (unit < UNIT_COUNT && strcmp(after, units[unit]) != 0) {
        unit++;
    }
    unsigned factor = unit >= FIRST_OF_GIB ? MIB_IN_GIB : 1;
    if (!is_number || unit == UNIT_COUNT || *mib > most_mib / factor || *mib * factor < least_mib) {
        return fail(error, "is not a size from %u to %u MiB, as 512, 512M or 2G", least_mib,
                    most_mib);
    }
    *mib *= factor;
    return true;
}

bool options_choice(const char *argument, const char *choices, size_t *index, struct error *error)
{
    char list[CHOICES_BYTES];
    size_t used = 0;
    *index = 0;
    for (const char *at = choices; *at != '\0'; ++*index) {
        size_t length = strcspn(at, "|");
        if (strlen(argument) == length && memcmp(argument, at, length) == 0) {
            return true;
        }
        bool is_last = at[length] == '\0';
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s",
                                 at == choices ? ""
                                 : is_last     ? " and "
                                               : ", ",
                                 (int)length, at);
        at += length + !is_last;
    }
    return fail(error, "there are %s", list);
}

/* Writes what stands left of an option's help, and returns its length. */
static int write_left(const struct option *option, char left[LEFT_BYTES])
{
    bool has_letter = option->letter != '\0', is_optional = is_argument_optional(option);
    const char *equals = is_optional ? "[=" : option->argument != NULL ? "=" : "";
    return snprintf(left, LEFT_BYTES, "%c%c%s --%s%s%s", has_letter ? '-' : ' ',
                    has_letter ? option->letter : ' ', has_letter ? "," : " ", option->name, equals,
                    option->argument != NULL ? option->argument + is_optional : "");
}

void options_help(const struct option *options)
{
    char left[LEFT_BYTES];
    int width = 0;
    for (const struct option *option = options; option->name != NULL; option++) {
        int length = option->help != NULL ? write_left(option, left) : 0;
        width = length > width && length <= LEFT_WIDTH_MAX ? length : width;
    }
    for (const struct option *option = options; option->name != NULL; option++) {
        if (option->help != NULL) {
            write_left(option, left);
            printf("  %-*s  %s\n", width, left, option->help);
        }
    }
}
