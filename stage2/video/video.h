// SPDX-License-Identifier: BSD-2-Clause
// Chooses a kernel's video mode: the one it asks for (Multiboot 1, 3.1.4; Multiboot 2, 3.1.10),
// then GRUB's fallbacks. Pure: the caller offers the firmware's modes one by one.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A graphics mode with a linear frame buffer. */
struct video_mode {
    uint32_t number; /* the firmware's */
    uint32_t width, height;
    uint32_t depth; /* bits per pixel; 0: a kernel cannot use this mode */
};

struct video_size {
    uint32_t width, height; /* width 0: unknown */
};

/* What a kernel and its config ask for. */
struct video_request {
    bool is_made;                  /* the kernel's header says something about video */
    bool is_preferred;             /* it asks for the mode below */
    uint32_t width, height, depth; /* 0: no preference */
    const char *gfxpayload;        /* the config's list of modes, used instead; NULL: none */
    bool has_bochs_driver;         /* the config has loaded GRUB's driver of QEMU's VGA */
    bool has_cirrus_driver;        /* of Cirrus Logic's VGA */
};

struct video_preference {
    uint32_t width, height; /* width 0: the largest that the display shows */
    uint32_t depth;         /* 0: any */
};

enum { VIDEO_PREFERENCES = 8 };

/* The modes to try in turn for a kernel that asks for this one. Returns their number; 0: text
   mode. */
size_t video_preferences(uint32_t width, uint32_t height, uint32_t depth,
                         struct video_preference preferences[VIDEO_PREFERENCES]);

/* The modes to try in turn for GRUB's gfxpayload: "1024x768x32,1024x768;auto". The list ends at
   `text` and at anything unknown. From `keep` on, the list kept is read instead ("": text). Returns
   the number of modes; 0: text mode. */
size_t video_read_preferences(const char *text, const char *kept,
                              struct video_preference preferences[VIDEO_PREFERENCES]);

/* Whether a mode fulfils a preference and is no worse than the best one so far (depth 0: none). */
bool video_is_better(const struct video_mode *mode, const struct video_mode *best,
                     const struct video_preference *preference, const struct video_size *display);

/* What GRUB's own driver of a card makes of a preference: without a size 800x600, without a depth
   24 bits. */
struct video_preference video_as_by_driver(struct video_preference preference);

/* The size that a display prefers, from its EDID (VESA E-EDID 1.4, 3). Width 0: the EDID is damaged
   or names none. */
enum { EDID_BYTES = 128 };
struct video_size video_edid_size(const uint8_t edid[EDID_BYTES]);
