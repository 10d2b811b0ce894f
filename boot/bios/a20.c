// SPDX-License-Identifier: BSD-2-Clause
// The A20 line: while it is off, every odd megabyte of memory mirrors the even one before it.
#include "boot/bios/bios.h"

enum { PROBE_ADDRESS = 0x500, WRAP = 0x100000 };

bool a20_is_enabled(unsigned checks)
{
    volatile uint32_t *low = (volatile uint32_t *)(uintptr_t)bios_data(PROBE_ADDRESS);
    volatile uint32_t *high = (volatile uint32_t *)(uintptr_t)bios_data(PROBE_ADDRESS + WRAP);
    uint32_t saved = *low;
    bool enabled = false;
    for (unsigned i = 0; i < checks && !enabled; i++) {
        *low = *low + 1;
        enabled = *low != *high;
    }
    *low = saved;
    return enabled;
}
