// SPDX-License-Identifier: BSD-2-Clause
// The config's conditions: test and [.
#include "stage2/config_run.h"

#include <string.h>

/* One comparison or one-word test; *used says how many words it took. */
static bool test_one(struct run *run, const char *word, size_t count, size_t *used)
{
    static const char operators[] = "=\0==\0!=\0-eq\0-ne\0-lt\0-le\0-gt\0-ge\0";
    enum { FIRST_NUMERIC = 3 };
    /* By operator: holds for less (1), equal (2), greater (4). */
    static const uint8_t holds[] = {2, 2, 5, 2, 5, 1, 3, 4, 6};
    const char *second = count > 1 ? next_word(word) : word;
    int comparison = count > 2 ? find_word(operators, second) : -1;
    if (comparison >= 0) {
        const char *third = next_word(second);
        int difference = strcmp(word, third);
        *used = 3;
        if (comparison >= FIRST_NUMERIC) {
            int left = 0;
            int right = 0;
            parse_number(word, strlen(word), &left);
            parse_number(third, strlen(third), &right);
            difference = left - right;
        }
        int sign = difference < 0 ? 0 : 1 + (difference > 0);
        return holds[comparison] >> sign & 1;
    }
    *used = 2;
    if (count > 1 && word[0] == '-' && word[1] != 0 && word[2] == 0) {
        if (word[1] == 'n' || word[1] == 'z') {
            return (*second != 0) == (word[1] == 'n');
        }
        run_warn(run, "%s is not supported", word);
        return false;
    }
    *used = 1;
    return *word != 0;
}

/* `test …`, `[ … ]`: -a binds more than -o. */
bool run_test(struct run *run, const struct command *command)
{
    const char *word = next_word(command->words);
    size_t count = command->count - 1;
    bool any = false;
    bool all = count > 0 && strcmp(word, "]") != 0;
    bool negated = false;
    while (count > 0) {
        size_t used = 1;
        switch (find_word("!\0-o\0-a\0]\0", word)) {
        case 0:
            negated = !negated;
            break;
        case 1:
            any |= all;
            all = true;
            break;
        case -1:
            all &= test_one(run, word, count, &used) != negated;
            negated = false;
            break;
        default: /* what follows -a counts anyway, and ] is decoration */
            break;
        }
        for (count -= used; used > 0; used--) {
            word = next_word(word);
        }
    }
    return any || all;
}
