// SPDX-License-Identifier: BSD-2-Clause
// .xz files, for stage2/compression/unpack.overlay.c.
#pragma once

#include "stage2/compression/unpack.h"

uint64_t xz_size(struct bytes packed);
bool xz_unpack(struct unpacking *unpacking);
