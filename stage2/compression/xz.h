// SPDX-License-Identifier: BSD-2-Clause
// Decompresses .xz files, for decompress.overlay.c.
#pragma once

#include "stage2/compression/decompress.h"

uint64_t xz_size(struct bytes compressed);
bool xz_decompress(struct decompression *decompression);
