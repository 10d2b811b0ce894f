// SPDX-License-Identifier: BSD-2-Clause
// The config's command regexp.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "stage2/text/regex.h"

/* Sets the variable of an option --set [NUMBER:]NAME: to a group of the match, 1 if no number is
   given. *is_right false: the option is wrong, with a warning. */
static bool set_group(struct evaluator *eval, const char *option,
                      const struct bytes groups[REGEX_GROUPS], bool *is_right)
{
    const char *colon = strchr(option, ':');
    int number = 1;
    *is_right =
        colon == NULL || (parse_number(option, (size_t)(colon - option), &number) && number >= 0);
    if (!*is_right) {
        eval_warn(eval, "regexp: '%.40s' is no [NUMBER:]NAME", option);
        return true;
    }
    const char *name = colon != NULL ? colon + 1 : option;
    struct bytes group = number < REGEX_GROUPS ? groups[number] : (struct bytes){NULL, 0};
    const char *text = group.data != NULL ? (const char *)group.data : "";
    const char *copy = arena_text(eval->arena, text, group.size);
    return copy != NULL ? set_variable(eval, name, copy) : eval_fail_full(eval);
}

bool command_regexp(struct evaluator *eval, const struct command *command)
{
    static const char names[] = "set\0s\0";
    struct words words = words_of(command);
    struct words options = words;
    struct bytes groups[REGEX_GROUPS];
    const char *value;
    int option;
    eval->loaded |= LOADED_REGEXP; /* GRUB loads the module of the command */
    while ((option = take_long_option(eval, &words, names, &value)) != -1) {
        if (option >= 0 && value == NULL && words.count > 0) {
            take_word(&words);
        }
    }
    if (eval->failed || words.count != 2) {
        eval_warn(eval, "regexp needs an expression and a text");
        eval->failed = true;
        return true;
    }
    const char *expression = take_word(&words);
    enum regex_result result = regex_search(expression, words.word, eval->arena, groups);
    if (result == REGEX_WRONG || result == REGEX_BEYOND) {
        eval_warn(eval, "regexp: the expression is %s: it counts as false",
                  result == REGEX_WRONG ? "wrong" : "too long, or has a back-reference");
    }
    eval->failed = result != REGEX_MATCH;
    while (!eval->failed && take_long_option(eval, &options, names, &value) != -1) {
        bool is_right;
        value = value != NULL ? value : take_word(&options);
        if (!set_group(eval, value, groups, &is_right)) {
            return false;
        }
        eval->failed |= !is_right;
    }
    return true;
}
