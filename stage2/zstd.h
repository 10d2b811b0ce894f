// SPDX-License-Identifier: BSD-2-Clause
// zstd files (RFC 8878), for stage2/unpack.c.
#pragma once

#include "stage2/unpack.h"

uint64_t zstd_size(struct bytes packed);
bool zstd_unpack(struct unpacking *unpacking);
