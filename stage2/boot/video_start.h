// SPDX-License-Identifier: BSD-2-Clause
// Sets the video mode that a kernel asks for.
#pragma once

#include "stage2/plan/plan.h"

/* What gfxpayload's `keep` keeps: the modes that the config has its terminal in, "" for text. */
void video_set_kept(const char *modes);

/* Sets the first of the modes asked for that the firmware has and describes it; says so where it
   is not the one asked for, and where there is none: text stays. */
void video_start(const struct plan *plan, struct video *video);
