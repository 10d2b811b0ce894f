// SPDX-License-Identifier: BSD-2-Clause
// The video cards for which GRUB has drivers of its own. Where a config loads one, GRUB sets modes
// by it and not by the firmware, with other defaults (video_as_by_driver(), video.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/video.h"
#include "stage2/video/video.h"

enum card { CARD_OTHER, CARD_BOCHS, CARD_CIRRUS };

/* Looks for a card (PCI 1234:1111, QEMU's and Bochs's VGA; 1013:00b8, Cirrus Logic's) of which the
   request has a driver. *framebuffer: its physical address. */
enum card card_find(const struct video_request *request, uint32_t *framebuffer);

/* The interface of Bochs's display (QEMU, docs/specs/standard-vga). mode: its number is ignored. */

/* Bytes of the frame buffer; 0: the machine has no such interface. */
uint32_t card_bochs_memory(void);

/* Whether the card can show a mode: of 15, 16, 24 or 32 bits, in its memory. */
bool card_has_bochs_mode(const struct video_mode *mode);

/* Sets such a mode, or one of 8 bits, whose palette the caller sets. Describes it, without VBE: the
   firmware does not know of it. */
void card_set_bochs_mode(uint32_t framebuffer, const struct video_mode *mode, struct video *video);
