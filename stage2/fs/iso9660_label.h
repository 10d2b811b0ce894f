// SPDX-License-Identifier: BSD-2-Clause
// The names of an ISO 9660 volume. Pure.
#pragma once

#include <stdint.h>

enum { ISO9660_LABEL_BYTES = 33 }; /* with the NUL */

/* Read a primary volume descriptor of 2048 bytes (ECMA-119, 8.4). The label is its volume
   identifier, without the blanks at its end. The UUID is its time of modification, sixteen digits
   that GRUB groups with dashes: 2026-01-31-23-59-59-00. */
void iso9660_label(const uint8_t *descriptor, char label[ISO9660_LABEL_BYTES]);
void iso9660_uuid(const uint8_t *descriptor, char uuid[ISO9660_LABEL_BYTES]);
