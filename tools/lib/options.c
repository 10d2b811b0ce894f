// SPDX-License-Identifier: BSD-2-Clause
// See options.h.
#include "tools/lib/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Finds the option of a word "-x". NULL: there is none, or the word goes on although the option
   takes no argument. */
static const struct option *find_letter(const struct option *options, const char *word,
                                        const char **value)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (option->letter != '\0' && word[1] == option->letter) {
            *value = word[2] != '\0' ? word + 2 + (word[2] == '=') : NULL;
            return option->argument != NULL || *value == NULL ? option : NULL;
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

/* Takes an option of ours, whose value is NULL if it is not in the same word. */
static bool take_option(struct parser *parser, const struct option *option, const char *value)
{
    char *word = parser->argv[parser->i];
    if (option->argument == NULL && value != NULL) {
        return fail(parser->error, "option --%s takes no argument", option->name);
    }
    if (option->argument != NULL && value == NULL) {
        if (parser->i + 1 == parser->argc) {
            return fail(parser->error, "option %s needs an argument: %s", word, option->argument);
        }
        value = parser->argv[++parser->i];
    }
    if (option->set == NULL) {
        add_word(&parser->line->ignored, word);
        return true;
    }
    return option->set((char *)parser->settings + option->field, value, parser->error);
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
    return word_count > 0
               ? take_foreign(parser, word_count)
               : fail(parser->error, "unknown option %s (--help lists what there is)", word);
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

bool options_number(const char *argument, unsigned most, unsigned *number, struct error *error)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 || value < 1 ||
        value > most) {
        return fail(error, "'%s' is not a number from 1 to %u", argument, most);
    }
    *number = (unsigned)value;
    return true;
}

static void show_left(const struct option *option)
{
    char left[64];
    snprintf(left, sizeof left, "%c%c%s --%s%s%s", option->letter != '\0' ? '-' : ' ',
             option->letter != '\0' ? option->letter : ' ', option->letter != '\0' ? "," : " ",
             option->name, option->argument != NULL ? "=" : "",
             option->argument != NULL ? option->argument : "");
    printf("  %-28s %s\n", left, option->help);
}

void options_help(const struct option *options)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (option->help != NULL) {
            show_left(option);
        }
    }
}
