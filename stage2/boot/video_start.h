// SPDX-License-Identifier: BSD-2-Clause
// Sets the video mode that a kernel asks for.
#pragma once

#include "stage2/plan/plan.h"

/* Notes the graphics terminal's modes, which gfxpayload's `keep` keeps. "": text mode. */
void video_set_kept(const char *modes);

/* Sets the first of the plan's video modes that the firmware has, and describes it. Writes to the
   console if that is not the first one asked for. If the firmware has none of them, says so and
   leaves the mode as it is. */
void video_start(const struct plan *plan, struct video *video);
