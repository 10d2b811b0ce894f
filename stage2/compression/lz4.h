// SPDX-License-Identifier: BSD-2-Clause
// lz4 files, of the frame format and of the older one, for stage2/compression/unpack.overlay.c.
#pragma once

#include "stage2/compression/unpack.h"

uint64_t lz4_size(struct bytes packed);
bool lz4_unpack(struct unpacking *unpacking);
