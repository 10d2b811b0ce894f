// SPDX-License-Identifier: BSD-2-Clause
// See video_start.h.
#include "stage2/boot/video_start.h"

#include <string.h>
#include "stage2/console/console.h"
#include "stage2/display/card.h"
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

/* Says which mode is set, if it is not the first one that was asked for. */
static void tell_other(const struct plan *plan, const struct video_preference *first,
                       const struct video_preference *preference, const struct video_mode *mode)
{
    if (preference != first) {
        console_print("whelk: %s: no video mode %ux%ux%u: %ux%ux%u instead\n", plan->kernel.path,
                      first->width, first->height, first->depth, mode->width, mode->height,
                      mode->depth);
    }
}

/* Sets the first mode that there is: by the driver of the card, then by the firmware. */
static bool set_video(const struct plan *plan, const struct video_preference *preferences,
                      size_t count, struct video *video)
{
    uint32_t framebuffer = 0;
    enum card card = card_find(&plan->video, &framebuffer);
    for (size_t i = 0; i < count; i++) {
        const struct video_preference *wanted = &preferences[i];
        struct video_preference by_driver = video_as_by_driver(*wanted);
        struct video_mode mode = {0, by_driver.width, by_driver.height, by_driver.depth};
        if (card == CARD_BOCHS && card_has_bochs_mode(&mode)) {
            tell_other(plan, preferences, wanted, &mode);
            card_set_bochs_mode(framebuffer, &mode, video);
            return true;
        }
        if (!(card == CARD_CIRRUS && find_mode(&by_driver, &mode)) && !find_mode(wanted, &mode)) {
            continue;
        }
        tell_other(plan, preferences, wanted, &mode);
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
    } else if (video->framebuffer.type == FRAMEBUFFER_RGB) { /* there is no text mode */
        count = video_preferences(0, 0, 0, preferences);
    }
    if (count != 0 && !set_video(plan, preferences, count, video)) {
        console_print("whelk: %s: no video mode: text instead\n", plan->kernel.path);
    }
}
