// SPDX-License-Identifier: BSD-2-Clause
// See options.h.
#include "tools/options.h"

#include <stdio.h>
#include <string.h>

/* Whether text is the option's name, alone or with "=argument" behind; *value is then NULL or the
   argument. */
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

/* The option that word (which starts with '-') names, NULL if none. */
static const struct option *find(const struct option *options, const char *word, const char **value)
{
    const char *name = word + (word[1] == '-' ? 2 : 1);
    for (const struct option *option = options; option->name != NULL; option++) {
        if (is_named(option, name, value)) {
            return option;
        }
    }
    for (const struct option *option = options; option->name != NULL; option++) {
        if (option->letter != '\0' && word[1] == option->letter) {
            *value = word[2] != '\0' ? word + 2 : NULL;
            if (option->argument != NULL || *value == NULL) {
                return option;
            }
        }
    }
    return NULL;
}

bool options_read(int argc, char **argv, const struct option *options, void *settings,
                  char **operands, size_t *operand_count, struct error *error)
{
    *operand_count = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value;
        if (word[0] != '-' || word[1] == '\0') {
            operands[(*operand_count)++] = argv[i];
            continue;
        }
        const struct option *option = find(options, word, &value);
        if (option == NULL) {
            return fail(error, "unknown option %s (--help lists what there is)", word);
        }
        if (option->argument == NULL && value != NULL) {
            return fail(error, "option --%s takes no argument", option->name);
        }
        if (option->argument != NULL && value == NULL) {
            if (i + 1 == argc) {
                return fail(error, "option %s needs an argument: %s", word, option->argument);
            }
            value = argv[++i];
        }
        if (!option->set(settings, value, error)) {
            return false;
        }
    }
    return true;
}

void options_help(const struct option *options)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", option->letter != '\0' ? '-' : ' ',
                 option->letter != '\0' ? option->letter : ' ', option->letter != '\0' ? "," : " ",
                 option->name, option->argument != NULL ? "=" : "",
                 option->argument != NULL ? option->argument : "");
        printf("  %-24s %s\n", left, option->help);
    }
}
