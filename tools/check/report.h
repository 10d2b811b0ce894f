// SPDX-License-Identifier: BSD-2-Clause
// Prints the results of a check on standard output, as text or as JSON.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "tools/check/configs.h"

struct check_report {
    bool is_json;
    size_t count; /* checks so far */
};

/* Adds a check: first that for a BIOS, then those for UEFI whose results differ from the one before
   them. failure: why nothing boots, as a config could not be read or the ISO has no boot loader;
   NULL otherwise. Only the JSON contains it; the caller says it on standard error. */
void check_report_add(struct check_report *report, const struct check *check, const char *failure);
void check_report_end(const struct check_report *report);

/* For check_report_add(). */
void check_report_text(const struct check *check);
void check_report_json(const struct check *check, const char *failure);

/* The command that names a kernel or a module of this protocol. */
const char *check_kernel_command(enum config_protocol protocol);
const char *check_module_command(enum config_protocol protocol);

/* Prints where the pieces of a boot would be. */
void check_report_pieces(const struct checked_piece *pieces, size_t count,
                         enum config_protocol protocol, uint32_t mib, uint32_t entry);

/* Enough for many nested submenus. */
enum { POSITION_BYTES = 256 };

/* Writes an entry's place in the menu, as `default` names it: "0", "2>1". */
void check_position(const struct config_entry *entry, char text[POSITION_BYTES]);

enum { VIDEO_BYTES = 256 };

/* Lists the modes that would be tried, as gfxpayload names them; "" for text. */
void check_video(const struct checked_entry *entry, char text[VIDEO_BYTES]);
