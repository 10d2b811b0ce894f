// SPDX-License-Identifier: BSD-2-Clause
// Decompresses lz4 files of the frame format and of the legacy format, for decompress.overlay.c.
#pragma once

#include "stage2/compression/decompress.h"

uint64_t lz4_size(struct bytes compressed);
bool lz4_decompress(struct decompression *decompression);
