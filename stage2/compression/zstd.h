// SPDX-License-Identifier: BSD-2-Clause
// zstd files (RFC 8878), for stage2/compression/unpack.overlay.c.
#pragma once

#include "stage2/compression/unpack.h"

uint64_t zstd_size(struct bytes packed);
bool zstd_unpack(struct unpacking *unpacking);
