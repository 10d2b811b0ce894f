// SPDX-License-Identifier: BSD-2-Clause
#include "stage2/firmware.h"
void firmware_video_interface(struct video *video)
{
    (void)video;
}
bool firmware_video_mode(uint32_t index, struct video_mode *mode)
{
    (void)index, (void)mode;
    return false;
}
struct video_size firmware_video_display_size(void)
{
    return (struct video_size){0, 0};
}
bool firmware_video_set(const struct video_mode *mode, struct video *video)
{
    (void)mode, (void)video;
    return false;
}
