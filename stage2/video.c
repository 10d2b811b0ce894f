// SPDX-License-Identifier: BSD-2-Clause
// See video.h.
#include "stage2/video.h"

#include <string.h>

enum {
    DEFAULT_WIDTH = 640, /* any display shows that */
    DEFAULT_HEIGHT = 480,

    EDID_VERSION = 18,
    EDID_FEATURES = 24,
    EDID_FEATURE_PREFERRED_TIMING = 2, /* the first detailed timing is the preferred one */
    EDID_TIMING = 54,
    TIMING_PIXEL_CLOCK = 0, /* word; 0: not a timing */
    TIMING_WIDTH_LOW = 2,
    TIMING_WIDTH_HIGH = 4, /* in the upper half of the byte */
    TIMING_HEIGHT_LOW = 5,
    TIMING_HEIGHT_HIGH = 7,
};

size_t video_wishes(uint32_t width, uint32_t height, uint32_t depth,
                    struct video_wish wishes[VIDEO_WISHES])
{
    size_t count = 0;
    if (width != 0 && height != 0) {
        if ((width | height | depth) > INT32_MAX) {
            return 0; /* to GRUB they are negative, and no size at all */
        }
        if (depth != 0) {
            wishes[count++] = (struct video_wish){width, height, depth};
        }
        wishes[count++] = (struct video_wish){width, height, 0};
    }
    wishes[count++] = (struct video_wish){0, 0, 0};
    return count;
}

/* One mode, up to the comma or semicolon behind it or the end; NULL: none that is known. */
static const char *read_wish(const char *text, struct video_wish *wish)
{
    uint32_t numbers[3] = {0, 0, 0}; /* WIDTHxHEIGHT, or with xDEPTH */
    while (*text == ' ') {
        text++;
    }
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
    *wish = (struct video_wish){numbers[0], numbers[1], numbers[2]};
    return *text == 0 || *text == ',' || *text == ';' ? text : NULL;
}

size_t video_read_wishes(const char *text, struct video_wish wishes[VIDEO_WISHES])
{
    size_t count = 0;
    while (count < VIDEO_WISHES && (text = read_wish(text, &wishes[count])) != NULL) {
        count++;
        if (*text++ == 0) {
            break;
        }
    }
    return count;
}

static bool fulfils(const struct video_mode *mode, const struct video_wish *wish,
                    const struct video_size *display)
{
    if (wish->width != 0) {
        return mode->width == wish->width && mode->height == wish->height &&
               (wish->depth == 0 || mode->depth == wish->depth);
    }
    if (display->width != 0) {
        return mode->width <= display->width && mode->height <= display->height;
    }
    return mode->width == DEFAULT_WIDTH && mode->height == DEFAULT_HEIGHT;
}

/* Bytes of its frame buffer, which lies below 4 GiB. */
static uint32_t volume(const struct video_mode *mode)
{
    return mode->width * mode->height / 8 * mode->depth;
}

bool video_is_better(const struct video_mode *mode, const struct video_mode *best,
                     const struct video_wish *wish, const struct video_size *display)
{
    return mode->depth != 0 && fulfils(mode, wish, display) &&
           (best->depth == 0 || volume(mode) >= volume(best));
}

struct video_size video_edid_size(const uint8_t edid[EDID_BYTES])
{
    const uint8_t *timing = edid + EDID_TIMING;
    struct video_size size = {0, 0};
    unsigned sum = 0;
    for (unsigned i = 0; i < EDID_BYTES; i++) {
        sum += edid[i];
    }
    if ((sum & 0xff) == 0 && edid[EDID_VERSION] == 1 &&
        (edid[EDID_FEATURES] & EDID_FEATURE_PREFERRED_TIMING) != 0 &&
        (timing[TIMING_PIXEL_CLOCK] | timing[TIMING_PIXEL_CLOCK + 1]) != 0) {
        size.width = timing[TIMING_WIDTH_LOW] | (timing[TIMING_WIDTH_HIGH] & 0xf0u) << 4;
        size.height = timing[TIMING_HEIGHT_LOW] | (timing[TIMING_HEIGHT_HIGH] & 0xf0u) << 4;
    }
    return size;
}
