// SPDX-License-Identifier: BSD-2-Clause
// See bench/ways.h.
#include "tools/bench/ways.h"

#include "tools/guest/ovmf.h"

const struct way ways[] = {
    {"whelk-uefi", "OVMF + Whelk", FIRMWARE_UEFI, OVMF_MACHINE},
};
const size_t way_count = sizeof ways / sizeof ways[0];
