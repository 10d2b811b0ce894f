// SPDX-License-Identifier: BSD-2-Clause
// Decompresses zstd files (RFC 8878), for decompress.overlay.c.
#pragma once

#include "stage2/compression/decompress.h"

uint64_t zstd_size(struct bytes compressed);
bool zstd_decompress(struct decompression *decompression);
