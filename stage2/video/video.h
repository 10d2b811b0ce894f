// SPDX-License-Identifier: BSD-2-Clause
// Which video mode a kernel gets: what it asks for (Multiboot 1, 3.1.4; Multiboot 2, 3.1.10), then
// GRUB's fall-backs. Pure: the firmware's modes come one by one.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A graphics mode with a linear frame buffer. */
struct video_mode {
    uint32_t number; /* the firmware's */
    uint32_t width, height;
    uint32_t depth; /* bits per pixel; 0: none that a kernel could draw in */
};

struct video_size {
    uint32_t width, height; /* width 0: unknown */
};

/* What a kernel and its config ask for. */
struct video_request {
    bool is_made;                  /* the kernel can do with graphics … */
    bool is_preferred;             /* … and would like this mode: */
    uint32_t width, height, depth; /* 0: no preference */
    const char *gfxpayload;        /* a list that the config has instead; NULL: none */
};

struct video_preference {
    uint32_t width, height; /* width 0: whatever suits the display */
    uint32_t depth;         /* 0: any */
};

enum { VIDEO_WISHES = 8 };

/* What is tried one after the other for a kernel that asks for this mode; none: text it is. */
size_t video_preferences(uint32_t width, uint32_t height, uint32_t depth,
                         struct video_preference wishes[VIDEO_WISHES]);

/* The same for a list like GRUB's gfxpayload: "1024x768x32,1024x768;auto". It ends at `text`, at
   `keep`, in whose place stands what `keep` keeps (such a list, "": text), and at what cannot be
   read. */
size_t video_read_wishes(const char *text, const char *kept,
                         struct video_preference wishes[VIDEO_WISHES]);

/* Whether mode fulfils the wish, better than best does (depth 0: there is none so far). */
bool video_is_better(const struct video_mode *mode, const struct video_mode *best,
                     const struct video_preference *wish, const struct video_size *display);

/* The size that a display says it prefers, in the EDID (VESA E-EDID 1.4, 3); unknown if it is
   broken or says nothing. */
enum { EDID_BYTES = 128 };
struct video_size video_edid_size(const uint8_t edid[EDID_BYTES]);
