// SPDX-License-Identifier: BSD-2-Clause
// What an ISO says twice, or says with a checksum: where it disagrees with itself, it is damaged.
#pragma once

#include <stdbool.h>
#include "loader/bytes.h"
#include "loader/error.h"

/* Compares, in the bytes of a whole ISO:
   - the numbers of volume descriptors and directory records in both byte orders (ECMA-119, 7.2.3,
     7.3.3, 8.4, 9.1). Volumes without one right big-endian number are passed over, as by the
   loader;
   - the path table with its big-endian copy (ECMA-119, 6.9.2), if there is one;
   - El Torito's validation entry with its checksum (El Torito 1.0, 2.1);
   - a GPT's header, its entries and its backup with their checksums, and the two headers with each
     other (UEFI 2.10, 5.3.2), if there is a GPT.
   False with the first difference and its sector; sectors are of 2048 bytes. */
bool copies_agree(struct bytes iso, struct error *error);
