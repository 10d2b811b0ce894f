// SPDX-License-Identifier: BSD-2-Clause
// What has been checked, on standard output: as text and as JSON.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "tools/check/configs.h"

/* failure: why a config could not be read, which ended the check; NULL: all could be. The text
   leaves it to others to say that. */
void check_report_text(const struct check *check, const char *failure);
void check_report_json(const struct check *check, const char *failure);

/* Where the pieces of a boot would stand. */
void check_report_pieces(const struct checked_piece *pieces, size_t count,
                         enum config_protocol protocol, uint32_t mib, uint32_t entry);

/* Enough for those of the submenus around it, too. */
enum { POSITION_BYTES = 256 };

/* An entry's place in the menu, as `default` names it: "0", "2>1". */
void check_position(const struct config_entry *entry, char text[POSITION_BYTES]);

enum { VIDEO_BYTES = 256 };

/* The modes that are tried, in the words of gfxpayload; "" for text. */
void check_video(const struct checked_entry *entry, char text[VIDEO_BYTES]);
