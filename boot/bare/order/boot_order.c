// SPDX-License-Identifier: BSD-2-Clause
// See boot_order.h.
#include "boot/bare/order/boot_order.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether the addresses of a path from at on, up to end, begin with the device's. */
static bool leads_to(const uint8_t *at, const uint8_t *end, const char *device)
{
    bool in_address = false;
    for (; at < end; at++) {
        if (*at == '/' || *at == ':') {
            in_address = false;
            continue;
        }
        in_address |= *at == '@';
        if (!in_address) {
            continue;
        }
        if (*device == 0) {
            return *at == '@'; /* the next address, or this one goes on */
        }
        if (*at != (uint8_t)*device) {
            return false;
        }
        device++;
    }
    return *device == 0;
}

size_t boot_order_of(struct bytes order, const char *device)
{
    const uint8_t *at = order.data, *end = at + order.size;
    for (size_t number = 0; at < end && *at != 0; number++) {
        const uint8_t *line = at;
        while (at < end && *at != '\n' && *at != 0) {
            at++;
        }
        if (leads_to(line, at, device)) {
            return number;
        }
        at += at < end && *at == '\n';
    }
    return SIZE_MAX;
}
