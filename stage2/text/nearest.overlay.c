// SPDX-License-Identifier: BSD-2-Clause
// See nearest.h. The distance is Damerau's and Levenshtein's, in which two letters that stand next
// to each other are swapped at most once.
#include "stage2/text/nearest.h"

#include <stdbool.h>
#include <string.h>

enum {
    LENGTH_MAX = 31,       /* of a word; longer ones are near nothing */
    LETTERS_FOR_ERROR = 6, /* a word may have one error, and one more for each of these */
};

static unsigned char least(unsigned char a, unsigned char b)
{
    return a < b ? a : b;
}

/* Returns the distance of two words of at most LENGTH_MAX bytes. */
static unsigned char distance_of(const char *left, const char *right)
{
    /* From the first i letters of left (before: i - 1; oldest: i - 2) to the first j of right. */
    unsigned char oldest[LENGTH_MAX + 1] = {0}, before[LENGTH_MAX + 1] = {0}, now[LENGTH_MAX + 1];
    size_t length = strlen(right);
    for (size_t j = 0; j <= length; j++) {
        now[j] = (unsigned char)j;
    }
    for (size_t i = 1; left[i - 1] != '\0'; i++) {
        memcpy(oldest, before, sizeof oldest);
        memcpy(before, now, sizeof before);
        now[0] = (unsigned char)i;
        for (size_t j = 1; j <= length; j++) {
            unsigned char cost = left[i - 1] != right[j - 1];
            unsigned char found = least((unsigned char)(before[j - 1] + cost),
                                        (unsigned char)(least(before[j], now[j - 1]) + 1));
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                found = least(found, (unsigned char)(oldest[j - 2] + 1));
            }
            now[j] = found;
        }
    }
    return now[length];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t length = strlen(nearest->word), other = strlen(name);
    size_t allowed = 1 + length / LETTERS_FOR_ERROR;
    if (length == 0 || length > LENGTH_MAX || other > LENGTH_MAX || other > length + allowed ||
        length > other + allowed) {
        return; /* the distance is at least that of the lengths */
    }
    /* Of a short word, the first letter must be right: "root" does not mean "boot". */
    if (length < LETTERS_FOR_ERROR && nearest->word[0] != name[0]) {
        return;
    }
    size_t distance = distance_of(nearest->word, name);
    if (distance <= allowed && (nearest->name == NULL || distance < nearest->distance)) {
        nearest->name = name;
        nearest->distance = distance;
    }
}
