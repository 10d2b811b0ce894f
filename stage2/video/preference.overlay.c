// SPDX-License-Identifier: BSD-2-Clause
// See video.h: which modes a kernel or its config asks for.
#include <string.h>
#include "stage2/video/video.h"

enum { DRIVER_WIDTH = 800, DRIVER_HEIGHT = 600, DRIVER_DEPTH = 24 };

size_t video_preferences(uint32_t width, uint32_t height, uint32_t depth,
                         struct video_preference preferences[VIDEO_PREFERENCES])
{
    size_t count = 0;
    if (width != 0 && height != 0) {
        if ((width | height | depth) > INT32_MAX) {
            return 0; /* GRUB reads such a size as negative and stays in text mode */
        }
        if (depth != 0) {
            preferences[count++] = (struct video_preference){width, height, depth};
        }
        preferences[count++] = (struct video_preference){width, height, 0};
    }
    preferences[count++] = (struct video_preference){0, 0, 0};
    return count;
}

struct video_preference video_as_by_driver(struct video_preference preference)
{
    if (preference.width == 0 || preference.height == 0) {
        preference.width = DRIVER_WIDTH;
        preference.height = DRIVER_HEIGHT;
    }
    preference.depth = preference.depth != 0 ? preference.depth : DRIVER_DEPTH;
    return preference;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ') {
        text++;
    }
    return text;
}

/* Reads a mode: "auto", WIDTHxHEIGHT or WIDTHxHEIGHTxDEPTH. Returns its end, which is ',', ';' or
   the text's end; NULL: not a mode. */
static const char *read_preference(const char *text, struct video_preference *preference)
{
    uint32_t numbers[3] = {0, 0, 0}; /* width, height, depth */
    if (strncmp(text, "auto", 4) == 0) {
        text += 4;
    } else {
        for (unsigned i = 0; i < 3; i++) {
            const char *start = text;
            for (uint32_t digit; (digit = (uint32_t)*text - '0') <= 9; text++) {
                numbers[i] = numbers[i] < INT32_MAX / 10 ? numbers[i] * 10 + digit : INT32_MAX;
            }
            bool is_last = *text != 'x';
            if (text == start || (is_last && i == 0)) {
                return NULL;
            }
            if (is_last) {
                break;
            }
            text += i < 2;
        }
    }
    *preference = (struct video_preference){numbers[0], numbers[1], numbers[2]};
    return *text == 0 || *text == ',' || *text == ';' ? text : NULL;
}

size_t video_read_preferences(const char *text, const char *kept,
                              struct video_preference preferences[VIDEO_PREFERENCES])
{
    size_t count = 0;
    while (count < VIDEO_PREFERENCES) {
        text = skip_blanks(text);
        if (strncmp(text, "keep", 4) == 0) {
            text = skip_blanks(kept);
            kept = ""; /* a second `keep` ends the list */
        }
        text = read_preference(text, &preferences[count]);
        if (text == NULL) {
            break;
        }
        count++;
        if (*text++ == 0) {
            break;
        }
    }
    return count;
}
