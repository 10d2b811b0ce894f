// SPDX-License-Identifier: BSD-2-Clause
// See video_start.h.
#include "stage2/boot/video_start.h"

#include <string.h>
#include "stage2/console/console.h"
#include "stage2/firmware.h"

/* A copy: if an entry fails to boot, the setting stays, but its memory is freed. */
static char kept[64];

void video_set_kept(const char *modes)
{
    size_t length = strlen(modes);
    length = length < sizeof kept ? length : sizeof kept - 1;
    memcpy(kept, modes, length);
    kept[length] = 0;
}

static bool find_mode(const struct video_preference *preference, struct video_mode *best)
{
    struct video_size display = {0, 0};
    struct video_mode mode;
    if (preference->width == 0) {
        display = firmware_video_display_size();
    }
    best->depth = 0;
    for (uint32_t i = 0; firmware_video_mode(i, &mode); i++) {
        if (video_is_better(&mode, best, preference, &display)) {
            *best = mode;
        }
    }
    return best->depth != 0;
}

static bool set_video(const struct plan *plan, const struct video_preference *preferences,
                      size_t count, struct video *video)
{
    struct video_mode mode;
    for (size_t i = 0; i < count; i++) {
        if (!find_mode(&preferences[i], &mode)) {
            continue;
        }
        if (i != 0) {
            console_print("whelk: %s: no video mode %ux%ux%u: %ux%ux%u instead\n",
                          plan->kernel.path, preferences->width, preferences->height,
                          preferences->depth, mode.width, mode.height, mode.depth);
        }
        if (firmware_video_set(&mode, video)) {
            return true;
        }
    }
    return false;
}

void video_start(const struct plan *plan, struct video *video)
{
    const struct video_request *request = &plan->video;
    struct video_preference preferences[VIDEO_PREFERENCES];
    size_t count = 0;
    firmware_video_interface(video);
    if (request->gfxpayload != NULL) {
        count = video_read_preferences(request->gfxpayload, kept, preferences);
    } else if (request->is_preferred) {
        count = video_preferences(request->width, request->height, request->depth, preferences);
    }
    if (count != 0 && !set_video(plan, preferences, count, video)) {
        console_print("whelk: %s: no video mode: text instead\n", plan->kernel.path);
    }
}
