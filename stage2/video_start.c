// SPDX-License-Identifier: BSD-2-Clause
// See video_start.h.
#include "stage2/video_start.h"

#include "stage2/console.h"
#include "stage2/firmware.h"

static bool find_mode(const struct video_wish *wish, struct video_mode *best)
{
    struct video_size display = {0, 0};
    struct video_mode mode;
    if (wish->width == 0) {
        display = firmware_video_display_size();
    }
    best->depth = 0;
    for (uint32_t i = 0; firmware_video_mode(i, &mode); i++) {
        if (video_is_better(&mode, best, wish, &display)) {
            *best = mode;
        }
    }
    return best->depth != 0;
}

static bool set_video(const struct plan *plan, struct video *video)
{
    const struct video_wish *wishes = plan->video_wishes;
    struct video_mode mode;
    for (size_t i = 0; i < plan->video_wish_count; i++) {
        if (!find_mode(&wishes[i], &mode)) {
            continue;
        }
        if (i != 0) {
            console_print("whelk: %s: no video mode %ux%ux%u: %ux%ux%u instead\n",
                          plan->kernel.path, wishes->width, wishes->height, wishes->depth,
                          mode.width, mode.height, mode.depth);
        }
        if (firmware_video_set(&mode, video)) {
            return true;
        }
    }
    return false;
}

void video_start(const struct plan *plan, struct video *video)
{
    firmware_video_interface(video);
    if (plan->video_wish_count != 0 && !set_video(plan, video)) {
        console_print("whelk: %s: no video mode: text instead\n", plan->kernel.path);
    }
}
