// SPDX-License-Identifier: BSD-2-Clause
// The config's commands test and [.
#include "stage2/config/evaluator.h"

#include <string.h>

enum { MAX_PARENTHESES = 8, LARGE_NUMBER = 1 << 26 };

/* Tests a path: -e, -f, -d, -s. */
static bool test_file(struct evaluator *eval, const char *operator, const char * path)
{
    if (strchr("efds", operator[1]) == NULL) {
        eval_warn(eval, "unknown test %s", operator);
        return false;
    }
    enum config_node node = find_word_node(eval, path);
    switch (operator[1]) {
    case 'd':
        return node == CONFIG_NODE_DIRECTORY;
    case 'f':
        return node == CONFIG_NODE_FILE || node == CONFIG_NODE_EMPTY;
    case 's':
        return node == CONFIG_NODE_FILE;
    default:
        return node != CONFIG_NODE_NONE;
    }
}

/* Reads the number at a text's start, as strtol() with base 0 does: 12, -5, 0x1f, 017; 0 if
   none. */
static int leading_number(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    bool negative = *text == '-';
    text += negative;
    int base = 10;
    if (*text == '0') {
        bool is_hexadecimal = (text[1] | 0x20) == 'x';
        base = is_hexadecimal ? 16 : text[1] < '8' ? 8 : 10; /* 08 is 8 */
        text += is_hexadecimal ? 2 : 1;
    }
    int number = 0;
    for (; *text != 0; text++) {
        const char *digit = strchr(digits, *text >= 'A' ? *text | 0x20 : *text);
        if (digit == NULL || digit - digits >= base || number > LARGE_NUMBER) {
            break;
        }
        number = number * base + (int)(digit - digits);
    }
    return negative ? -number : number;
}

/* Compares the numbers after the words' common start: a9 < a10. */
static int compare_tails(const char *left, const char *right)
{
    while (*left == *right && *left != 0 && !is_digit(*left)) {
        left++;
        right++;
    }
    return leading_number(left) - leading_number(right);
}

/* Evaluates three words as a comparison. False: they are none. */
static bool test_two(const char *word, bool *holds)
{
    static const char operators[] = "=\0==\0!=\0<\0<=\0>\0>=\0-eq\0-ne\0-lt\0-le\0-gt\0-ge\0"
                                    "-plt\0-pgt\0";
    enum { FIRST_NUMERIC = 7, FIRST_TAIL = 13 };
    /* By operator: holds for less (1), equal (2), greater (4). */
    static const uint8_t wanted[] = {2, 2, 5, 1, 3, 4, 6, 2, 5, 1, 3, 4, 6, 1, 4};
    const char *second = next_word(word);
    const char *third = next_word(second);
    int comparison = find_word(operators, second);
    if (comparison < 0) {
        return false;
    }
    int difference = comparison < FIRST_NUMERIC ? strcmp(word, third)
                     : comparison < FIRST_TAIL  ? leading_number(word) - leading_number(third)
                                                : compare_tails(word, third);
    int sign = difference < 0 ? 0 : 1 + (difference > 0);
    *holds = wanted[comparison] >> sign & 1;
    return true;
}

/* Tests whether a file is newer (-nt) or older (-ot) than another one, perhaps after adding a
   number of seconds to its date. All files of an ISO that Whelk makes have the same date. */
static bool test_dates(const struct evaluator *eval, const char *first, const char *operator,
                       const char * second)
{
    bool has_first = find_word_node(eval, first) != CONFIG_NODE_NONE;
    bool has_second = find_word_node(eval, second) != CONFIG_NODE_NONE;
    int seconds = leading_number(operator+ 3);
    if (has_first && has_second) {
        return operator[1] == 'n' ? seconds > 0 : seconds<0;
    }
    return operator[1] == 'n' ? has_first : has_second;
}

/* Evaluates the next condition (a comparison, or a test of one word) and takes its words. */
static bool test_one(struct evaluator *eval, struct words *words)
{
    bool holds;
    if (words->count > 2 && test_two(words->word, &holds)) {
        take_word(words);
        take_word(words);
        take_word(words);
        return holds;
    }
    const char *word = take_word(words);
    if (words->count > 1 &&
        (strncmp(words->word, "-nt", 3) == 0 || strncmp(words->word, "-ot", 3) == 0)) {
        const char *operator= take_word(words);
        return test_dates(eval, word, operator, take_word(words));
    }
    if (words->count == 0 || word[0] != '-' || word[1] == 0 || word[2] != 0) {
        return *word != 0;
    }
    const char *operand = take_word(words);
    if (word[1] == 'n' || word[1] == 'z') {
        return (*operand != 0) == (word[1] == 'n');
    }
    return test_file(eval, word, operand);
}

/* The state inside one pair of parentheses. */
struct level {
    bool any; /* an earlier alternative (-o) holds */
    bool all; /* all conditions of this alternative (-a) hold so far */
    bool negated;
};

bool command_test(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    struct level levels[MAX_PARENTHESES + 1] = {{.all = true}};
    struct level *level = levels;
    const char *last = words.word;
    for (size_t i = 1; i < words.count; i++) {
        last = next_word(last);
    }
    words.count -= words.count > 0 && strcmp(last, "]") == 0;
    while (words.count > 0) {
        int which = find_word("!\0-o\0-a\0(\0)\0", words.word);
        bool holds;
        if (which == 3 && level < levels + MAX_PARENTHESES) {
            *++level = (struct level){.all = true};
        } else if (which == 4 && level > levels) {
            holds = level->any || level->all;
            level--;
            level->all &= holds != level->negated;
            level->negated = false;
        } else if (which == 0) {
            level->negated = !level->negated;
        } else if (which == 1) {
            level->any |= level->all;
            level->all = true;
        } else if (which < 0) {
            holds = test_one(eval, &words) != level->negated;
            level->all &= holds;
            level->negated = false;
            continue;
        }
        /* -a needs no action: a condition always counts for its alternative. */
        take_word(&words);
    }
    eval->failed = !level->any && !level->all;
    return true;
}
