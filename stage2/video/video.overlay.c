// SPDX-License-Identifier: BSD-2-Clause
// See video.h: which of the firmware's modes fits best.
#include "stage2/video/video.h"

enum {
    DEFAULT_WIDTH = 640, /* any display can show this size */
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

static bool fulfils(const struct video_mode *mode, const struct video_preference *preference,
                    const struct video_size *display)
{
    if (preference->width != 0) {
        return mode->width == preference->width && mode->height == preference->height &&
               (preference->depth == 0 || mode->depth == preference->depth);
    }
    if (display->width != 0) {
        return mode->width <= display->width && mode->height <= display->height;
    }
    return mode->width == DEFAULT_WIDTH && mode->height == DEFAULT_HEIGHT;
}

/* The bytes of a mode's frame buffer. They fit 32 bits, since it lies below 4 GiB. */
static uint32_t volume(const struct video_mode *mode)
{
    return mode->width * mode->height / 8 * mode->depth;
}

bool video_is_better(const struct video_mode *mode, const struct video_mode *best,
                     const struct video_preference *preference, const struct video_size *display)
{
    return mode->depth != 0 && fulfils(mode, preference, display) &&
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
